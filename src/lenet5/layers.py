"""The parts that a network is made of: four kinds of layer, each with its counts, and what squashes their sums.

Layers are declared without a name: the network that has them gives them theirs, "c1" to "output".
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Literal

import numpy as np

from lenet5.codes import CHARACTERS, DIGITS
from lenet5.errors import ArchitectureError

__all__ = [
    "KERNEL", "POOL", "Chain", "Convolution", "EuclideanRBF", "FullConnection", "Layer", "LayerCount", "Squash",
    "Subsampling", "Table", "expect", "output_size", "tanh",
]  # fmt: skip

KERNEL = 5  # every convolution is 5×5 (II-B)
POOL = 2  # every subsampling is 2×2, without overlap (II-B)

Table = tuple[tuple[int, ...], ...]
Chain = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Squash:
    """A squashing function f and its slope, each a chain of steps: whoever squashes walks these chains.

    value: from a weighted sum a to the output o = f(a). slope: from the output o to f'(a).
    targets: what an output unit is asked for by the squared error: for a wrong class, for the right one.

    A step is an operation and its number c: "times" x·c, "plus" x + c, "maximum" of x and c, "above" (1 where x > c,
    else 0), "constant" c; "tanh" and "square" have none.
    """

    value: Chain
    slope: Chain
    targets: tuple[float, float] = (-1.0, 1.0)

    def of(self, a: Any, arithmetic: Any = np) -> Any:
        """f(a), elementwise. `arithmetic` is NumPy, or a module with its names."""
        return _walk(self.value, a, arithmetic)

    def slope_at(self, o: Any) -> Any:
        """f'(a) where o = f(a), elementwise."""
        return _walk(self.slope, o, np)

    @property
    def bounds(self) -> tuple[float, float]:
        """What f(a) comes close to for the smallest and the largest a."""
        return float(self.of(np.array(-np.inf))), float(self.of(np.array(np.inf)))


def _walk(chain: Chain, x: Any, xp: Any) -> Any:
    for operation, c in chain:
        match operation:
            case "times":
                x = c * x
            case "plus":
                x = x + c
            case "tanh":
                x = xp.tanh(x)
            case "maximum":
                x = xp.maximum(x, c)
            case "square":
                x = x * x
            case "above":
                x = (x > c).astype(x.dtype)
            case "constant":
                x = xp.full_like(x, c)
    return x


def tanh(amplitude: float, slope: float, offset: float, targets: tuple[float, float]) -> Squash:
    """f(a) = offset + amplitude·tanh(slope·a); tanh' = 1 − tanh²."""
    return Squash(
        (("times", slope), ("tanh", 0.0), ("times", amplitude), ("plus", offset)),
        (("plus", -offset), ("square", 0.0), ("times", -slope / amplitude), ("plus", slope * amplitude)),
        targets,
    )


def output_size(size: int, kernel: int, stride: int = 1) -> int:
    """floor((size − kernel) / stride) + 1, the width or height that a layer gives for `size`."""
    return (size - kernel) // stride + 1


def expect(condition: bool, message: str) -> None:
    """Raise ArchitectureError with this message where the condition does not hold."""
    if not condition:
        raise ArchitectureError(message)


@dataclass(frozen=True)
class LayerCount:
    """What one layer holds for one size of input. The *_sum fields say how each number comes about."""

    name: str
    kind: str
    maps: int
    height: int
    width: int
    neurons: int = field(init=False)
    trainable: int
    trainable_sum: str
    fixed: int
    connections: int
    connections_sum: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "neurons", self.maps * self.height * self.width)


@dataclass(frozen=True)
class _Layer:
    name: str = field(default="", compare=False, kw_only=True)

    def _expect(self, condition: bool, message: str) -> None:
        expect(condition, f"{self.name or type(self).__name__}: {message}")


