// The desk of Read: the picture with its boxes, the table of its readings, and the ways to take them away.

import { makeBoxes } from "./boxes.js";
import { h } from "./dom.js";
import { told } from "./messages.js";
import { shows } from "./picture.js";
import { corrected, csv, json, lessons, plainText } from "./results.js";
import { makeTable } from "./table.js";
import { t } from "./words.js";

let unsaved = false; // whether something was corrected and not taken away yet
addEventListener("beforeunload", (event) => unsaved && event.preventDefault());

// onSelect(number): another picture; onChange({turn, crop, whole}); onReading(number): another line is to be explained;
// onRemove(number, count): pictures are put away; onKeep(pictures): the server keeps what was corrected, gives how many.
export function makeDesk({ onSelect, onChange, onReading, onRemove, onKeep }) {
  const boxes = makeBoxes({
    onChoose: (entry, follow) => choose(entry, follow),
    onCrop: (crop) => {
      crops(false);
      onChange({ crop });
    },
  });
  const table = makeTable({ onChoose: (entry) => choose(entry), onCorrect: changed });
  const status = h("p.muted.answer", { role: "status" });
  const text = h("pre.text");
  const button = (words, onclick) => h("button", { type: "button", onclick }, t(words));
  const chips = h("ul", { "aria-label": t("read.pictures") });
  const several = h("div.pictures", { hidden: true }, chips, button("read.remove.all", () => onRemove(0, Infinity)));
  const crop = h("button", {
    type: "button",
    "aria-pressed": "false",
    onclick: () => crops(!boxes.cropping),
  }, t("read.crop"));
  const whole = button("read.whole", () => onChange({ whole: true }));
  const explain = button("read.explain", () => onReading(chosen.reading));
  const keep = button("read.lessons", () => lessons(desk.pictures).then((all) => save(all, "corrections.jsonl")));
  const keepThere = h("button", { type: "button", hidden: true, onclick: send }, t("read.keep"));
  const tools = h("div.row", {}, crop, whole, button("read.turn", () => onChange({ turn: 1 })), explain);
  const results = h(
    "div.taken",
    {},
    h(
      "header",
      {},
      h("h3", {}, t("read.answer")),
      h(
        "div.row",
        {},
        button("read.copy", copy),
        button("read.csv", () => save(csv(desk.pictures), "readings.csv")),
        button("read.json", () => save(json(desk.pictures), "readings.json")),
      ),
    ),
    text,
    table.element,
    h("small", {}, t("read.correct")),
    h("div.row", {}, keep, keepThere),
    h("small.note", { role: "status" }),
  );
  const photo = h("small", { hidden: true }, t("read.photo"));
  const left = h(
    "div.shown",
    {},
    tools,
    h("small.hint-crop", { hidden: true }, t("read.crop.how")),
    boxes.element,
    photo,
  );
  const element = h("section.card.desk", { "aria-label": t("read.desk"), hidden: true }, several, left, results);
  const whole_ = h("div.deskbox", {}, status, element);
  let desk = { pictures: [], at: 0 };
  let chosen = null;
  let address = "";

  function show(of, words) {
    desk = of;
    const picture = desk.pictures[desk.at];
    status.textContent = words;
    status.hidden = !words;
    element.hidden = !desk.pictures.length;
    left.hidden = results.hidden = !picture;
    list(of);
    if (!picture) return;
    const { entries, readings } = picture;
    // What comes in later about the same readings interrupts nobody who corrects them or draws a part of the picture.
    if (showPicture.of !== picture.sent) crops(false);
    const others = table.entries !== entries;
    if (others) chosen = null;
    showPicture(picture, others);
    results.hidden = !readings;
    whole.hidden = !picture.crop;
    photo.hidden = Boolean(picture.example || picture.paper);
    if (others) {
      table.show(entries);
      hint();
    }
    explain.hidden = new Set(entries.map((entry) => entry.reading)).size < 2 || entries[0].column !== null;
    write();
  }

  // What a browser cannot show, as a page of a PDF, is shown as the reader opened it.
  function showPicture(picture, others) {
    const [first, before] = [picture.steps[0], address];
    if (address.startsWith("blob:") && showPicture.of !== picture.sent) URL.revokeObjectURL(address);
    if (shows(picture)) {
      if (showPicture.of !== picture.sent) address = URL.createObjectURL(picture.sent);
    } else address = first ? `data:image/png;base64,${first.png}` : "";
    showPicture.of = picture.sent;
    boxes.element.hidden = tools.hidden = !address;
    if (!address || (address === before && !others)) return;
    boxes.show(address, picture.entries.filter((entry) => entry.page === 0)); // of several pages, the first is shown
    boxes.choose(chosen);
  }

  // Kept where the pictures are the same: a click on a button that is replaced meanwhile is lost.
  let listed = [];
  function list({ pictures, at }) {
    several.hidden = pictures.length < 2;
    if (listed.length !== pictures.length || pictures.some((picture, k) => picture !== listed[k])) {
      listed = [...pictures];
      chips.replaceChildren(...pictures.map(one));
    }
    pictures.forEach((picture, k) => {
      const said = picture.readings ? plainText(picture.entries) || "–" : picture.problem ? "✗" : "…";
      chips.children[k].querySelector("span").textContent = said.replaceAll("\n", " ");
      chips.children[k].querySelector("button").setAttribute("aria-current", String(k === at));
    });
  }

  function one(picture, k) {
    const choice = h(
      "button",
      { type: "button", onclick: () => onSelect(k) },
      h("b", {}, picture.name),
      " ",
      h("span"),
    );
    const label = t("read.remove", { name: picture.name });
    return h(
      "li",
      {},
      choice,
      h("button.plain", { type: "button", "aria-label": label, onclick: () => onRemove(k, 1) }, "×"),
    );
  }

  function write() {
    const { entries } = desk.pictures[desk.at];
    text.textContent = plainText(entries) || "–";
    text.className = entries.some((entry) => entry.rejected && entry.right === null) ? "text rejected" : "text";
    keepThere.disabled = keep.disabled = !desk.pictures.some(corrected);
  }

  // In place of what was said of readings that were others, or have been corrected since.
  function hint() {
    results.querySelector(".note").textContent = desk.pictures.some(corrected) ? t("read.lessons.how") : "";
  }

  function choose(entry, follow = false) {
    chosen = entry;
    boxes.choose(entry);
    table.choose(entry, follow);
  }

  function changed() {
    unsaved = true;
    boxes.label();
    write();
    hint();
    list(desk);
  }

  function crops(on) {
    boxes.cropping = on;
    crop.setAttribute("aria-pressed", String(on));
    left.querySelector(".hint-crop").hidden = !on;
  }

  async function copy() {
    const all = desk.pictures.map((one) => plainText(one.entries)).join("\n");
    try {
      await navigator.clipboard.writeText(all);
      unsaved = false;
      results.querySelector(".note").textContent = t("read.copied");
    } catch {
      getSelection().selectAllChildren(text); // no clipboard without https: what is marked can be copied
      results.querySelector(".note").textContent = t("read.marked");
    }
  }

  async function send() {
    const said = results.querySelector(".note");
    try {
      said.textContent = t("read.kept", { count: await onKeep(desk.pictures) });
      unsaved = false;
    } catch (error) {
      said.textContent = told(error);
    }
  }

  // Whether the server keeps corrections.
  function keeps(on) {
    keepThere.hidden = !on;
  }

  return { element: whole_, show, list, keeps };
}

function save(words, name) {
  unsaved = false;
  const address = URL.createObjectURL(new Blob([words], { type: "text/plain" }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
