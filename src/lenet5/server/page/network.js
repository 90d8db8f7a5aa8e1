// A network as the page knows it: its declaration, its parameters, and the activations for a picture.

import { get, weightsOf } from "./api.js";
import { makeMachine, penaltiesOf, probabilitiesOf } from "./machine.js";

const learnt = new Map(); // networks that were learnt in this page

export function keep(network) {
  learnt.set(network.name, network);
}

export const keptNames = () => [...learnt.keys()];

export async function loadNetwork(name) {
  if (learnt.has(name)) return learnt.get(name);
  const [info, all] = await Promise.all([
    get(`networks/${encodeURIComponent(name)}`),
    weightsOf(name),
  ]);
  return networkOf(info, all);
}

// The network that a server, or a file, describes; all: its parameters, tensor after tensor.
export function networkOf(info, all) {
  const tensors = {};
  for (const { name: tensor, shape, offset } of info.tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    tensors[tensor] = Object.assign(new Float64Array(all.subarray(offset, offset + size)), { shape });
  }
  const layers = [{ name: "input", kind: "input", maps: 1, height: info.side, width: info.side }, ...info.counts];
  let at = 0;
  for (const layer of layers) {
    layer.at = at;
    layer.size = layer.height * layer.width;
    at += layer.maps * layer.size;
  }
  const byName = Object.fromEntries(layers.map((layer) => [layer.name, layer]));
  const network = { ...info, tensors, layers, layer: byName, units: at };
  network.machine = makeMachine(network);
  return network;
}

// The squash of a layer, as the server has declared it: the steps of its value, and its bounds.
export function squashOf(network, layer) {
  return network.squashes[network.architecture[layer]?.squash] ?? network.squashes.none;
}

// The largest number that the colour scale shows: what the squash can give, or 4 where it has no bound.
export function scaleOf(network) {
  return squashOf(network, "c1").bounds[1] ?? 4;
}

// Bytes of ink, 28×28, in the paper's scale, framed to 32×32 (II-B); 32×32 numbers stay as they are.
export function scaled(network, picture) {
  if (picture.length === network.side ** 2) return picture;
  const { paper, ink, frame } = network.scale;
  const inner = network.side - 2 * frame;
  const x = new Float64Array(network.side ** 2).fill(paper);
  for (let k = 0; k < picture.length; k += 1) {
    const row = Math.floor(k / inner) + frame;
    x[row * network.side + (k % inner) + frame] = paper + ((ink - paper) * picture[k]) / 255;
  }
  return x;
}

// What every unit answers to a picture: 28×28 bytes of ink, or 32×32 numbers in the paper's scale.
export function look(network, picture) {
  const { machine } = network;
  machine.forward(network.tensors, scaled(network, picture));
  const maps = Object.fromEntries(network.layers.map(({ name }) => [name, machine.o[name].slice()]));
  const penalties = penaltiesOf(network, machine.sums);
  return { maps, penalties, probabilities: probabilitiesOf(penalties, network.metadata.sharpness) };
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
