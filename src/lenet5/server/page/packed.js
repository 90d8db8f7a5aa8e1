// What is packed along with a page that needs no server: answers, weights, digits, recorded readings. Null with a server.

const block = globalThis.document?.querySelector("#packed");

export const packed = globalThis.lenet5Packed ?? (block ? JSON.parse(block.textContent) : null);

// The bytes of a gzip file in base64.
export async function unzipped(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < bytes.length; k += 1) bytes[k] = text.charCodeAt(k);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
