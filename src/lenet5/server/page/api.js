// Requests to the server. Each answer is JSON or numbers; each refusal is an Error that says why.

// status: the answer's, or 0 where the server gave none.
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

export async function get(path) {
  return (await answered(fetch(`api/${path}`))).json();
}

export async function post(path, body, type = "application/json") {
  const sent = type === "application/json" ? JSON.stringify(body) : body;
  const headers = type ? { "Content-Type": type } : {};
  return (await answered(fetch(`api/${path}`, { method: "POST", headers, body: sent }))).json();
}

export async function floats(path, body = null, type = null) {
  const headers = { Accept: "application/octet-stream", ...(type ? { "Content-Type": type } : {}) };
  const request = fetch(`api/${path}`, { method: body === null ? "GET" : "POST", headers, body });
  return new Float32Array(await (await answered(request)).arrayBuffer());
}

export async function file(path) {
  return (await answered(fetch(`api/${path}`))).blob();
}
