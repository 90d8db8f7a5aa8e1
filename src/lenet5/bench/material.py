"""What all contenders work on: one network, the same pictures and steps, made once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet5 import datasets
from lenet5.architecture import LENET5
from lenet5.bench.tasks import BLOCK, READ
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
    """The network and the pictures.

    network: with first weights, since no time depends on what they are.
    digits: uint8 (READ, 28, 28). shown: the first BLOCK of them as float32 (BLOCK, 32, 32) in the paper's scale, and
    labels: int64 (BLOCK,). rates: each tensor's steps ε_k, as an online pass begins (eq. 21).
    onnx: the network as the bytes of an ONNX file; none where onnx is not installed to make them.
    """

    network: LeNet5
    digits: NDArray[np.uint8]
    shown: NDArray[np.float32]
    labels: NDArray[np.int64]
    rates: dict[str, NDArray[np.float32]]
    onnx: bytes


def prepared() -> Material:
    """The pictures drawn, the network and its steps made."""
    drawn = datasets.load("drawn", "test", count=_DRAWN)
    digits = np.tile(drawn.images, (READ // _DRAWN, 1, 1))
    shown, labels = scale(drawn.images[:BLOCK]).astype(np.float32), drawn.labels[:BLOCK]
    network = LeNet5(LENET5, initial(LENET5, np.random.default_rng(1998)))
    learner = Online(Recipe(), network.plan, network.parameters)
    wanted = np.eye(LENET5.classes, dtype=np.float32)[labels]
    learner.begin(0, np.arange(len(shown)), lambda rows: (shown[rows], wanted[rows]))
    rates = network.plan.views(learner.arrays()["rates"])
    file = b""
    with suppress(MissingExtraError):  # the contenders that need it will be missing
        file = onnx.model(network).SerializeToString()
    return Material(network, digits, shown, labels, rates, file)
