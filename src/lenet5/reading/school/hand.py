"""`lenet5.teach`: corrections in, a network that reads one's own hand better out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lenet5 import __version__, storage
from lenet5.codes import DIGITS
from lenet5.datasets.dataset import Dataset
from lenet5.ensemble import Ensemble
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.pictures.ink import Polarity
from lenet5.reading.answers import Calibration
from lenet5.reading.reader import BEST, Reader
from lenet5.reading.school.corrections import samples_of
from lenet5.reading.school.teach import Teaching, calibrated
from lenet5.training.calibration import fitted_sharpness
from lenet5.training.going_on import identity
from lenet5.training.hand import Learned, drawn_pictures, learn_hand

JUDGED = 4000  # drawn pictures that calibration is moved by, half of them digits


def teach(
    corrections: str | os.PathLike[str] | Dataset,
    start: str | os.PathLike[str] | LeNet5 = BEST,
    *,
    add: Sequence[str] = (),
    ink: Polarity = "auto",
    seed: int = 0,
    progress: Callable[[float], object] = lambda share: None,
) -> LeNet5:
    """Teach a network that knows many hands one more, from a few dozen samples.

        network = lenet5.teach("corrections.jsonl")           # goes on from the reader's networks
        network.save("mine.safetensors")
        lenet5.Reader("mine.safetensors").read("note.jpg")

    Samples that are held out decide whether it learned. What was known before is kept by pictures that are drawn here
    and answered as before (docs/your-hand.md). Not in the paper.

    Args:
        corrections: a .jsonl file of corrected readings; a folder of pictures named by their right answers; data as
            `lenet5.datasets.load` takes it, strokes too; or a Dataset. At least 3 samples.
        start: the network to go on from: the name of shipped weights, the path of a file, a LeNet5 or an Ensemble.
        add: classes that it does not know yet, each a sign of your own. A printable character gets its code of Figure
            3, any other name the code that is farthest from all others.
        ink: "dark" or "light" where it is known which the ink is beside its paper.
        seed: of all that is by chance. The same seed gives the same weights, bit for bit.
        progress: called with the share of the work that is done, 0 to 1.

    Returns:
        The network, or an Ensemble where `start` is one. `metadata["taught"]` tells the errors before and after, on
        samples held out and on drawn pictures, in percent. Where learning made nothing better, its "passes" are 0 and
        the weights are those of `start`.

    Raises:
        DataError: the corrections are none, contradict each other, are too few, or have labels that are not known.
        TrainingError: a class to add is there already.
        WeightsError: there is no such network to start from.
    """
    network = start if isinstance(start, LeNet5) else load(start)
    reader = Reader(network)
    samples = corrections
    if not isinstance(samples, Dataset):
        samples = samples_of(samples, reader, add, ink=ink, seed=seed)
    learned = learn_hand(network, samples, more=add, seed=seed, progress=progress)
    return _told(network, learned, samples, seed)


def _told(start: LeNet5, learned: Learned, samples: Dataset, seed: int) -> LeNet5:
    """The network with its calibration, and with what is known of its making."""
    network = learned.network
    kept = {key: value for key, value in start.metadata.items() if key not in ("digest", *storage.OF_THESE_WEIGHTS)}
    about = {
        "classes": list(network.classes),
        "taught": learned.to_dict(),
        "data": {"name": samples.name, "pictures": len(samples), "notes": list(samples.notes)},
        "seed": seed,
        "version": __version__,
        "parent": identity(start),
    }
    about |= _calibration(start, network) if learned.passes else {}
    if isinstance(network, Ensemble):
        return Ensemble(network.members, kept | about)
    return LeNet5(network.architecture, network.tensors, kept | about)


def _calibration(start: LeNet5, network: LeNet5) -> dict[str, Any]:
    """The calibration of the taught network: that of the first, its temperature moved as far as drawn digits say.

    It was fitted on real writers, who are not at hand here, and drawn digits are others than theirs. So both networks
    are fitted on drawn ones, and the first one's own value is multiplied by how these differ. Rubbish and `accept`
    stay: they hang on one digit in a thousand, or in a hundred, which is chance among drawn ones. On real writers they
    hardly move (docs/your-hand.md).
    """
    if not set(DIGITS) <= set(start.classes):
        return {}
    drawn = drawn_pictures(JUDGED, 2**33)
    drawn = drawn.take(np.flatnonzero(drawn.labels < len(DIGITS)))
    moved: dict[str, Any] = {}
    if not isinstance(start, Ensemble):  # whose members stay as sharp as they were
        fits = [
            fitted_sharpness(one.penalties(drawn.images), drawn.with_classes(one.classes).labels)
            for one in (start, network)
        ]
        moved["sharpness"] = start.sharpness * fits[1] / fits[0]
    if "reading" in start.metadata:
        held = Calibration.of(start.metadata)
        before, after = (calibrated(n, drawn.with_classes(Reader(n).classes), Teaching()) for n in (start, network))
        temperature = round(held.temperature * after.temperature / before.temperature, 3)
        moved["reading"] = replace(held, temperature=temperature).to_dict()
    return moved
