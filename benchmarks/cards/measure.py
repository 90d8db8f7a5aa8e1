"""How does each shipped file fail? Measured on pictures that it did not learn from; make_cards.py tells of it.

A network is shown MNIST's test part, the same with every picture changed alike, and pictures of pen on paper, print
and doodles, made ready as the reader makes them ready. Of `lenet5-reader`, the reader's own answers are measured.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from outputs import compared, confusions, errors

import lenet5
from lenet5 import datasets
from lenet5.network import LeNet5
from lenet5.pictures.opening import open_pages
from lenet5.reading.fields import Field
from lenet5.reading.reader import BEST
from lenet5.reading.readings import Reading
from lenet5.reading.school.characters import held_out
from lenet5.reading.school.outcomes import examples
from lenet5.reproduce.measures import robustness
from lenet5.scale import BACKGROUND, SPAN
from lenet5.training.evaluation import evaluate

CHANGES = {  # as reproduce/measures.py names them; three degrees of each
    "shift_x": (2.0, 4.0, 6.0),
    "scale": (0.8, 0.7, 0.5, 1.15, 1.3, 1.5),
    "rotation": (10.0, 20.0, 30.0, -10.0, -20.0, -30.0),
    "noise": (0.02, 0.05, 0.1),
}
EVERY = 5  # the reader is shown one test picture in five changed: it takes its time
SURE = 0.9
PEN = "bhmsds/digits.zip"
# What it is: where it lies, and what in it is a digit to any eye: I / - are 1, z is 2.
NO_DIGITS = {
    "printed letters A to J, no I": ("notmnist/letters_a_to_j.zip", ("I",)),
    "handwritten w, x, y, + and dots": ("bhmsds/nondigits.zip", ("z", "/", "-")),
    "doodles": ("quickdraw/doodles.zip", ()),
}
QUICK = "doodles"


class Answers(NamedTuple):
    """What was said to N pictures."""

    said: NDArray[np.int64]  # -1 for no digit at all
    sure: NDArray[np.float64]
    given: NDArray[np.bool_]  # whether it would rather answer than not


class Straight:
    """A network, which gives every picture a class."""

    def __init__(self, network: LeNet5) -> None:
        self._network = network

    def images(self, images: NDArray[Any]) -> Answers:
        p = self._network.probabilities(images)
        return Answers(p.argmax(axis=1), p.max(axis=1).astype(np.float64), np.ones(len(p), bool))

    def fields(self, fields: list[Field]) -> Answers:
        shown = np.array([bool(f.images) for f in fields])
        found = Answers(np.full(len(fields), -1), np.zeros(len(fields)), shown)
        found.said[shown], found.sure[shown], _ = self.images(np.stack([f.images[0] for f in fields if f.images]))
        return found

    def predict(self, images: NDArray[Any], /) -> NDArray[np.int64]:
        return self.images(images).said


class ThroughReader(Straight):
    """The reader, shown ink on grey paper."""

    def __init__(self) -> None:
        self._reader = lenet5.Reader()

    def images(self, images: NDArray[Any]) -> Answers:
        ink = images / 255 if images.dtype == np.uint8 else (images - BACKGROUND) / SPAN
        return self._of(self._reader.read_many(list((190 - 153 * ink).astype(np.uint8))))

    def fields(self, fields: list[Field]) -> Answers:
        return self._of(self._reader.answer(fields))

    def _of(self, readings: list[Reading]) -> Answers:
        return Answers(
            np.array([int(r.text or -1) for r in readings]),
            np.array([r.confidence for r in readings]),
            np.array([not r.rejected for r in readings]),
        )


def measure(name: str, *, quick: bool = False) -> dict[str, Any]:
    """What the shipped file of that name says to the development data; seconds if quick, else up to minutes.

    digits, pen: of MNIST's test part and of pen on paper: pictures and wrong of each class, and [true, said, times] of
    each confusion. probabilities: log loss and calibration error of a network on MNIST. withstands: [change, how much,
    error in percent]. no_digits: of each kind the pictures, how many were answered, how many of them with SURE or more,
    and the median confidence of those. If quick: QUICK of no_digits, and of a network, not of the reader, digits.
    Of a network of other characters, its confusions. Raises DataError where there are no data.
    """
    network = lenet5.load(name)
    if len(network.classes) > 11:
        unseen = held_out()
        penalties = network.penalties(unseen.images)
        found = {f.__name__: f(penalties, unseen.labels) for f in (errors, confusions, compared)}
        return {"pictures": len(unseen), **found} if not quick else {}
    through = name == BEST
    asked = ThroughReader() if through else Straight(lenet5.load(name))
    kinds = {QUICK: NO_DIGITS[QUICK]} if quick else NO_DIGITS
    found: dict[str, Any] = {"no_digits": {k: _no_digits(asked.fields(_prepared(*v)[0])) for k, v in kinds.items()}}
    test = datasets.load("mnist", "test")
    if not (quick and through):
        found["digits"] = _errors(asked.images(test.images), test.labels)
    if not quick:
        if not through:
            tested = evaluate(lenet5.load(name), test)
            found["probabilities"] = {
                "log_loss": round(tested.log_loss, 4),
                "calibration_error": round(tested.calibration_error, 3),
            }
        fields, labels = _prepared(PEN)
        found["pen"] = _errors(asked.fields(fields), np.array(labels, np.int64))
        changed = test.take(slice(None, None, EVERY if through else 1))
        found["withstands"] = [[*row[:2], round(row[2], 2)] for row in robustness(asked, changed, CHANGES)]
    return found


@cache
def _prepared(path: str, left_out: tuple[str, ...] = ()) -> tuple[list[Field], list[str]]:
    """The pictures of a zip as the reader makes them ready, which does not depend on a network, and their labels."""
    chosen = [example for example in examples(path) if example.truth not in left_out]
    reader = lenet5.Reader()
    return [reader.fields(open_pages(e.picture)[0], "digit")[0] for e in chosen], [e.truth for e in chosen]


def _errors(answers: Answers, labels: NDArray[np.int64]) -> dict[str, Any]:
    wrong = answers.said != labels
    confusions = Counter(zip(labels[wrong].tolist(), answers.said[wrong].tolist(), strict=True))
    return {
        "pictures": np.bincount(labels, minlength=10).tolist(),
        "wrong": np.bincount(labels[wrong], minlength=10).tolist(),
        "confusions": sorted(([*pair, n] for pair, n in confusions.items()), key=lambda row: (-row[2], row)),
    }


def _no_digits(answers: Answers) -> dict[str, Any]:
    sure = answers.sure[answers.given]
    return {
        "pictures": len(answers.given),
        "answered": len(sure),
        "sure": int((sure >= SURE).sum()),
        "median": round(float(np.median(sure)), 3),
    }
