"""The columns of a map that fill no vector, packed into vectors without waste.

A map is cut into strips: as many of LANES columns as fit, then narrower ones, each a power of two. A strip of LANES
columns is read where it lies. A narrower one, of c columns and H rows, is cut across into LANES/c parts of
Q = ⌈H·c/LANES⌉ rows, and the parts lie side by side in vectors:

    lane l·c + x of vector q  =  row q + l·Q, column x of the strip

so that C3's 10×10 units are 10 + 3 vectors of 8 instead of 20. What a strip sees through a kernel is `packed` alike:
Q + 4 rows of five vectors, one for each column of the kernel, so that unit (q, x) sees at tap (i, j) what lies at
row q + i, vector j, in the same lane.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numpy.typing import NDArray

from lenet5.architecture import KERNEL
from lenet5.kernels.lanes import FLOAT, INDEX, LANES, Emit, Index, tile

__all__ = ["PACKED_ROW", "STRIPS", "TOGETHER", "gather", "pack", "scatter", "strips_of"]

PACKED_ROW = KERNEL * LANES  # floats of a row of a packed strip: a vector for each column of a kernel
TOGETHER = 3  # maps that are computed at a time where a strip has so few rows that a sum would wait for itself
_WIDTHS = [1 << k for k in range(1, LANES.bit_length() - 1)]  # of narrow strips: 2, 4 … LANES/2

# A narrow strip: its first column, its columns, Q, and where it begins in a view and in a map's units.
_STRIP = np.dtype([(name, np.int64) for name in ("x", "columns", "rows", "windows", "units")])
# The strips of a map: the columns that whole vectors take, the floats of a packed view of one source, the floats of a
# map's packed units, and its narrow strips.
STRIPS = np.dtype([*((name, np.int64) for name in ("whole", "windows", "units", "count")), ("narrow", _STRIP, (4,))])


def strips_of(height: int, width: int) -> NDArray[Any]:
    """How maps of height × width are cut into strips: a record, STRIPS ()."""
    narrow: list[tuple[int, ...]] = []
    x = windows = units = 0
    while width - x > 3 * LANES // 4:
        x += LANES
    whole = x
    while x < width:
        columns = max(2, 1 << (width - x).bit_length() - 1)  # the last of them may be no unit's
        rows = -(-height * columns // LANES)
        narrow.append((x, columns, rows, windows, units))
        windows, units, x = windows + (rows + KERNEL - 1) * PACKED_ROW, units + rows * LANES, x + columns
    strips = np.zeros((), STRIPS)
    strips["whole"], strips["windows"], strips["units"], strips["count"] = whole, windows, units, len(narrow)
    strips["narrow"][: len(narrow)] = narrow
    return strips


def _piece(emit: Emit, array: Any, index: Any, width: int) -> Any:
    """The address of `width` values."""
    return emit.builder.bitcast(emit.at(array, index), ir.VectorType(FLOAT, width).as_pointer())


def _range(start: int, count: int) -> ir.Constant:
    return ir.Constant(ir.VectorType(ir.IntType(32), count), list(range(start, start + count)))


def _join(emit: Emit, source: Any, s: Index, step: Index, width: int) -> Any:
    """LANES values: `width` of them from source[s], as many from source[s + step] …"""
    b = emit.builder
    parts = [b.load(_piece(emit, source, s + step * k, width), align=4) for k in range(LANES // width)]
    while len(parts) > 1:
        both = _range(0, 2 * parts[0].type.count)
        parts = [b.shuffle_vector(x, y, both) for x, y in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def _pack(emit: Emit, out: Any, o: Index, shape: Any, source: Any, s: Index, s_row: Index) -> None:
    rows, columns = shape
    for width in _WIDTHS:
        with emit.builder.if_then(columns.compare("==", width)), emit.loop(rows + (KERNEL - 1)) as t:
            for j in range(KERNEL):
                value = _join(emit, source, s + t * s_row + j, rows * s_row, width)
                emit.store(value, out, o + t * PACKED_ROW + j * LANES)


def _gather(emit: Emit, out: Any, o: Index, shape: Any, source: Any, s: Index, s_row: Index) -> None:
    b, (height, rows, columns) = emit.builder, shape
    for width in _WIDTHS:
        with b.if_then(columns.compare("==", width)), emit.loop(rows) as q:
            value = _join(emit, source, s + q * s_row, rows * s_row, width)
            parts = emit.index(0)  # part k has this row where q + k·rows is under the height
            for k in range(LANES // width):
                parts = parts + Index(b, b.zext((q + rows * k).compare("<", height), INDEX))
            emit.store(emit.first(value, parts * columns), out, o + q * LANES)


def _scatter(emit: Emit, out: Any, o: Index, o_row: Index, shape: Any, source: Any, s: Index) -> None:
    b, (rows, columns) = emit.builder, shape
    for width in _WIDTHS:
        with b.if_then(columns.compare("==", width)), emit.loop(rows) as q:
            value = emit.load(source, s + q * LANES)
            for k in range(LANES // width):
                piece = b.shuffle_vector(value, value, _range(k * width, width))
                b.store(piece, _piece(emit, out, o + (q + rows * k) * o_row, width), align=4)


# out[o:] = the packed view of a strip in parts of `rows`: pack(out, o, (rows, columns), source, s, s_row)
pack = tile(types.void, _pack)
# out[o:] = the units of a strip, zero in lanes of no row: gather(out, o, (height, rows, columns), source, s, s_row)
gather = tile(types.void, _gather)
# a strip's units to where they belong, rubbish to rows behind: scatter(out, o, o_row, (rows, columns), source, s)
scatter = tile(types.void, _scatter)
