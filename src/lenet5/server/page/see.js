// The first view, See: a digit is drawn, every unit answers, and one points at a unit to see its numbers.

import { inAddress, note } from "./address.js";
import { file as fetched, floats, get, post } from "./api.js";
import { makeBeside } from "./beside.js";
import { forgetColours } from "./colour.js";
import { randomDigit } from "./digits.js";
import { h, number, percent } from "./dom.js";
import { prepared } from "./files.js";
import { makeFlow } from "./flow.js";
import { showLayer, showUnit } from "./inspect.js";
import { makeLesson } from "./lesson.js";
import { look, pictureOf } from "./network.js";
import { normalised } from "./normalise.js";
import { packed } from "./packed.js";
import { makePad } from "./pad.js";
import { inkText } from "./specimen.js";
import { state } from "./state.js";
import { makeWayBack } from "./wayback.js";
import { t } from "./words.js";
import { makeZoom } from "./zoom.js";

const INK = "application/octet-stream";

// A unit as the address has it: c3.5.2.3 is layer, map, row and column.
const unitText = ({ layer, map, x, y }) => [layer, map, y, x].join(".");

function unitOf(network, text) {
  const [name, map, y, x] = text.split(".").map((part, k) => (k ? Number(part) : part));
  const layer = network.layer[name];
  const inside = (value, size) => Number.isInteger(value) && value >= 0 && value < size;
  return layer && inside(map, layer.maps) && inside(y, layer.height) && inside(x, layer.width)
    ? { layer: name, map, x, y }
    : null;
}

