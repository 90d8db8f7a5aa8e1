"""The sharpness of the shipped single networks, so that a probability of 0.9 is right nine times in ten.

    python benchmarks/cards/sharpen.py [NAME ...]      fits it, and writes it into the file: not one weight changes
    python benchmarks/cards/make_cards.py --measure NAME ...                                     then come the cards

It is fitted on pictures of MNIST's training part that the judged weights did not learn from. A network by a recipe
without distortions has a twin: trained by the command in its own file, but without the pictures of some writers, on
which the twin is judged. A twin is kept in runs/. A network by a recipe with distortions is judged itself, on
training pictures distorted anew, in a version that it never learned from.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import lenet5
from lenet5 import datasets, storage
from lenet5.datasets.dataset import split_by_writer
from lenet5.datasets.distortions import DISTORTIONS
from lenet5.network import LeNet5
from lenet5.training.calibration import fitted_sharpness

SINGLE = ("lenet5", "lenet5-linear", "lenet5-softmax", "lenet5-maxpool", "lenet5-best")
HELD_OUT = 5_000
ANEW = 20_000  # pictures that are distorted anew

Judged = tuple[NDArray[np.float32], NDArray[np.int64], str]  # penalties (N, classes), labels (N,), and on what


def by_twin(name: str, command: str) -> Judged:
    """What the twin says to writers that it did not learn from."""
    out = Path("runs", f"twin-of-{name}.safetensors")
    words = shlex.split(command)
    words[words.index("--held-out") + 1] = str(HELD_OUT)
    if not out.exists():
        subprocess.run([sys.executable, "-m", *words, "--out", os.fspath(out)], check=True)
    judged = split_by_writer(datasets.load("mnist"), HELD_OUT)[1]
    on = f"{judged.name} ({len(judged):,} pictures), asking a twin: {shlex.join(words)}"
    return lenet5.load(out).penalties(judged.images), judged.labels, on


def by_distortion(network: LeNet5, recipe: dict[str, Any]) -> Judged:
    """What the network says to training pictures as it never saw them."""
    train, seed = datasets.load("mnist"), int(network.metadata["seed"])
    rows = np.sort(np.random.default_rng(seed).choice(len(train), ANEW, replace=False))
    unseen = max(recipe["passes"], recipe["versions"])
    distortion = DISTORTIONS[recipe["distortion"]].times(recipe["strength"])
    shown = distortion.apply(train.images, rows, seed=seed, pass_=unseen)
    on = f"{train.name}, {ANEW:,} pictures distorted anew ({recipe['distortion']}, seed {seed}, version {unseen})"
    return network.penalties(shown), train.labels[rows], on


def main() -> None:
    for name in sys.argv[1:] or SINGLE:
        network, path = lenet5.load(name), storage.shipped()[name]
        recipe, before = network.metadata["recipe"], storage.digest([network.tensors])
        alone = recipe["distortion"] == "none"
        penalties, labels, on = by_twin(name, network.metadata["command"]) if alone else by_distortion(network, recipe)
        network.metadata["sharpness"] = fitted_sharpness(penalties, labels)
        network.metadata["sharpness_fitted"] = {"command": f"python benchmarks/cards/sharpen.py {name}", "on": on}
        network.save(path)
        assert storage.digest([lenet5.load(name).tensors]) == before
        print(f"{name}: sharpness {network.sharpness:g}, fitted on {on}; weights {before[:16]}… as they were")


if __name__ == "__main__":
    main()
