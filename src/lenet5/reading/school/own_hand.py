"""How much a network gains from a few samples of a hand, over UNIPEN's writers that nothing was learned from.

    python -m lenet5.reading.school.own_hand lenet5-ascii

Of each writer of at least LEAST letters and digits, some are learned by `lenet5.teach`, and the network is judged
before and after on the others, asked for letters and digits. A character that the network has no class for counts as
none, where it has a class for that and the sign is no digit in any hand; else it is passed over.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet5.codes import DIGITS
from lenet5.datasets import load as load_data
from lenet5.datasets.dataset import Dataset
from lenet5.datasets.mnist import ENVIRONMENT
from lenet5.datasets.strokes import Strokes, read_strokes
from lenet5.datasets.writers import split_by_writer
from lenet5.errors import LeNetError
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.reading.answers import NONE
from lenet5.reading.school.hand import teach
from lenet5.reading.school.lessons import NO_DIGITS
from lenet5.reading.school.teach import HELD_OUT, STROKES

__all__ = ["errors", "main", "writers_of"]

LEAST = 100  # letters and digits that a writer has at least


def writers_of(strokes: Strokes, classes: tuple[str, ...]) -> list[Dataset]:
    """The letters and digits of each writer who has enough of them, as pictures with the classes of a network."""
    found = []
    strokes = strokes.take(np.flatnonzero(np.char.isalnum(strokes.labels)))
    numbers, counts = np.unique(strokes.writers, return_counts=True)
    for number in numbers[counts >= LEAST].tolist():
        own = strokes.take(np.flatnonzero(strokes.writers == number))
        drawn = own.pictures(np.random.default_rng(number))
        named = {c: c if c in classes else NONE if NONE in classes and c in NO_DIGITS else "" for c in drawn.classes}
        kept = [k for k, label in enumerate(drawn.labels.tolist()) if named[drawn.classes[label]]]
        labels = np.array([classes.index(named[drawn.classes[drawn.labels[k]]]) for k in kept])
        found.append(Dataset(f"writer {number}", drawn.images[kept], labels, classes))
    return found


def errors(network: LeNet5, of: Dataset) -> NDArray[np.float64]:
    """Percent that are answered wrongly: among letters, digits and none, and among those of the right one's kind."""
    kinds = np.array([(c.isdigit(), c.isupper(), c.islower()) for c in of.classes])
    alike = (kinds[:, None] == kinds).all(axis=2)  # (classes, classes)
    asked = kinds.any(axis=1) | (np.array(of.classes) == NONE)
    penalties = network.penalties(of.images)
    answers = (np.where(of_these, penalties, np.inf).argmin(axis=1) for of_these in (asked, alike[of.labels]))
    return np.array([100 * float((answer != of.labels).mean()) for answer in answers])


def parted(network: LeNet5, own: Dataset, samples: int, misread: bool, seed: int) -> tuple[Dataset, Dataset]:
    """What is learned of a writer's characters, and what is judged on; `misread`: of one half, the misread first."""
    order = np.random.default_rng(seed).permutation(len(own))
    if misread:
        half, rest = order[: len(order) // 2], order[len(order) // 2 :]
        wrong = network.predict(own.images[half]) != own.labels[half]
        return own.take(np.concatenate([half[wrong], half[~wrong]])[:samples]), own.take(rest)
    return own.take(order[:samples]), own.take(order[samples:])


def main(arguments: list[str] | None = None) -> int:
    """Teach each writer's hand, print the errors before and after, and their means."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m lenet5.reading.school.own_hand", description=__doc__)
    parser.add_argument("network", help="shipped weights, or a .safetensors file")
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--writers", type=int, default=20, help="at most so many")
    parser.add_argument("--misread", action="store_true", help="learn from one half, the misread characters first")
    parser.add_argument("--strokes", type=Path, help=f"UNIPEN's characters; by default {STROKES} in {ENVIRONMENT}")
    given = parser.parse_args(arguments)
    try:
        network = load(given.network)
        strokes = read_strokes(given.strokes or Path(os.environ.get(ENVIRONMENT, "."), STROKES))
        _, others = split_by_writer(strokes, HELD_OUT)
        hands = writers_of(others, network.classes)[: given.writers]
        mnist = load_data("mnist", "test")
        digits = mnist.with_classes(network.classes) if set(DIGITS) <= set(network.classes) else None
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    rows = []
    known = errors(network, digits)[1] if digits is not None else np.nan
    print("writer  samples  judged  wrong before  after   among its kind  after   MNIST's test, digits, more by")
    for number, own in enumerate(hands):
        learned, judged = parted(network, own, given.samples, given.misread, number)
        taught = teach(learned, network)
        before, after = errors(network, judged), errors(taught, judged)
        lost = errors(taught, digits)[1] - known if digits is not None else np.nan
        rows.append([before[0], after[0], before[1], after[1], lost])
        print(_row(own.name, len(learned), len(judged), rows[-1]), flush=True)
    print(_row(f"{len(rows)} writers", given.samples, 0, np.mean(rows, axis=0).tolist()))
    return 0


def _row(name: str, learned: int, judged: int, values: list[float]) -> str:
    all_before, all_after, kind_before, kind_after, lost = values
    return (
        f"{name:12} {learned:4} {judged:4}  {all_before:6.2f} % {all_after:6.2f} %   {kind_before:6.2f} % "
        f"{kind_after:6.2f} %   {lost:+.2f}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
