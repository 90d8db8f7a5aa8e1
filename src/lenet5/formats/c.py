"""LeNet-5 as one C99 header for a microcontroller: tables, and a forward pass that allocates nothing.

    write("lenet5.h", network)                                        floats
    write("lenet5.h", network, quantised=quantise(network, digits))   int8, the same bits on every machine
    write("letters.h", letters, prefix="letters")                     a second one for the same program

The header is how to use it, of `c_begin.h`; sizes and tables, which are written here; what numbers are, of `c_float.h`
or `c_int8.h`; and the layers, of `c_layers.h` and `c_rbf.h` or `c_full.h`. C1 and C3 are never kept: each unit of S2
and S4 is worked out from its four.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import lenet5
from lenet5 import files
from lenet5.architecture import SIDE, Architecture
from lenet5.ensemble import Ensemble
from lenet5.errors import WeightsError
from lenet5.formats.c_dialects import Dialect, Floats, Int8, in_file, literal, noise
from lenet5.formats.quantise import Quantised
from lenet5.network import LeNet5

__all__ = ["PREFIX", "Sizes", "header", "write"]

PREFIX = "lenet5"  # of every name, as the headers' own files are written
WIDTH = 118  # of a line
TYPES = {"float32": "float", "int8": "int8_t", "int16": "int16_t", "int32": "int32_t", "uint8": "uint8_t"}


@dataclass(frozen=True)
class Sizes:
    """Bytes: flash holds the header's tables, RAM its room. Machine code and stack come on top."""

    flash: int
    ram: int


def write(
    path: str | os.PathLike[str], network: LeNet5, *, quantised: Quantised | None = None, prefix: str = PREFIX
) -> Sizes:
    """Write the header; what it takes. Raises WeightsError as `header` does, and where the file cannot be written."""
    files.write_atomically(path, header(network, quantised=quantised, prefix=prefix).encode(), error=WeightsError)
    return _sizes(_dialect(network, quantised))


def header(network: LeNet5, *, quantised: Quantised | None = None, prefix: str = PREFIX) -> str:
    """The header's text, each name in it beginning with `prefix`, each macro with the same in capitals.

    Raises WeightsError for an ensemble, and for a prefix that is no name of C.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,29}", prefix):
        raise WeightsError(
            f"prefix {prefix!r}; expected a name of C in small letters, as letters or model_2; 30 at most"
        )
    net, dialect = network.architecture, _dialect(network, quantised)
    pictures = np.stack([noise(1), noise(2)])
    answers = (quantised or network).predict(pictures).astype(np.uint8)
    expected = {"expected": dialect.sums(pictures), "expected_class": answers}
    names = ", ".join(f'"{_escaped(name)}"' for name in network.classes)
    told = {"name": _escaped(net.name), "numbers": dialect.name, "version": lenet5.__version__}
    begin = _renamed([in_file("begin")], prefix).format(**told, **asdict(_sizes(dialect)))
    before = [_defines(net), "static const char *const lenet5_classes[LENET5_CLASSES] = "]
    after = [
        *(_table(name, array) for name, array in dialect.tables().items()),
        "#ifdef LENET5_SELF_TEST",
        *(_table(name, array) for name, array in expected.items()),
        "#endif\n",
        dialect.functions(),
    ]
    return f"{begin}\n{_renamed(before, prefix)}{{{names}}};\n\n{_renamed(after, prefix)}"


def _renamed(parts: Sequence[str], prefix: str) -> str:
    """These parts of the header, in which no word is anybody else's."""
    text = "\n".join(parts)
    return re.sub(r"lenet5(?=[_.])", prefix, re.sub(r"LENET5(?=_)", prefix.upper(), text))


def _dialect(network: LeNet5, quantised: Quantised | None) -> Dialect:
    if isinstance(network, Ensemble):
        raise WeightsError(
            f"{network!r}: a C header holds one network; give a single one: `lenet5.load(…).members[0].save(…)` makes "
            f"a file of one member"
        )
    return Floats(network) if quantised is None else Int8(quantised)


def _sizes(dialect: Dialect) -> Sizes:
    net = dialect.net
    units = net.c1.maps * 14 * 14 + net.c3.maps * 5 * 5 + net.c5.maps + net.f6.units
    return Sizes(sum(array.nbytes for array in dialect.tables().values()), SIDE * SIDE + units * dialect.bytes)


def _escaped(text: str) -> str:
    """Text that neither ends a C comment nor a string."""
    plain = text.encode("ascii", "replace").decode()
    return "".join(c if c.isprintable() and c not in '"\\*?' else f"\\{ord(c):03o}" for c in plain)


def _defines(net: Architecture) -> str:
    sizes = {"CLASSES": net.classes, "C1_MAPS": net.c1.maps, "C3_MAPS": net.c3.maps, "C5_UNITS": net.c5.maps}
    return "".join(f"#define LENET5_{name} {size}\n" for name, size in {**sizes, "F6_UNITS": net.f6.units}.items())


def _table(name: str, array: NDArray[Any]) -> str:
    """static const float lenet5_name[3] = {1.0f, …};"""
    numbers = ", ".join(map(literal, array.reshape(-1)))
    kind = TYPES[array.dtype.name]
    lines = textwrap.fill(numbers, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    return f"static const {kind} lenet5_{name}[{array.size}] = {{\n{lines}\n}};\n"
