"""The contenders, a module for each, and the calls that every contender has.

A contender's module has a class `Implementation(material, threads)`, and imports its framework when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lenet5.bench.material import Material
from lenet5.bench.tasks import Task

OURS = "lenet5"


class Contender(Protocol):
    """One implementation of the network of 1998, with the material's parameters, on a number of threads."""

    def call(self, task: Task) -> Callable[[], object] | None:
        """The call that is timed for a task; None where this contender cannot do it."""

    def penalties(self, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The penalties (N, classes) of digits (N, 28, 28), by the code that reads."""

    def learned(self, task: Task) -> dict[str, NDArray[np.float32]]:
        """The tensors after one call of a learning task from the first weights."""
        return {}  # of whoever only reads

    def reset(self) -> None:
        """Back to the first weights, where it learns."""


@dataclass(frozen=True)
class Peer:
    """A contender: its module in `lenet5.bench.peers`, the packages that it needs, and what is turned on of it."""

    module: str
    packages: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


PEERS = {
    OURS: Peer("ours"),
    "numpy reference": Peer("numpy_reference"),
    "onnxruntime": Peer("of_onnxruntime", ("onnxruntime", "onnx")),
    "openvino": Peer("of_openvino", ("openvino", "onnx")),
    "torch": Peer("of_torch", ("torch",)),
    "torch by maps": Peer("of_torch", ("torch",), ("by_maps",)),
    "torch.compile": Peer("of_torch", ("torch",), ("compiled",)),
    "jax": Peer("of_jax", ("jax",)),
}


def missing(peer: Peer) -> list[str]:
    """The packages that it needs and that are not installed."""
    return [name for name in peer.packages if find_spec(name) is None]


def make(peer: Peer, material: Material, threads: int) -> Contender:
    """The contender, its framework imported."""
    module: Any = import_module(f"lenet5.bench.peers.{peer.module}")
    made: Contender = module.Implementation(material, threads, **dict.fromkeys(peer.options, True))
    return made
