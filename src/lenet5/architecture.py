"""What is LeNet-5? Seven layers, a connection table, and the counts that follow from them, as data.

A network is a declaration: seven layers C1 S2 C3 S4 C5 F6 OUTPUT made of four kinds of part. Sizes, neurons,
trainable parameters and connections are computed from the declaration, and the paper's own counts are asserted
for the paper's network at the end of this file.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any, Literal

import numpy as np

from lenet5.codes import CHARACTERS, DIGITS
from lenet5.errors import ArchitectureError

__all__ = [
    "ARCHITECTURES",
    "LENET5",
    "LENET5_LINEAR",
    "LENET5_MAXPOOL",
    "LENET5_SOFTMAX",
    "NAMES",
    "SQUASHES",
    "TABLE_I",
    "Architecture",
    "Convolution",
    "EuclideanRBF",
    "FullConnection",
    "LayerCount",
    "Squash",
    "Subsampling",
    "all_of",
    "architecture",
    "output_size",
]

NAMES = ("c1", "s2", "c3", "s4", "c5", "f6", "output")
KERNEL = 5  # every convolution is 5×5 (II-B)
POOL = 2  # every subsampling is 2×2, without overlap (II-B)
SIDE = 32  # the input is 32×32 (II-B)

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

    def slope_at(self, o: Any, arithmetic: Any = np) -> Any:
        """f'(a) where o = f(a), elementwise."""
        return _walk(self.slope, o, arithmetic)

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


def _tanh(amplitude: float, slope: float, offset: float, targets: tuple[float, float]) -> Squash:
    """f(a) = offset + amplitude·tanh(slope·a); tanh' = 1 − tanh²."""
    return Squash(
        (("times", slope), ("tanh", 0.0), ("times", amplitude), ("plus", offset)),
        (("plus", -offset), ("square", 0.0), ("times", -slope / amplitude), ("plus", slope * amplitude)),
        targets,
    )


# The squashing functions that a declaration can name.
SQUASHES: dict[str, Squash] = {
    "none": Squash((), (("constant", 1.0),)),  # f(a) = a
    "tanh": _tanh(1.7159, 2 / 3, 0.0, (-1.0, 1.0)),  # eq. 6 and appendix A: f(±1) = ±1
    "logistic": _tanh(0.5, 0.5, 0.5, (0.0, 1.0)),  # 1 / (1 + e^−a)
    "relu": Squash((("maximum", 0.0),), (("above", 0.0),), (0.0, 1.0)),  # max(0, a)
}
assert abs(SQUASHES["tanh"].of(1.0) - 1) < 1e-4

# Table I: which maps of S2 feed each of the sixteen maps of C3.
TABLE_I: Table = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip
assert sum(map(len, TABLE_I)) == 60
assert all(sum(s in sources for sources in TABLE_I) == 10 for s in range(6))


def all_of(maps: int, sources: int) -> Table:
    """The connection table in which each of `maps` maps sees each of `sources` source maps."""
    return (tuple(range(sources)),) * maps


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """floor((size + 2·padding − kernel) / stride) + 1, the width or height that a layer gives for `size`."""
    return (size + 2 * padding - kernel) // stride + 1


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise ArchitectureError(message)


def _expect_squash(layer: str, squash: str, allowed: tuple[str, ...] = tuple(SQUASHES)) -> None:
    _expect(squash in allowed, f"{layer}: no squash {squash!r}; expected one of {', '.join(allowed)}")


