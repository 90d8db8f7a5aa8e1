"""`lenet5.train`: pictures and labels in, a network out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lenet5 import __version__
from lenet5.architecture import LENET5, Architecture
from lenet5.datasets import Form, from_arrays
from lenet5.datasets.dataset import split_by_writer
from lenet5.errors import TrainingError
from lenet5.network import LeNet5
from lenet5.storage import declaration
from lenet5.training.going_on import for_classes, single
from lenet5.training.recipe import Recipe
from lenet5.training.recipe import recipe as named
from lenet5.training.run import PassRecord, Progress, Run


def train(
    images: Any,
    labels: Any,
    *,
    network: str | Architecture | None = None,
    recipe: str | Recipe | None = None,
    start: str | os.PathLike[str] | LeNet5 | None = None,
    classes: Sequence[str] | None = None,
    held_out: float = 1 / 6,
    seed: int = 0,
    folder: Path | None = None,
    form: Form | None = None,
    progress: Callable[[Progress | PassRecord], object] | None = None,
) -> LeNet5:
    """Train a network on pictures with labels.

        network = lenet5.train(images, labels)                                        # the network and recipe of 1998
        network = lenet5.train(images, labels, start="lenet5-best")                   # goes on from trained weights

    Args:
        images: (N, 28, 28) or another form that `lenet5.datasets.from_arrays` takes.
        labels: (N,), the name of each picture's class, or, with `classes`, its position in these.
        network: a declared network, its name, or a file: .json, or .safetensors for its layers alone; by default that
            of `start`, or lenet5.
        recipe: a recipe or the name of one; by default the one that suits the network and the number of pictures.
        start: a trained network of the same layers to go on from: the name of shipped weights, the path of a file, or
            a LeNet5. A class of the same name keeps its output unit.
        classes: what each class is called; by default the labels themselves, sorted.
        held_out: the share of the pictures that each pass is judged on, and that the sharpness of probabilities is
            fitted on; 0 learns from all of them, as does a share of less than one picture.
        seed: of the first weights, the order and the distortions. The same seed gives the same weights, bit for bit.
        folder: where records and checkpoints go; None keeps nothing. A folder of a stopped run goes on with it.
        form: which is ink, and which way up.
        progress: called with a Progress for each block of pictures, and a PassRecord for each pass.

    Returns:
        The trained network. Its metadata tells how it was made.

    Raises:
        DataError: the arrays are no pictures, or the labels do not fit them.
        WeightsError: there is no such network to start from.
        TrainingError: recipe, network, start and data do not suit each other.
    """
    dataset = from_arrays(images, labels, classes=classes, form=form)
    if not 0 <= held_out < 1:
        raise TrainingError(f"held_out {held_out!r}; expected a share of the pictures, from 0 to less than 1")
    if seed < 0:
        raise TrainingError(f"seed {seed!r}; expected a whole number from 0 on")
    start = single(start) if start is not None else None
    declared = network if isinstance(network, Architecture) else declaration(network) if network is not None else None
    declared = declared or (start.architecture if start is not None else LENET5)
    name = recipe if isinstance(recipe, str) else Recipe.suited(declared, len(dataset), start is not None)
    some = held_out * len(dataset) >= 1
    learned, judged = split_by_writer(dataset, held_out, seed=seed) if some else (dataset, None)
    chosen = recipe if isinstance(recipe, Recipe) else named(name)
    about = {"version": __version__} | ({"recipe_name": name} if chosen is not recipe else {})
    declared = for_classes(declared, dataset.classes)
    run = Run(declared, chosen, learned, judged, seed, folder, about=about, start=start)
    run.resume()
    for news in run.go():
        if progress is not None:
            progress(news)
    return run.finished()
