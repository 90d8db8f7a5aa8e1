// The inspector on the way back: the error at the unit that one points at, and the gradients of its map's parameters.

import { ETAS, explainError, explainGradient, MU, parametersOf } from "./back.js";
import { cellColours } from "./colour.js";
import { h, number, small } from "./dom.js";
import { nameOf } from "./inspect.js";
import { t } from "./words.js";

const d = (below) => h("span", {}, "∂", h("i", {}, "E"), "/∂", h("i", {}, below));

function lines(...pairs) {
  return h(
    "div.formula",
    { role: "math", tabIndex: 0, "aria-label": pairs.map(([, low]) => low.textContent ?? low).join(" ") },
    pairs.flatMap(([above, below]) => [h("span", {}, above), h("span", {}, below)]),
  );
}

const value = (x) => h("span.n", {}, small(x));
const sign = (text) => [text, text];

function table(head, rows) {
  return h(
    "div.scroll",
    { tabIndex: 0, role: "region", "aria-label": t("products") },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, head.map((text) => h("th", {}, text)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((text) => h("td", {}, text))))),
    ),
  );
}

// Products, written out when asked for.
function products(head, terms) {
  const details = h("details.products", {}, h("summary", {}, t("every", { count: terms.length })));
  details.addEventListener("toggle", () => {
    if (!details.querySelector("table")) details.append(table(head, terms));
  });
  return details;
}

// network: as it is now; back: its way back; h_: second derivatives; before: parameters before the last step, or null.
export function showBack(panel, { network, back, curvature, eta, before }, unit) {
  const told = explainError(network, back, unit);
  const agrees = Math.abs(told.sum - told.seen) <= 1e-9 + 1e-6 * Math.abs(told.seen);
  panel.classList.add("pointed");
  panel.dataset.sum = told.terms.length ? told.sum : told.seen;
  panel.dataset.seen = told.seen;
  panel.replaceChildren(
    h(
      "header",
      {},
      h("h2", {}, t("back.error", { unit: nameOf(network, unit) }), " = ", h("span.number", {}, small(told.error))),
      h("small", {}, t("back.error.means")),
    ),
    ...(told.terms.length
      ? [
        lines(
          [d("a"), value(told.error)],
          sign("="),
          [h("span", {}, "Σ ", h("i", {}, "w"), " · ", d("a′")), value(told.sum)],
          ...(unit.layer === "input"
            ? []
            : [sign("·"), [h("span", {}, h("i", {}, "f"), "′(", h("i", {}, "a"), ")"), value(told.slope)]]),
        ),
        h("p.agrees", {}, agrees ? "✓ " : "✗ ", t("back.agrees", { count: told.terms.length })),
        products(
          [t("back.gives"), "w", "∂E/∂a′", "w · ∂E/∂a′"],
          told.terms.map(({ from, weight, error }) => [from, small(weight), small(error), small(weight * error)]),
        ),
      ]
      : [h("p.muted", {}, t("back.loss.slope"))]),
    ...gradients(panel, { network, back, curvature, eta, before }, unit),
  );
}

function gradients(panel, now, unit) {
  const groups = parametersOf(now.network, unit);
  if (!groups.length) return [];
  const detail = h("div.weight", { "aria-live": "polite" });
  const grids = groups.map((group) => grid(now, group, (index) => showWeight(panel, detail, now, unit, group, index)));
  const [{ tensor, first, count }] = groups;
  showWeight(panel, detail, now, unit, groups[0], first + (count >> 1), tensor);
  return [
    h("h3", {}, t("back.gradients")),
    h("p.muted", {}, t("back.gradients.explain")),
    h("div.parts", {}, grids),
    detail,
  ];
}

function grid({ back }, { tensor, from, side, first, count }, choose) {
  const values = back.by[tensor].subarray(first, first + count);
  const largest = Math.max(1e-30, ...values.map(Math.abs));
  const cells = [...values].map((g) => {
    const { background } = cellColours(g, largest);
    return h("span", { title: small(g), style: { background } });
  });
  let at = count >> 1;
  const go = (to) => {
    cells[at].classList.remove("chosen");
    at = Math.max(0, Math.min(count - 1, to));
    cells[at].classList.add("chosen");
    choose(first + at);
  };
  const part = tensor.split(".")[1];
  const element = h("div.cells.small.gradient", {
    tabIndex: 0,
    role: "application",
    "aria-label": t("back.choose", { part: t(part === "weight" ? "weights" : part) }),
    style: { "grid-template-columns": `repeat(${Math.min(side, count)}, auto)` },
  }, cells);
  element.addEventListener("pointerover", (event) => {
    if (cells.includes(event.target)) go(cells.indexOf(event.target));
  });
  element.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side }[event.key];
    if (!move) return;
    event.preventDefault();
    go(at + move);
  });
  const name = part === "weight" ? `${t(side === 5 ? "kernel" : "weights")} ${from}` : t(part);
  return h("figure", {}, h("figcaption", {}, `${name} ±${small(largest)}`), element);
}

// One parameter: its gradient, its second derivative, its step, and what it is after that step.
function showWeight(panel, detail, { network, back, curvature, eta, before }, unit, { tensor }, index) {
  const terms = explainGradient(network, back, unit, tensor, index);
  const sum = terms.reduce((total, { x, error }) => total + x * error, 0);
  const gradient = back.by[tensor][index];
  const hkk = curvature?.[tensor][index];
  const epsilon = eta / (MU + (hkk ?? 0));
  const w = network.tensors[tensor][index];
  const agrees = Math.abs(sum - gradient) <= 1e-9 + 1e-6 * Math.abs(gradient);
  panel.dataset.gradient = gradient;
  panel.dataset.products = sum;
  panel.dataset.weight = `${tensor}.${index}`;
  const old = before?.[tensor][index];
  detail.replaceChildren(
    lines(
      [d("w"), value(gradient)],
      sign("="),
      [h("span", {}, "Σ ", h("i", {}, "x"), " · ", d("a")), h("span", {}, t("back.places", { count: terms.length }))],
    ),
    lines(
      [h("span", {}, h("i", {}, "h"), h("sub", {}, "kk")), hkk === undefined ? "…" : value(hkk)],
      sign(";"),
      [
        h("span", {}, h("i", {}, "ε"), " = ", h("i", {}, "η"), " / (", h("i", {}, "μ"), " + ", h("i", {}, "h"), ")"),
        value(epsilon),
      ],
    ),
    lines(
      [
        h("span", {}, h("i", {}, "w"), " → ", h("i", {}, "w"), " − ", h("i", {}, "ε"), " ", d("w")),
        h("span.n", {}, `${number(w, 6)} → ${number(w - epsilon * gradient, 6)}`),
      ],
    ),
    h(
      "p.agrees",
      {},
      agrees ? "✓ " : "✗ ",
      t("back.gradient.agrees", { count: terms.length }),
      old === undefined ? "" : ` ${t("back.before", { before: number(old, 6), after: number(w, 6) })}`,
    ),
    products(
      [t("back.place"), "x", "∂E/∂a", "x · ∂E/∂a"],
      terms.map(({ from, x, error }) => [from, small(x), small(error), small(x * error)]),
    ),
  );
}

export const etaOptions = (chosen) =>
  ETAS.map((eta) => h("option", { value: eta, selected: eta === chosen }, String(eta)));
