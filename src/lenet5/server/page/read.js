// The third view, Read: several digits are written or opened, what was read is corrected and taken away.

import { inAddress, note } from "./address.js";
import { file as fetched, get, post } from "./api.js";
import { forgetColours } from "./colour.js";
import { makeDesk } from "./desk.js";
import { h } from "./dom.js";
import { prepared } from "./files.js";
import { cellsOf, graphOf, slideOf, stepsOf } from "./line.js";
import { makePad } from "./pad.js";
import { change, forget, makePicture } from "./picture.js";
import { corrected, correctionsOf, entriesOf } from "./results.js";
import { state } from "./state.js";
import { t } from "./words.js";

const TOLD = 3; // files that are told of, of all that cannot be opened
const PAUSE = 250; // milliseconds after a stroke, before it is read
// A phone's paper is higher: its width is all that there is.
const WIDE = { width: 1040, height: 200, pen: 13 };
const TALL = { width: 600, height: 360, pen: 17 };
const LAYOUTS = ["auto", "digit", "line", "page"];
const TONES = ["auto", "dark", "light"];
const SIGNS = ["digits", "capitals", "letters", "alphanumeric", "ascii", "own"];

export function readView({ network, fail }) {
  const shape = inAddress().paper ?? (matchMedia("(max-width: 700px)").matches ? "tall" : "wide");
  const paper = shape === "tall" ? TALL : WIDE;
  const pad = makePad({ onChange: drawn, ...paper, label: "read.label", hint: "read.hint" });
  pad.element.classList.add(shape);
  const choice = (name, values) =>
    h(
      "select",
      { "aria-label": t(name), onchange: chosen },
      values.map((value) => h("option", { value }, t(`${name}.${value}`))),
    );
  const layout = choice("layout", LAYOUTS);
  const tone = choice("tone", TONES);
  const signs = choice("signs", SIGNS);
  const own = h("input", {
    type: "text",
    value: "0123456789-",
    maxLength: 95,
    size: 12,
    hidden: true,
    autocomplete: "off",
    spellcheck: false,
    "aria-label": t("signs.which"),
    onchange: chosen,
  });
  const characters = () => (signs.value === "own" ? own.value || "digits" : signs.value);
  const examples = h("select", {
    "aria-label": t("read.examples"),
    onchange: () => examples.value && open(examples.value),
  });
  const file = h("input", {
    type: "file",
    accept: "image/*,application/pdf",
    multiple: true,
    hidden: true,
    onchange: () => {
      take([...file.files]);
      file.value = "";
    },
  });
  const desk = makeDesk({
    onSelect: select,
    onChange: (changes) => {
      const changed = change(current(), changes);
      show(t("read.working"));
      changed.then(() => ask(), fail);
    },
    onReading: (number) => ask(number),
    onRemove: remove,
    onKeep: keep,
  });
  const graph = h("section.card.half", { hidden: true, "aria-label": t("read.graph") });
  const slide = h("section.card.half", { hidden: true, "aria-label": t("read.slide") });
  const steps = h("section.card", { hidden: true, "aria-label": t("read.steps") });
  const button = (words, onclick) => h("button", { type: "button", onclick }, t(words));
  const element = h(
    "div.read",
    {},
    h(
      "section.card.write",
      { "aria-label": t("read.title") },
      h("h2", {}, t("read.title")),
      h("div.wide-pad", {}, pad.element, h("small", { id: "pad-keys" }, t("pad.keys"))),
      h(
        "div.ways",
        {},
        h(
          "div.row",
          {},
          button("clear", () => pad.clear()),
          button("undo", () => pad.undo()),
          button("read.open", () => file.click()),
          file,
        ),
        h("label", {}, t("read.examples"), examples),
        h("label", {}, t("layout"), layout),
        h("label", {}, t("tone"), tone),
        h("label", {}, t("signs"), signs),
        own,
      ),
    ),
    desk.element,
    graph,
    slide,
    steps,
  );
  let timer = 0;
  let reading = false;
  let acts = 0; // how often something was written or opened

  const current = () => state.desk.pictures[state.desk.at];

  // Take the place of the paper and of the example; pictures of one's own, and their corrections, stay.
  function lay(pictures) {
    const own = state.desk.pictures.filter((one) => !one.paper && !one.example);
    state.desk = { pictures: [...own, ...pictures], at: pictures.length ? own.length : 0 };
  }

  function drawn() {
    clearTimeout(timer);
    acts += 1;
    lay([]);
    note({ line: pad.text, paper: shape, example: null });
    examples.value = "";
    if (pad.empty) return ask();
    state.desk.at = -1; // the picture of what was written comes with the end of the stroke
    show(t("read.working"));
    timer = setTimeout(write, PAUSE);
  }

  async function write() {
    lay([makePicture("paper.png", await onPaper(), { paper: pad.text })]);
    ask();
  }

  // What was written, black on white whatever the theme is.
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

  async function open(example) {
    const mine = (acts += 1);
    try {
      const blob = await fetched(`examples/${encodeURIComponent(example)}`);
      if (acts === mine) await take([blob], example);
    } catch (error) {
      fail(error);
    }
  }

  // Files that cannot be opened are told of, and the others are read.
  async function take(files, example = "") {
    acts += 1;
    const pictures = [];
    const wrong = [];
    for (const one of files) {
      try {
        const { name, blob } = await prepared(one);
        pictures.push(makePicture(example || name || t("read.pasted"), blob, { example }));
      } catch (error) {
        wrong.push(error);
      }
    }
    if (pictures.length) {
      pad.put(null);
      clearTimeout(timer);
      lay(pictures);
      note({ line: null, paper: null, example: example || null });
      examples.value = example;
      await ask();
    }
    if (wrong.length) fail(new AggregateError(wrong.slice(0, TOLD)));
  }

  function select(at) {
    state.desk.at = at;
    ask();
  }

  function remove(at, count) {
    state.desk.pictures.splice(at, count);
    if (at < state.desk.at) state.desk.at -= 1;
    state.desk.at = Math.max(0, Math.min(state.desk.at, state.desk.pictures.length - 1));
    ask();
  }

  // What was corrected, picture by picture, into the server's folder. Gives how many corrections lie there.
  async function keep(pictures) {
    let kept = 0;
    for (const picture of pictures) {
      const told = correctionsOf(picture);
      if (!told.length) continue;
      const form = new FormData();
      form.append("picture", picture.sent, picture.name);
      form.append("corrections", JSON.stringify(told));
      ({ kept } = await post("corrections", form, null));
    }
    return kept;
  }

  function chosen() {
    own.hidden = signs.value !== "own";
    const said = (field, usual) => (field === usual ? null : field);
    note({
      layout: said(layout.value, "auto"),
      tone: said(tone.value, "auto"),
      characters: said(characters(), "digits"),
    });
    // What was corrected stays, but for the picture that this is tried on.
    state.desk.pictures.filter((one) => one === current() || !corrected(one)).forEach(forget);
    ask();
  }

  // The current picture first, with its steps; then whichever others are not read yet.
  async function ask(number = 0) {
    const picture = current();
    show(t(picture ? "read.working" : "read.nothing"));
    if (!picture) return;
    fail(null);
    // Asked again: the server may be back.
    state.desk.pictures.filter(({ problem }) => problem?.status === 0).forEach(forget);
    await read(picture);
    // Asked anew meanwhile, as when other characters are chosen: the newer question shows its answer.
    if (picture !== current() || !(picture.readings || picture.problem)) return;
    show(t("read.failed"));
    if (picture.problem) fail(picture.problem, "picture");
    else await explain(picture, number);
    if (!reading) readOthers();
  }

  async function readOthers() {
    reading = true;
    const next = () => element.isConnected && state.desk.pictures.find((one) => !one.readings && !one.problem);
    for (let one = next(); one; one = next()) {
      await read(one);
      desk.list(state.desk);
    }
    reading = false;
  }

  const asked = (path, picture, more = "") =>
    post(
      `${path}?layout=${layout.value}&ink=${tone.value}&characters=${encodeURIComponent(characters())}${more}`,
      picture.sent,
      picture.sent.type,
    );

  // Asked once, however many wait for it; what comes for a picture that was changed meanwhile is dropped.
  function read(picture) {
    if (picture.asked) return picture.asked;
    const mine = asked("read", picture).then(({ pictures: [{ readings }] }) => {
      if (picture.asked === mine) Object.assign(picture, { readings, entries: entriesOf(readings) });
    }, (error) => {
      if (picture.asked === mine) picture.problem = error;
    });
    picture.asked = mine;
    return mine;
  }

  // The steps, and of a line that the reader has cut by itself how it did so.
  async function explain(picture, number) {
    const { readings } = picture;
    const one = readings[number];
    const free = one?.text && one.characters.every((c) => c.row === null);
    try {
      const [steps_, lined] = await Promise.all([
        picture.steps.length ? picture.steps : asked("explain", picture).then((answer) => answer.steps),
        free ? asked("line", picture, `&reading=${number}&network=${encodeURIComponent(network.name)}`) : {},
      ]);
      if (picture !== current() || picture.readings !== readings) return;
      picture.steps = steps_;
      show("", lined);
    } catch (error) {
      if (picture === current()) fail(error, "picture");
    }
  }

  // All that is known of the current picture, and nothing of another.
  function show(words, lined = {}) {
    const picture = current();
    const readings = picture?.readings;
    if (readings) element.dataset.answer = readings.map((one) => one.text).join(" ");
    else delete element.dataset.answer;
    desk.show(state.desk, readings ? "" : words);
    const inCells = readings?.some((one) => one.characters.some((c) => c.row !== null)) && picture.steps.length;
    graph.hidden = !lined.graph && !inCells;
    slide.hidden = !lined.slide;
    if (lined.graph) graph.replaceChildren(...graphOf(lined.graph));
    else if (inCells) graph.replaceChildren(...cellsOf(picture.steps));
    if (lined.slide) slide.replaceChildren(...slideOf(lined.slide));
    steps.hidden = !picture?.steps.length;
    if (picture) steps.replaceChildren(...stepsOf(picture.steps));
  }

  async function begin() {
    const before = acts;
    const [{ examples: names }, { corrections }] = await Promise.all([get("examples"), get("health")]);
    desk.keeps(corrections);
    const names_ = names.map((name) => h("option", { value: name }, name.replace(".png", "")));
    examples.replaceChildren(h("option", { value: "" }, "–"), ...names_);
    const at = inAddress();
    layout.value = LAYOUTS.includes(at.layout) ? at.layout : "auto";
    tone.value = TONES.includes(at.tone) ? at.tone : "auto";
    signs.value = !at.characters ? "digits" : SIGNS.includes(at.characters) ? at.characters : "own";
    if (signs.value === "own") own.value = at.characters;
    own.hidden = signs.value !== "own";
    const shown = state.desk.pictures.some((one) =>
      one.example === (at.example ?? "") && one.paper === (at.line ?? "")
    );
    examples.value = at.example ?? "";
    if (acts !== before) return null;
    if (state.files.length) return take(state.files.splice(0));
    if (at.line) pad.text = at.line;
    if (shown) return ask();
    if (at.line) return write();
    return open(names.includes(at.example) ? at.example : names.find((name) => name.startsWith("line")));
  }

  return {
    element,
    take,
    start: () => begin().catch((error) => fail(error)),
    stop: () => clearTimeout(timer),
    theme() {
      forgetColours();
      pad.redraw();
      ask();
    },
  };
}
