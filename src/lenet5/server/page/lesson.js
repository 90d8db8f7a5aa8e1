// The lesson beside the network: ten steps, each of which points at the real thing.

import { inAddress, link, push } from "./address.js";
import { h } from "./dom.js";
import { DRAWINGS } from "./lesson_drawings.js";
import { strokesText } from "./strokes.js";
import { t } from "./words.js";

// What is pointed at when a step begins.
const STEPS = {
  picture: "input.0.15.15",
  kernel: "c1.0.9.14",
  maps: "c1.0.9.14",
  subsampling: "s2.0.6.6",
  squash: "c3.4.4.4",
  table: "c3.0.4.4",
  fold: "f6.40.0.0",
  codes: "output.best",
  error: "output.best",
  limits: "",
};
const NAMES = Object.keys(STEPS);
// The formulas, with the parts that the text speaks of.
const SUM = [["", "x = "], ["f", "f("], ["", "Σ "], ["w", "w"], ["", "·"], ["x", "x"], ["", " + "], ["b", "b"], [
  "f",
  ")",
]];
const FORMULAS = {
  picture: [["p", "−0.1 ≤ x ≤ 1.175"]],
  kernel: SUM,
  maps: SUM,
  subsampling: [["", "x = "], ["f", "f("], ["c", "c"], ["", " · "], ["x", "Σ x"], ["", " + "], ["b", "b"], ["f", ")"]],
  squash: [["f", "f(a) = 1.7159 · tanh(2a/3)"]],
  codes: [["", "y = Σ "], ["d", "("], ["x", "x"], ["d", " − "], ["w", "w"], ["d", ")²"]],
  error: [["e", "E = y_D + log(exp(−j) + Σ exp(−y_i))"]],
};
// Ink that the network has no answer to.
const at = (points) => points.map(([x, y]) => ({ x, y }));
const INK = {
  A: strokesText([at([[70, 240], [140, 40], [210, 240]]), at([[95, 170], [185, 170]])], 280),
  blank: "",
  turned: strokesText([at([[230, 60], [230, 220], [50, 130]])], 280),
  two: strokesText([at([[70, 60], [70, 220]]), at([[130, 60], [210, 60], [160, 220]])], 280),
};

// point(unit), pointAt(text of a unit), write(ink), want(): what the steps do with the network beside them.
export function makeLesson({ network, point, pointAt, write, want }) {
  const element = h("section.lesson.card", { "aria-label": t("lesson.label"), hidden: true });
  let name = "";
  let drawing = null;
  let last = null;

  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || event.target.matches("input, select")) return;
    event.preventDefault();
    go(step);
  });
  // Text and formula light up each other's parts.
  for (const [event, on] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
    element.addEventListener(event, ({ target }) => {
      const term = target.closest?.("[data-term]")?.dataset.term;
      for (const part of term ? element.querySelectorAll(`[data-term="${term}"]`) : []) {
        part.classList.toggle("lit", on);
      }
    });
  }

  function go(step) {
    const to = NAMES[NAMES.indexOf(name) + step];
    if (!to) return;
    push({ lesson: to, unit: null });
    open(to, true);
  }

  function close() {
    push({ lesson: null });
    open("");
  }

  // One step of the lesson, or none; `focus` brings the reader to its title.
  function open(which, focus = false) {
    drawing?.stop?.();
    name = NAMES.includes(which) ? which : "";
    element.hidden = !name;
    document.body.classList.toggle("teaching", Boolean(name));
    if (!name) return;
    drawing = DRAWINGS[name]?.({ network, point }) ?? null;
    const number = NAMES.indexOf(name);
    const button = (words, onclick, disabled) => h("button", { type: "button", onclick, disabled }, t(words));
    element.replaceChildren(
      h(
        "header",
        {},
        h("h2", { tabIndex: -1 }, `${number + 1}. ${t(`lesson.${name}`)}`),
        h("small", {}, t("lesson.paper", { section: t(`lesson.${name}.section`) })),
      ),
      h(
        "nav.row",
        { "aria-label": t("lesson.steps") },
        button("lesson.back", () => go(-1), number === 0),
        button("lesson.next", () => go(1), number === NAMES.length - 1),
        h("ol.dots", {}, NAMES.map(dot)),
        h("button.plain", { type: "button", "aria-label": t("lesson.close"), onclick: close }, "×"),
      ),
      formula(),
      h("p.words", {}, words(t(`lesson.${name}.text`))),
      drawing?.element ?? "",
      number === NAMES.length - 1 ? onwards() : "",
      h("small", {}, t("lesson.keys")),
    );
    if (STEPS[name] && !inAddress().unit) pointAt(STEPS[name]);
    if (last) update(last);
    drawing?.start?.();
    if (focus) element.querySelector("h2").focus();
  }

  function dot(step, k) {
    const label = `${k + 1}. ${t(`lesson.${step}`)}`;
    const onclick = () => go(k - NAMES.indexOf(name));
    const current = step === name ? "step" : null;
    return h(
      "li",
      {},
      h("button", { type: "button", title: label, "aria-label": label, "aria-current": current, onclick }, `${k + 1}`),
    );
  }

  const onwards = () =>
    h("p.row", {}, ["test", "read", "learn"].map((view) => h("a", { href: link({ view }) }, t(`lesson.${view}`))));

  const formula = () =>
    FORMULAS[name]
      ? h("p.rule", { role: "math" }, FORMULAS[name].map(([term, text]) => term ? part(term, text) : text))
      : "";

  const part = (term, text) => h("span.said", { tabIndex: 0, dataset: { term } }, lowered(text));

  // The letter after _ stands lower, as an index does.
  const lowered = (text) => text.split(/_(\w)/).map((piece, k) => (k % 2 ? h("sub", {}, piece) : piece));

  // The text with its marks: parts of the formula, units to point at, ink to write.
  function words(text) {
    return text.split(/(\[[^\]]+\])/).map((piece) => {
      const [, mark, said] = piece.match(/^\[([^|]+)\|([^\]]+)\]$/) ?? [];
      if (!mark) return piece;
      const does = { "@": () => pointAt(mark.slice(1)), "=": () => write(INK[mark.slice(1)]), "!": want }[mark[0]];
      return does ? h("button.does", { type: "button", onclick: does }, said) : part(mark, said);
    });
  }

  function update(now) {
    last = now;
    if (name) drawing?.update(now);
  }

  return { element, open, update, stop: () => drawing?.stop?.() };
}
