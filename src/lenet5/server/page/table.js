// The table of readings: what was read where, how sure, and why not; what is wrong is corrected by typing.

import { h, percent } from "./dom.js";
import { textOf } from "./results.js";
import { t } from "./words.js";

const HEADS = ["row", "column", "text", "confidence", "reason"];

// onChoose(entry): one points at a row; onCorrect(entry): its text was typed or confirmed.
export function makeTable({ onChoose, onCorrect }) {
  const body = h("tbody");
  const element = h(
    "div.results",
    { tabIndex: 0, role: "region", "aria-label": t("read.table") },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, HEADS.map((name) => h("th", { scope: "col" }, t(`read.table.${name}`))), h("th"))),
      body,
    ),
  );
  const rows = new Map();
  let shown = null;

  function show(entries) {
    shown = entries;
    const pages = new Set(entries.map((entry) => entry.page)).size > 1;
    element.classList.toggle("lines", entries.every((entry) => entry.column === null));
    rows.clear();
    body.replaceChildren(...entries.map((entry, k) => {
      const place = `${pages ? `${entry.page + 1}: ` : ""}${(entry.row ?? 0) + 1}`;
      const named = entry.column === null ? place : `${place}, ${entry.column + 1}`;
      const input = h("input", {
        type: "text",
        value: textOf(entry),
        "aria-label": t("read.table.says", { place: named }),
        autocomplete: "off",
        spellcheck: false,
        onfocus: () => onChoose(entry),
        onchange: () => correct(entry, input.value),
        onkeydown: (event) => {
          const step = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          if (event.key === "Enter") correct(entry, input.value);
          [...body.querySelectorAll("input")][k + step]?.focus();
        },
      });
      const row = h(
        "tr",
        { onpointerenter: () => onChoose(entry) },
        h("td", {}, place),
        h("td", {}, entry.column === null ? "" : entry.column + 1),
        h("td", {}, input),
        h("td.confidence"),
        h("td.reason"),
        h(
          "td",
          {},
          h("button", {
            type: "button",
            title: t("read.right"),
            "aria-label": t("read.right.label", { place: named }),
            onclick: () => correct(entry, input.value),
          }, "✓"),
        ),
      );
      rows.set(entry, row);
      tell(entry);
      return row;
    }));
  }

  function correct(entry, text) {
    entry.right = text.trim();
    tell(entry);
    onCorrect(entry);
  }

  function tell(entry) {
    const row = rows.get(entry);
    const corrected = entry.right !== null;
    row.className = corrected ? "corrected" : entry.rejected ? "rejected" : entry.reason === "blank" ? "blank" : "";
    row.querySelector(".confidence").textContent = corrected || entry.rejected || entry.reason === "blank"
      ? "–"
      : percent(entry.confidence);
    const others = entry.cells.flatMap((c) =>
      c.alternatives.map(([text, share]) => t("read.other", { read: c.text, text, share: percent(share, 0) }))
    );
    const own = (entry.alternatives ?? []).map(([text, share]) => `${text} ${percent(share, 0)}`);
    row.querySelector(".reason").textContent = corrected ? t("read.corrected") : [
      entry.reason ? t(`reason.${entry.reason}`) : "",
      entry.left_out ? t("read.left_out", { signs: entry.left_out }) : "",
      ...others,
      ...own,
    ].filter(Boolean).join(", ");
  }

  // `follow` brings the row into sight and the pencil to its text.
  function choose(entry, follow = false) {
    for (const [other, row] of rows) row.classList.toggle("chosen", other === entry);
    if (!entry || !follow) return;
    const input = rows.get(entry).querySelector("input");
    input.focus();
    input.select();
  }

  return {
    element,
    show,
    choose,
    get entries() {
      return shown;
    },
  };
}