@dataclass(frozen=True)
class Convolution(_Layer):
    """Maps of 5×5 convolutions over the sources that `table` names, a bias, and a squash (II-A).

    One kernel for each pair of map and source in the table, one bias for each map.
    """

    table: Table
    squash: str = "tanh"

    def __post_init__(self) -> None:
        # A table that comes out of JSON is made of lists.
        try:
            table = tuple(tuple(operator.index(source) for source in sources) for sources in self.table)
        except TypeError as error:
            self._expect(False, f"a connection table of {error}; expected rows of maps")
        object.__setattr__(self, "table", table)
        self._expect(len(table) > 0, "the connection table has no maps; give one row of sources a map")
        for m, sources in enumerate(table):
            self._expect(
                len(sources) > 0 and list(sources) == sorted(set(sources)) and min(sources) >= 0,
                f"map {m} is connected to {sources}; expected at least one source, rising, none twice, none negative",
            )

    @property
    def maps(self) -> int:
        return len(self.table)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(map, source) of every kernel, in the order in which the kernels are stored."""
        return tuple((m, s) for m, sources in enumerate(self.table) for s in sources)

    def count(self, below: int, height: int, width: int) -> LayerCount:
        """Of a layer over `below` maps of height × width."""
        height, width = output_size(height, KERNEL), output_size(width, KERNEL)
        kernels, k = len(self.pairs), f"{KERNEL}·{KERNEL}"
        trainable = kernels * KERNEL * KERNEL + self.maps
        each = {len(sources) for sources in self.table}
        total = f"{k}·{kernels} + {self.maps}"
        if len(each) == 1:
            total = f"({k}{'' if each == {1} else f'·{each.pop()}'} + 1)·{self.maps}"
        connections = trainable * height * width
        how, placed = f"{total} = {trainable:,}", f"{trainable:,}·{height}·{width} = {connections:,}"
        return LayerCount(self.name, "convolution", self.maps, height, width, trainable, how, 0, connections, placed)


@dataclass(frozen=True)
class Subsampling(_Layer):
    """Each unit takes 2×2 units of one map below, which no other unit takes (II-B).

    "sum" and "average": times a trainable coefficient, plus a trainable bias, squashed; one of each a map.
    "maximum": the largest of the four; nothing is trained, nothing is squashed.
    """

    kind: Literal["sum", "average", "maximum"] = "sum"
    squash: str = "tanh"

    def __post_init__(self) -> None:
        kinds = ("sum", "average", "maximum")
        self._expect(self.kind in kinds, f"no subsampling {self.kind!r}; expected one of {', '.join(kinds)}")
        squashed = self.kind == "maximum" and self.squash != "none"
        self._expect(not squashed, "a maximum is not squashed; give squash='none'")

    @property
    def trained(self) -> bool:
        return self.kind != "maximum"

    @property
    def share(self) -> float:
        """The part of the sum of four that the coefficient multiplies; II-A has the average, II-B the sum."""
        return 1 / POOL**2 if self.kind == "average" else 1.0

    def count(self, maps: int, height: int, width: int) -> LayerCount:
        """Of a layer over as many maps of height × width."""
        height, width = output_size(height, POOL, POOL), output_size(width, POOL, POOL)
        unit = f"({POOL}·{POOL} + 1)" if self.trained else f"{POOL}·{POOL}"
        trainable = 2 * maps if self.trained else 0
        connections = maps * height * width * (POOL * POOL + self.trained)
        how = f"(1 + 1)·{maps} = {trainable}" if trainable else "0"
        kind, placed = f"subsampling ({self.kind})", f"{unit}·{maps}·{height}·{width} = {connections:,}"
        return LayerCount(self.name, kind, maps, height, width, trainable, how, 0, connections, placed)


@dataclass(frozen=True)
class FullConnection(_Layer):
    """Every unit sees every unit below, plus a bias, squashed (II-B). As the output it may be a softmax."""

    units: int
    squash: str = "tanh"

    def __post_init__(self) -> None:
        whole = isinstance(self.units, Integral) and not isinstance(self.units, bool)
        self._expect(whole and self.units > 0, f"{self.units!r} units; expected a whole number from 1 on")
        object.__setattr__(self, "units", int(self.units))

    def count(self, below: int, height: int, width: int) -> LayerCount:
        """Of a layer that sees `below` units at each of height × width places."""
        weights, total = self.units * (below + 1), f"({below} + 1)·{self.units}"
        connections, placed = _at_places(weights, total, height, width)
        how = f"{total} = {weights:,}"
        return LayerCount(self.name, "full connection", self.units, height, width, weights, how, 0, connections, placed)


@dataclass(frozen=True)
class EuclideanRBF(_Layer):
    """y_i = Σ_j (x_j − w_ij)²: the squared distance of F6 to the fixed ±1 code of each character (eq. 7)."""

    characters: str = DIGITS

    def __post_init__(self) -> None:
        self._expect(isinstance(self.characters, str), f"characters {self.characters!r}; expected text")
        unknown = sorted(set(self.characters) - set(CHARACTERS))
        self._expect(not unknown, f"no code for {unknown}; expected printable ASCII characters")
        self._expect(
            len(self.characters) >= 2 and len(set(self.characters)) == len(self.characters),
            f"characters {self.characters!r}; expected at least two, none twice",
        )

    @property
    def units(self) -> int:
        return len(self.characters)

    def count(self, below: int, height: int, width: int) -> LayerCount:
        """Of a layer that sees `below` units at each of height × width places."""
        codes, total = self.units * below, f"{below}·{self.units}"
        connections, placed = _at_places(codes, total, height, width)
        how = f"0 ({total} = {codes:,} fixed)"
        return LayerCount(self.name, "Euclidean RBF", self.units, height, width, 0, how, codes, connections, placed)


Layer = Convolution | Subsampling | FullConnection | EuclideanRBF


def _at_places(weights: int, total: str, height: int, width: int) -> tuple[int, str]:
    """The connections of as many weights at every place, and how they come about."""
    places = f"·{height}·{width}" if height * width > 1 else ""
    connections = weights * height * width
    return connections, f"{total}{places} = {connections:,}"
