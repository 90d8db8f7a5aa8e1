"""How a network is measured: its error on labelled pictures, with an interval, and every mistake."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.dataset import Dataset
from lenet5.network import LeNet5
from lenet5.reference import probabilities
from lenet5.training.calibration import expected_calibration_error, log_loss, reliability


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network answered to labelled pictures.

    classes: what each row and column of `confusion` stands for.
    confusion: int64 (classes, classes), pictures of the class of the row that were given the class of the column.
    mistakes: int64 (M,), positions of the pictures that were answered wrongly, rising.
    answers: int64 (M,), what was answered to those.
    mean_penalty: of the right class, over all pictures.
    log_loss: mean of −log of the right class's probability.
    calibration_error: how far confidence is from the share of right answers, in percent: the mean over 15 bins (ECE).
    seconds: that the answers took.
    """

    classes: tuple[str, ...]
    confusion: NDArray[np.int64]
    mistakes: NDArray[np.int64]
    answers: NDArray[np.int64]
    mean_penalty: float
    log_loss: float
    calibration_error: float
    seconds: float

    @property
    def pictures(self) -> int:
        return int(self.confusion.sum())

    @property
    def wrong(self) -> int:
        return len(self.mistakes)

    @property
    def error(self) -> float:
        """Percent."""
        return 100.0 * self.wrong / self.pictures

    @property
    def interval(self) -> tuple[float, float]:
        """Percent: where the error lies, with 95 % confidence, that chance in the pictures leaves open."""
        return wilson(self.wrong, self.pictures)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON; errors in percent."""
        of_class = self.confusion.sum(axis=1)
        wrong = of_class - np.diag(self.confusion)
        return {
            **{name: getattr(self, name) for name in ("pictures", "wrong", "error")},
            "interval": list(self.interval),
            **{name: getattr(self, name) for name in ("mean_penalty", "log_loss", "calibration_error", "seconds")},
            "pictures_per_second": self.pictures / self.seconds,
            "classes": [
                {"class": name, "pictures": int(n), "wrong": int(w)}
                for name, n, w in zip(self.classes, of_class, wrong, strict=True)
            ],
            "confusion": self.confusion.tolist(),
            "mistakes": [
                {"index": int(index), "answer": self.classes[answer]}
                for index, answer in zip(self.mistakes, self.answers, strict=True)
            ],
        }


def evaluate(network: LeNet5, dataset: Dataset) -> Evaluation:
    """Let `network` answer all of `dataset`. Raises DataError where the data has a class that the network has not."""
    labels = dataset.with_classes(network.classes).labels
    network.penalties(dataset.images[:1])  # so that compiling is not timed
    start = time.perf_counter()
    penalties = network.penalties(dataset.images)
    seconds = time.perf_counter() - start
    answers = penalties.argmin(axis=1)
    confusion = np.zeros((len(network.classes),) * 2, np.int64)
    np.add.at(confusion, (labels, answers), 1)
    mistakes = np.flatnonzero(answers != labels)
    mean = float(np.take_along_axis(penalties, labels[:, None], axis=1).mean(dtype=np.float64))
    sure = probabilities(penalties.astype(np.float64), network.sharpness).max(axis=1)
    apart = expected_calibration_error(reliability(sure, answers == labels))
    loss = log_loss(penalties, labels, network.sharpness)
    return Evaluation(network.classes, confusion, mistakes, answers[mistakes], mean, loss, apart, seconds)


def wilson(wrong: int, total: int) -> tuple[float, float]:
    """Wilson's score interval for a share, 95 %, in percent."""
    z, share = 1.959964, wrong / total
    middle = share + z * z / (2 * total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low, high = ((middle + sign * reach) / (1 + z * z / total) for sign in (-1, 1))
    return 100 * max(0.0, low), 100 * min(1.0, high)
