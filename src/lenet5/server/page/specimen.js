// The digit that See, Test and Learn share, as the address has it; a 3 in one stroke before anyone draws.

import { inAddress } from "./address.js";
import { normalised } from "./normalise.js";
import { makePad } from "./pad.js";
import { strokesText } from "./strokes.js";

const SIDE = 280; // of the paper to draw on

const bow = (y, radius, from, to) =>
  Array.from({ length: 25 }, (_, k) => {
    const angle = ((from + ((to - from) * k) / 24) * Math.PI) / 180;
    return { x: 130 + radius * Math.cos(angle), y: y + radius * Math.sin(angle) };
  });
const THREE = strokesText([[...bow(95, 47, -150, 85), ...bow(192, 55, -88, 150)]], SIDE);

// The ink as text: pictures and strokes.
export const inkText = () => inAddress().ink ?? THREE;

// The ink as MNIST holds it: bytes, 28×28.
export function inkPicture() {
  const pad = makePad({ onChange: () => {} });
  pad.text = inkText();
  const ink = pad.ink();
  const side = Math.round(Math.sqrt(ink.length));
  return normalised(ink, side, side);
}
