"""The costs of the arcs of a line's graph, such that the paths which read the right text are likeliest.

    python benchmarks/line_costs.py        fits the costs of `lenet5.reading.graph.Costs` and prints them

A path's probability is e^−cost over the sum of all paths' (the forward algorithm of section VI). The lines are put
together from writers of MNIST and UNIPEN that the network has not learned from, and from hands that were not drawn for
its lessons; nothing else is looked at.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from lenet5.reading.graph import LIKELY, Costs, Geometry, candidates, digit_costs, left_out, paths_of
from lenet5.reading.pieces import cut
from lenet5.reading.reader import Reader
from lenet5.reading.school.composed_lines import Pick, compose

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Costs are linear: one each gives the features.
UNITS = tuple(Costs(*row) for row in np.eye(len(astuple(Costs()))).tolist())
OUT = -1  # what a piece that is left out reads
HOPELESS = 0.005  # a line whose text has a smaller share of its paths than this hardly counts


@dataclass(frozen=True)
class Arcs:
    """All arcs of a line: nodes that they join (A,), features (A, costs), and the digit that each reads, or OUT.
    nodes: how many there are. text: the digits that stand there."""

    first: Ints
    last: Ints
    features: Floats
    digit: Ints
    nodes: int
    text: tuple[int, ...]


def arcs_of(reader: Reader, pick: Pick, rng: np.random.Generator) -> Arcs | None:
    """The arcs of a line put together from what `pick` gives; None where nothing in it may be a digit."""
    ink, _, labels = compose(pick, rng)
    line = cut(ink)
    found = candidates(line, Geometry())
    if not found:
        return None
    sense = reader.calibration.on_path()
    likely = sense.probabilities(reader.penalties(np.stack([c.image for c in found])))[:, :-1]
    ends = np.array([(c.first, c.last) for c in found])
    rows = [(i, i + 1, [left_out(line, i, unit)[1] for unit in UNITS], OUT) for i in range(len(line.pieces))]
    for digit, p in enumerate(likely.T):
        told = np.stack([digit_costs(line, found, -np.log(np.maximum(p, LIKELY)), unit) for unit in UNITS], axis=1)
        rows += [(*ends[k].tolist(), told[k].tolist(), digit) for k in np.flatnonzero(p > LIKELY)]
    first, last, features, digits = (np.array(column) for column in zip(*rows, strict=True))
    return Arcs(first, last, features, digits, len(line.pieces) + 1, tuple(labels))


def slope(arcs: Arcs, costs: Floats) -> tuple[float, Floats]:
    """log of the share that the paths which read the text have of all paths, and its gradient by the costs.

    HOPELESS is added to the share, so that no line costs more than 5.3 and none pulls that can't be read.
    """
    scores = -(arcs.features @ costs)
    every, used = paths_of(arcs.first, arcs.last, scores, arcs.nodes)
    # Of a path that reads the text, the states are a node and how many digits came before it.
    states = len(arcs.text) + 1
    expanded = [(a, done, done) for done in range(states) for a in np.flatnonzero(arcs.digit == OUT)]
    expanded += [(a, done, done + 1) for done, k in enumerate(arcs.text) for a in np.flatnonzero(arcs.digit == k)]
    of, before, after = np.array(expanded).T
    first, last = arcs.first[of] * states + before, arcs.last[of] * states + after
    total, held = paths_of(first, last, scores[of], arcs.nodes * states)
    share = float(np.exp(total - every))
    up = arcs.features.T @ (used - np.bincount(of, held, minlength=len(scores)))
    return float(np.log(share + HOPELESS)), up * share / (share + HOPELESS)


def fitted(lines: list[Arcs], now: Costs, rng: np.random.Generator, steps: int = 150) -> Costs:
    """The costs under which the texts of these lines are likeliest, by Adam from what they are now."""
    costs = np.array(astuple(now))
    mean, square = np.zeros_like(costs), np.zeros_like(costs)
    for step in range(1, steps + 1):
        some = rng.choice(len(lines), min(100, len(lines)), replace=False)
        up = np.mean([slope(lines[i], costs)[1] for i in some], axis=0)
        mean += 0.1 * (up - mean)
        square += 0.02 * (up**2 - square)
        rate = 0.25 * (1 - step / steps) + 0.01
        costs += rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.98**step)) + 1e-8)
        costs = np.maximum(costs, 0.0)
    return Costs(*costs.round(2).tolist())


def unlearned(rng: np.random.Generator) -> Pick:
    """What picks a digit by a hand that no network has learned from: of MNIST's, of UNIPEN's, or drawn."""
    from lenet5.datasets import load
    from lenet5.datasets.dataset import split_by_writer
    from lenet5.datasets.drawn.glyphs import abroad
    from lenet5.datasets.strokes import read_strokes
    from lenet5.reading.school.outcomes import data
    from lenet5.reading.school.teach import HELD_OUT, STROKES, Teaching, written

    _, people = split_by_writer(load("mnist", "train"), 5000)
    _, others = split_by_writer(read_strokes(data() / STROKES), HELD_OUT)
    hands = written(others, Teaching())
    source = [(people.images, people.labels), abroad(4000, rng), (hands.images, hands.labels)]
    places = [[np.flatnonzero(labels == k) for k in range(10)] for _, labels in source]

    def pick(digit: int | None) -> tuple[NDArray[np.uint8], int]:
        s = int(rng.integers(len(source)))
        i = rng.choice(places[s][int(rng.integers(10)) if digit is None else digit])
        return source[s][0][i], int(source[s][1][i])

    return pick


def main() -> None:
    """Fit on 1,600 lines, measure on 400 others, print."""
    rng = np.random.default_rng([0, 5])
    pick, reader = unlearned(rng), Reader()
    lines = [arcs for _ in range(2000) if (arcs := arcs_of(reader, pick, rng))]
    learned, kept = lines[: len(lines) * 4 // 5], lines[len(lines) * 4 // 5 :]
    now = reader.calibration.costs
    for costs in (now, fitted(learned, now, rng)):
        share = np.exp([slope(a, np.array(astuple(costs)))[0] for a in kept]).mean() - HOPELESS
        print(f"the right text has {100 * share:.1f} % of the paths with {costs}")


if __name__ == "__main__":
    main()
