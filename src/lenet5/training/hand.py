"""A few samples of one hand learned by a network that knows many, which keeps what it knew.

The samples are shown over and over, distorted anew each time, among pictures that the project draws. Of the drawn ones
the network learns to answer what it answered before. The samples are dealt into folds, and each fold is judged by a
network that learned from the others. What comes of it is the mean of these networks' weights: it reads a hand as well
as a network that learned every sample, and forgets less. Only where its folds have neither fewer errors nor a smaller
log loss, the network stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import EuclideanRBF
from lenet5.codes import DIGITS, NONE
from lenet5.datasets import drawn
from lenet5.datasets.dataset import Dataset
from lenet5.datasets.drawn.glyphs import abroad
from lenet5.ensemble import Ensemble, together
from lenet5.errors import DataError
from lenet5.network import LeNet5
from lenet5.training.calibration import log_loss
from lenet5.training.going_on import with_classes
from lenet5.training.recipe import RECIPES
from lenet5.training.run import Run

HAND = replace(
    RECIPES["fine-tune"], passes=5, schedule="constant", fade=0.0, decay=0.0, smoothing=0.1, average=0.98, strength=1.3
)
FOLDS = 5
FEWEST = 3
ALONG = 1200  # drawn pictures in a pass
SHARE = 1 / 4  # of a pass is the hand's own samples
MOST_ALONG = 20_000
TURNS = 16  # that a sample has in a pass, at most


@dataclass(frozen=True)
class Learned:
    """What became of a network that learned a hand.

    network: the network, or an ensemble where it was one; where held-out samples are read no better, as it was.
    samples: how many there were. passes: how many were made over them; 0 where the network is as it was.
    before, after: error on samples held out, in percent.
    drawn_before, drawn_after: error on drawn digits, None for a network that knows none.
    same: of drawn pictures of all kinds, how many are answered as before, in percent.
    """

    network: LeNet5
    samples: int
    passes: int
    before: float
    after: float
    drawn_before: float | None
    drawn_after: float | None
    same: float

    def to_dict(self) -> dict[str, Any]:
        """All but the network, as plain data for JSON."""
        told = {key: value for key, value in vars(self).items() if key != "network"}
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in told.items()}


def learn_hand(
    start: LeNet5,
    samples: Dataset,
    *,
    more: Sequence[str] = (),
    seed: int = 0,
    progress: Callable[[float], object] = lambda share: None,
) -> Learned:
    """A network, or an ensemble, that learned samples of one hand, at least FEWEST.

    start: what is known before. more: classes of the samples that it does not know yet.
    seed: of the folds, the order, the distortions and what is drawn.
    progress: called with the share of the work that is done, 0 to 1.
    Raises DataError for too few samples, none of a class to add, some of a class that is not known, or one picture with
    two labels; TrainingError for a class to add that is there already.
    """
    before = [_grown(member, more) for member in getattr(start, "members", (start,))]
    samples = _checked(samples, before[0].classes)
    if absent := set(more) - {samples.classes[label] for label in samples.labels}:
        raise DataError(f"{samples.name}: no sample of {', '.join(sorted(absent))}; show it, or add no such class")
    along = drawn_pictures(min(max(ALONG, round(len(samples) * (1 - SHARE) / SHARE)), MOST_ALONG), seed)
    fold = _folds(samples.labels, seed)
    trials = max(FOLDS, len(before))
    learned: list[list[LeNet5]] = [[] for _ in before]
    penalties, judges = np.zeros((2, len(samples), len(before[0].classes))), np.zeros((len(samples), 1))
    for trial in range(trials):
        member, out = trial % len(before), fold == trial % (fold.max() + 1)
        learned[member].append(_taught(before[member], samples.take(~out), along, seed + trial))
        for one, network in zip(penalties, (before[member], learned[member][-1]), strict=True):
            one[out] += network.sharpness * network.penalties(samples.images[out])
        judges[out] += 1
        progress((trial + 1) / trials)
    wrong = (100 * (penalties.argmin(axis=2) != samples.labels).mean(axis=1)).tolist()
    losses = [log_loss(one / judges, samples.labels) for one in penalties]
    if wrong[1] >= wrong[0] and losses[1] >= losses[0]:
        return Learned(start, len(samples), 0, wrong[0], wrong[0], *_known(before, before, seed))
    after = [_mean(networks) for networks in learned]
    network = Ensemble(after) if isinstance(start, Ensemble) else after[0]
    return Learned(network, len(samples), HAND.passes, wrong[0], wrong[1], *_known(before, after, seed))


def drawn_pictures(count: int, seed: int) -> Dataset:
    """Pictures that the project draws: as many digits as what is none."""
    rng = np.random.default_rng([seed, 5])
    pen, strange = drawn.digits(count // 4, seed), abroad(count // 4, rng)
    nothing = drawn.nothing(count - 2 * (count // 4), seed).images
    labels = np.concatenate([pen.labels, strange[1], np.full(len(nothing), len(DIGITS))])
    return Dataset("drawn", np.concatenate([pen.images, strange[0], nothing]), labels, (*DIGITS, NONE))


def among_known(samples: Dataset, seed: int) -> tuple[Dataset, int]:
    """Samples, behind them the drawn pictures that go along with so many, at most ALONG; and how many those are."""
    along = drawn_pictures(min(max(4, round(len(samples) * (1 - SHARE) / SHARE)), ALONG), seed)
    return _behind(samples, along), len(along)


def _behind(samples: Dataset, along: Dataset) -> Dataset:
    """Samples, and behind them pictures whose labels do not count."""
    labels = np.concatenate([samples.labels, np.zeros(len(along), np.int64)])
    return Dataset(samples.name, np.concatenate([samples.images, along.images]), labels, samples.classes)


def _grown(member: LeNet5, more: Sequence[str]) -> LeNet5:
    """A member with room for more classes, as sharp as it will learn: a full connection learns what it says itself."""
    grown = with_classes(member, more) if more else member
    rbf = isinstance(member.architecture.output, EuclideanRBF)
    return grown if rbf else LeNet5(grown.architecture, grown.tensors, grown.metadata | {"sharpness": 1.0})


def _checked(samples: Dataset, classes: tuple[str, ...]) -> Dataset:
    """Samples whose labels are places in a network's classes, none of them in contradiction to another."""
    if len(samples) < FEWEST:
        raise DataError(f"{samples.name}: {len(samples)} samples to learn from; expected {FEWEST} or more, better 30")
    unknown = sorted({samples.classes[label] for label in np.unique(samples.labels)} - set(classes))
    if unknown:
        raise DataError(
            f"{samples.name}: labels {', '.join(map(repr, unknown))}, which the network does not know; expected only "
            f"{', '.join(filter(str.strip, classes))}: correct them, or add them as new classes with --add"
        )
    said: dict[bytes, int] = {}
    samples = samples.with_classes(classes)
    for image, label in zip(samples.images, samples.labels.tolist(), strict=True):
        other = said.setdefault(image.tobytes(), label)
        if other != label:
            raise DataError(
                f"{samples.name}: the same picture is {classes[other]!r} and {classes[label]!r}; give one label"
            )
    return samples


