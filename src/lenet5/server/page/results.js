// Readings as a table, as text, and as files; what was corrected by hand stands in place of what was read.

const EMPTY = "_"; // an empty cell, as the package writes it
const UNREAD = "?";
const COLUMNS = [
  "path",
  "page",
  "row",
  "column",
  "text",
  "confidence",
  "reason",
  "x",
  "y",
  "width",
  "height",
  "left_out",
];

// One entry for each line, and for each cell of a grid or a row of boxes, empty and rejected ones too.
// right: what stands there, once somebody has said so; else null.
export function entriesOf(readings) {
  return readings.flatMap((one, reading) => {
    const cells = one.characters.filter((c) => c.row !== null);
    if (!cells.length) return [{ ...one, reading, row: reading, column: null, cells: one.characters, right: null }];
    return cells.map((c) => ({ ...c, page: one.page, reading, cells: [], right: null, rejected: unread(c) }));
  });
}

const unread = ({ reason }) => Boolean(reason) && reason !== "blank";

// What stands in an entry: as corrected, else as read, "" for an empty cell.
export const textOf = (entry) => entry.right ?? entry.text;

// All of it as text: a line for each reading.
export function plainText(entries) {
  const lines = new Map();
  for (const entry of entries) {
    lines.set(entry.reading, [...(lines.get(entry.reading) ?? []), entry]);
  }
  return [...lines.values()].map((cells) => {
    if (cells[0].column === null) return textOf(cells[0]);
    const texts = cells.map((c) => textOf(c) || (c.right === null && c.rejected ? UNREAD : EMPTY));
    return texts.join(texts.some((text) => text.length > 1) ? " " : "");
  }).join("\n");
}

function record(name, entry) {
  const [x, y, width, height] = entry.box;
  const { page, row, column, confidence } = entry;
  const corrected = entry.right !== null;
  const reason = corrected ? "corrected" : entry.reason;
  const left_out = corrected ? "" : entry.left_out ?? "";
  return { path: name, page, row, column, text: textOf(entry), confidence, reason, x, y, width, height, left_out };
}

// Text for a table program: quoted where it must be, and never taken for a formula.
function field(value) {
  const text = value === null ? "" : String(value);
  const safe = /^[=+@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(items) {
  const rows = items.flatMap(({ name, entries }) => entries.map((entry) => record(name, entry)));
  return [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))]
    .map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

// As the API answers, with what was corrected beside it.
export function json(items) {
  const pictures = items.map(({ name, readings, entries }) => ({
    name,
    readings,
    corrections: entries.filter((entry) => entry.right !== null).map(({ page, row, column, box, right }) => ({
      page,
      row,
      column,
      box,
      text: right,
    })),
  }));
  return JSON.stringify({ pictures }, null, 1);
}

// Lessons for `lenet5 teach`: one JSON object a line. A picture that was cropped, turned or drawn goes along as data.
export async function lessons(items) {
  const lines = [];
  for (const item of items) {
    const told = correctionsOf(item);
    if (!told.length) continue;
    const path = item.own ? item.name : await asData(item.sent);
    lines.push(...told.map((one) => JSON.stringify({ path, ...one })));
  }
  return lines.map((line) => `${line}\n`).join("");
}

// Whether somebody has said what stands in it.
export const corrected = ({ entries }) => entries.some((entry) => entry.right !== null);

// What stands in which box of a picture, as far as somebody has said so.
export function correctionsOf({ entries }) {
  const corrected = entries.filter((entry) => entry.right !== null);
  return corrected.map(({ page, box, right }) => ({ box, text: right, ...(page ? { page } : {}) }));
}

function asData(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}
