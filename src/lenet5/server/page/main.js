// The frame of the page: the view, the network, the language, and dark or light.

import { get } from "./api.js";
import { h } from "./dom.js";
import { learnView } from "./learn.js";
import { loadNetwork } from "./network.js";
import { readView } from "./read.js";
import { seeView } from "./see.js";
import { testView } from "./test.js";
import { language, setLanguage, t, translate } from "./words.js";

const VIEWS = { see: seeView, test: testView, read: readView, learn: learnView };
const main = document.querySelector("#view");
const alert = document.querySelector("#problem");
const chooser = document.querySelector("#network");
let network = null;
let view = null;
let turn = 0;

function fail(error) {
  alert.textContent = error.message;
  alert.hidden = false;
  clearTimeout(fail.timer);
  fail.timer = setTimeout(() => {
    alert.hidden = true;
  }, 12000);
}

async function show() {
  const name = location.hash.slice(1).split("/")[0] || "see";
  const make = VIEWS[name] ?? seeView;
  for (const link of document.querySelectorAll("nav a[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const mine = (turn += 1);
  if (network?.name !== chooser.value) network = await loadNetwork(chooser.value);
  if (mine !== turn) return;
  view?.stop?.();
  view = make({ network, fail, renamed: listNetworks });
  main.replaceChildren(view.element);
  main.dataset.view = name;
  view.start?.();
}

async function listNetworks() {
  const listed = await get("networks");
  const chosen = chooser.value;
  const option = (name) => h("option", { value: name }, name);
  const members = Object.values(listed.ensembles).flat();
  chooser.replaceChildren(
    ...listed.networks.filter((name) => !members.includes(name)).map(option),
    ...Object.entries(listed.ensembles).map(([label, names]) => h("optgroup", { label }, names.map(option))),
  );
  chooser.value = listed.networks.includes(chosen) ? chosen : listed.default;
}

const guarded = (work) => () => work().catch(fail);

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.querySelector("#theme").textContent = t(theme === "dark" ? "theme.light" : "theme.dark");
}

document.querySelector("#theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("lenet5.theme", theme);
  setTheme(theme);
  view?.theme?.();
});
document.querySelector("#language").addEventListener("click", () => {
  setLanguage(language() === "en" ? "zh" : "en");
  words();
  guarded(show)();
});
chooser.addEventListener("change", guarded(show));
addEventListener("hashchange", guarded(show));

function words() {
  translate(document);
  document.querySelector("#language").textContent = language() === "en" ? "中文" : "English";
  document.querySelector("#language").lang = language() === "en" ? "zh" : "en";
  setTheme(document.documentElement.dataset.theme);
}

words();
guarded(async () => {
  await listNetworks();
  await show();
})();
