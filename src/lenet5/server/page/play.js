// The fourth view, Learn: a network learns in this browser, a picture, a hundred or a pass at a time, or at a speed.

import { go, inAddress, link } from "./address.js";
import { errorSeries, keepInAddress, makeCards, stepSeries } from "./cards.js";
import { forgetColours } from "./colour.js";
import { digitsToLearn } from "./digits.js";
import { h, number } from "./dom.js";
import { followKernel } from "./follow.js";
import { makeFlow } from "./flow.js";
import { makeKernels } from "./kernels.js";
import { keep, look } from "./network.js";
import { packed } from "./packed.js";
import { inkPicture } from "./specimen.js";
import { pictureText } from "./strokes.js";
import { thumbnail } from "./test.js";
import { startWorker } from "./workers.js";
import { t } from "./words.js";

const SPEEDS = { slow: 2, medium: 50, full: Infinity }; // pictures a second
const PASSES = 20; // that the chart has room for
const SHOWN = 24; // wrong digits
const ASKED = 100; // pictures, from which on a network is not forgotten without a question
const LEARNT = "learnt"; // the name of the weights that a wrong digit is seen through
let session = null; // what has been learnt stays while other views are shown
let beginning = null; // a promise of it
const pictures = () => session?.told ? (session.told.pass - 1) * session.told.total + session.told.done : 0;
// Nothing keeps it when the page is closed or loaded again: whoever has let it learn for a while is asked first.
addEventListener("beforeunload", (event) => pictures() >= ASKED && event.preventDefault());

