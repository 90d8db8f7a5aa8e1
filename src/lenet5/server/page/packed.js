// What is packed along with a page that needs no server: answers, weights, digits, recorded readings. Null with a server.

const block = globalThis.document?.querySelector("#packed");

export const packed = globalThis.lenet5Packed ?? (block ? JSON.parse(block.textContent) : null);

// The bytes of a gzip file in base64.
export async function unzipped(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
