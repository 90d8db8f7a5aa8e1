// The fourth view, Learn, on the server: a network is trained in another process, and all of it changes on the screen.

import { inAddress, link } from "./address.js";
import { get, post, Refusal } from "./api.js";
import { errorSeries, keepInAddress, makeCards, stepSeries } from "./cards.js";
import { forgetColours } from "./colour.js";
import { randomDigit } from "./digits.js";
import { h, number } from "./dom.js";
import { makeFlow } from "./flow.js";
import { makeKernels } from "./kernels.js";
import { loadNetwork, look } from "./network.js";
import { state } from "./state.js";
import { thumbnail } from "./test.js";
import { t } from "./words.js";

const ENDED = ["done", "failed", "stopped"];

export function learnView({ fail, renamed }) {
  let known = null; // recipes, networks, data
  let training = null;
  let network = null;
  let flow = null;
  let pictures = null; // of the kernels
  let events = null;
  let busy = false;
  let again = false;

  const choice = (name, options) =>
    h(
      "select",
      { id: `learn-${name}`, onchange: filled },
      options.map((o) =>
        h("option", { value: o }, t(`learn.option.${o}`) === `learn.option.${o}` ? o : t(`learn.option.${o}`))
      ),
    );
  const amount = (name, value, low, high, step) =>
    h("input", { type: "number", id: `learn-${name}`, value, min: low, max: high, step });
  const fields = {};
  const form = h("form.card.order", {
    onsubmit: (event) => {
      event.preventDefault();
      begin();
    },
  });
  const buttons = h("div.row");
  const status = h("div.status", { "aria-live": "polite" });
  const cards = makeCards("div.learn", form, { status });
  const { element, bar } = cards;
  let shownWrong = null; // version of the wrong digits

  function fill() {
    Object.assign(fields, {
      network: choice("network", known.networks),
      recipe: choice("recipe", Object.keys(known.recipes)),
      data: choice("data", known.data),
      pictures: amount("pictures", 5000, 500, 60000, 500),
      passes: amount("passes", 20, 1, 200, 1),
      step: amount("step", 0.1, 0.0001, 100, "any"),
      distortion: choice("distortion", known.distortions),
      start: choice("start", ["scratch", "current"]),
      seed: amount("seed", 0, 0, 2147483647, 1),
    });
    fields.data.value = "drawn";
    form.replaceChildren(
      h("h2", {}, t("learn.title")),
      h("p", {}, h("a", { href: link({ ...inAddress(), on: null, how: null }) }, t("learn.here"))),
      h("p.muted", {}, t("learn.explain")),
      ...Object.entries(fields).map(([name, field]) =>
        h("p.field", {}, h("label", { htmlFor: field.id }, t(`learn.${name}`)), field)
      ),
      buttons,
    );
    filled({ target: fields.recipe });
    keepInAddress(form, fields);
  }

  // Choosing a network suggests its recipe; choosing a recipe fills in its values.
  function filled({ target }) {
    if (target === fields.network) fields.recipe.value = known.suited[fields.network.value];
    if (target !== fields.network && target !== fields.recipe) return;
    const chosen = known.recipes[fields.recipe.value];
    fields.passes.value = chosen.passes;
    fields.step.value = chosen.step;
    fields.distortion.value = chosen.distortion;
  }

  async function begin() {
    try {
      if (training && !ENDED.includes(training.state)) {
        // Another recipe for the same weights: the old process ends, a new one goes on from them.
        await post(`trainings/${training.id}/stop`, {});
        await new Promise((done) => {
          const wait = setInterval(() => {
            if (ENDED.includes(training.state)) {
              clearInterval(wait);
              done();
            }
          }, 100);
        });
      }
      const current = fields.start.value === "current" && training ? training.name : "";
      follow(
        await post("trainings", {
          network: fields.network.value,
          recipe: fields.recipe.value,
          data: fields.data.value,
          pictures: Number(fields.pictures.value),
          seed: Number(fields.seed.value),
          start_from: current,
          changes: {
            passes: Number(fields.passes.value),
            step: Number(fields.step.value),
            distortion: fields.distortion.value,
          },
        }),
      );
    } catch (error) {
      fail(error);
    }
  }

  async function say(word) {
    try {
      await post(`trainings/${training.id}/${word}`, {});
    } catch (error) {
      fail(error);
    }
  }

  async function keep(name) {
    try {
      const response = await fetch(`api/trainings/${training.id}/kept`, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ name }),
      });
      if (!response.ok) throw new Error((await response.json()).detail);
      await renamed();
      status.append(
        " ",
        h(
          "a",
          { href: `api/networks/${encodeURIComponent(name)}/file`, download: `${name}.safetensors` },
          t("learn.kept", { name }),
        ),
      );
    } catch (error) {
      fail(error);
    }
  }

  function follow(begun) {
    events?.close();
    network = null;
    hear(begun);
    events = new EventSource(`api/trainings/${begun.id}/events`);
    events.onmessage = (event) => hear(JSON.parse(event.data));
    events.onopen = () => fail(null);
    // The browser asks again by itself while nobody answers, and gives up where the training is none any more.
    events.onerror = () => {
      if (ENDED.includes(training.state)) return events.close();
      const gone = events.readyState === EventSource.CLOSED;
      if (gone) hear({ ...training, state: "stopped" });
      fail(new Refusal("", gone ? 404 : 0), "training");
    };
  }

  function hear(told) {
    training = told;
    element.dataset.state = told.state;
    element.dataset.passes = told.passes.length;
    if (ENDED.includes(told.state)) events?.close();
    showButtons();
    showStatus();
    showCharts();
    showWrong();
    refresh();
  }

  function showButtons() {
    const running = training && !ENDED.includes(training.state);
    const button = (name, act, main = false) =>
      h(main ? "button.main" : "button", { type: main ? "submit" : "button", onclick: act }, t(`learn.${name}`));
    const wanted = [
      running ? "change" : "begin",
      running ? (training.state === "paused" ? "go" : "pause") : "",
      running ? "stop" : "",
      training?.progress.done ? "keep" : "",
    ].join();
    if (buttons.dataset.shown === wanted) return;
    buttons.dataset.shown = wanted;
    const name = h("input", {
      type: "text",
      value: "mine",
      pattern: "[A-Za-z0-9][A-Za-z0-9_.\\-]*",
      size: 10,
      "aria-label": t("learn.name"),
    });
    buttons.replaceChildren(
      button(running ? "change" : "begin", null, true),
      ...(running
        ? [
          button(training.state === "paused" ? "go" : "pause", () => say(training.state === "paused" ? "go" : "pause")),
          button("stop", () => say("stop")),
        ]
        : []),
      ...(training?.progress.done ? [button("keep", () => keep(name.value)), name] : []),
    );
  }

  function showStatus() {
    const { progress, passes } = training;
    const last = passes.at(-1);
    bar.max = training.recipe.passes;
    bar.value = progress.pass ? progress.pass - 1 + progress.done / progress.total : 0;
    status.replaceChildren(
      h("b", {}, t(`learn.state.${training.state}`)),
      " ",
      training.detail,
      progress.pass
        ? h(
          "span",
          {},
          t("learn.at", {
            pass: progress.pass,
            passes: training.recipe.passes,
            done: progress.done,
            total: progress.total,
            error: number(progress.error, 2),
          }),
        )
        : "",
      last
        ? h("span", {}, t("learn.last", { error: number(last.held_out_error, 2), seconds: number(last.seconds, 1) }))
        : "",
    );
  }

  // Before anything is learnt, what the paper's network learnt.
  function showCharts() {
    const { passes, recipe } = training ?? { passes: [], recipe: { passes: known.figure_5.test.length } };
    const paper = known.figure_5.test.slice(0, recipe.passes).map((value, k) => [k + 1, value]);
    const global = passes.map((record) => [record.pass, record.largest_step]);
    cards.showCurves(
      recipe.passes,
      [...errorSeries(passes), { name: t("learn.paper"), className: "paper", points: paper }],
      recipe.algorithm === "sdlm" || !training
        ? stepSeries(passes, (record, layer) => record.steps[layer]?.[1])
        : [{ name: t("learn.rate"), className: "c1", points: global }],
    );
  }

  function showWrong() {
    const version = `${training.id}:${training.passes.length}`;
    if (!training.passes.length || shownWrong === version) return;
    shownWrong = version;
    cards.showWrong(
      t("learn.wrong.explain"),
      training.wrong.map((one) =>
        h(
          "figure",
          {},
          thumbnail(one.image, one.label),
          h("figcaption", {}, `${one.label} → `, h("b", {}, one.answer)),
        )
      ),
    );
  }

  // Weights and maps as they are now; the newest wins where they come faster than they can be drawn.
  async function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      do {
        again = false;
        const fresh = await loadNetwork(training.name);
        if (!network || network.name !== fresh.name) newNetwork(fresh);
        network = fresh;
        pictures.show(network.tensors);
        if (state.picture) flow.show(look(network, state.picture));
      } while (again);
    } catch (error) {
      fail(error);
    } finally {
      busy = false;
    }
  }

  function newNetwork(fresh) {
    flow = makeFlow(fresh, { onPoint() {}, onLayer() {} });
    flow.repaint();
    cards.showMaps(flow);
    pictures = makeKernels(fresh);
    cards.showKernels(t("learn.kernels.explain"), ...pictures.elements);
  }

  return {
    element,
    async start() {
      try {
        known = await get("recipes");
        fill();
        showButtons();
        if (!state.picture) state.picture = await randomDigit("drawn");
        const { trainings } = await get("trainings");
        if (trainings.length) follow(trainings.at(-1));
        else {
          status.replaceChildren(t("learn.none"));
          showCharts();
        }
      } catch (error) {
        fail(error);
      }
    },
    stop() {
      events?.close();
    },
    theme() {
      forgetColours();
      flow?.repaint();
      if (training) {
        shownWrong = null;
        showWrong();
        refresh();
      }
    },
  };
}