@dataclass(frozen=True)
class Convolution:
    """Maps of 5×5 convolutions over the sources that `table` names, a bias, and a squash (II-A).

    One kernel for each pair of map and source in the table, one bias for each map.
    """

    name: str
    table: Table
    squash: str = "tanh"

    def __post_init__(self) -> None:
        # A table that comes out of JSON is made of lists.
        try:
            table = tuple(tuple(operator.index(source) for source in sources) for sources in self.table)
        except TypeError as error:
            raise ArchitectureError(f"{self.name}: a connection table of {error}; expected rows of maps") from error
        object.__setattr__(self, "table", table)
        _expect(len(self.table) > 0, f"{self.name}: the connection table has no maps; give one row of sources a map")
        for m, sources in enumerate(self.table):
            _expect(
                len(sources) > 0 and list(sources) == sorted(set(sources)) and min(sources) >= 0,
                f"{self.name}: map {m} is connected to {sources}; expected at least one source, "
                f"rising, none twice, none negative",
            )
        _expect_squash(self.name, self.squash)

    @property
    def maps(self) -> int:
        return len(self.table)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(map, source) of every kernel, in the order in which the kernels are stored."""
        return tuple((m, s) for m, sources in enumerate(self.table) for s in sources)


@dataclass(frozen=True)
class Subsampling:
    """Each unit takes 2×2 units of one map below, which no other unit takes (II-B).

    "sum" and "average": times a trainable coefficient, plus a trainable bias, squashed; one of each a map.
    "maximum": the largest of the four; nothing is trained, nothing is squashed.
    """

    name: str
    kind: Literal["sum", "average", "maximum"] = "sum"
    squash: str = "tanh"

    def __post_init__(self) -> None:
        kinds = ("sum", "average", "maximum")
        _expect(self.kind in kinds, f"{self.name}: no subsampling {self.kind!r}; expected one of {', '.join(kinds)}")
        _expect_squash(self.name, self.squash)
        _expect(
            self.kind != "maximum" or self.squash == "none",
            f"{self.name}: a maximum is not squashed; give squash='none'",
        )

    @property
    def trained(self) -> bool:
        return self.kind != "maximum"


@dataclass(frozen=True)
class FullConnection:
    """Every unit sees every unit below, plus a bias, squashed (II-B). As the output it may be a softmax."""

    name: str
    units: int
    squash: str = "tanh"

    def __post_init__(self) -> None:
        whole = isinstance(self.units, Integral) and not isinstance(self.units, bool)
        _expect(whole and self.units > 0, f"{self.name}: {self.units!r} units; expected a whole number from 1 on")
        object.__setattr__(self, "units", int(self.units))
        last = ("softmax",) if self.name == "output" else ()
        _expect_squash(self.name, self.squash, (*SQUASHES, *last))


@dataclass(frozen=True)
class EuclideanRBF:
    """y_i = Σ_j (x_j − w_ij)²: the squared distance of F6 to the fixed ±1 code of each character (eq. 7)."""

    name: str
    characters: str = DIGITS

    def __post_init__(self) -> None:
        _expect(isinstance(self.characters, str), f"{self.name}: characters {self.characters!r}; expected text")
        unknown = sorted(set(self.characters) - set(CHARACTERS))
        _expect(not unknown, f"{self.name}: no code for {unknown}; expected printable ASCII characters")
        _expect(
            len(self.characters) >= 2 and len(set(self.characters)) == len(self.characters),
            f"{self.name}: characters {self.characters!r}; expected at least two, none twice",
        )

    @property
    def units(self) -> int:
        return len(self.characters)


Layer = Convolution | Subsampling | FullConnection | EuclideanRBF


@dataclass(frozen=True)
class LayerCount:
    """What one layer holds for one size of input. The *_sum fields say how each number comes about."""

    name: str
    kind: str
    maps: int
    height: int
    width: int
    neurons: int
    trainable: int
    trainable_sum: str
    fixed: int
    connections: int
    connections_sum: str


@dataclass(frozen=True)
class Architecture:
    """A network with LeNet-5's seven layers, as data.

    Raises ArchitectureError where the layers do not fit each other.
    """

    name: str
    c1: Convolution
    s2: Subsampling
    c3: Convolution
    s4: Subsampling
    c5: Convolution
    f6: FullConnection
    output: EuclideanRBF | FullConnection

    def __post_init__(self) -> None:
        _expect(isinstance(self.name, str), f"a network called {self.name!r}; expected text")
        for name, layer in zip(NAMES, self.layers, strict=True):
            _expect(layer.name == name, f"{self.name}: the layer at {name} is named {layer.name!r}; name it {name!r}")
        for convolution, below in ((self.c1, 1), (self.c3, self.c1.maps), (self.c5, self.c3.maps)):
            highest = max(max(sources) for sources in convolution.table)
            _expect(
                highest < below,
                f"{self.name}: {convolution.name} is connected to map {highest} below it, which has {below} maps "
                f"(0 to {below - 1})",
            )
        full = all_of(self.c5.maps, self.c3.maps)
        _expect(self.c5.table == full, f"{self.name}: every map of c5 must see all {self.c3.maps} maps of s4")
        if isinstance(self.output, EuclideanRBF):
            _expect(
                self.f6.units == 84, f"{self.name}: f6 has {self.f6.units} units; the codes of Figure 3 need 84 (7×12)"
            )

    @property
    def layers(self) -> tuple[Layer, ...]:
        return (self.c1, self.s2, self.c3, self.s4, self.c5, self.f6, self.output)

    @property
    def classes(self) -> int:
        return self.output.units

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor, trainable ones first, in the order of the layers.

        A convolution has one 5×5 kernel for each connected pair, in the order of `Convolution.pairs`; C5, which
        sees everything, is stored as (maps, sources, 5, 5). The fixed codes come last, as "rbf.codes".
        """
        k = KERNEL
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in self.layers:
            name = layer.name
            match layer:
                case Convolution() if name == "c5":
                    shapes |= {f"{name}.weight": (layer.maps, self.c3.maps, k, k), f"{name}.bias": (layer.maps,)}
                case Convolution():
                    shapes |= {f"{name}.weight": (len(layer.pairs), k, k), f"{name}.bias": (layer.maps,)}
                case Subsampling() if layer.trained:
                    maps = self.c1.maps if name == "s2" else self.c3.maps
                    shapes |= {f"{name}.coefficient": (maps,), f"{name}.bias": (maps,)}
                case FullConnection():
                    below = self.c5.maps if name == "f6" else self.f6.units
                    shapes |= {f"{name}.weight": (layer.units, below), f"{name}.bias": (layer.units,)}
                case EuclideanRBF():
                    shapes["rbf.codes"] = (layer.units, self.f6.units)
        return shapes

    def count(self, height: int = SIDE, width: int = SIDE) -> tuple[LayerCount, ...]:
        """The table of the layers for an input of height × width pixels.

        A wider input gives a row of outputs, one every four pixels (section VII).
        Raises ArchitectureError for an input under 32×32.
        """
        _expect(
            height >= SIDE and width >= SIDE, f"an input of {height}×{width}; expected at least {SIDE}×{SIDE} pixels"
        )
        rows = []
        below = 1  # maps
        for layer in self.layers:
            match layer:
                case Convolution():
                    height, width = output_size(height, KERNEL), output_size(width, KERNEL)
                    rows.append(_count_convolution(layer, below, height, width))
                case Subsampling():
                    height, width = output_size(height, POOL, POOL), output_size(width, POOL, POOL)
                    rows.append(_count_subsampling(layer, below, height, width))
                case FullConnection() | EuclideanRBF():
                    rows.append(_count_full(layer, below, height, width))
            below = rows[-1].maps
        return tuple(rows)

    def parameters(self) -> int:
        """How many parameters are trained."""
        return sum(row.trainable for row in self.count())

    def to_dict(self) -> dict[str, Any]:
        """The declaration as plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Architecture:
        """The declaration that `to_dict` wrote. Raises ArchitectureError where it is not one."""
        try:
            output = data["output"]
            last = EuclideanRBF(**output) if "characters" in output else FullConnection(**output)
            return cls(
                data["name"],
                Convolution(**data["c1"]),
                Subsampling(**data["s2"]),
                Convolution(**data["c3"]),
                Subsampling(**data["s4"]),
                Convolution(**data["c5"]),
                FullConnection(**data["f6"]),
                last,
            )
        except ArchitectureError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ArchitectureError(
                f"not the declaration of a network ({error}); expected the layers {', '.join(NAMES)}"
            ) from error


def _count_convolution(layer: Convolution, below: int, height: int, width: int) -> LayerCount:
    kernels, k2 = len(layer.pairs), KERNEL * KERNEL
    trainable = kernels * k2 + layer.maps
    per_map = {len(sources) for sources in layer.table}
    k = f"{KERNEL}·{KERNEL}"
    if per_map == {1}:
        total = f"({k} + 1)·{layer.maps}"
    elif len(per_map) == 1:
        total = f"({k}·{per_map.pop()} + 1)·{layer.maps}"
    else:
        total = f"{k}·{kernels} + {layer.maps}"
    return LayerCount(
        layer.name,
        "convolution",
        layer.maps,
        height,
        width,
        neurons=layer.maps * height * width,
        trainable=trainable,
        trainable_sum=f"{total} = {trainable:,}",
        fixed=0,
        connections=trainable * height * width,
        connections_sum=f"{trainable:,}·{height}·{width} = {trainable * height * width:,}",
    )


def _count_subsampling(layer: Subsampling, maps: int, height: int, width: int) -> LayerCount:
    neurons, inputs = maps * height * width, POOL * POOL
    per_unit = inputs + 1 if layer.trained else inputs
    unit = f"({POOL}·{POOL} + 1)" if layer.trained else f"{POOL}·{POOL}"
    return LayerCount(
        layer.name,
        f"subsampling ({layer.kind})",
        maps,
        height,
        width,
        neurons=neurons,
        trainable=2 * maps if layer.trained else 0,
        trainable_sum=f"(1 + 1)·{maps} = {2 * maps}" if layer.trained else "0",
        fixed=0,
        connections=neurons * per_unit,
        connections_sum=f"{unit}·{maps}·{height}·{width} = {neurons * per_unit:,}",
    )


def _count_full(layer: FullConnection | EuclideanRBF, below: int, height: int, width: int) -> LayerCount:
    rbf = isinstance(layer, EuclideanRBF)
    weights = layer.units * below if rbf else layer.units * (below + 1)
    total = f"{below}·{layer.units}" if rbf else f"({below} + 1)·{layer.units}"
    places = f"·{height}·{width}" if height * width > 1 else ""
    connections = weights * height * width
    return LayerCount(
        layer.name,
        "Euclidean RBF" if rbf else "full connection",
        layer.units,
        height,
        width,
        neurons=layer.units * height * width,
        trainable=0 if rbf else weights,
        trainable_sum=f"0 ({total} = {weights:,} fixed)" if rbf else f"{total} = {weights:,}",
        fixed=weights if rbf else 0,
        connections=connections,
        connections_sum=f"{total}{places} = {connections:,}",
    )


def _declare(
    name: str,
    *,
    squash: str,
    output: EuclideanRBF | FullConnection,
    pooling: Literal["sum", "average", "maximum"] = "sum",
    table: Table = TABLE_I,
    f6: str | None = None,
) -> Architecture:
    """LeNet-5's sizes with the parts that its published readings disagree about. `squash` serves C1 to C5."""
    s = "none" if pooling == "maximum" else squash
    return Architecture(
        name,
        c1=Convolution("c1", all_of(6, 1), squash),
        s2=Subsampling("s2", pooling, s),
        c3=Convolution("c3", table, squash),
        s4=Subsampling("s4", pooling, s),
        c5=Convolution("c5", all_of(120, 16), squash),
        f6=FullConnection("f6", 84, f6 or squash),
        output=output,
    )


