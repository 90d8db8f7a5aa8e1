// The frame of the page: the view, the network, the language, and dark or light.

import { get } from "./api.js";
import { h } from "./dom.js";
import { onFiles } from "./files.js";
import { learnView } from "./learn.js";
import { told } from "./messages.js";
import { loadNetwork } from "./network.js";
import { readView } from "./read.js";
import { seeView } from "./see.js";
import { state } from "./state.js";
import { testView } from "./test.js";
import { language, setLanguage, t, translate } from "./words.js";

const VIEWS = { see: seeView, test: testView, read: readView, learn: learnView };
const LOOK_AGAIN = 1000; // milliseconds, while the server compiles
const main = document.querySelector("#view");
const alert = document.querySelector("#problem");
const waiting = document.querySelector("#waiting");
const chooser = document.querySelector("#network");
let network = null;
let view = null;
let turn = 0;

// Say what is wrong, until it is put away or something else is done; without an error, put it away.
function fail(error, about) {
  alert.hidden = !error;
  if (error) alert.querySelector("span").textContent = told(error, about);
}

async function show() {
  const name = location.hash.slice(1).split("/")[0] || "see";
  const make = VIEWS[name] ?? seeView;
  for (const link of document.querySelectorAll("nav a[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const mine = (turn += 1);
  fail(null);
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

// While the server compiles its kernels, say so: it takes long, and only the first time.
async function waitForKernels() {
  try {
    const { ready } = await get("health");
    waiting.hidden = ready;
    if (!ready) setTimeout(waitForKernels, LOOK_AGAIN);
  } catch {
    waiting.hidden = true; // whoever asks for more is told what is wrong
  }
}

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
alert.querySelector("button").addEventListener("click", () => fail(null));
chooser.addEventListener("change", guarded(show));
addEventListener("hashchange", guarded(show));
onFiles((files) => {
  if (view?.take) view.take(files);
  else {
    state.files = files; // a view that takes none leaves them to Read
    location.hash = "#read";
  }
});

function words() {
  translate(document);
  document.querySelector("#language").textContent = language() === "en" ? "中文" : "English";
  document.querySelector("#language").lang = language() === "en" ? "zh" : "en";
  setTheme(document.documentElement.dataset.theme);
}

words();
waitForKernels();
guarded(async () => {
  main.replaceChildren(h("p.loading", {}, t("loading")));
  await listNetworks();
  await show();
})();
