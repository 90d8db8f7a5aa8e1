// Requests to the server. Each answer is JSON or numbers; each refusal is an Error that says why.

import { packed, unzipped } from "./packed.js";

// status: the answer's, 0 where the server gave none, or null where there is none to be asked.
export class Refusal extends Error {
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

async function answered(request) {
  const response = await request.catch((error) => {
    throw new Refusal(error.message, 0);
  });
  if (response.ok) return response;
  let detail = `${response.status} ${response.statusText}`;
  try {
    detail = (await response.json()).detail ?? detail;
  } catch { /* no problem+json: the status must do */ }
  throw new Refusal(detail, response.status);
}

function asked(path, options = {}) {
  if (packed) throw new Refusal(path, null);
  return answered(fetch(`api/${path}`, options));
}

export async function get(path) {
  return packed?.answers[decodeURIComponent(path)] ?? (await asked(path)).json();
}

export async function post(path, body, type = "application/json") {
  const sent = type === "application/json" ? JSON.stringify(body) : body;
  const headers = type ? { "Content-Type": type } : {};
  return (await asked(path, { method: "POST", headers, body: sent })).json();
}

export async function floats(path, body = null, type = null) {
  const headers = { Accept: "application/octet-stream", ...(type ? { "Content-Type": type } : {}) };
  const answer = await asked(path, { method: body === null ? "GET" : "POST", headers, body });
  return new Float32Array(await answer.arrayBuffer());
}

// Every parameter of a network, tensor after tensor.
export async function weightsOf(name) {
  if (packed) return new Float32Array((await unzipped(packed.weights[name])).buffer);
  return floats(`networks/${encodeURIComponent(name)}/weights`);
}

export async function file(path) {
  return (await asked(path)).blob();
}