def _folds(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """(N,): which fold each sample is in, of as many as there can be; those of one class are in different ones."""
    order = np.random.default_rng([seed, 6]).permutation(len(labels))
    fold = np.empty(len(labels), np.int64)
    fold[order[np.argsort(labels[order], kind="stable")]] = np.arange(len(labels)) % min(FOLDS, len(labels))
    return fold


def _mean(networks: list[LeNet5]) -> LeNet5:
    """The network whose weights are the mean of those of several, which went on from the same ones."""
    first = networks[0]
    tensors = {name: np.mean([network.tensors[name] for network in networks], axis=0) for name in first.tensors}
    return LeNet5(first.architecture, tensors, first.metadata)


def _taught(member: LeNet5, samples: Dataset, along: Dataset, seed: int) -> LeNet5:
    """The member after the passes over its samples and the pictures that are to be answered as before."""
    turns = round(np.clip(len(along) * SHARE / (1 - SHARE) / len(samples), 1, TURNS))
    train = _behind(samples.take(np.repeat(np.arange(len(samples)), turns)), along)
    recipe = replace(HAND, sharpness=member.sharpness)
    run = Run(member.architecture, recipe, train, seed=seed, start=member, kept=len(along))
    for _ in run.go():
        pass
    return run.trained()


def _known(before: list[LeNet5], after: list[LeNet5], seed: int) -> tuple[float | None, float | None, float]:
    """Errors on drawn digits before and after, and how many drawn pictures are answered as before, in percent."""
    judged = drawn_pictures(ALONG, seed + 2**32)
    answers = [together([m.probabilities(judged.images) for m in of]).argmin(axis=1) for of in (before, after)]
    same = 100 * float((answers[0] == answers[1]).mean())
    classes = before[0].classes
    if not set(DIGITS) <= set(classes):
        return None, None, same
    digit = judged.labels < len(DIGITS)
    right = np.array([classes.index(d) for d in DIGITS])[judged.labels[digit]]
    errors = [100 * float((answer[digit] != right).mean()) for answer in answers]
    return errors[0], errors[1], same
