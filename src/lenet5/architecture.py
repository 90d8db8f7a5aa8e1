"""LeNet-5 and three later readings of it, declared: seven layers each, a connection table, a squash.

The kinds of layers stand in `layers.py`. Sizes, parameters and connections follow from a declaration; the paper's own
counts are asserted at the end. A declaration may also come from a JSON file: `architecture("mine.json")`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lenet5 import files
from lenet5.errors import ArchitectureError
from lenet5.layers import (
    KERNEL,
    POOL,
    Convolution,
    EuclideanRBF,
    FullConnection,
    Layer,
    LayerCount,
    Squash,
    Subsampling,
    Table,
    expect,
    output_size,
    tanh,
)  # fmt: skip

__all__ = [
    "ARCHITECTURES", "KERNEL", "LENET5", "LENET5_LINEAR", "LENET5_MAXPOOL", "LENET5_SOFTMAX", "NAMES", "POOL", "SIDE",
    "SQUASHES", "TABLE_I", "Architecture", "Convolution", "EuclideanRBF", "FullConnection", "LayerCount", "Squash",
    "Subsampling", "all_of", "architecture", "output_size",
]  # fmt: skip

# Table I: which maps of S2 feed each of the sixteen maps of C3.
TABLE_I: Table = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip


def all_of(maps: int, sources: int) -> Table:
    """The connection table in which each of `maps` maps sees each of `sources` source maps."""
    return (tuple(range(sources)),) * maps


_DECLARED: dict[str, tuple[Layer, ...]] = {
    # The network of 1998.
    "lenet5": (
        Convolution(all_of(6, 1)),                   # c1:      6@28×28,    156 trainable, 122,304 connections
        Subsampling(),                               # s2:      6@14×14,     12 trainable,   5,880 connections
        Convolution(TABLE_I),                        # c3:     16@10×10,  1,516 trainable, 151,600 connections
        Subsampling(),                               # s4:     16@5×5,       32 trainable,   2,000 connections
        Convolution(all_of(120, 16)),                # c5:    120@1×1,   48,120 trainable,  48,120 connections
        FullConnection(84),                          # f6:     84@1×1,   10,164 trainable,  10,164 connections
        EuclideanRBF(),                              # output: 10@1×1,        0 trainable,     840 connections
    ),
    # A tutorial's reading: the last layer is a full connection.
    "lenet5-linear": (
        Convolution(all_of(6, 1), "logistic"),       # c1:      6@28×28,    156 trainable, 122,304 connections
        Subsampling("sum", "logistic"),              # s2:      6@14×14,     12 trainable,   5,880 connections
        Convolution(TABLE_I, "logistic"),            # c3:     16@10×10,  1,516 trainable, 151,600 connections
        Subsampling("sum", "logistic"),              # s4:     16@5×5,       32 trainable,   2,000 connections
        Convolution(all_of(120, 16), "logistic"),    # c5:    120@1×1,   48,120 trainable,  48,120 connections
        FullConnection(84, "logistic"),              # f6:     84@1×1,   10,164 trainable,  10,164 connections
        FullConnection(10, "logistic"),              # output: 10@1×1,      850 trainable,     850 connections
    ),
    # A tutorial's reading: sigmoid(coefficient·average + bias), and a softmax.
    "lenet5-softmax": (
        Convolution(all_of(6, 1), "logistic"),       # c1:      6@28×28,    156 trainable, 122,304 connections
        Subsampling("average", "logistic"),          # s2:      6@14×14,     12 trainable,   5,880 connections
        Convolution(TABLE_I, "logistic"),            # c3:     16@10×10,  1,516 trainable, 151,600 connections
        Subsampling("average", "logistic"),          # s4:     16@5×5,       32 trainable,   2,000 connections
        Convolution(all_of(120, 16), "logistic"),    # c5:    120@1×1,   48,120 trainable,  48,120 connections
        FullConnection(84, "logistic"),              # f6:     84@1×1,   10,164 trainable,  10,164 connections
        FullConnection(10, "softmax"),               # output: 10@1×1,      850 trainable,     850 connections
    ),
    # A tutorial's reading: max-pooling, and every C3 map sees every S2 map.
    "lenet5-maxpool": (
        Convolution(all_of(6, 1), "none"),           # c1:      6@28×28,    156 trainable, 122,304 connections
        Subsampling("maximum", "none"),              # s2:      6@14×14,      0 trainable,   4,704 connections
        Convolution(all_of(16, 6), "none"),          # c3:     16@10×10,  2,416 trainable, 241,600 connections
        Subsampling("maximum", "none"),              # s4:     16@5×5,        0 trainable,   1,600 connections
        Convolution(all_of(120, 16), "none"),        # c5:    120@1×1,   48,120 trainable,  48,120 connections
        FullConnection(84, "logistic"),              # f6:     84@1×1,   10,164 trainable,  10,164 connections
        FullConnection(10, "logistic"),              # output: 10@1×1,      850 trainable,     850 connections
    ),
}  # fmt: skip

# The squashing functions that a declaration can name. A new one is one entry here: `layers.Squash` says of what steps.
SQUASHES: dict[str, Squash] = {
    "none": Squash((), (("constant", 1.0),)),  # f(a) = a
    "tanh": tanh(1.7159, 2 / 3, 0.0, (-1.0, 1.0)),  # eq. 6 and appendix A: f(±1) = ±1
    "logistic": tanh(0.5, 0.5, 0.5, (0.0, 1.0)),  # 1 / (1 + e^−a)
    "relu": Squash((("maximum", 0.0),), (("above", 0.0),), (0.0, 1.0)),  # max(0, a)
}
assert abs(SQUASHES["tanh"].of(1.0) - 1) < 1e-4

SIDE = 32  # the input is 32×32 (II-B)
_KINDS: dict[str, tuple[Any, ...]] = {
    "c1": (Convolution,), "s2": (Subsampling,), "c3": (Convolution,), "s4": (Subsampling,), "c5": (Convolution,),
    "f6": (FullConnection,), "output": (EuclideanRBF, FullConnection),
}  # fmt: skip
NAMES = tuple(_KINDS)
MOST = 16_000_000  # parameters, of which a file of weights has room for no more
LARGEST = 2**18  # bytes of a declaration's file
_FIXED = {"kernel", "kernel_size", "size", "stride", "padding", "pool", "side", "height", "width", "input"}


@dataclass(frozen=True)
class Architecture:
    """A network with LeNet-5's seven layers, as data.

    Attributes:
        name: what it is called.
        c1: convolution over the picture (section II-B).
        s2: subsampling of C1.
        c3: convolution over S2, each map over those that its table names (Table I).
        s4: subsampling of C3.
        c5: convolution that sees all of S4.
        f6: full connection; 84 units where the output has codes.
        output: Euclidean RBF units with fixed codes (eq. 7), or a full connection.

    Raises:
        ArchitectureError: the layers do not fit each other.
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
        expect(isinstance(self.name, str), f"a network called {self.name!r}; expected text")
        for name, layer in zip(NAMES, self.layers, strict=True):
            expected = " or ".join(kind.__name__ for kind in _KINDS[name])
            expect(isinstance(layer, _KINDS[name]), f"{self.name}: {layer!r} as {name}; expected {expected}")
            object.__setattr__(self, name, replace(layer, name=name))
            squash, allowed = getattr(layer, "squash", "none"), [*SQUASHES, *(["softmax"] if name == "output" else [])]
            expect(squash in allowed, f"{name}: no squash {squash!r}; expected one of {', '.join(allowed)}")
        for convolution, below in ((self.c1, 1), (self.c3, self.c1.maps), (self.c5, self.c3.maps)):
            highest = max(max(sources) for sources in convolution.table)
            expect(
                highest < below,
                f"{self.name}: {convolution.name} is connected to map {highest} below it, which has {below} maps "
                f"(0 to {below - 1})",
            )
        full = all_of(self.c5.maps, self.c3.maps)
        expect(self.c5.table == full, f"{self.name}: every map of c5 must see all {self.c3.maps} maps of s4")
        if isinstance(self.output, EuclideanRBF):
            units = self.f6.units
            expect(units == 84, f"{self.name}: f6 has {units} units; the codes of Figure 3 need 84 (7×12)")
        parameters = self.parameters()
        expect(parameters <= MOST, f"{self.name}: {parameters:,} parameters; expected at most {MOST:,}")

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The seven layers, from C1 to the output."""
        return (self.c1, self.s2, self.c3, self.s4, self.c5, self.f6, self.output)

    @property
    def classes(self) -> int:
        """How many classes the output tells apart."""
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

        Args:
            height: of the input in pixels, at least 32.
            width: of the input in pixels, at least 32.

        Returns:
            A row for each layer.

        Raises:
            ArchitectureError: a smaller input.
        """
        enough = height >= SIDE and width >= SIDE
        expect(enough, f"an input of {height}×{width}; expected at least {SIDE}×{SIDE} pixels")
        rows: list[LayerCount] = []
        below = 1
        for layer in self.layers:
            rows.append(layer.count(below, height, width))
            below, height, width = rows[-1].maps, rows[-1].height, rows[-1].width
        return tuple(rows)

    def parameters(self) -> int:
        """How many parameters are trained."""
        return sum(row.trainable for row in self.count())

    def to_dict(self) -> dict[str, Any]:
        """The declaration as plain data, for JSON."""
        layers = {layer.name: asdict(layer) for layer in self.layers}
        return {"name": self.name} | {n: {k: v for k, v in told.items() if k != "name"} for n, told in layers.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Architecture:
        """The declaration that `to_dict` wrote, or that was written by hand.

        A convolution that sees all maps below may have "maps", how many, in place of "table".

        Raises:
            ArchitectureError: it is no declaration, or of sizes that are not to be declared.
        """
        try:
            layers, below = {}, 1
            _check_keys("a network", data, {"name", *NAMES})
            for name in NAMES:
                if not isinstance(layer := data.get(name), Mapping):
                    raise TypeError(f"{name} is {layer!r}, and no object with its settings")
                told: dict[str, Any] = {key: value for key, value in layer.items() if key != "name"}
                kind = _KINDS[name][0]
                if name == "output":
                    kind = EuclideanRBF if "characters" in told else FullConnection
                if kind is Convolution and "table" not in told and "maps" in told:
                    maps = told.pop("maps")
                    expect(type(maps) is int and 0 < maps <= 1000, f"{name}: {maps!r} maps; expected 1 to 1,000")
                    told["table"] = all_of(maps, below)
                _check_keys(name, told, set(kind.__match_args__))
                layers[name] = kind(**told, name=name)
                below = getattr(layers[name], "maps", below)
            return cls(data["name"], **layers)
        except ArchitectureError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ArchitectureError(
                f"not the declaration of a network ({error}); expected the layers {', '.join(NAMES)}"
            ) from error

    def declaration(self) -> str:
        """The declaration as JSON to be edited, a line for each layer."""
        told, below = self.to_dict(), 1
        for layer in self.layers:
            if isinstance(layer, Convolution):
                if layer.table == all_of(layer.maps, below):
                    told[layer.name] = {"maps": layer.maps, "squash": layer.squash}
                below = layer.maps
        return "{\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in told.items()) + "\n}\n"


