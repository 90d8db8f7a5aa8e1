// The view Read of a page without a server: what the reader made of some pictures, and how to read others.

import { h, percent, svg } from "./dom.js";
import { packed } from "./packed.js";
import { t } from "./words.js";

export function recordedView() {
  const element = h(
    "div.read.recorded",
    {},
    h(
      "section.card",
      {},
      h("h2", {}, t("recorded.title")),
      h("p", {}, t("recorded.explain")),
      h("pre", {}, h("code", {}, "pip install 'lenet5[serve]'\nlenet5 serve")),
    ),
    packed.recorded.map(shown),
  );
  return { element };
}

function shown({ name, image, readings }) {
  const picture = h("img", { src: image, alt: t("recorded.alt", { name }) });
  const boxes = svg("svg", { "aria-hidden": "true" });
  picture.addEventListener("load", () => {
    boxes.setAttribute("viewBox", `0 0 ${picture.naturalWidth} ${picture.naturalHeight}`);
    for (const { box: [x, y, width, height] } of readings.flatMap((reading) => reading.characters)) {
      boxes.append(svg("rect", { x, y, width, height }));
    }
  });
  const rows = readings.map((reading) =>
    h(
      "tr",
      {},
      h("td", {}, h("b", {}, reading.text)),
      h(
        "td",
        {},
        reading.rejected ? t(`reason.${reading.reason}`) : t("read.sure", { value: percent(reading.confidence) }),
      ),
    )
  );
  return h(
    "section.card.half",
    { "aria-label": name },
    h("div.boxed", {}, picture, boxes),
    h("table.recorded", {}, h("tbody", {}, rows)),
  );
}
