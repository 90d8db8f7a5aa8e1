// The first view, See: a digit is drawn, every unit answers, and one points at a unit to see its numbers.

import { get, post } from "./api.js";
import { forgetColours } from "./colour.js";
import { h, number, percent } from "./dom.js";
import { makeFlow } from "./flow.js";
import { showLayer, showUnit } from "./inspect.js";
import { look, pictureOf } from "./network.js";
import { makePad } from "./pad.js";
import { state } from "./state.js";
import { t } from "./words.js";

const INK = "application/octet-stream";

export function seeView({ network, fail }) {
  let looked = null;
  let pointed = null;
  let sending = false;
  let stale = false;
  let changedAt = 0;

  const pad = makePad({ onChange: () => answer(), onFile: dropped });
  const verdict = h("div.answer.card", { "aria-live": "polite" });
  const inspector = h("section.inspector.card", { "aria-label": t("inspector") });
  const flow = makeFlow(network, {
    onPoint: point,
    onLayer: (layer) => {
      pointed = null;
      flow.light(null);
      showLayer(inspector, network, layer);
    },
  });
  const file = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    onchange: () => {
      if (file.files[0]) dropped(file.files[0]);
      file.value = "";
    },
  });
  const examples = h("select", {
    onchange: async () => {
      if (examples.value) dropped(await (await fetch(`api/examples/${encodeURIComponent(examples.value)}`)).blob());
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
      h("button", { type: "button", onclick: () => file.click() }, t("open")),
    ),
    h("div.row", {}, h("label", {}, t("read.examples"), " ", examples)),
    h(
      "div.row",
      {},
      h("button", { type: "button", onclick: () => random("drawn") }, t("random.drawn")),
      h("button", { type: "button", onclick: () => random("mnist") }, t("random.mnist")),
    ),
    verdict,
    h("small", { id: "pad-keys" }, t("pad.keys")),
    file,
  );
  const element = h(
    "div.see",
    { dataset: { network: network.name } },
    h("section.pad", { "aria-label": t("pad.section") }, pad.element, tools),
    h("div.flowbox", { tabIndex: 0, role: "region", "aria-label": t("flow") }, flow.element),
    inspector,
  );

  async function answer(ink = null, type = INK) {
    changedAt = performance.now();
    if (sending) {
      stale = true;
      return;
    }
    sending = true;
    try {
      do {
        stale = false;
        const from = changedAt;
        let bytes = ink ?? pad.ink();
        looked = await look(network, bytes, type);
        if (ink) pad.put(bytes = pictureOf(network, looked));
        ink = null;
        type = INK;
        state.picture = pictureOf(network, looked);
        flow.show(looked);
        if (pointed) showUnit(inspector, network, looked, pointed);
        tell(performance.now() - from);
        if (!stale) judge(bytes);
      } while (stale);
    } catch (error) {
      fail(error);
    } finally {
      sending = false;
    }
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
        h("p", {}, t("answer.probability", { value: percent(looked.probabilities[best]) })),
        h("p.verdict", {}),
        h("small", {}, t("answer.time", { value: milliseconds.toFixed(0) })),
      ),
    );
  }

  let judging = 0;
  async function judge(bytes) {
    const turn = (judging += 1);
    try {
      const { pictures } = await post("read?layout=digit", bytes, INK);
      const [reading] = pictures[0].readings ?? [];
      if (turn !== judging || !reading) return;
      const line = verdict.querySelector(".verdict");
      line.classList.add(reading.rejected ? "rejected" : "accepted");
      line.textContent = reading.rejected
        ? t("reader.rejects", { reason: t(`reason.${reading.reason}`) })
        : t("reader.reads", { text: reading.text, value: percent(reading.confidence) });
      verdict.querySelector(".digit").classList.toggle("unsure", reading.rejected);
    } catch { /* the network's own answer stands on the screen */ }
  }

  function point(unit) {
    pointed = unit;
    flow.light(unit);
    if (looked) showUnit(inspector, network, looked, unit);
  }

  async function random(source) {
    try {
      const { image } = await get(`digits?source=${source}`);
      pad.put(Uint8Array.from(image.flat()));
      await answer();
    } catch (error) {
      fail(error);
    }
  }

  function dropped(blob) {
    answer(blob, blob.type || "image/png");
  }

  const pasted = (event) => {
    const item = [...event.clipboardData.files].find((f) => f.type.startsWith("image/"));
    if (item) dropped(item);
  };

  return {
    element,
    start() {
      document.addEventListener("paste", pasted);
      get("examples").then((told) => {
        const single = told.examples.filter((name) => name.startsWith("digit"));
        examples.replaceChildren(
          h("option", { value: "" }, "–"),
          ...single.map((name) => h("option", { value: name }, name.replace(".png", ""))),
        );
      }).catch(fail);
      flow.repaint();
      showLayer(inspector, network, null);
      if (state.picture) {
        pad.put(state.picture);
        answer();
      } else random("drawn");
    },
    stop() {
      document.removeEventListener("paste", pasted);
    },
    theme() {
      forgetColours();
      flow.repaint();
      pad.redraw();
      if (looked) flow.show(looked);
      if (pointed && looked) showUnit(inspector, network, looked, pointed);
    },
  };
}
