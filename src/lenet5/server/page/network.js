// What does the page know of a network? Its declaration, its parameters, and what its units say to a picture.

import { floats, get } from "/page/api.js";

export async function loadNetwork(name) {
  const [info, all] = await Promise.all([
    get(`networks/${encodeURIComponent(name)}`),
    floats(`networks/${encodeURIComponent(name)}/weights`),
  ]);
  const tensors = {};
  for (const { name: tensor, shape, offset } of info.tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    tensors[tensor] = Object.assign(all.subarray(offset, offset + size), { shape });
  }
  const layers = [{ name: "input", kind: "input", maps: 1, height: info.side, width: info.side }, ...info.counts];
  let at = 0;
  for (const layer of layers) {
    layer.at = at;
    layer.size = layer.height * layer.width;
    at += layer.maps * layer.size;
  }
  const byName = Object.fromEntries(layers.map((layer) => [layer.name, layer]));
  return { ...info, tensors, layers, layer: byName, units: at };
}

// The two curves that squash, as the declaration names them; null where nothing does.
export function squashOf(network, layer) {
  return network.squashes[network.architecture[layer]?.squash ?? "none"] ?? null;
}

// The largest number that the colour scale shows: what the squashing can give, or 4 where nothing squashes.
export function scaleOf(network) {
  const squash = squashOf(network, "c1");
  return squash === null ? 4 : squash.offset ? 1 : squash.amplitude;
}

export async function look(network, ink, type) {
  const numbers = await floats(`activations?network=${encodeURIComponent(network.name)}`, ink, type);
  const classes = network.classes.length;
  const maps = {};
  for (const layer of network.layers) maps[layer.name] = numbers.subarray(layer.at, layer.at + layer.maps * layer.size);
  return {
    maps,
    penalties: numbers.subarray(network.units, network.units + classes),
    probabilities: numbers.subarray(network.units + classes, network.units + 2 * classes),
  };
}

// The picture that a look was at, as MNIST holds it: 28×28 bytes without the frame of two pixels.
export function pictureOf(looked) {
  const bytes = new Uint8Array(784);
  for (let y = 0; y < 28; y += 1) {
    for (let x = 0; x < 28; x += 1) {
      bytes[y * 28 + x] = Math.round(((looked.maps.input[(y + 2) * 32 + x + 2] + 0.1) / 1.275) * 255);
    }
  }
  return bytes;
}