export function playView({ network: given, fail, renamed }) {
  const rbf = given.rbf;
  const field = (name, input) => h("p.field", {}, h("label", { htmlFor: input.id }, t(`play.${name}`)), input);
  const select = (name, options, act = null) =>
    h(
      "select",
      { id: `play-${name}`, onchange: act },
      options.map((o) => h("option", { value: o }, t(`play.${name}.${o}`))),
    );
  const speed = select("speed", Object.keys(SPEEDS), () => session?.going && play());
  speed.value = "full";
  const recipe = select("recipe", ["1998", "descent"], () => (rate.value = usualRate()));
  const start = select("start", ["scratch", "given"]);
  const rate = h("input", { type: "number", id: "play-rate", min: 0, step: "any" });
  const distorted = h("input", { type: "checkbox", id: "play-distorted" });
  const usualRate = () => recipe.value === "1998" ? (rbf ? 1 : 100) : rbf ? 0.0005 : 0.05;
  rate.value = usualRate();

  const toggle = h(
    "button.main",
    { type: "button", onclick: () => (session?.going ? pause() : play()) },
    t("play.play"),
  );
  const steps = [["one", 1], ["hundred", 100], ["pass", "pass"]].map(([name, count]) =>
    h("button", { type: "button", onclick: () => learn(count) }, t(`play.${name}`))
  );
  const controls = h(
    "section.card.order",
    { "aria-label": t("play.title") },
    h("h2", {}, t("play.title")),
    packed ? null : h("p", {}, h("a", { href: link({ ...inAddress(), on: "server", how: null }) }, t("play.server"))),
    h("p.muted", {}, t("play.explain", { network: given.name })),
    h("div.row", {}, toggle, steps),
    field("speed", speed),
    h("hr"),
    field("recipe", recipe),
    field("rate", rate),
    field("start", start),
    field("distorted", distorted),
    h("div.row", {}, h("button", { type: "button", onclick: over }, t("play.over"))),
  );
  keepInAddress(controls, { speed, recipe, rate, start, distorted });
  const status = h("div.status", { "aria-live": "off" }, t("play.digits"));
  const last = h("div.last");
  const cards = makeCards("div.learn.play", controls, { status, last });
  const { element, bar } = cards;
  let shown = null; // the session that this view listens to
  let shownPasses = -1; // that the curves have
  let shownWrong = null; // version of the wrong digits

  // ---- What is told to the worker.

  // There is a session, and this view shows it: the network as it begins, before it has learnt anything.
  async function begun() {
    if (!session) await (beginning ??= begin().finally(() => (beginning = null)));
    if (shown === session) return;
    shown = session;
    session.worker.onmessage = ({ data }) => hear(data);
    session.worker.onerror = (event) => fail(new Error(event.message));
    showNetwork();
    if (session.told) show();
  }

  async function begin() {
    const digits = await digitsToLearn();
    const network = { ...given, tensors: { ...given.tensors } };
    session = { network, digits, worker: startWorker(), going: false, told: null, wrong: [] };
    const weights = Float32Array.from(Object.values(given.tensors).flatMap((tensor) => [...tensor]));
    const how = {
      recipe: recipe.value,
      rate: Number(rate.value) || usualRate(),
      distorted: distorted.checked,
      start: start.value,
      seed: Math.floor(Math.random() * 2 ** 31),
    };
    const { machine: _, ...info } = given;
    session.worker.postMessage({ do: "begin", info: { ...info, tensors: tensorsOf(given) }, weights, digits, how });
  }

  // count: how many pictures, or "pass" for what is left of this one.
  async function learn(count, at = Infinity) {
    try {
      await begun();
      session.going = true;
      toggle.textContent = t("play.pause");
      session.worker.postMessage({ do: "learn", count: count === "pass" ? leftOfPass() : count, speed: at });
    } catch (error) {
      fail(error);
    }
  }

  const play = () => learn(Infinity, SPEEDS[speed.value]);
  const pause = () => session?.worker.postMessage({ do: "pause" });
  const leftOfPass = () =>
    session.told ? session.told.total - session.told.done : session.digits.labels.length - session.digits.heldOut;

  function over() {
    session?.worker.terminate();
    session = null;
    toggle.textContent = t("play.play");
    begun().catch(fail);
  }

  // ---- What it tells.

  function hear({ told, weights, wrong, going }) {
    if (!session) return;
    session.told = told;
    session.going = going;
    if (wrong) session.wrong = wrong;
    Object.keys(session.network.tensors).forEach((name, k) => {
      const { shape } = session.network.tensors[name];
      session.network.tensors[name] = Object.assign(new Float64Array(weights[k]), { shape });
    });
    show();
  }

  function show() {
    const { told, network, going, digits } = session;
    toggle.textContent = t(going ? "play.pause" : "play.play");
    element.dataset.learnt = pictures();
    element.dataset.passes = told.passes.length;
    element.dataset.milliseconds = told.passes.at(-1)?.milliseconds ?? "";
    bar.value = told.done / told.total;
    const seen = told.done || told.total;
    const pass = told.done ? told.pass : told.pass - 1;
    const held = (100 * session.wrong.length) / digits.heldOut;
    status.replaceChildren(
      h("b", {}, pass ? t("play.at", { pass, done: seen, total: told.total }) : t("play.none")),
      told.done ? h("span", {}, t("play.wrong", { error: number((100 * told.wrong) / seen, 1) })) : "",
      h("span", {}, t("play.held", { error: number(held, 1), count: digits.heldOut })),
      told.passes.length
        ? h("span", {}, t("play.each", { milliseconds: number(told.passes.at(-1).milliseconds, 2) }))
        : "",
    );
    if (told.last) {
      const { index, right, answer } = told.last;
      last.replaceChildren(
        thumbnail(digits.images.subarray(784 * index, 784 * (index + 1)), network.classes[right]),
        h(
          "p",
          { className: right === answer ? "right" : "wrong" },
          `${network.classes[right]} → `,
          h("b", {}, network.classes[answer]),
        ),
      );
    }
    session.kernels.show(network.tensors);
    session.follow.show(network.tensors, Number(element.dataset.learnt));
    session.flow.show(look(network, inkPicture()));
    if (shownPasses !== told.passes.length) showCharts();
    showWrong();
  }

  function showNetwork() {
    const { network } = session;
    session.follow = followKernel(network);
    session.kernels = makeKernels(network, (...kernel) => session.follow.choose(...kernel));
    session.flow = makeFlow(network, { onPoint() {}, onLayer() {} });
    session.flow.repaint();
    cards.showKernels(t("play.kernels"), session.follow.element, ...session.kernels.elements);
    cards.showMaps(session.flow);
    [shownPasses, shownWrong] = [-1, null];
  }

  function showCharts() {
    const passes = session?.told?.passes ?? [];
    shownPasses = passes.length;
    cards.showCurves(
      Math.max(PASSES, passes.length),
      errorSeries(passes),
      stepSeries(passes, (record, layer) => record.steps[layer]),
    );
  }

  function showWrong() {
    const { wrong, digits, network } = session;
    const shown = wrong.slice(0, SHOWN);
    const version = shown.map(({ index, answer }) => `${index}:${answer}`).join();
    if (shownWrong === version) return;
    shownWrong = version;
    cards.showWrong(
      t("play.wrong.explain", { count: wrong.length, total: digits.heldOut }),
      shown.map((one) => {
        const ink = digits.images.subarray(784 * one.index, 784 * (one.index + 1));
        const said = `${network.classes[one.right]} → ${network.classes[one.answer]}`;
        return h(
          "button",
          { type: "button", title: t("play.see"), "aria-label": said, onclick: () => toSee(ink, one.right) },
          thumbnail(ink),
          h("span", {}, said),
        );
      }),
    );
  }

  // A wrongly answered digit, seen through the weights of this moment, with the way back from the right answer.
  async function toSee(ink, right) {
    const { network } = session;
    keep({ ...network, name: LEARNT, tensors: { ...network.tensors } });
    await renamed();
    go({ view: "see", network: LEARNT, ink: pictureText(ink), wanted: network.classes[right], unit: null });
  }

  return {
    element,
    start() {
      showCharts();
      if (session && ![session.network.name, LEARNT].includes(given.name)) {
        session.worker.terminate(); // another network was chosen
        session = null;
      }
      begun().catch(fail);
    },
    stop() {
      pause();
    },
    theme() {
      forgetColours();
      if (!session) return;
      session.flow.repaint();
      shownWrong = null;
      if (session.told) show();
    },
  };
}

// Name, shape and place of each tensor, in the order that the weights have.
function tensorsOf(network) {
  let offset = 0;
  return Object.entries(network.tensors).map(([name, { length, shape }]) => {
    offset += length;
    return { name, shape, offset: offset - length };
  });
}
