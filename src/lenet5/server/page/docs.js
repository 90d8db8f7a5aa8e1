// The page /docs: the server's OpenAPI description, written out, with a command for each operation.

import { h } from "./dom.js";

const main = document.querySelector("#view");
const api = await (await fetch("api/openapi.json")).json();

const root = api.servers?.[0].url ?? "";

const named = (schema) => (schema?.$ref ? api.components.schemas[schema.$ref.split("/").at(-1)] : schema) ?? {};

// An example of what a schema describes: its own, or one made of its parts.
function example(schema, depth = 0) {
  const s = named(schema);
  if (s.example !== undefined) return s.example;
  if (s.examples?.length) return s.examples[0];
  if (s.default !== undefined) return s.default;
  if (s.anyOf) return example(s.anyOf.find((one) => one.type !== "null"), depth);
  if (s.enum) return s.enum[0];
  if (s.const !== undefined) return s.const;
  if (depth > 5) return null;
  if (s.type === "object" || s.properties) {
    return Object.fromEntries(
      Object.entries(s.properties ?? {}).map(([name, part]) => [name, example(part, depth + 1)]),
    );
  }
  if (s.type === "array") return [example(s.items, depth + 1)];
  return { string: "", integer: 0, number: 0, boolean: false }[s.type] ?? null;
}

// JSON with rows of numbers on one line each, and long lists cut.
function pretty(value) {
  const short = (
    part,
  ) => (Array.isArray(part)
    ? (part.length > 6 && typeof part[0] !== "string" ? [...part.slice(0, 2).map(short), "…"] : part.map(short))
    : part && typeof part === "object"
    ? Object.fromEntries(Object.entries(part).map(([k, v]) => [k, short(v)]))
    : part);
  return JSON.stringify(short(value), null, 2).replace(
    /\[\s+((?:[\d.,\s-]|"…")+?)\s+\]/g,
    (_, inner) => `[${inner.replace(/\s+/g, " ")}]`,
  );
}

function command(method, path, operation) {
  const address = location.origin + root +
    path.replace(/\{(\w+)\}/g, (_, name) => ({ name: "lenet5", number: "1", word: "pause" })[name] ?? name);
  const kinds = Object.keys(operation.requestBody?.content ?? {});
  if (!kinds.length) return `curl ${method === "GET" ? "" : `-X ${method} `}${address}`;
  if (kinds.includes("image/png")) {
    return `curl -H 'Content-Type: image/png' --data-binary @digit.png '${address}'${
      kinds.includes("multipart/form-data") ? `\ncurl -F picture=@one.png -F picture=@two.png '${address}'` : ""
    }`;
  }
  return `curl ${method === "POST" ? "" : `-X ${method} `}-H 'Content-Type: application/json' -d @body.json ${address}`;
}

function table(heads, rows) {
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell))))),
  );
}

function describe(method, path, operation) {
  const parts = [];
  if (operation.description) parts.push(h("p", {}, operation.description));
  if (operation.parameters?.length) {
    parts.push(
      h("h3", {}, "Parameters"),
      table(
        ["name", "in", "type", ""],
        operation.parameters.map((p) => {
          const s = p.schema.anyOf?.find((one) => one.type !== "null") ?? p.schema;
          return [
            h("code", {}, p.name),
            p.in,
            s.enum?.join(" | ") ?? s.type ?? "",
            p.description ?? s.description ?? "",
          ];
        }),
      ),
    );
  }
  for (const [kind, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
    parts.push(
      h("h3", {}, `Body: ${kind}`),
      kind === "application/json"
        ? h("pre", { tabIndex: 0 }, pretty(example(schema)))
        : h("p", {}, named(schema).description ?? "the file's bytes"),
    );
  }
  parts.push(h("h3", {}, "Try it"), h("pre", { tabIndex: 0 }, command(method, path, operation)));
  if (method === "GET" && !path.includes("{") && !path.endsWith("events")) {
    const shown = h("pre", { hidden: true, tabIndex: 0 });
    parts.push(
      h("button", {
        type: "button",
        onclick: async () => {
          const text = await (await fetch(root + path)).text();
          shown.hidden = false;
          try {
            shown.textContent = pretty(JSON.parse(text));
          } catch {
            shown.textContent = text;
          }
        },
      }, "Send"),
      shown,
    );
  }
  parts.push(
    h("h3", {}, "Answers"),
    table(
      ["status", "content", ""],
      Object.entries(operation.responses).map((
        [status, answer],
      ) => [status, Object.keys(answer.content ?? {}).join(", "), answer.description]),
    ),
  );
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"))?.[1].content
    ?.["application/json"]?.schema;
  if (good && Object.keys(named(good).properties ?? {}).length) {
    parts.push(h("pre", { tabIndex: 0 }, pretty(example(good))));
  }
  return h(
    "details.card",
    {},
    h(
      "summary",
      {},
      h(`span.method.${method}`, {}, method),
      h("code", {}, path),
      h("span", {}, operation.summary ?? ""),
    ),
    parts,
  );
}

const groups = new Map();
for (const [path, operations] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    const tag = operation.tags?.[0] ?? "server";
    groups.set(tag, [...(groups.get(tag) ?? []), describe(method.toUpperCase(), path, operation)]);
  }
}
main.append(
  h("h1", {}, `${api.info.title} ${api.info.version}`),
  h("p", {}, api.info.description.replaceAll("`", "")),
  ...[...groups].flatMap(([tag, all]) => [h("h2", {}, tag), ...all]),
);
