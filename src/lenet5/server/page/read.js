// The third view, Read: several digits are drawn or opened, and every step of the reader is shown.

import { file as fetched, get, post } from "./api.js";
import { forgetColours } from "./colour.js";
import { h, number, percent, svg } from "./dom.js";
import { prepared } from "./files.js";
import { makePad } from "./pad.js";
import { state } from "./state.js";
import { t } from "./words.js";

const picture = (base64, alt) => h("img", { src: `data:image/png;base64,${base64}`, alt });

export function readView({ network, fail }) {
  const layout = h(
    "select",
    { onchange: ask },
    ["auto", "digit", "line", "page"].map((name) => h("option", { value: name }, t(`layout.${name}`))),
  );
  const examples = h("select", {
    "aria-label": t("read.examples"),
    onchange: () => {
      if (examples.value) open(examples.value);
    },
  });
  const file = h("input", {
    type: "file",
    accept: "image/*,application/pdf",
    hidden: true,
    onchange: () => {
      take([...file.files]);
      file.value = "";
    },
  });
  const pad = makePad({
    onChange: drawn,
    width: 1040,
    height: 200,
    pen: 13,
    label: "read.label",
    hint: "read.hint",
  });
  const shown = h("div.opened", { hidden: true });
  const answer = h("div.answer.card", { "aria-live": "polite" });
  const graph = h("section.card.half", { hidden: true, "aria-label": t("read.graph") });
  const slide = h("section.card.half", { hidden: true, "aria-label": t("read.slide") });
  const steps = h("section.card", { hidden: true, "aria-label": t("read.steps") });
  const element = h(
    "div.read",
    {},
    h(
      "section.card",
      { "aria-label": t("read.title") },
      h("h2", {}, t("read.title")),
      h("div.wide-pad", {}, pad.element, shown),
      h(
        "div.row",
        {},
        h("button", {
          type: "button",
          onclick: () => pad.clear(),
        }, t("clear")),
        h("button", { type: "button", onclick: () => pad.undo() }, t("undo")),
        h("button", { type: "button", onclick: () => file.click() }, t("open")),
        h("label", {}, t("read.examples"), " ", examples),
        h("label", {}, t("layout"), " ", layout),
        file,
      ),
      h("small", { id: "pad-keys" }, t("pad.keys")),
    ),
    answer,
    graph,
    slide,
    steps,
  );
  let opened = null; // a picture's blob, instead of what was drawn
  let timer = 0;
  let turn = 0;

  function drawn() {
    close();
    forget(t(pad.empty ? "read.nothing" : "read.working"));
    clearTimeout(timer);
    timer = setTimeout(ask, 250);
  }

  // The paper is what is read.
  function close() {
    opened = null;
    shown.hidden = true;
    examples.value = "";
  }

  async function open(example) {
    try {
      await take([await fetched(`examples/${encodeURIComponent(example)}`)]);
      examples.value = example;
    } catch (error) {
      fail(error);
    }
  }

  async function take([first]) {
    if (!first) return;
    try {
      const { blob } = await prepared(first);
      pad.put(null);
      examples.value = "";
      opened = blob;
      const image = h("img", {
        alt: t("read.opened"),
        src: URL.createObjectURL(blob),
        onload: () => URL.revokeObjectURL(image.src),
      });
      shown.replaceChildren(image);
      shown.hidden = false;
      await ask();
    } catch (error) {
      fail(error);
    }
  }

  // No answer stands beside ink that it does not belong to.
  function forget(words) {
    turn += 1;
    delete element.dataset.answer;
    for (const part of [graph, slide, steps]) part.hidden = true;
    answer.replaceChildren(h("p.muted", {}, words));
  }

  async function ask() {
    const nothing = !opened && pad.empty;
    forget(t(nothing ? "read.nothing" : "read.working"));
    if (nothing) return;
    const mine = turn;
    fail(null);
    try {
      const blob = opened ?? (await onPaper());
      const type = blob.type || "image/png";
      const [{ pictures }, told, lined] = await Promise.all([
        post(`read?layout=${layout.value}`, blob, type),
        post(`explain?layout=${layout.value}`, blob, type),
        post(`line?layout=${layout.value}&network=${encodeURIComponent(network.name)}`, blob, type),
      ]);
      if (mine !== turn) return;
      showAnswer(pictures[0].readings);
      const oneLine = pictures[0].readings.length === 1 && lined.graph;
      graph.hidden = slide.hidden = !oneLine;
      if (oneLine) {
        showGraph(lined.graph);
        showSlide(lined.slide);
      }
      showSteps(told.steps);
    } catch (error) {
      if (mine !== turn) return;
      forget(t("read.failed"));
      fail(error, "picture");
    }
  }

  // What was drawn, black on white whatever the theme is.
  function onPaper() {
    const { width, height } = pad.canvas;
    const paper = h("canvas", { width, height });
    const context = paper.getContext("2d");
    const image = context.createImageData(width, height);
    pad.ink().forEach((value, k) => image.data.set([255 - value, 255 - value, 255 - value, 255], 4 * k));
    context.putImageData(image, 0, 0);
    return new Promise((done) => {
      paper.toBlob(done, "image/png");
    });
  }

  function showAnswer(readings) {
    element.dataset.answer = readings.map((one) => one.text).join(" ");
    answer.replaceChildren(
      h(
        "ul.readings",
        {},
        readings.map((one) =>
          h(
            "li",
            { className: one.rejected ? "rejected" : "" },
            h("b", {}, one.text || "–"),
            h(
              "span",
              {},
              one.rejected
                ? t("reader.rejects", { reason: t(`reason.${one.reason}`) })
                : t("read.sure", { value: percent(one.confidence) }),
            ),
            h(
              "span.chars",
              {},
              one.characters.filter((c) => c.alternatives.length).map((c) =>
                h(
                  "small",
                  {},
                  `${c.text || "?"} ${percent(c.confidence, 0)} (${
                    c.alternatives.map(([a, p]) => `${a} ${percent(p, 0)}`).join(", ")
                  })`,
                )
              ),
            ),
          )
        ),
      ),
    );
  }

  function showGraph(g) {
    const scale = Math.min(1000 / g.width, 3);
    const [w, top] = [g.width * scale, g.height * scale];
    const ends = [0, ...g.pieces.map(([x, , width]) => x + width)];
    const starts = [...g.pieces.map(([x]) => x), g.width];
    const nodes = ends.map((end, k) =>
      (k === 0
        ? Math.max(6, starts[0] - 4)
        : k === g.pieces.length
        ? Math.min(g.width - 4, end + 4)
        : (end + starts[k]) / 2) * scale
    );
    const rise = (c) => 26 + 30 * (c.last - c.first);
    const room = 0.75 * Math.max(60, ...g.candidates.map(rise)) + 34;
    const drawing = svg("svg", {
      viewBox: `0 0 ${w} ${top + room}`,
      width: w,
      height: top + room,
      role: "img",
      "aria-label": t("read.graph.label", { pieces: g.pieces.length, candidates: g.candidates.length }),
    });
    const image = svg("image", { href: `data:image/png;base64,${g.png}`, width: w, height: top });
    drawing.append(image);
    for (const [x, y, width, height] of g.pieces) {
      drawing.append(
        svg("rect", { class: "piece", x: x * scale, y: y * scale, width: width * scale, height: height * scale }),
      );
    }
    const line = top + 14;
    for (const c of [...g.candidates].sort((a, b) => a.chosen - b.chosen)) {
      const [a, b] = [nodes[c.first], nodes[c.last]];
      const low = line + rise(c);
      drawing.append(
        svg("path", {
          class: c.chosen ? "arc chosen" : "arc",
          d: `M${a},${line} C${a},${low} ${b},${low} ${b},${line}`,
        }),
      );
      const label = svg("text", {
        class: c.chosen ? "chosen" : "",
        x: (a + b) / 2,
        y: line + 0.75 * rise(c) + 5,
        "text-anchor": "middle",
      });
      label.textContent = c.rubbish > c.probability ? "×" : c.text;
      const title = svg("title");
      title.textContent = `${c.text}: ${percent(c.probability)}`;
      label.append(title);
      drawing.append(label);
    }
    for (const x of nodes) drawing.append(svg("circle", { cx: x, cy: line, r: 5 }));
    graph.replaceChildren(
      h("h2", {}, t("read.graph")),
      h("p.muted", {}, t("read.graph.explain")),
      h("div.scrolls", { tabIndex: 0 }, drawing),
    );
  }

  function showSlide(s) {
    const scale = Math.max(2, Math.min(5, 1000 / s.width));
    const classes = s.classes;
    const most = 100;
    const cell = s.step * scale;
    const image = picture(s.png, t("read.slide.seen"));
    image.style.width = `${s.width * scale}px`;
    image.style.imageRendering = "pixelated";
    const table = h("canvas", {
      width: s.penalties.length * cell,
      height: classes.length * 14,
      role: "img",
      "aria-label": t("read.slide"),
    });
    const context = table.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    s.penalties.forEach((row, k) => {
      const least = Math.min(...row);
      row.forEach((penalty, c) => {
        context.fillStyle = style.getPropertyValue("--accent");
        context.globalAlpha = Math.max(0, 1 - penalty / most) ** 2;
        context.fillRect(k * cell, c * 14, cell - 1, 13);
      });
      context.globalAlpha = 1;
      if (least < 40) {
        context.fillStyle = style.getPropertyValue("--ink");
        context.font = "bold 12px sans-serif";
        context.fillText(classes[row.indexOf(least)], k * cell + cell / 2 - 4, row.indexOf(least) * 14 + 11);
      }
    });
    const best = s.penalties.map((row) => {
      const least = Math.min(...row);
      return `${classes[row.indexOf(least)]} (${number(least, 0)})`;
    });
    slide.replaceChildren(
      h("h2", {}, t("read.slide")),
      h("p.muted", {}, t("read.slide.explain", { count: s.penalties.length })),
      h(
        "div.scrolls",
        { tabIndex: 0 },
        h(
          "div",
          { style: { position: "relative", width: `${s.width * scale}px` } },
          image,
          h(
            "div.slid",
            { style: { "margin-left": `${16 * scale - cell / 2}px` } },
            h(
              "div.names",
              { "aria-hidden": "true" },
              classes.map((name) => h("span", {}, name)),
            ),
            table,
          ),
        ),
      ),
      h("p.visually-hidden", {}, best.join(", ")),
    );
  }

  function showSteps(told) {
    steps.hidden = false;
    steps.replaceChildren(
      h("h2", {}, t("read.steps")),
      h(
        "ol.steps",
        {},
        told.map(({ name, png }, k) =>
          h(
            "li",
            {},
            h(
              "figure",
              {},
              h(
                "figcaption",
                {},
                h("b", {}, `${k + 1}. ${t(`step.${name}`)}`),
                " ",
                h("span", {}, t(`step.${name}.why`)),
              ),
              picture(png, t(`step.${name}`)),
            ),
          )
        ),
      ),
    );
  }

  return {
    element,
    async start() {
      try {
        const names = (await get("examples")).examples;
        examples.replaceChildren(
          h("option", { value: "" }, "–"),
          ...names.map((name) => h("option", { value: name }, name.replace(".png", ""))),
        );
        const first = names.find((name) => name.startsWith("line"));
        if (state.files.length) take(state.files.splice(0));
        else if (first) open(first);
        else ask();
      } catch (error) {
        fail(error);
      }
    },
    take,
    theme() {
      forgetColours();
      pad.redraw();
      ask();
    },
  };
}
