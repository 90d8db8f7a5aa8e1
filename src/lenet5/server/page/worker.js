// The worker that learns, so that the page stays quick. It is told {do: …} and tells {told, weights, wrong}.

import { makeLearner } from "./learning.js";
import { networkOf } from "./network.js";

const TELL = 80; // milliseconds between two messages
const AT_ONCE = 25; // milliseconds of learning between two looks at what was told
let learner = null;
let left = 0; // pictures that are still to be learnt
let speed = Infinity; // pictures a second
let due = 0; // when the next picture may be learnt
let toldAt = 0;

function tell(passEnded = false) {
  toldAt = performance.now();
  const weights = Object.values(learner.tensors).map((tensor) => Float32Array.from(tensor));
  const wrong = passEnded ? learner.wrong() : null;
  postMessage({ told: learner.told, weights, wrong, going: left > 0 });
}

function work() {
  if (!learner || left <= 0) return;
  const until = performance.now() + AT_ONCE;
  const passes = learner.told.passes.length;
  while (left > 0 && performance.now() < until && performance.now() >= due) {
    const count = speed === Infinity ? Math.min(left, 10) : 1;
    left -= learner.learn(count);
    due = Math.max(due, performance.now() - 100) + (1000 * count) / speed;
    if (learner.told.passes.length > passes) break;
  }
  const ended = learner.told.passes.length > passes;
  if (ended || left <= 0 || performance.now() - toldAt > TELL) tell(ended);
  if (left > 0) setTimeout(work, Math.max(0, Math.min(200, due - performance.now())));
}

const DO = {
  begin({ info, weights, digits, how }) {
    learner = makeLearner(networkOf(info, weights), digits, how);
    left = 0;
    tell(true);
  },
  // count pictures more; Infinity until it is told to pause.
  learn({ count, speed: wanted }) {
    const idle = left <= 0;
    [left, speed, due] = [count, wanted, performance.now()];
    if (idle) work();
  },
  pause() {
    left = 0;
    if (learner) tell();
  },
};

addEventListener("message", ({ data }) => DO[data.do](data));
