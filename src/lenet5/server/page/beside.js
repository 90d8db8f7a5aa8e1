// Another network beside the one of the view, on the same picture, so that one unit can be compared in both.

import { inAddress, note } from "./address.js";
import { h, number } from "./dom.js";
import { makeFlow } from "./flow.js";
import { showUnit } from "./inspect.js";
import { loadNetwork, look } from "./network.js";
import { t } from "./words.js";

// names: of all networks; onPoint(unit), onTouch(): a unit of the other network; fail(error): it could not be loaded.
export function makeBeside({ names, network, onPoint, onTouch, fail }) {
  const chooser = h(
    "select",
    { "aria-label": t("beside"), onchange: () => choose(chooser.value) },
    h("option", { value: "" }, t("beside.none")),
    names.filter((name) => name !== network.name).map((name) => h("option", { value: name }, name)),
  );
  const box = h("div.flowbox.beside", { hidden: true, tabIndex: 0, role: "region" });
  let [other, flow, looked, picture] = [null, null, null, null];

  async function choose(name) {
    note({ beside: name || null });
    try {
      other = name ? await loadNetwork(name) : null;
    } catch (error) {
      other = null;
      fail(error);
    }
    box.hidden = !other;
    if (!other || chooser.value !== name) return;
    flow = makeFlow(other, { onPoint, onTouch, onLayer: () => {} });
    box.setAttribute("aria-label", t("beside.flow", { name }));
    box.replaceChildren(h("h3", {}, t("beside.flow", { name })), flow.element);
    flow.repaint();
    if (picture) show(picture);
  }

  function show(now) {
    picture = now;
    if (!other) return;
    looked = look(other, now);
    flow.show(looked);
    const best = looked.penalties.indexOf(Math.min(...looked.penalties));
    box.dataset.answer = other.classes[best];
    box.querySelector("h3").textContent = `${t("beside.flow", { name: other.name })}: ${other.classes[best]} (${
      number(looked.penalties[best], 2)
    })`;
  }

  // The same unit in the other network, where there is one.
  function light(unit) {
    if (!other) return;
    const layer = unit && other.layer[unit.layer];
    flow.light(layer && unit.map < layer.maps && unit.x < layer.width && unit.y < layer.height ? unit : null);
  }

  return {
    choice: h("label", {}, t("beside"), " ", chooser),
    box,
    show,
    light,
    inspect: (panel, unit) => showUnit(panel, other, looked, unit),
    begin() {
      const { beside } = inAddress();
      if (!names.includes(beside) || beside === network.name) return;
      chooser.value = beside;
      choose(beside);
    },
    theme() {
      if (other) flow.repaint(), show(picture);
    },
  };
}
