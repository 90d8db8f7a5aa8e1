// The kernels of C1, and those of C3 at their places in Table I, as pictures that change while a network learns.

import { paint } from "./colour.js";
import { h } from "./dom.js";

// onChoose: is called with (tensor, number of the kernel, what it joins); without it the kernels are only looked at.
export function makeKernels(network, onChoose = null) {
  const { c1, c3 } = network.architecture;
  const painted = []; // {tensor, index, canvas}
  function kernel(tensor, index, joins, area) {
    const canvas = h("canvas.pixels", { width: 5, height: 5, title: joins });
    painted.push({ tensor, index, canvas });
    const act = { type: "button", "aria-label": joins, onclick: () => onChoose(tensor, index, joins) };
    const element = onChoose ? h("button.choice", act, canvas) : canvas;
    if (area) element.style.gridArea = area;
    return element;
  }
  const first = c1.table.map((_, m) => kernel("c1.weight", m, `C1 ${m}`));
  let index = 0;
  const grid = c3.table.flatMap((sources, m) =>
    sources.map((s) => kernel("c3.weight", index++, `S2 ${s} → C3 ${m}`, `${s + 1} / ${m + 1}`))
  );
  const elements = [
    h("div.kernels.first", {}, first),
    h("div.kernels", { style: { "grid-template-columns": `repeat(${c3.table.length}, minmax(0, 1fr))` } }, grid),
  ];

  // The kernels of a tensor have one scale, which is the largest weight's.
  function show(tensors) {
    const largest = {};
    for (const name of ["c1.weight", "c3.weight"]) {
      largest[name] = tensors[name].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    }
    for (const { tensor, index: k, canvas } of painted) {
      paint(canvas, tensors[tensor].subarray(25 * k, 25 * k + 25), 5, 5, largest[tensor]);
    }
  }
  return { elements, show };
}
