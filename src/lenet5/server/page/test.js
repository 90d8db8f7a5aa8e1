// The second view, Test: sliders change the digit, and strips show where the answer breaks.

import { go, inAddress, note, settingsOf, settingsText } from "./address.js";
import { get } from "./api.js";
import { changed, inkOf, PATTERNS, unframed } from "./changes.js";
import { forgetColours, inkImage } from "./colour.js";
import { randomDigit } from "./digits.js";
import { h, number } from "./dom.js";
import { look, scaled } from "./network.js";
import { inkPicture } from "./specimen.js";
import { state } from "./state.js";
import { pictureText } from "./strokes.js";
import { t } from "./words.js";

const UNITS = { "°": 0, px: 1, "×": 2, "px/px": 2, p: 2 };

// A square picture of ink: its bytes, or the same in base64.
export function thumbnail(ink, label = "") {
  const bytes = typeof ink === "string" ? Uint8Array.from(atob(ink), (c) => c.charCodeAt(0)) : ink;
  const side = Math.round(Math.sqrt(bytes.length));
  const said = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  const canvas = h("canvas.pixels", { width: side, height: side, ...said });
  canvas.getContext("2d").putImageData(inkImage(bytes, side, side), 0, 0);
  return canvas;
}

export function testView({ network, fail }) {
  let changes = [];
  const settings = {};
  let asked = false;
  let last = null;
  const picture = h("div.specimen");
  const verdict = h("p.big", { "aria-live": "polite" });
  const strips = h("div.strips");
  const patterns = h("div.patterns");
  const element = h(
    "div.test",
    {},
    h(
      "section.card.now",
      { "aria-label": t("test.now") },
      h("h2", {}, t("test.title")),
      picture,
      verdict,
      h(
        "div.row",
        {},
        h("button.main", { type: "button", onclick: toSee }, t("test.see")),
        h("button", { type: "button", onclick: reset }, t("test.reset")),
        h("button", { type: "button", onclick: () => another("drawn") }, t("random.drawn")),
        h("button.served", { type: "button", onclick: () => another("mnist") }, t("random.mnist")),
      ),
    ),
    h(
      "section.card",
      { "aria-label": t("test.strips") },
      h("h2", {}, t("test.strips")),
      h("p.muted", {}, t("test.explain")),
      strips,
    ),
    h(
      "section.card.wide",
      { "aria-label": t("test.patterns") },
      h("h2", {}, t("test.patterns")),
      h("p.muted", {}, t("test.patterns.explain")),
      patterns,
    ),
  );

  const shown = (change, value) =>
    `${number(value, UNITS[change.unit])} ${change.unit === "p" || change.unit === "px/px" ? "" : change.unit}`.trim();

  function slider(change) {
    const position = (value) => (change.logarithmic ? Math.log(value) : value);
    const value = (at) => (change.logarithmic ? Math.exp(at) : at);
    const [low, high] = [position(change.low), position(change.high)];
    const output = h("output", {}, shown(change, change.neutral));
    const input = h("input", {
      type: "range",
      min: low,
      max: high,
      step: (high - low) / 200,
      id: `slider-${change.name}`,
    });
    input.value = position(change.neutral);
    input.addEventListener("input", () => {
      settings[change.name] = value(Number(input.value));
      if (Math.abs(Number(input.value) - position(change.neutral)) < (high - low) / 120) {
        settings[change.name] = change.neutral;
      }
      output.textContent = shown(change, settings[change.name]);
      ask();
    });
    // Without another look; what the slider cannot have is passed over, as the address may say anything.
    change.begin = (to) => {
      if (!(to >= change.low && to <= change.high)) return;
      settings[change.name] = to;
      input.value = position(to);
      output.textContent = shown(change, to);
    };
    change.set = (to) => {
      change.begin(to);
      ask();
    };
    change.strip = h("div.strip", {
      dataset: { change: change.name },
      tabIndex: 0,
      role: "group",
      "aria-label": t(`change.${change.name}`),
    });
    change.holds = h("small.holds");
    return h(
      "div.change",
      {},
      h("div.head", {}, h("label", { htmlFor: input.id }, t(`change.${change.name}`)), output, change.holds),
      input,
      change.strip,
    );
  }

  // At most once for each frame of the screen, however quickly a slider moves.
  function ask() {
    if (asked) return;
    asked = true;
    const set = changes.filter((change) => (settings[change.name] ?? change.neutral) !== change.neutral);
    const short = (value) => Number(value.toFixed(4));
    note({ set: settingsText(Object.fromEntries(set.map(({ name }) => [name, short(settings[name])]))) });
    requestAnimationFrame(() => {
      asked = false;
      last = answers();
      show();
    });
  }

  // Every picture of this view with the answer to it.
  function answers() {
    const x = scaled(network, state.picture);
    const now = Object.fromEntries(changes.map((change) => [change.name, settings[change.name] ?? change.neutral]));
    const answered = (picture, image) => {
      const { penalties } = look(network, picture);
      return { answer: network.classes[penalties.indexOf(Math.min(...penalties))], image };
    };
    const changedBy = (how) => {
      const picture = changed(network, x, how);
      return answered(picture, inkOf(network, picture));
    };
    const strip = (change) => change.settings.map((value) => changedBy({ ...now, [change.name]: value }));
    return {
      truth: answered(state.picture).answer,
      now: changedBy(now),
      strips: Object.fromEntries(changes.map((change) => [change.name, strip(change)])),
      patterns: Object.fromEntries(
        Object.entries(PATTERNS).map(([name, pattern]) => {
          const picture = pattern(state.picture);
          return [name, answered(picture, picture)];
        }),
      ),
    };
  }

  function show() {
    const { now, truth } = last;
    picture.replaceChildren(thumbnail(now.image, t("test.now")));
    element.dataset.answer = now.answer;
    verdict.className = now.answer === truth ? "big right" : "big wrong";
    verdict.replaceChildren(
      h("b", {}, now.answer),
      h("span", {}, t(now.answer === truth ? "test.same" : "test.differs")),
    );
    for (const change of changes) showStrip(change, last.strips[change.name], truth);
    patterns.replaceChildren(
      ...Object.entries(last.patterns).map(([name, asked]) =>
        h(
          "figure",
          { className: asked.answer === truth ? "right" : "wrong" },
          thumbnail(asked.image, t(`pattern.${name}`)),
          h("figcaption", {}, h("b", {}, asked.answer), " ", t(`pattern.${name}`)),
        )
      ),
    );
  }

  function showStrip(change, asked, truth) {
    const right = asked.map((one) => one.answer === truth);
    const value = (k) => change.settings[k];
    const middle = change.settings.reduce(
      (best, v, k) => (Math.abs(v - change.neutral) < Math.abs(value(best) - change.neutral) ? k : best),
      0,
    );
    let [from, to] = [middle, middle];
    while (from > 0 && right[from - 1]) from -= 1;
    while (to < asked.length - 1 && right[to + 1]) to += 1;
    const said = change.paper
      ? `; ${t("test.paper", { from: shown(change, change.paper[0]), to: shown(change, change.paper[1]) })}`
      : "";
    change.holds.textContent = right[middle]
      ? t("test.holds", { from: shown(change, value(from)), to: shown(change, value(to)) }) + said
      : t("test.broken") + said;
    change.strip.replaceChildren(...asked.map((one, k) => {
      const claimed = change.paper && value(k) >= change.paper[0] - 1e-9 && value(k) <= change.paper[1] + 1e-9;
      const label = `${shown(change, value(k))}: ${one.answer}`;
      const cell = h(
        "button",
        {
          type: "button",
          tabIndex: -1,
          title: label,
          "aria-label": label,
          className: [
            right[k] ? "right" : "wrong",
            claimed ? "claimed" : "",
            (k === from && from > 0) || k === to + 1 ? "edge" : "",
          ].join(" "),
          onclick: () => change.set(value(k)),
        },
        thumbnail(one.image),
        h("span", {}, one.answer),
      );
      return cell;
    }));
    if (!change.centred) change.strip.scrollLeft = (change.strip.scrollWidth - change.strip.clientWidth) / 2;
    change.centred = true;
  }

  function reset() {
    for (const change of changes) change.set(change.neutral);
  }

  // The digit as it is now, with all its layers.
  function toSee() {
    go({ view: "see", ink: pictureText(unframed(last.now.image)), unit: null });
  }

  async function another(source) {
    try {
      state.picture = await randomDigit(source);
      note({ ink: pictureText(state.picture) });
      reset();
    } catch (error) {
      fail(error);
    }
  }

  return {
    element,
    async start() {
      try {
        changes = (await get("trials")).changes;
        strips.replaceChildren(...changes.map(slider));
        const set = settingsOf(inAddress().set);
        for (const change of changes) change.begin(Number(set[change.name]));
        state.picture = inkPicture();
        if (state.picture.some(Boolean)) ask();
        else await another("drawn");
      } catch (error) {
        fail(error);
      }
    },
    theme() {
      forgetColours();
      if (last) show();
    },
  };
}
