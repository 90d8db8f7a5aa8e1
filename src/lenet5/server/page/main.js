// The frame of the page: the view, the network, the language, and dark or light.

import { go, inAddress, link, note } from "./address.js";
import { get } from "./api.js";
import { h } from "./dom.js";
import { onFiles } from "./files.js";
import { learnView } from "./learn.js";
import { told } from "./messages.js";
import { keptNames, loadNetwork } from "./network.js";
import { packed } from "./packed.js";
import { playView } from "./play.js";
import { readView } from "./read.js";
import { recordedView } from "./recorded.js";
import { seeView } from "./see.js";
import { state } from "./state.js";
import { testView } from "./test.js";
import { language, setLanguage, t, translate } from "./words.js";

const VIEWS = { see: seeView, test: testView, read: packed ? recordedView : readView, learn: learnHereOrThere };
// In this browser, or by the server.
function learnHereOrThere(given) {
  return inAddress().on === "server" && !packed ? learnView(given) : playView(given);
}
const LOOK_AGAIN = 1000; // milliseconds, while the server compiles
const main = document.querySelector("#view");
const alert = document.querySelector("#problem");
const waiting = document.querySelector("#waiting");
const chooser = document.querySelector("#network");
const known = { names: [], usual: "" };
const left = {}; // of each view, what the address said when it was left
let network = null;
let view = null;
let turn = 0;

// Say what is wrong, until it is put away or something else is done; without an error, put it away.
function fail(error, about) {
  alert.hidden = !error;
  if (error) alert.querySelector("span").textContent = told(error, about);
}

async function show() {
  const at = inAddress();
  const name = VIEWS[at.view] ? at.view : "see";
  if (at.lang && at.lang !== language()) setLanguage(at.lang);
  words();
  lecture(Boolean(at.lecture));
  chooser.value = known.names.includes(at.network) ? at.network : known.usual;
  linkViews(name);
  const mine = (turn += 1);
  fail(null);
  if (network?.name !== chooser.value || keptNames().includes(chooser.value)) {
    try {
      network = await loadNetwork(chooser.value);
    } catch (error) {
      if (!network) throw error;
      chooser.value = network.name; // what is there stays
      note({ network: network.name });
      fail(error);
    }
  }
  if (mine !== turn) return;
  view?.stop?.();
  view = VIEWS[name]({ network, fail, renamed: listNetworks, names: known.names });
  main.replaceChildren(view.element);
  main.dataset.view = name;
  view.start?.();
}

// Each view's link leads to where that view was left, with the network, the language and the ink of now.
function linkViews(shown) {
  const at = inAddress();
  const name = at.lesson && shown === "see" ? "lesson" : shown;
  left[name] = at;
  for (const anchor of document.querySelectorAll("nav a[data-view]")) {
    const view = anchor.dataset.view;
    const values = {
      ...left[view],
      network: at.network,
      lang: at.lang,
      lecture: at.lecture,
      ink: at.ink ?? left[view]?.ink,
    };
    if (view === "lesson") values.lesson ??= "picture";
    anchor.href = link({ ...values, view: view === "lesson" ? "see" : view });
    if (view === name) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
}

async function listNetworks() {
  const listed = await get("networks");
  known.names = [...listed.networks, ...keptNames()];
  known.usual = listed.default;
  const chosen = chooser.value;
  const option = (name) => h("option", { value: name }, name);
  const members = Object.values(listed.ensembles).flat();
  chooser.replaceChildren(
    ...known.names.filter((name) => !members.includes(name)).map(option),
    ...Object.entries(listed.ensembles).map(([label, names]) => h("optgroup", { label }, names.map(option))),
  );
  chooser.value = known.names.includes(chosen) ? chosen : known.usual;
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

// Everything that matters becomes large enough for the last row of a lecture room.
function lecture(on) {
  document.documentElement.toggleAttribute("data-lecture", on);
  document.querySelector("#lecture").setAttribute("aria-pressed", String(on));
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
  go({ lang: language() === "en" ? "zh" : "en" });
});
document.querySelector("#lecture").addEventListener("click", () => go({ lecture: inAddress().lecture ? null : "1" }));
alert.querySelector("button").addEventListener("click", () => fail(null));
chooser.addEventListener("change", () => go({ network: chooser.value }));
addEventListener("hashchange", guarded(show));
addEventListener("noted", () => linkViews(main.dataset.view));
onFiles((files) => {
  if (view?.take) view.take(files);
  else {
    state.files = files; // a view that takes none leaves them to Read
    go({ view: "read" });
  }
});

function words() {
  translate(document);
  document.querySelector("#language").textContent = language() === "en" ? "中文" : "English";
  document.querySelector("#language").lang = language() === "en" ? "zh" : "en";
  setTheme(document.documentElement.dataset.theme);
}

words();
document.documentElement.classList.toggle("alone", Boolean(packed)); // without what needs a server
if (!packed) waitForKernels();
guarded(async () => {
  main.replaceChildren(h("p.loading", {}, t("loading")));
  await listNetworks();
  await show();
})();