def _check_keys(what: str, told: Mapping[str, Any], allowed: set[str]) -> None:
    for key in told:
        expect(
            key not in _FIXED,
            f"{what}: {key!r} cannot be declared: every convolution is {KERNEL}×{KERNEL}, every subsampling "
            f"{POOL}×{POOL} without overlap, and the smallest input {SIDE}×{SIDE}; leave it out",
        )
        if key not in allowed:
            raise TypeError(f"{what} has {key!r}, and knows {', '.join(sorted(allowed))}")


ARCHITECTURES: dict[str, Architecture] = {
    name: Architecture(name, *layers)  # type: ignore[arg-type]
    for name, layers in _DECLARED.items()
}
LENET5, LENET5_LINEAR, LENET5_SOFTMAX, LENET5_MAXPOOL = ARCHITECTURES.values()


def architecture(name: str | os.PathLike[str]) -> Architecture:
    """The declared network of this name, or the one that a JSON file declares.

    Args:
        name: one of ARCHITECTURES, or the path of a file that ends in .json, as `Architecture.declaration` writes it.

    Raises:
        ArchitectureError: there is none, or the file declares none.
    """
    if os.fspath(name) in ARCHITECTURES:
        return ARCHITECTURES[os.fspath(name)]
    if not os.fspath(name).endswith(".json"):
        raise ArchitectureError(
            f"no network {os.fspath(name)!r}; expected one of {', '.join(ARCHITECTURES)}, or the path of a FILE.json "
            f"that declares one"
        )
    data = files.read_bounded(name, LARGEST, error=ArchitectureError)
    try:
        declared = Architecture.from_dict(json.loads(data))
        fit = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}", declared.name)
        expect(bool(fit), f"a network called {declared.name!r}; expected letters, digits and _.- , at most 60")
        return declared
    except (ValueError, RecursionError) as error:  # ArchitectureError is a ValueError
        fault = error if isinstance(error, ArchitectureError) else f"not JSON ({error})"
        raise ArchitectureError(f"{os.fspath(name)}: {fault}") from error


# The counts of the paper (section II-B; total connections from the authors' preprint, which adds up).
assert sum(map(len, TABLE_I)) == 60
assert all(sum(s in sources for sources in TABLE_I) == 10 for s in range(6))
assert [row.trainable for row in LENET5.count()] == [156, 12, 1_516, 32, 48_120, 10_164, 0]
assert [row.connections for row in LENET5.count()] == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
assert LENET5.parameters() == 60_000
assert sum(row.connections for row in LENET5.count()) == 340_908
