// The state of the page in its address, as in #see&network=lenet5&unit=c3.5.2.3, so that a link brings it back.

const AFTER = 250; // milliseconds; browsers refuse more than about a hundred changes in half a minute
let noted = null;
let timer = 0;

// {view, network, lang, …}: what the address says, all of it text.
export function inAddress(hash = location.hash) {
  const values = {};
  for (const [name, value] of new URLSearchParams(hash.slice(1))) {
    if (!value && !values.view) values.view = name; // the view stands alone
    else values[name] = value;
  }
  return values;
}

// The address of a view with these values; those that are "" or null stay out.
export function link({ view = "see", ...values }) {
  const told = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const safe = (text) => encodeURIComponent(text).replace(/%(3A|2C|24)/g, decodeURIComponent);
  return "#" + [view, ...told.map(([name, value]) => `${name}=${safe(value)}`)].join("&");
}

// Settings as one value of the address, as in rotation:60,shear:0.2, and back.
export const settingsText = (settings) => Object.entries(settings).map(([name, value]) => `${name}:${value}`).join(",");

export function settingsOf(text = "") {
  return Object.fromEntries(text.split(",").filter(Boolean).map((pair) => pair.split(":")));
}

// Go where the address differs by these values; the back button comes back from there.
export function go(values) {
  flush();
  location.hash = link({ ...inAddress(), ...values });
}

// Note these values in an entry of their own for the back button, while the view stays as it is.
export function push(values) {
  flush();
  history.pushState(null, "", link({ ...inAddress(), ...values }));
  dispatchEvent(new Event("noted"));
}

// Keep these values in the address, without another entry for the back button.
export function note(values) {
  noted = { ...noted, ...values };
  clearTimeout(timer);
  timer = setTimeout(flush, AFTER);
}

export function flush() {
  clearTimeout(timer);
  if (!noted) return;
  history.replaceState(null, "", link({ ...inAddress(), ...noted }));
  noted = null;
  dispatchEvent(new Event("noted"));
}

addEventListener("hashchange", () => {
  noted = null; // it belongs to where one was
});
// Whoever follows a link, or leaves, leaves the newest state behind.
addEventListener("click", flush, true);
addEventListener("pagehide", flush);
