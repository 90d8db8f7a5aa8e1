// A maker of elements: h("button.main", {onclick}, "text"). Text stays text and is never markup.

export function h(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "style") { for (const [key, css] of Object.entries(value)) element.style.setProperty(key, css); }
    else if (name in element && !name.startsWith("aria")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function svg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Text that is there already is left alone: put there again, it would be laid out again.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Numbers as a book prints them: a real minus, a fixed number of places.
export function number(value, places = 3) {
  if (!Number.isFinite(value)) return "–";
  return value.toFixed(places).replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
}

// Gradients are small and of any size: three digits that count.
export const small = (value) => {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 0.001 && size < 10000) return number(value, Math.max(0, 3 - Math.ceil(Math.log10(size))));
  const [head, exponent] = value.toExponential(2).split("e");
  const raised = [...String(Number(exponent))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  return `${head.replace("-", "−")}·10${raised}`;
};

// Nothing but certainty is 100 %.
export function percent(share, places = 1) {
  const text = (100 * share).toFixed(places);
  return share < 1 && Number(text) === 100 ? `>\u00a0${(100 - 0.1 ** places).toFixed(places)} %` : `${text} %`;
}
