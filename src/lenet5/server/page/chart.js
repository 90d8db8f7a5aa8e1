// A small chart of numbers that change from pass to pass: lines, and a scale with its numbers.

import { h, svg } from "./dom.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [460, 220, 68, 26];

const SUPER = { 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷" };
const label = (tick) => (tick >= 0.1 ? String(tick) : `10⁻${SUPER[Math.round(-Math.log10(tick))]}`);

// series: [{name, points: [[x, y]…], className}]; y on a logarithmic scale from `low` to `high`.
export function chart({ title, series, low, high, ticks, passes, unit }) {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });
  const x = (pass) => LEFT + ((pass - 1) / Math.max(1, passes - 1)) * (WIDTH - LEFT - 12);
  const y = (value) =>
    HEIGHT - BOTTOM -
    (Math.log(Math.max(low, Math.min(high, value)) / low) / Math.log(high / low)) * (HEIGHT - BOTTOM - 12);
  const text = (content, attributes) => {
    const element = svg("text", attributes);
    element.textContent = content;
    drawing.append(element);
  };
  for (const tick of ticks) {
    drawing.append(svg("line", { class: "grid", x1: LEFT, x2: WIDTH - 12, y1: y(tick), y2: y(tick) }));
    text(label(tick) + unit, { x: LEFT - 5, y: y(tick) + 4, "text-anchor": "end" });
  }
  const every = Math.max(1, Math.ceil(passes / 10));
  for (let pass = 1; pass <= passes; pass += every) {
    text(String(pass), { x: x(pass), y: HEIGHT - 8, "text-anchor": "middle" });
  }
  for (const { points, className } of series) {
    if (!points.length) continue;
    drawing.append(
      svg("polyline", { class: className, points: points.map(([pass, value]) => `${x(pass)},${y(value)}`).join(" ") }),
    );
    for (const [pass, value] of points) {
      const dot = svg("circle", { class: className, cx: x(pass), cy: y(value), r: 3 });
      const tip = svg("title");
      tip.textContent = `${value}`;
      dot.append(tip);
      drawing.append(dot);
    }
  }
  const keys = h("ul.keys", {}, series.map(({ name, className }) => h("li", { className }, name)));
  return h("figure.chart", {}, h("figcaption", {}, title), drawing, keys);
}
