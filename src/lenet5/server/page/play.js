// The fourth view, Learn: a network learns in this browser, a picture, a hundred or a pass at a time, or at a speed.

import { go } from "./address.js";
import { chart } from "./chart.js";
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
const LAYERS = ["c1.weight", "c3.weight", "c5.weight", "f6.weight"];
let session = null; // what has been learnt stays while other views are shown

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
    packed ? null : h("p", {}, h("a", { href: "#learn&on=server" }, t("play.server"))),
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
  const status = h("div.status", { "aria-live": "off" }, t("play.none"));
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("learn.progress") });
  const last = h("div.last");
  const charts = h("div.charts");
  const kernelsCard = h("section.card", { "aria-label": t("learn.kernels"), hidden: true });
  const wrongCard = h("section.card", { "aria-label": t("learn.wrong"), hidden: true });
  const mapsCard = h("section.card.wide", { "aria-label": t("learn.maps"), hidden: true });
  const element = h(
    "div.learn.play",
    {},
    controls,
    h("section.card", { "aria-label": t("learn.curve") }, h("div.now", {}, last, h("div", {}, status, bar)), charts),
    kernelsCard,
    wrongCard,
    mapsCard,
  );

  // ---- What is told to the worker.

  async function begin() {
    session?.worker.terminate();
    const digits = await digitsToLearn();
    const network = { ...given, tensors: { ...given.tensors } };
    session = {
      network,
      digits,
      worker: startWorker(),
      going: false,
      told: null,
      wrong: [],
      followed: null,
      history: [],
    };
    const weights = Float32Array.from(Object.values(given.tensors).flatMap((tensor) => [...tensor]));
    const how = {
      recipe: recipe.value,
      rate: Number(rate.value) || usualRate(),
      distorted: distorted.checked,
      start: start.value,
      seed: Math.floor(Math.random() * 2 ** 31),
    };
    listen();
    const { machine: _, ...info } = given;
    session.worker.postMessage({ do: "begin", info: { ...info, tensors: tensorsOf(given) }, weights, digits, how });
    showNetwork();
  }

  // count: how many pictures, or "pass" for what is left of this one.
  async function learn(count, at = Infinity) {
    try {
      if (!session) {
        status.replaceChildren(t("play.digits"));
        await begin();
      }
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
    for (const card of [kernelsCard, wrongCard, mapsCard]) card.hidden = true;
    charts.replaceChildren();
    last.replaceChildren();
    bar.value = 0;
    toggle.textContent = t("play.play");
    status.replaceChildren(t("play.none"));
    delete element.dataset.learnt;
  }

  // ---- What it tells.

  function listen() {
    session.worker.onmessage = ({ data }) => hear(data);
    session.worker.onerror = (event) => fail(new Error(event.message));
  }

  function hear({ told, weights, wrong, going }) {
    if (!session) return;
    session.told = told;
    session.going = going;
    if (wrong) session.wrong = wrong;
    Object.keys(session.network.tensors).forEach((name, k) => {
      const { shape } = session.network.tensors[name];
      session.network.tensors[name] = Object.assign(Float64Array.from(weights[k]), { shape });
    });
    show();
  }

  function show() {
    const { told, network, going, digits } = session;
    toggle.textContent = t(going ? "play.pause" : "play.play");
    element.dataset.learnt = (told.pass - 1) * told.total + told.done;
    element.dataset.passes = told.passes.length;
    bar.value = told.done / told.total;
    const seen = told.done || told.total;
    const before = told.passes.at(-1);
    status.replaceChildren(
      h(
        "b",
        {},
        t("play.at", { pass: told.done ? told.pass : Math.max(1, told.pass - 1), done: seen, total: told.total }),
      ),
      told.done ? h("span", {}, t("play.wrong", { error: number((100 * told.wrong) / seen, 1) })) : "",
      before ? h("span", {}, t("play.held", { error: number(before.held_out_error, 1), count: digits.heldOut })) : "",
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
    if (charts.dataset.passes !== String(told.passes.length)) showCharts();
    showWrong();
  }

  function showNetwork() {
    const { network } = session;
    session.follow = followKernel(network);
    session.kernels = makeKernels(network, (...kernel) => session.follow.choose(...kernel));
    session.flow = makeFlow(network, { onPoint() {}, onLayer() {} });
    session.flow.repaint();
    kernelsCard.replaceChildren(
      h("h2", {}, t("learn.kernels")),
      h("p.muted", {}, t("play.kernels")),
      session.follow.element,
      ...session.kernels.elements,
    );
    mapsCard.replaceChildren(
      h("h2", {}, t("learn.maps")),
      h("p.muted", {}, t("learn.maps.explain")),
      h("div.flowbox.see", { tabIndex: 0, role: "region", "aria-label": t("learn.maps") }, session.flow.element),
    );
    for (const card of [kernelsCard, mapsCard]) card.hidden = false;
    charts.dataset.passes = "";
  }

  function showCharts() {
    const { passes } = session.told;
    const room = Math.max(PASSES, passes.length);
    charts.dataset.passes = passes.length;
    const points = (of) => passes.map((record) => [record.pass, of(record)]);
    charts.replaceChildren(
      chart({
        title: t("learn.curve"),
        low: 0.2,
        high: 100,
        ticks: [0.2, 1, 5, 20, 100],
        unit: " %",
        passes: room,
        series: [
          { name: t("learn.train"), className: "train", points: points((r) => r.train_error) },
          { name: t("learn.held"), className: "held", points: points((r) => r.held_out_error) },
        ],
      }),
      chart({
        title: t("learn.steps"),
        low: 1e-7,
        high: 0.1,
        ticks: [1e-6, 1e-4, 1e-2],
        unit: "",
        passes: room,
        series: LAYERS.map((name) => ({
          name: name.split(".")[0].toUpperCase(),
          className: name.split(".")[0],
          points: points((r) => r.steps[name]),
        })),
      }),
    );
  }

  function showWrong() {
    const { wrong, digits, network } = session;
    const shown = wrong.slice(0, SHOWN);
    const version = shown.map(({ index, answer }) => `${index}:${answer}`).join();
    if (!wrongCard.hidden && wrongCard.dataset.version === version) return;
    wrongCard.hidden = false;
    wrongCard.dataset.version = version;
    wrongCard.replaceChildren(
      h("h2", {}, t("learn.wrong")),
      h("p.muted", {}, t("play.wrong.explain", { count: wrong.length, total: digits.heldOut })),
      h(
        "div.gallery",
        {},
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
      ),
    );
  }

  // A wrongly answered digit, seen through the weights of this moment, with the way back from the right answer.
  async function toSee(ink, right) {
    const { network } = session;
    keep({ ...network, name: "learnt", tensors: { ...network.tensors } });
    await renamed();
    go({ view: "see", network: "learnt", ink: pictureText(ink), wanted: network.classes[right], unit: null });
  }

  return {
    element,
    start() {
      if (!session) return;
      listen();
      showNetwork();
      if (session.told) show();
    },
    stop() {
      pause();
    },
    theme() {
      forgetColours();
      if (!session) return;
      session.flow.repaint();
      wrongCard.dataset.version = "";
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
