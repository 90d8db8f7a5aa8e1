// How a line was read: its pieces, the graph, the network slid over it, and the steps as pictures.

import { h, number, percent, svg } from "./dom.js";
import { t } from "./words.js";

const UPRIGHT = 0.05; // pixels aside for a pixel up, below which writing stands upright

const picture = (base64, alt) => h("img", { src: `data:image/png;base64,${base64}`, alt });

// Pieces, recognition graph and best path of a line.
export function graphOf(g) {
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
  return [
    h("h2", {}, t("read.graph")),
    h("p.muted", {}, t("read.graph.explain"), Math.abs(g.slant) > UPRIGHT ? ` ${t("read.slant")}` : ""),
    h("div.scrolls", { tabIndex: 0 }, drawing),
  ];
}

// Digits in printed boxes: each cell by itself.
export function cellsOf(told) {
  const shown = told.filter(({ name }) => name === "boxes" || name === "candidates");
  return [
    h("h2", {}, t("read.cells")),
    h("p.muted", {}, t("read.cells.explain")),
    ...shown.map(({ name, png }) => h("div.scrolls", { tabIndex: 0 }, picture(png, t(`step.${name}`)))),
  ];
}

// The network slid over a line: its outputs, one column for each place.
export function slideOf(s) {
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
  return [
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
  ];
}

// The pictures on the way to an answer.
export function stepsOf(told) {
  return [
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
  ];
}
