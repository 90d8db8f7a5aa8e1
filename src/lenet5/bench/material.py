"""What all contenders work on: one network, the same pictures and steps, written into a folder once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5 import datasets
from lenet5.architecture import LENET5
from lenet5.bench.tasks import BLOCK, READ
from lenet5.datasets.packed import read_npz
from lenet5.errors import MissingExtraError
from lenet5.formats import onnx
from lenet5.network import LeNet5
from lenet5.reference import scale
from lenet5.training.initial import initial
from lenet5.training.learners import Online
from lenet5.training.recipe import Recipe

CHECKED = 256  # pictures that contenders must agree on before they are timed
J = 10.0  # of eq. 9, for the online pass
ADAM = {"rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
_DRAWN = 1000  # pictures drawn; they are repeated up to READ


@dataclass(frozen=True)
class Material:
    """What `prepare` wrote.

    network: with first weights, since no time depends on what they are.
    digits: uint8 (READ, 28, 28). shown: the first BLOCK of them as float32 (BLOCK, 32, 32) in the paper's scale, and
    labels: int64 (BLOCK,). rates: each tensor's steps ε_k, as an online pass begins (eq. 21).
    onnx: the network as an ONNX file, where onnx is installed to write it.
    """

    network: LeNet5
    digits: NDArray[np.uint8]
    shown: NDArray[np.float32]
    labels: NDArray[np.int64]
    rates: dict[str, NDArray[np.float32]]
    onnx: Path

    @classmethod
    def read(cls, folder: Path) -> Material:
        """Read the files in a folder."""
        found = read_npz(folder / "material.npz")
        tensors = {name: found[f"weights {name}"] for name in LENET5.shapes()}
        rates = {name: found[f"rates {name}"] for name in tensors}
        return cls(
            LeNet5(LENET5, tensors), found["digits"], found["shown"], found["labels"], rates, folder / "lenet5.onnx"
        )


def prepare(folder: Path) -> None:
    """Draw the pictures, make the network and its steps, and write them into the folder."""
    drawn = datasets.load("drawn", "test", count=_DRAWN)
    digits = np.tile(drawn.images, (READ // _DRAWN, 1, 1))
    shown, labels = scale(drawn.images[:BLOCK]).astype(np.float32), drawn.labels[:BLOCK]
    network = LeNet5(LENET5, initial(LENET5, np.random.default_rng(1998)))
    learner = Online(Recipe(), network.plan, network.parameters)
    wanted = np.eye(LENET5.classes, dtype=np.float32)[labels]
    learner.begin(0, np.arange(len(shown)), lambda rows: (shown[rows], wanted[rows]))
    rates = network.plan.views(learner.arrays()["rates"])
    arrays: dict[str, Any] = {f"weights {name}": tensor for name, tensor in network.tensors.items()}
    arrays |= {f"rates {name}": tensor for name, tensor in rates.items()}
    np.savez(folder / "material.npz", digits=digits, shown=shown, labels=labels, **arrays)
    with suppress(MissingExtraError):  # the contenders that need the file will be missing
        (folder / "lenet5.onnx").write_bytes(onnx.model(network).SerializeToString())
