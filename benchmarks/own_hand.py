"""How much a network gains from a few samples of a hand, over UNIPEN's writers that nothing was learned from.

    python benchmarks/own_hand.py lenet5-ascii

Of each writer of at least LEAST letters and digits, some are learned by `lenet5.teach`, and the network is judged
before and after on the others, asked for letters and digits. A character that the network has no class for counts as
none, where it has a class for that and the sign is no digit in any hand; else it is passed over.

    python benchmarks/own_hand.py lenet5-best --faults --everyone --samples 5

One digit of a writer that the network misreads is learned alone, and judged on its other samples.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet5.codes import DIGITS, NONE
from lenet5.datasets import load as load_data
from lenet5.datasets.dataset import Dataset, split_by_writer
from lenet5.datasets.mnist import ENVIRONMENT
from lenet5.datasets.strokes import Strokes
from lenet5.errors import DataError, LeNetError
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.reading.school.hand import teach
from lenet5.reading.school.lessons import NO_DIGITS
from lenet5.reading.school.teach import HELD_OUT, STROKES, unipen

LEAST = 100  # letters and digits that a writer has at least
FEW = 6  # samples of a digit from which on it may be a fault
FAULTY = 1 / 3  # of them, the share that is misread


def writers_of(strokes: Strokes, classes: tuple[str, ...], least: int = LEAST) -> list[Dataset]:
    """The letters and digits of each writer who has enough of them, as pictures with the classes of a network."""
    found = []
    strokes = strokes.take(np.flatnonzero(np.char.isalnum(strokes.labels)))
    numbers, counts = np.unique(strokes.writers, return_counts=True)
    for number in numbers[counts >= least].tolist():
        own = strokes.take(np.flatnonzero(strokes.writers == number))
        drawn = own.pictures(np.random.default_rng(number))
        named = {c: c if c in classes else NONE if NONE in classes and c in NO_DIGITS else "" for c in drawn.classes}
        kept = [k for k, label in enumerate(drawn.labels.tolist()) if named[drawn.classes[label]]]
        labels = np.array([classes.index(named[drawn.classes[drawn.labels[k]]]) for k in kept])
        found.append(Dataset(f"writer {number}", drawn.images[kept], labels, classes))
    return found


def faults_of(strokes: Strokes, network: LeNet5) -> list[Dataset]:
    """The digits of a writer that a network misreads: of each, all samples."""
    found = []
    for own in writers_of(strokes.take(np.flatnonzero(np.char.isdigit(strokes.labels))), network.classes, FEW):
        wrong = network.penalties(own.images).argmin(axis=1) != own.labels
        for label in np.unique(own.labels).tolist():
            of_it = np.flatnonzero(own.labels == label)
            if len(of_it) >= FEW and wrong[of_it].mean() >= FAULTY:
                found.append(own.take(of_it, f"{own.name}, {own.classes[label]}"))
    return found


def errors(network: LeNet5, of: Dataset) -> NDArray[np.float64]:
    """Percent that are answered wrongly, three times.

    Among letters, digits and none; the same, where a letter's other case counts as right; among the right one's kind.
    """
    kinds = np.array([(c.isdigit(), c.isupper(), c.islower()) for c in of.classes])
    alike = (kinds[:, None] == kinds).all(axis=2)  # (classes, classes)
    asked = kinds.any(axis=1) | (np.array(of.classes) == NONE)
    penalties = network.penalties(of.images)
    answer, told = (np.where(of_these, penalties, np.inf).argmin(axis=1) for of_these in (asked, alike[of.labels]))
    letter = np.char.lower(of.classes)
    wrong = (answer != of.labels, letter[answer] != letter[of.labels], told != of.labels)
    return np.array([100 * float(one.mean()) for one in wrong])


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

    parser = argparse.ArgumentParser(prog="python benchmarks/own_hand.py", description=__doc__)
    parser.add_argument("network", help="shipped weights, or a .safetensors file")
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--writers", type=int, default=20, help="at most so many")
    parser.add_argument("--misread", action="store_true", help="learn from one half, the misread characters first")
    parser.add_argument("--faults", action="store_true", help="learn one digit of a writer alone, each that is misread")
    parser.add_argument("--everyone", action="store_true", help="all writers, for a network that learned none of them")
    parser.add_argument("--strokes", type=Path, help=f"UNIPEN's characters; by default {STROKES} in {ENVIRONMENT}")
    given = parser.parse_args(arguments)
    try:
        network = load(given.network)
        strokes = unipen(given.strokes)
        others = strokes if given.everyone else split_by_writer(strokes, HELD_OUT)[1]
        hands = faults_of(others, network) if given.faults else writers_of(others, network.classes)
        if not hands:
            raise DataError(f"{strokes.name}: no such writer for {given.network}; --everyone asks all writers")
        mnist = load_data("mnist", "test")
        digits = mnist.with_classes(network.classes) if set(DIGITS) <= set(network.classes) else None
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    rows = []
    known = errors(network, digits)[-1] if digits is not None else np.nan
    print("                   samples judged    wrong           either case     among its kind   MNIST's test, more by")
    for number, own in enumerate(hands[: given.writers]):
        learned, judged = parted(network, own, given.samples, given.misread or given.faults, number)
        taught = teach(learned, network)
        lost = errors(taught, digits)[-1] - known if digits is not None else np.nan
        rows.append([*np.stack([errors(one, judged) for one in (network, taught)], axis=1).reshape(-1), lost])
        print(_row(own.name, len(learned), len(judged), rows[-1]), flush=True)
    print(_row(f"mean of {len(rows)}", given.samples, 0, np.mean(rows, axis=0).tolist()))
    return 0


def _row(name: str, learned: int, judged: int, values: list[float]) -> str:
    """A row: before and after, three times, and what is lost."""
    *pairs, lost = values
    words = "  ".join(f"{a:6.2f} → {b:5.2f}" for a, b in zip(pairs[::2], pairs[1::2], strict=True))
    return f"{name:20} {learned:4} {judged:6}  {words}   {lost:+.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
