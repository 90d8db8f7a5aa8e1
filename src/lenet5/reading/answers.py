"""The confidence of the reader: the network's penalties as probabilities that can be taken at their word.

The posterior of eq. 9 with the rubbish class that j stands for: e^−y_i / (e^−j + Σ e^−y_k), the penalties divided by
a temperature so that of the answers given 0.9, nine in ten are right. A network that knows a class for what is no digit
gives its penalties less that class's: there j is near 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import ReadingError
from lenet5.reading.graph import Costs
from lenet5.reading.readings import Box, Character, Reading, Reason
from lenet5.reference import probabilities

ALTERNATIVES = 3
LEAST = 0.01  # probability of an alternative worth telling
FIRST, PLAIN = 2, 0.995  # members of an ensemble that are asked first; probability from which on it is plainly none
CERTAIN = 1e-6  # what the least and the greatest confidence keep from 0 and 1
# How many numbers each part of a calibration has, from what to what: any of these can be computed with.
RANGES = (
    ("rubbish", 1, -1e6, 1e6), ("temperature", 1, 1e-6, 1e6), ("accept", 1, 0, 1),
    ("on_paths", 2, -1e6, 1e6), ("odds", 2, -20, 20), ("powers", 5, 0, 1e6),
)  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """What turns a network's penalties into probabilities; fitted on pictures that it was not trained on.

    rubbish: j of eq. 9, the penalty of "not a digit"; None where the network knows no such class
    temperature: what penalties are divided by
    accept: the least probability of an answer that is given rather than rejected
    on_paths: rubbish and temperature where candidates of a line are weighed, most of which are none; the same
    where it is None
    odds: slope and shift that turn the log-odds of a line, as its path and its characters make them, into true ones;
    of digits by `python benchmarks/line_confidence.py`, on what people photographed
    powers: of the parts of a line's confidence, in the order of `LineField.read`. Not in the paper: fitted by
    `python benchmarks/line_confidence.py`, the last set by hand, as lines put together have odd sizes and places
    costs: of the arcs of a line of digits
    """

    rubbish: float | None = None
    temperature: float = 1.0
    accept: float = 0.5
    on_paths: tuple[float, float] | None = None
    odds: tuple[float, float] = (1.0, 0.0)
    powers: tuple[float, float, float, float, float] = (0.82, 1.13, 2.78, 0.14, 0.02)
    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        for name, count, least, most in RANGES:
            told = getattr(self, name)
            if told is None and name in ("rubbish", "on_paths"):
                continue
            numbers = [told] if count == 1 else told
            right = isinstance(numbers, list | tuple) and len(numbers) == count
            if not right or not all(isinstance(number, int | float) and least <= number <= most for number in numbers):
                wanted = "a number" if count == 1 else f"{count} numbers"
                raise ReadingError(f"{name} {told!r}; expected {wanted} from {least:g} to {most:g}")
        _ = self.on_path()  # which refuses what makes no sense

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Calibration:
        """The calibration that a network's metadata holds under "reading"; what it does not tell is as usual."""
        held = metadata.get("reading")
        try:
            return cls(**{**held, "costs": Costs(**held.get("costs", {}))}) if held else cls()
        except TypeError as error:
            raise ReadingError(f"the network's calibration {held!r} is none: {error}; update lenet5") from error

    def to_dict(self) -> dict[str, Any]:
        """The calibration as it is kept in a network's metadata under "reading"."""
        return asdict(self)

    def on_path(self) -> Calibration:
        """As which the candidates of a line are weighed."""
        return self if self.on_paths is None else Calibration(*self.on_paths)

    def probabilities(self, penalties: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N, classes) penalties -> (N, classes + 1) probabilities; the last is that it is none of the classes."""
        rubbish = np.inf if self.rubbish is None else self.rubbish
        all_of = np.empty((len(penalties), penalties.shape[1] + 1))
        all_of[:, :-1], all_of[:, -1] = penalties, rubbish
        return probabilities(all_of, 1 / self.temperature)

    def of_line(self, confidence: float) -> float:
        """The confidence in a line, from what its path and its characters make of it together."""
        slope, shift = self.odds
        if not confidence or (slope, shift) == (1, 0):
            return confidence
        clipped = min(max(confidence, CERTAIN), 1 - CERTAIN)
        return float(1 / (1 + math.exp(-shift) * (1 / clipped - 1) ** slope))

    def reason(self, probabilities: NDArray[np.float64]) -> Reason:
        """Why an answer with these probabilities (classes + 1,) is not to be relied on; "" where it is."""
        best = float(probabilities[:-1].max())
        if probabilities[-1] > best:
            return "not a digit"
        return "unsure" if best < self.accept else ""


class Network(Protocol):
    """What a reader asks of a network."""

    def penalties(self, images: Any) -> NDArray[np.float32]: ...


def mean_penalties(
    members: Sequence[Network], images: NDArray[Any], none: int | None, calibration: Calibration
) -> NDArray[np.float32]:
    """uint8 (N, 28, 28) -> (N, classes): the mean of an ensemble's penalties, less that of the class `none`, if any.

    Its own answer tells digits apart, and forgets how far they all are from what any digit looks like. What its first
    members find plainly none, as most candidates of a line are, is not asked of the others.
    """

    def mean(some: Sequence[Network], images: NDArray[Any]) -> NDArray[np.float32]:
        of_all = np.asarray(np.mean([m.penalties(images) for m in some], axis=0), dtype=np.float32)
        return of_all if none is None else np.delete(of_all, none, axis=1) - of_all[:, [none]]

    told, others = mean(members[:FIRST], images), members[FIRST:]
    if others:
        asked = calibration.on_path().probabilities(told)[:, -1] < PLAIN
        told[asked] += len(others) / len(members) * (mean(others, images[asked]) - told[asked])
    return told


def character(
    probabilities: NDArray[np.float64], classes: tuple[str, ...], box: Box, reason: Reason, read: int | None = None
) -> Character:
    """The answer to one glyph, from its probabilities (classes + 1,): the likeliest class, or the one that was read."""
    order = np.argsort(-probabilities[:-1], kind="stable")
    others = [(classes[k], float(probabilities[k])) for k in order if probabilities[k] >= LEAST]
    best = int(order[0]) if read is None else read
    if reason in ("blank", "not a digit"):
        return Character("", float(probabilities[best]), box, tuple(others[: ALTERNATIVES + 1]), reason)
    alternatives = tuple((t, p) for t, p in others if t != classes[best])[:ALTERNATIVES]
    return Character(classes[best], float(probabilities[best]), box, alternatives, reason)


def less_sure(reading: Reading, confidence: float, accept: float) -> Reading:
    """A reading at another confidence, rejected where that is less than `accept`."""
    reason: Reason = reading.reason or ("unsure" if confidence < accept else "")
    return replace(reading, confidence=confidence, rejected=bool(reason), reason=reason)
