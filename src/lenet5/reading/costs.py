"""What should each arc of a line's graph cost? Such that the right paths are likeliest among all paths.

    python -m lenet5.reading.costs        fits the costs of `graph.Geometry` and prints them

The path of smallest cost is the likeliest where a path's probability is e^−cost over the sum of all paths' (the
forward algorithm of section VI). The lines are put together from writers that the network has not learned from, and
from hands that were not drawn for its lessons; nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.reading.graph import Geometry, candidates, digit_costs, left_out
from lenet5.reading.lines import Pick, compose, judged
from lenet5.reading.pieces import cut
from lenet5.reading.reader import Reader

__all__ = ["COSTS", "Arcs", "arcs_of", "fitted", "main"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COSTS = (
    "word", "digit", "small", "wide", "narrow", "astray", "gap", "leave_out", "leave_out_large", "leave_out_other",
)  # fmt: skip


def _with(costs: Sequence[float]) -> Geometry:
    named: dict[str, Any] = dict(zip(COSTS, costs, strict=True))
    return replace(Geometry(), **named)


UNITS = tuple(_with(row) for row in np.eye(len(COSTS)).tolist())  # costs are linear: one each gives the features
UNLIKELY = 1e-4  # digits of less probability are no arcs of their own
OUT, WRONG = -1, -2


@dataclass(frozen=True)
class Arcs:
    """All arcs of a line: nodes that they join (A,), features (A, costs), and which digit of the line each is,
    OUT for a piece that is left out, WRONG for none. nodes, digits: how many there are."""

    first: Ints
    last: Ints
    features: Floats
    right: Ints
    nodes: int
    digits: int


def arcs_of(reader: Reader, pick: Pick, rng: np.random.Generator) -> Arcs | None:
    """The arcs of a line put together from what `pick` gives; None where no path through it is right."""
    ink, owners, labels = compose(pick, rng)
    line = cut(ink)
    found = candidates(line, Geometry())
    if not found:
        return None
    sense = reader.calibration.on_path()
    likely = sense.probabilities(reader.penalties(np.stack([c.image for c in found])))[:, :-1]
    owner = {(c.first, c.last): k for c, k in judged(line, found, owners, len(labels)) if k >= 0}
    if len(set(owner.values())) < len(labels):
        return None
    rows: list[tuple[int, int, list[float], int]] = []
    for i in range(len(line.pieces)):
        rows.append((i, i + 1, [left_out(line, i, unit)[1] for unit in UNITS], OUT))
    penalties = -np.log(np.maximum(likely, 1e-12))
    for digit in range(likely.shape[1]):
        features = np.stack([digit_costs(line, found, penalties[:, digit], unit) for unit in UNITS], axis=1)
        for c, p, told in zip(found, likely[:, digit], features.tolist(), strict=True):
            k = owner.get((c.first, c.last))
            if k is not None and labels[k] == digit:
                rows.append((c.first, c.last, told, k))
            elif p > UNLIKELY:
                rows.append((c.first, c.last, told, WRONG))
    first, last, every, right = (np.array(column) for column in zip(*rows, strict=True))
    return Arcs(first, last, every, right, len(line.pieces) + 1, len(labels))


def slope(arcs: Arcs, costs: Floats) -> tuple[float, Floats]:
    """log of the probability of the right paths, and its gradient by the costs; 0 where no path is right."""
    scores = -(arcs.features @ costs)
    every, share = _paths(arcs.first, arcs.last, scores, arcs.nodes)
    # A right path counts the digits: its states are a node and how many digits came before it.
    states = arcs.digits + 1
    expanded = [
        (a, arcs.first[a] * states + done, arcs.last[a] * states + done + (arcs.right[a] != OUT))
        for a in np.flatnonzero(arcs.right != WRONG)
        for done in (range(states) if arcs.right[a] == OUT else (arcs.right[a],))
    ]
    of, first, last = (np.array(column) for column in zip(*expanded, strict=True))
    total, held = _paths(first, last, scores[of], arcs.nodes * states)
    if not np.isfinite(total):
        return 0.0, np.zeros_like(costs)
    right = np.bincount(of, held, minlength=len(scores))
    return total - every, arcs.features.T @ (share - right)


def _paths(first: Ints, last: Ints, scores: Floats, states: int) -> tuple[float, Floats]:
    """log of the sum of e^score over all paths from the first state to the last, and the share that uses each arc."""
    ahead, behind = np.full(states, -np.inf), np.full(states, -np.inf)
    ahead[0] = behind[-1] = 0.0
    for a in np.argsort(last, kind="stable"):
        ahead[last[a]] = np.logaddexp(ahead[last[a]], ahead[first[a]] + scores[a])
    for a in np.argsort(-first, kind="stable"):
        behind[first[a]] = np.logaddexp(behind[first[a]], behind[last[a]] + scores[a])
    total = float(ahead[-1])
    if not np.isfinite(total):
        return total, np.zeros_like(scores)
    return total, np.exp(ahead[first] + scores + behind[last] - total)


def fitted(lines: list[Arcs], rng: np.random.Generator, steps: int = 120, batch: int = 80) -> Geometry:
    """The costs under which the right paths of these lines are likeliest, by Adam from what they are now."""
    costs = np.array([getattr(Geometry(), name) for name in COSTS])
    mean, square = np.zeros_like(costs), np.zeros_like(costs)
    for step in range(1, steps + 1):
        some = rng.choice(len(lines), min(batch, len(lines)), replace=False)
        up = np.mean([slope(lines[i], costs)[1] for i in some], axis=0)
        mean += 0.1 * (up - mean)
        square += 0.02 * (up**2 - square)
        rate = 0.25 * (1 - step / steps) + 0.01
        costs += rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.98**step)) + 1e-8)
        costs = np.maximum(costs, 0.0)
    return _with(costs.round(2).tolist())


def main() -> None:
    """Fit on 500 lines, measure on 200 others, print."""
    from lenet5.datasets import load
    from lenet5.datasets.writers import split_by_writer
    from lenet5.reading.european import european

    rng = np.random.default_rng([0, 5])
    _, people = split_by_writer(load("mnist", "train"), 5000)
    strange, of = european(4000, rng)
    source = [(people.images, people.labels), (strange, of)]
    places = [[np.flatnonzero(labels == k) for k in range(10)] for _, labels in source]

    def pick(digit: int | None) -> tuple[NDArray[np.uint8], int]:
        s = int(rng.integers(len(source)))
        i = rng.choice(places[s][int(rng.integers(10)) if digit is None else digit])
        return source[s][0][i], int(source[s][1][i])

    reader = Reader()
    lines = [arcs for _ in range(700) if (arcs := arcs_of(reader, pick, rng))]
    learned, kept = lines[: len(lines) * 5 // 7], lines[len(lines) * 5 // 7 :]
    geometry = fitted(learned, rng)
    for name, costs in (("before", Geometry()), ("fitted", geometry)):
        weights = np.array([getattr(costs, cost) for cost in COSTS])
        print(f"{name}: log-likelihood of a right path {np.mean([slope(a, weights)[0] for a in kept]):.3f}")
    print(geometry)


if __name__ == "__main__":
    main()
