// A network as the page knows it: its declaration, its parameters, and the activations for a picture.

import { floats, get } from "./api.js";

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

// The squash of a layer, as the server has declared it: the steps of its value, and its bounds.
export function squashOf(network, layer) {
  return network.squashes[network.architecture[layer]?.squash] ?? network.squashes.none;
}

// The largest number that the colour scale shows: what the squash can give, or 4 where it has no bound.
export function scaleOf(network) {
  return squashOf(network, "c1").bounds[1] ?? 4;
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

// The picture that a look was at, as MNIST holds it: bytes of ink without the frame of paper.
export function pictureOf(network, looked) {
  const { paper, ink, frame } = network.scale;
  const inner = network.side - 2 * frame;
  const bytes = new Uint8Array(inner * inner);
  for (let y = 0; y < inner; y += 1) {
    for (let x = 0; x < inner; x += 1) {
      const value = looked.maps.input[(y + frame) * network.side + x + frame];
      bytes[y * inner + x] = Math.round(((value - paper) / (ink - paper)) * 255);
    }
  }
  return bytes;
}