# The network of 1998.
LENET5 = _declare("lenet5", squash="tanh", output=EuclideanRBF("output"))

# A tutorial's reading: the last layer is a full connection.
LENET5_LINEAR = _declare("lenet5-linear", squash="logistic", output=FullConnection("output", 10, "logistic"))

# A tutorial's reading: sigmoid(coefficient·average + bias), and a softmax.
LENET5_SOFTMAX = _declare(
    "lenet5-softmax", squash="logistic", pooling="average", output=FullConnection("output", 10, "softmax")
)

# A tutorial's reading: max-pooling, and every C3 map sees every S2 map.
LENET5_MAXPOOL = _declare(
    "lenet5-maxpool",
    squash="none",
    pooling="maximum",
    table=all_of(16, 6),
    f6="logistic",
    output=FullConnection("output", 10, "logistic"),
)

ARCHITECTURES: dict[str, Architecture] = {a.name: a for a in (LENET5, LENET5_LINEAR, LENET5_SOFTMAX, LENET5_MAXPOOL)}


def architecture(name: str) -> Architecture:
    """The declared network of this name. Raises ArchitectureError, naming those there are."""
    if name not in ARCHITECTURES:
        raise ArchitectureError(f"no network {name!r}; expected one of {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]


# The counts of the paper (section II-B; total connections from the authors' preprint, which adds up).
_rows = {row.name: row for row in LENET5.count()}
assert {n: _rows[n].trainable for n in NAMES} == {
    "c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164, "output": 0,
}  # fmt: skip
assert {n: _rows[n].connections for n in NAMES} == {
    "c1": 122_304, "s2": 5_880, "c3": 151_600, "s4": 2_000, "c5": 48_120, "f6": 10_164, "output": 840,
}  # fmt: skip
assert sum(row.trainable for row in _rows.values()) == 60_000
assert sum(row.connections for row in _rows.values()) == 340_908
