"""Outputs for 95 classes compared: Figure 3's codes, the same codes shuffled, a unit for each class, a softmax.

    python benchmarks/cards/outputs.py [SEEDS]

All learn the same lessons as `lenet5-ascii` in 8 passes of 60,000 pictures, and differ in what stands behind F6:

    codes       the codes of Figure 3
    shuffled    the same codes, each given to another character: distributed, but alike for no reason
    one-of-95   a logistic unit for each class, each with its own cross-entropy; 8,075 parameters more
    softmax     a softmax over the classes; 8,075 parameters more
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import FullConnection
from lenet5.codes import DIGITS, NONE, codes
from lenet5.network import LeNet5
from lenet5.reading.alphabet import SIGNS
from lenet5.reading.school.characters import ASCII, USUAL, material
from lenet5.reading.school.lessons import Lessons
from lenet5.reading.school.teach import Teaching, teach

Penalties = NDArray[np.float32]
Errors = dict[str, dict[str, float]]

GROUPS = {
    "digits": DIGITS,
    "capitals": "".join(filter(str.isupper, SIGNS)),
    "small letters": "".join(filter(str.islower, SIGNS)),
    "signs": "".join(sign for sign in SIGNS if not sign.isalnum()),
}
OUTPUTS = {
    "codes": ASCII.output,
    "shuffled": ASCII.output,
    "one-of-95": FullConnection(len(SIGNS) + 1, "logistic"),
    "softmax": FullConnection(len(SIGNS) + 1, "softmax"),
}
SHORT = replace(USUAL, passes=8, pictures=60_000)
NEAR = 12  # pixels, of 84, in which the codes of two characters differ that look alike


def taught(matter: Lessons, how: Teaching, output: str) -> LeNet5:
    """A network taught, with one of OUTPUTS; it tells of each pass on standard error."""
    network = how.recipe().network(replace(ASCII, output=OUTPUTS[output]), how.seed)
    network.metadata["classes"] = list(SIGNS + NONE)
    if output == "shuffled":
        view = network.tensors["rbf.codes"]
        view[...] = view[np.random.default_rng([how.seed, 5]).permutation(len(view))]

    def told(pass_: int, loss: float, seconds: float) -> None:
        words = f"{output}, seed {how.seed}, pass {pass_ + 1} of {how.passes}"
        print(f"{words}: loss {loss:.3f}, {seconds:.0f} s", file=sys.stderr, flush=True)

    return teach(matter, how, told, network)


def errors(penalties: Penalties, labels: NDArray[np.int64]) -> Errors:
    """Percent wrong of all characters and of each group, from penalties (N, 94 or more) and the places in SIGNS (N,).

    top 1: another of the 94 was the best guess. top 3: it was not among the best three. own 1, own 3: the same where
    only characters of its own group may be answered.
    """
    penalties = penalties[:, : len(SIGNS)]
    found: Errors = {"all": _of(penalties, labels, slice(None))}
    for name, group in GROUPS.items():
        places = [SIGNS.index(c) for c in group]
        rows = np.isin(labels, places)
        only = np.full_like(penalties[rows], np.inf)
        only[:, places] = penalties[rows][:, places]
        own = _of(only, labels[rows], slice(None))
        found[name] = _of(penalties, labels, rows) | {"own 1": own["top 1"], "own 3": own["top 3"]}
    return found


def _of(penalties: Penalties, labels: NDArray[np.int64], rows: Any) -> dict[str, float]:
    best = np.argsort(penalties[rows], axis=1, kind="stable")[:, :3] == labels[rows][:, None]
    return {f"top {k}": round(100 * float(1 - best[:, :k].any(axis=1).mean()), 2) for k in (1, 3)}


def compared(penalties: Penalties, labels: NDArray[np.int64]) -> dict[str, float]:
    """Whether the characters that are confused are those whose codes are near, in pixels of 84 that differ.

    mean: of the code of what was answered from that of what was written. near: percent of the wrong answers whose code
    is at most NEAR pixels away. The same of any two characters.
    """
    away = _apart()
    said = penalties[:, : len(SIGNS)].argmin(axis=1)
    wrong = said != labels
    found = {"": away[labels[wrong], said[wrong]], "any two": away[~np.eye(len(SIGNS), dtype=bool)]}
    means = {what or "mean": round(float(d.mean()), 2) for what, d in found.items()}
    return means | {f"{what} near".strip(): round(100 * float((d <= NEAR).mean()), 2) for what, d in found.items()}


def _apart() -> NDArray[np.int64]:
    """In how many pixels the codes of two characters differ, (94, 94)."""
    each = codes(SIGNS)
    return np.asarray((each[:, None] != each).sum(axis=2))


def confusions(penalties: Penalties, labels: NDArray[np.int64], count: int = 12) -> list[list[Any]]:
    """The commonest: [written, answered, times, percent of what was written so, pixels apart]."""
    said, away = penalties[:, : len(SIGNS)].argmin(axis=1), _apart()
    pairs, times = np.unique(np.stack([labels, said])[:, labels != said], axis=1, return_counts=True)
    written = np.bincount(labels, minlength=len(SIGNS))
    order = np.argsort(-times, kind="stable")[:count]
    return [
        [SIGNS[a], SIGNS[b], int(times[k]), round(100 * float(times[k] / written[a]), 1), int(away[a, b])]
        for k, (a, b) in zip(order, pairs.T[order].tolist(), strict=True)
    ]


def main() -> None:
    """A row for each output: means over seeds, and the standard deviation of top 1 and top 3."""
    seeds = range(1, 1 + int((sys.argv[1:2] or ["3"])[0]))
    matter, unseen = material(SHORT)
    print("| output | top 1 | top 3 | digits | capitals | small letters | signs | pixels apart | near |")
    print("|---|---|---|---|---|---|---|---|---|")
    for output in OUTPUTS:
        rows = []
        for seed in seeds:
            penalties = taught(matter, replace(SHORT, seed=seed), output).penalties(unseen.images)
            wrong, codes_of = errors(penalties, unseen.labels), compared(penalties, unseen.labels)
            own = [wrong[group]["own 1"] for group in GROUPS]
            rows.append([wrong["all"]["top 1"], wrong["all"]["top 3"], *own, codes_of["mean"], codes_of["near"]])
        mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) if len(rows) > 1 else np.zeros(len(rows[0]))
        cells = [
            f"{m:.2f}" + (f" ± {s:.2f}" if k < 2 else "") for k, (m, s) in enumerate(zip(mean, spread, strict=True))
        ]
        print("|", " | ".join((output, *cells)), "|", flush=True)


if __name__ == "__main__":
    main()
