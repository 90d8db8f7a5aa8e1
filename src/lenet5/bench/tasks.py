"""The tasks that are timed: reading one picture or many, learning picture by picture or from batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lenet5.architecture import LENET5, Convolution, EuclideanRBF, FullConnection

BLOCK, ONLINE = 256, 64  # pictures that one call learns from, in mini-batches and one by one
READ = 10_000  # pictures there are to read

Kind = Literal["read", "online", "batch", "peak"]


@dataclass(frozen=True)
class Task:
    """One thing that is timed.

    read: `size` pictures in one call, bytes in, classes out. online: ONLINE pictures, the weights moved after each.
    batch: BLOCK pictures in mini-batches of `size`. peak: multiply-adds in registers, on all threads.
    """

    kind: Kind
    size: int = 1

    @property
    def pictures(self) -> int:
        """Pictures that a call deals with."""
        return {"read": self.size, "online": ONLINE, "batch": BLOCK, "peak": 1}[self.kind]

    @property
    def label(self) -> str:
        return {
            "read": "one picture" if self.size == 1 else f"{self.size:,} pictures",
            "online": "online",
            "batch": f"batches of {self.size}",
            "peak": "multiply-adds",
        }[self.kind]


ALL = (*(Task("read", n) for n in (1, 10, 100, 1000, READ)), Task("online"), Task("batch", 64), Task("batch", 256))
QUICK = (Task("read", 1), Task("read", 1000), Task("online"), Task("batch", 64))


def multiply_adds(task: Task) -> int:
    """Multiply-adds that a picture needs: weights times inputs, and in learning also weights and inputs times errors.

    Subsampling and squashing come on top, and are not counted; nor are connections that a table leaves out.
    """
    forward = back = weights = 0
    for layer, row in zip(LENET5.layers, LENET5.count(), strict=True):
        if isinstance(layer, Convolution | FullConnection | EuclideanRBF):
            fixed = isinstance(layer, EuclideanRBF)
            products = row.connections - (0 if fixed else row.neurons)  # a bias is no product
            forward += products
            back += products if layer.name != "c1" else 0
            weights += 0 if fixed else products
    return forward if task.kind == "read" else forward + back + weights
