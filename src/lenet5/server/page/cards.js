// The cards of Learn, wherever a network learns: its order, what is told, the curves, kernels, wrong digits and maps.

import { inAddress, note, settingsOf, settingsText } from "./address.js";
import { chart } from "./chart.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const LAYERS = ["c1.weight", "c3.weight", "c5.weight", "f6.weight"];

// kind: the element's name and classes; order: the card with the settings; last: an element beside the status, or null.
export function makeCards(kind, order, { status, last = null }) {
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("learn.progress") });
  const charts = h("div.charts");
  const card = (name, classes = "") =>
    h(`section.card${classes}`, { "aria-label": t(`learn.${name}`), hidden: true }, h("h2", {}, t(`learn.${name}`)));
  const [kernels, wrong, maps] = [card("kernels"), card("wrong"), card("maps", ".wide")];
  const told = h("div", {}, status, bar);
  const element = h(
    kind,
    {},
    order,
    h("section.card", { "aria-label": t("learn.curve") }, last ? h("div.now", {}, last, told) : told, charts),
    kernels,
    wrong,
    maps,
  );

  function fill(one, why, ...shown) {
    one.hidden = false;
    one.replaceChildren(one.firstChild, h("p.muted", {}, why), ...shown);
  }

  // errors: the series of the left chart; records: of each pass, with the median step of each layer.
  function showCurves(passes, errors, steps) {
    const both = { passes: Math.max(2, passes) };
    const [low, high] = [0.2, 100];
    charts.replaceChildren(
      chart({ ...both, title: t("learn.curve"), low, high, ticks: [0.2, 1, 5, 20, 100], unit: " %", series: errors }),
      chart({
        ...both,
        title: t("learn.steps"),
        low: 1e-7,
        high: 0.1,
        ticks: [1e-6, 1e-4, 1e-2],
        unit: "",
        series: steps,
      }),
    );
  }

  return {
    element,
    bar,
    showCurves,
    showKernels: (why, ...shown) => fill(kernels, why, ...shown),
    showWrong: (why, shown) => fill(wrong, why, h("div.gallery", {}, shown)),
    showMaps: (flow) =>
      fill(
        maps,
        t("learn.maps.explain"),
        h("div.flowbox.see", { tabIndex: 0, role: "region", "aria-label": t("learn.maps") }, flow.element),
      ),
  };
}

// The errors of both kinds, pass by pass, as series of a chart.
export function errorSeries(records) {
  const points = (key) => records.map((record) => [record.pass, record[key]]);
  return [
    { name: t("learn.train"), className: "train", points: points("train_error") },
    { name: t("learn.held"), className: "held", points: points("held_out_error") },
  ];
}

// The median step of each layer; of(record, layer) is undefined where there is none.
export function stepSeries(records, of) {
  return LAYERS.map((layer) => {
    const name = layer.split(".")[0];
    const points = records.map((record) => [record.pass, of(record, layer)]).filter(([, step]) => step !== undefined);
    return { name: name.toUpperCase(), className: name, points };
  });
}

// The fields of a form as the address has them, and whatever is chosen later in the address, where it differs.
export function keepInAddress(form, fields) {
  const said = (field) => (field.type === "checkbox" ? (field.checked ? "1" : "") : field.value);
  const usual = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, said(field)]));
  for (const [name, value] of Object.entries(settingsOf(inAddress().how))) {
    const field = fields[name];
    if (field?.type === "checkbox") field.checked = value === "1";
    else if (field) {
      field.value = value;
      if (!field.value) field.value = usual[name]; // no such choice
    }
  }
  form.addEventListener("change", ({ target }) => {
    if (!Object.values(fields).includes(target)) return;
    const changed = Object.entries(fields).map(([name, field]) => [name, said(field)]);
    note({ how: settingsText(Object.fromEntries(changed.filter(([name, value]) => value !== usual[name]))) });
  });
}