export function seeView({ network, fail, names }) {
  let looked = null;
  let pointed = null;
  const pad = makePad({ onChange: changed });
  const way = makeWayBack(network, () => {
    refreshed();
    tell(Number(element.dataset.milliseconds));
  });
  const verdict = h("div.answer.card", { "aria-live": "polite" });
  const inspector = h("section.inspector.card", { "aria-label": t("inspector") });
  const held = h("p.holding", { hidden: true }, t("held"));
  const zoom = makeZoom({ point, close: () => sheet(false) });
  const inspecting = h("div.inspecting", {}, zoom.element, held, inspector);
  const flow = makeFlow(network, {
    onPoint: point,
    onTouch: () => sheet(true),
    onHold: (on) => {
      held.hidden = !on;
    },
    onLayer: (layer) => {
      pointed = null;
      note({ unit: null });
      flow.light(null);
      showLayer(inspector, network, layer);
    },
  });
  const beside = makeBeside({
    names,
    network,
    fail,
    onTouch: () => sheet(true),
    onPoint: (unit) => {
      beside.light(unit);
      beside.inspect(inspector, unit);
      zoom.show(null);
    },
  });
  const lesson = makeLesson({
    network,
    point,
    pointAt: (text) => {
      const best = looked.penalties.indexOf(Math.min(...looked.penalties));
      const unit = unitOf(network, text === "output.best" ? `output.${best}.0.0` : text);
      if (unit) point(unit), flow.hold(true);
    },
    write: (ink) => {
      pad.text = ink;
      changed();
    },
    want: () => {
      const best = looked.penalties.indexOf(Math.min(...looked.penalties));
      way.begin(network.classes[(best + 1) % network.classes.length]);
      refreshed();
    },
  });
  const file = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    onchange: () => {
      if (file.files[0]) take([...file.files]);
      file.value = "";
    },
  });
  const examples = h("select", {
    onchange: () => {
      if (examples.value) fetched(`examples/${encodeURIComponent(examples.value)}`).then((blob) => take([blob]), fail);
    },
  });
  const tools = h(
    "div.tools",
    {},
    h(
      "div.row",
      {},
      h("button", { type: "button", onclick: () => pad.clear() }, t("clear")),
      h("button", { type: "button", onclick: () => pad.undo() }, t("undo")),
      h("button.served", { type: "button", onclick: () => file.click() }, t("open")),
    ),
    h(
      "div.row",
      {},
      h("button", { type: "button", onclick: () => random("drawn") }, t("random.drawn")),
      h("button.served", { type: "button", onclick: () => random("mnist") }, t("random.mnist")),
    ),
    h("div.row.served", {}, h("label", {}, t("read.examples"), " ", examples)),
    verdict,
    file,
  );
  const element = h(
    "div.see",
    { dataset: { network: network.name } },
    h(
      "div.side",
      {},
      h("section.pad", { "aria-label": t("pad.section") }, pad.element, tools),
      h("section.way", { "aria-label": t("back.toggle") }, way.toggle, way.body),
      names.length > 1 ? beside.choice : null,
      h("small", { id: "pad-keys" }, t("pad.keys")),
    ),
    h("div.flowbox", { tabIndex: 0, role: "region", "aria-label": t("flow") }, flow.element),
    beside.box,
    h("div.below", {}, lesson.element, inspecting),
  );

  function changed() {
    answer();
    note({ ink: pad.text });
  }

  // What is on the paper, answered here and now; the server's reader is asked besides.
  function answer() {
    const from = performance.now();
    const ink = pad.ink();
    const side = Math.round(Math.sqrt(ink.length));
    state.picture = normalised(ink, side, side);
    refreshed();
    tell(performance.now() - from);
    judge(ink);
  }

  // All of the network for the picture that is there: forward, or the way back.
  function refreshed() {
    looked = look(way.network, state.picture);
    const back = way.follow(looked, looked.penalties.indexOf(Math.min(...looked.penalties)));
    flow.show(looked, back?.byA, back && way.limits());
    inspect();
    beside.show(state.picture);
    lesson.update({ looked, pointed });
    note({ wanted: way.on ? way.wanted : null });
  }

  // On a phone, what one touches opens over the lower half of the screen; it would be below all maps.
  function sheet(on) {
    inspecting.classList.toggle("sheet", on);
    zoom.element.hidden = !on;
    if (on) return;
    flow.light(null);
    pointed = null;
    note({ unit: null });
    showLayer(inspector, network, null);
  }

  function inspect() {
    if (!pointed || !looked) return;
    zoom.show(flow.mapOf(pointed), pointed);
    if (way.on) way.show(inspector, pointed);
    else showUnit(inspector, way.network, looked, pointed);
  }

  function tell(milliseconds) {
    const best = looked.penalties.indexOf(Math.min(...looked.penalties));
    const second = Math.min(...looked.penalties.filter((_, k) => k !== best));
    const digit = h("span.digit", {}, pad.empty ? "–" : network.classes[best]);
    element.dataset.answer = pad.empty ? "" : network.classes[best];
    element.dataset.milliseconds = milliseconds.toFixed(1);
    verdict.replaceChildren(
      digit,
      h(
        "div",
        {},
        h("p", {}, t(network.rbf ? "answer.distance" : "answer.penalty", { value: number(looked.penalties[best], 2) })),
        h("p", {}, t("answer.margin", { value: number(second - looked.penalties[best], 2) })),
        h("p.verdict", {}),
        h("small", {}, t("answer.time", { value: milliseconds.toFixed(0) })),
      ),
    );
  }

  // One question at a time: of what was drawn meanwhile, the last is asked.
  let judging = false;
  let waiting = null;
  async function judge(ink) {
    waiting = ink;
    if (judging) return;
    judging = true;
    try {
      while (waiting) {
        const asked = waiting;
        waiting = null;
        const { pictures } = await post("read?layout=digit", asked, INK);
        const [reading] = pictures[0].readings ?? [];
        if (!waiting && reading) sayReader(reading);
      }
    } catch {
      waiting = null; // the network's own answer stands on the screen
    } finally {
      judging = false;
    }
  }

  function sayReader(reading) {
    const line = verdict.querySelector(".verdict");
    line.classList.add(reading.rejected ? "rejected" : "accepted");
    line.textContent = reading.rejected
      ? t("reader.rejects", { reason: t(`reason.${reading.reason}`) })
      : t("reader.reads", { text: reading.text, value: percent(reading.confidence) });
    line.append(" ", h("small.why", {}, t(reading.rejected ? "reader.rejects.why" : "reader.reads.why")));
    verdict.querySelector(".digit").classList.toggle("unsure", reading.rejected);
  }

  function point(unit) {
    pointed = unit;
    note({ unit: unitText(unit) });
    flow.light(unit);
    beside.light(unit);
    inspect();
    if (looked) lesson.update({ looked, pointed });
  }

  async function random(source) {
    try {
      pad.put(await randomDigit(source));
      changed();
    } catch (error) {
      fail(error);
    }
  }

  // The server finds the ink in a picture, and sends it as the network sees it. Until then, and after an error, the
  // paper and its answer stay as they are.
  async function take([first]) {
    try {
      const { blob } = await prepared(first);
      const numbers = await floats(`activations?network=${encodeURIComponent(network.name)}`, blob, blob.type);
      pad.put(pictureOf(network, { maps: { input: numbers } }));
      fail(null);
      changed();
    } catch (error) {
      fail(error, "picture");
    }
  }

  return {
    element,
    start() {
      if (!packed) {
        get("examples").then((told) => {
          const single = told.examples.filter((name) => name.startsWith("digit"));
          examples.replaceChildren(
            h("option", { value: "" }, "–"),
            ...single.map((name) => h("option", { value: name }, name.replace(".png", ""))),
          );
        }).catch(fail);
      }
      flow.repaint();
      showLayer(inspector, network, null);
      const at = inAddress();
      pad.text = inkText();
      if (at.wanted) way.begin(at.wanted);
      answer();
      const unit = at.unit && unitOf(network, at.unit);
      if (unit) point(unit), flow.hold(true);
      lesson.open(at.lesson, document.activeElement?.dataset.view === "lesson"); // whoever came by the link above
      beside.begin();
    },
    stop: lesson.stop,
    take,
    theme() {
      forgetColours();
      flow.repaint();
      beside.theme();
      pad.redraw();
      if (looked) refreshed();
    },
  };
}
