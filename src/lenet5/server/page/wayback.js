// The card of the way back: the wanted digit, the loss, one step of learning, and what would have to change.

import { answerOf, curvature, ETAS, goBack, stepped } from "./back.js";
import { paint } from "./colour.js";
import { digitsToLearn } from "./digits.js";
import { h, number } from "./dom.js";
import { etaOptions, showBack } from "./inspect_back.js";
import { lossesOf } from "./losses.js";
import { t } from "./words.js";

const PICTURES = 500; // that h is the mean over, as in the paper

// changed: is called when anything is chosen or learnt. `now` holds the network as it has become.
export function makeWayBack(original, changed) {
  const losses = Object.keys(lossesOf(original));
  const suited = losses.includes("map") ? "map" : losses[0];
  let [on, network, wanted, loss, eta] = [false, original, null, suited, ETAS[0]];
  let back = null;
  let steps = 0;
  let before = null; // parameters before the last step
  let h_ = null; // second derivatives of the network as it came: as in the paper, they stay for a whole pass
  let asked = null; // a promise of them
  let story = null; // what the last step did

  const figure = h("canvas.pixels", { width: 32, height: 32, role: "img", "aria-label": t("back.picture") });
  const told = h("div.told", { "aria-live": "polite" });
  const digits = h(
    "div.wanted",
    { role: "group", "aria-label": t("back.wanted") },
    original.classes.map((name, k) =>
      h("button", { type: "button", onclick: () => choose(k), dataset: { wanted: name } }, name)
    ),
  );
  const chooser = h(
    "select",
    { id: "back-loss", onchange: () => [loss, h_, asked] = [chooser.value, null, null] && (again(), changed()) },
    losses.map((name) => h("option", { value: name, selected: name === suited }, t(`back.loss.${name}`))),
  );
  const rate = h("select", { id: "back-eta", onchange: () => (eta = Number(rate.value), changed()) }, etaOptions(eta));
  const body = h(
    "div.wayback",
    { hidden: true },
    h("p.muted", {}, t("back.explain")),
    h("p.label", {}, t("back.wanted")),
    digits,
    h("p.choice", {}, h("label", { htmlFor: "back-loss" }, t("back.loss")), chooser),
    h("p.choice", {}, h("label", { htmlFor: "back-eta" }, "η"), rate),
    h(
      "div.row",
      {},
      h("button.main", { type: "button", onclick: step }, t("back.step")),
      h("button", { type: "button", onclick: forget }, t("back.forget")),
    ),
    told,
    h("figure", {}, figure, h("figcaption", {}, t("back.picture.explain"))),
  );
  const toggle = h(
    "button.way",
    { type: "button", "aria-pressed": "false", onclick: () => turn(!on) },
    t("back.toggle"),
  );

  function turn(to) {
    on = to;
    toggle.setAttribute("aria-pressed", String(on));
    body.hidden = !on;
    if (!on) [network, steps, before, story] = [original, 0, null, null];
    changed();
  }

  function choose(k) {
    wanted = k;
    changed();
  }

  function again() {
    [before, story] = [null, null];
  }

  // Second derivatives take a moment, and are asked for once for each loss. Where there are no digits for this network,
  // they are those of the picture alone.
  async function secondDerivatives() {
    const alone = () => curvature(original, [back.looked.maps.input], [wanted], loss);
    const digits = await digitsToLearn().catch(() => null);
    if (!digits || original.classes.length <= Math.max(...digits.labels)) return alone();
    const known = Math.min(PICTURES, digits.labels.length - digits.heldOut);
    const pictures = Array.from({ length: known }, (_, k) => digits.images.subarray(784 * k, 784 * (k + 1)));
    return curvature(original, pictures, digits.labels, loss);
  }

  async function withCurvature() {
    const mine = (asked ??= secondDerivatives());
    const second = await mine;
    if (asked === mine) h_ = second; // else another loss was chosen meanwhile
    return mine === asked ? second : withCurvature();
  }

  async function step() {
    const second = await withCurvature();
    const from = answerOf(network, back.looked, wanted, loss);
    before = network.tensors;
    network = stepped(network, back.by, second, eta);
    steps += 1;
    story = { from, to: answerOf(network, back.looked, wanted, loss) };
    changed();
  }

  function forget() {
    [network, steps, before, story] = [original, 0, null, null];
    changed();
  }

  // After every look: the way back of this picture, or null where one looks forward.
  function follow(looked, answered) {
    wanted ??= answered;
    back = on ? goBack(network, looked, wanted, loss) : null;
    if (on) tell();
    return back;
  }

  function tell() {
    for (const button of digits.children) {
      button.setAttribute("aria-pressed", String(button.dataset.wanted === network.classes[wanted]));
    }
    body.dataset.loss = back.loss;
    body.dataset.steps = steps;
    told.replaceChildren(
      h(
        "p",
        {},
        h("i", {}, "E"),
        " = ",
        h("b", {}, number(back.loss, 4)),
        steps ? ` ${t("back.steps", { count: steps })}` : "",
      ),
      story
        ? h(
          "table",
          {},
          h(
            "tbody",
            {},
            [
              [t("back.loss"), number(story.from.loss, 3), number(story.to.loss, 3)],
              [t("back.answer"), story.from.name, story.to.name],
              [
                t(network.rbf ? "back.distance" : "back.penalty"),
                number(story.from.distance, 2),
                number(story.to.distance, 2),
              ],
            ].map(([what, a, b]) =>
              h("tr", {}, h("th", { scope: "row" }, what), h("td", {}, a), h("td", {}, "→"), h("td", {}, b))
            ),
          ),
        )
        : "",
    );
    const change = back.byO.input.map((slope) => -slope);
    paint(figure, change, 32, 32, Math.max(1e-30, ...change.map(Math.abs)));
  }

  function show(panel, unit) {
    const now = { network, back, curvature: h_, eta, before };
    showBack(panel, now, unit);
    if (h_) return;
    const asked = back;
    withCurvature().then((second) => {
      if (asked === back && panel.dataset.weight) showBack(panel, { ...now, curvature: second }, unit);
    });
  }

  // The largest error of each layer: the scales of the maps on the way back.
  function limits() {
    return Object.fromEntries(
      Object.entries(back.byA).map(([name, values]) => [name, Math.max(1e-30, ...values.map(Math.abs))]),
    );
  }

  return {
    toggle,
    body,
    follow,
    show,
    limits,
    // As the address has it: a class by its name.
    begin(name) {
      if (!original.classes.includes(name)) return;
      wanted = original.classes.indexOf(name);
      on = true;
      toggle.setAttribute("aria-pressed", "true");
      body.hidden = false;
    },
    get wanted() {
      return original.classes[wanted];
    },
    get network() {
      return network;
    },
    get on() {
      return on;
    },
  };
}
