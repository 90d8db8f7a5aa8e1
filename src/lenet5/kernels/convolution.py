"""C1 and C3, forward and back (paper, II-A, II-B).

A map is a run of rows; a tile is a column of vectors, one for each of up to _FORWARD[0] rows, LANES columns wide, kept
in registers while the 25 products of a kernel are added. Columns that fill no vector are packed into whole ones
(`strips`) for the forward sums and for the weights'.

The Gauss-Newton curvature (paper, eqs. 25 and 27) is the gradient's own code with every weight, every source and every
derivative squared: `weights` and `seen` hold squares then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from lenet5.architecture import KERNEL
from lenet5.kernels.plan import PACKED_ROW, TOGETHER, WIDTHS
from lenet5.kernels.squash import curve_of, squash, squash_rows
from lenet5.machine.compiled import compiled, inlined
from lenet5.machine.lanes import FLOAT, INDEX, LANES, Emit, Index, splat, store, tile, tiles

# Rows of a map that a tile holds in registers: 28 and 10, the heights of C1 and C3, are made of the first two.
_FORWARD = (14, 10, 1) if LANES == 16 else (8, 10, 1)
_BACKWARD = (14, 10, 1) if LANES == 16 else (7, 5, 1)
_WEIGHTS = (14, 10, 1) if LANES == 16 else (7, 10, 1)
_PACKED = (7, 5, 2, 1) if LANES == 16 else (7, 3, 1)  # of a narrow strip
_TOGETHER = (5, 2, 1) if LANES == 16 else (3, 2, 1)  # of a narrow strip of TOGETHER maps


def _forward_tile(rows: int, step: int = 1, together: int = 1) -> Callable[..., None]:
    """Rows of one map, or the same rows of several; `step` floats lie between the columns of the source."""

    def forward(emit: Emit, maps: Any, to: Any, seen: Any, weights: Any, kernels: Any, table: Any) -> None:
        """rows × LANES weighted sums of a map: the bias and its kernels.

        to, seen: where the units and their windows start, floats to the next row, floats to the next map.
        kernels: where the weights, this map's bias and, in the table, the sources are; its first kernel, and how many.
        The next map has the next bias and as many kernels.
        """
        (o, o_row, o_size), (s, s_row, s_size), (w, bias, sources, first, count) = to, seen, kernels
        cells = [emit.cells(rows, emit.broadcast(weights, bias + m)) for m in range(together)]
        with emit.loop(count) as k, emit.loop(KERNEL) as j:
            for m, of_map in enumerate(cells):
                kernel = first + k + count * m
                window = s + emit.number(table, sources + kernel) * s_size + j * step
                _add_column(emit, of_map, maps, window, s_row, weights, w + kernel * (KERNEL * KERNEL) + j)
        for m, of_map in enumerate(cells):
            for y, cell in enumerate(of_map):
                emit.store(emit.builder.load(cell), maps, o + o_size * m + o_row * y)

    return forward


def _add_column(emit: Emit, cells: list[Any], source: Any, s: Index, s_row: Index, weights: Any, w: Index) -> None:
    """The products of a column of a kernel, weights[w], weights[w + 5] …, onto rows of sums."""
    taps = [emit.broadcast(weights, w + i * KERNEL) for i in range(KERNEL)]
    for r in range(len(cells) + KERNEL - 1):
        seen = emit.load(source, s + s_row * r)
        for i in range(KERNEL):
            if 0 <= r - i < len(cells):
                emit.add_to(cells[r - i], taps[i], seen)


def _backward_tile(rows: int) -> Callable[..., None]:
    def backward(emit: Emit, errors: Any, to: Any, of: Any, weights: Any, w: Index) -> None:
        """rows + 4 rows × LANES units of a source += one kernel's share of `rows` rows of error.

        to, of: where the source and the error start, and floats to the next row.
        """
        (o, o_row), (e, e_row) = to, of
        places = [o + o_row * y for y in range(rows + KERNEL - 1)]
        cells = [emit.cells(1, emit.load(errors, place))[0] for place in places]
        with emit.loop(KERNEL) as j:
            taps = [emit.broadcast(weights, w + j + i * KERNEL) for i in range(KERNEL)]
            for r in range(rows):
                error = emit.load(errors, e + e_row * r - j)
                for i in range(KERNEL):
                    emit.add_to(cells[r + i], taps[i], error)
        for place, cell in zip(places, cells, strict=True):
            emit.store(emit.builder.load(cell), errors, place)

    return backward


def _weights_tile(rows: int, step: int = 1) -> Callable[..., None]:
    def weights(emit: Emit, sums: Any, error: Any, e: Any, e_row: Any, seen: Any, s: Any, s_row: Any) -> None:
        """sums (25, LANES) += the products of rows × LANES units of error with what they saw; lanes not yet added."""
        errors = [emit.load(error, e + e_row * r) for r in range(rows)]
        at_once = 1 if LANES < 16 and rows > 7 else 2  # columns whose sums stay in registers beside the errors
        for columns in (range(j, min(j + at_once, KERNEL)) for j in range(0, KERNEL, at_once)):
            places = {(i, j): (i * KERNEL + j) * LANES for i in range(KERNEL) for j in columns}
            parts = {key: emit.load(sums, place) for key, place in places.items()}
            for r in range(rows + KERNEL - 1):
                for j in columns:
                    x = emit.load(seen, s + s_row * r + j * step)
                    for i in range(KERNEL):
                        if 0 <= r - i < rows:
                            parts[i, j] = emit.fma(errors[r - i], x, parts[i, j])
            for key, place in places.items():
                emit.store(parts[key], sums, place)

    return weights


def _totals(emit: Emit, gradient: Any, g: Any, sums: Any) -> None:
    """gradient[g : g + 25] += the totals of the lanes of sums (25·LANES), LANES of them at a time."""
    b = emit.builder
    taps = KERNEL * KERNEL
    for start in range(0, taps, LANES):
        places = [(start + k) * LANES for k in range(min(LANES, taps - start))]
        if len(places) == LANES:
            parts = emit.transpose([emit.load(sums, place) for place in places])
            while len(parts) > 1:
                parts = [b.fadd(x, y) for x, y in zip(parts[::2], parts[1::2], strict=True)]
            emit.store(b.fadd(emit.load(gradient, g + start), parts[0]), gradient, g + start)
        else:
            for k, place in enumerate(places):
                pointer = emit.at(gradient, g + (start + k))
                b.store(b.fadd(b.load(pointer), emit.total(emit.load(sums, place))), pointer)
        for place in places:
            emit.store(emit.constant(0.0), sums, place)


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
    for width in WIDTHS:
        with emit.builder.if_then(columns.compare("==", width)), emit.loop(rows + (KERNEL - 1)) as t:
            for j in range(KERNEL):
                value = _join(emit, source, s + t * s_row + j, rows * s_row, width)
                emit.store(value, out, o + t * PACKED_ROW + j * LANES)


def _gather(emit: Emit, out: Any, o: Index, shape: Any, source: Any, s: Index, s_row: Index) -> None:
    b, (height, rows, columns) = emit.builder, shape
    for width in WIDTHS:
        with b.if_then(columns.compare("==", width)), emit.loop(rows) as q:
            value = _join(emit, source, s + q * s_row, rows * s_row, width)
            parts = emit.index(0)  # part k has this row where q + k·rows is under the height
            for k in range(LANES // width):
                parts = parts + Index(b, b.zext((q + rows * k).compare("<", height), INDEX))
            emit.store(emit.first(value, parts * columns), out, o + q * LANES)


def _scatter(emit: Emit, out: Any, o: Index, o_row: Index, shape: Any, source: Any, s: Index) -> None:
    b, (rows, columns) = emit.builder, shape
    for width in WIDTHS:
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
_forward = tiles(_FORWARD, _forward_tile)
_forward_packed = tiles(_PACKED, lambda rows: _forward_tile(rows, LANES))
_forward_together = tiles(_TOGETHER, lambda rows: _forward_tile(rows, LANES, TOGETHER))
_backward = tiles(_BACKWARD, _backward_tile)
_weights = tiles(_WEIGHTS, _weights_tile)
_weights_packed = tiles(_PACKED, lambda rows: _weights_tile(rows, LANES))
_add_totals = tile(types.void, _totals)


@compiled
def convolve(maps, layer, below, weights, table):
    """o[y, x] = f(bias + Σ_n Σ_ij w[i, j]·o_n[y + i, x + j]), n the maps below that the table connects (eq. 5).

    The packed views of the maps below stay for the gradient. In NumPy: `reference.convolve`.
    """
    curve = curve_of(layer.value)
    for m in range(layer.maps):
        kernels = _kernels(layer, table, m)
        for x in range(0, layer.strips.whole, LANES):
            y = 0
            while y < layer.height:
                to = layer.start + m * layer.size + y * layer.row + x, layer.row, 0
                seen = below.start + y * below.row + x, below.row, below.size
                y += _forward(layer.height - y, maps, to, seen, weights, kernels, table)
            squash_rows(maps, layer.start + m * layer.size + x, layer.row, layer.height, curve)
    for k in range(layer.strips.count):
        strip = layer.strips.narrow[k]
        for n in range(below.maps):
            view = layer.packed + n * layer.strips.windows + strip.windows
            pack(maps, view, (strip.rows, strip.columns), maps, below.start + n * below.size + strip.x, below.row)
        _convolve_narrow(maps, layer, below, strip, weights, table, curve)


@inlined
def _kernels(layer, table, m):
    """Map m's kernels, as a tile takes them; they lie one behind the other."""
    first = table[layer.first + m]
    return layer.weight, layer.bias + m, layer.source, first, table[layer.first + m + 1] - first


@inlined
def _convolve_narrow(maps, layer, below, strip, weights, table, curve):
    """A narrow strip of every map: from packed views to packed units, and those to where they belong.

    A few rows are few sums, which wait for themselves: three maps are computed together there, where they are alike.
    """
    view, units = layer.strips.windows, layer.packed + below.maps * layer.strips.windows
    m = 0
    while m < layer.maps:
        together = table[layer.together + m] if strip.rows < _PACKED[0] else 1
        kernels, y = _kernels(layer, table, m), 0
        while y < strip.rows:
            to = units + y * LANES, LANES, layer.strips.units
            seen = layer.packed + strip.windows + y * PACKED_ROW, PACKED_ROW, view
            if together == TOGETHER:
                y += _forward_together(strip.rows - y, maps, to, seen, weights, kernels, table)
            else:
                y += _forward_packed(strip.rows - y, maps, to, seen, weights, kernels, table)
        for i in range(together):
            squash(maps, units + i * layer.strips.units, strip.rows * LANES, curve)
            o = layer.start + (m + i) * layer.size + strip.x
            scatter(maps, o, layer.row, (strip.rows, strip.columns), maps, units + i * layer.strips.units)
        m += together


@compiled
def convolve_back(errors, layer, below, weights, table):
    """∂E/∂o_n[y, x] = Σ_m Σ_ij w[i, j]·∂E/∂a_m[y − i, x − j], m the maps that see map n below.

    Errors must be zero in the four columns before and after their map. In NumPy: `reference.convolve_back`.
    """
    for i in range(0, below.maps * below.size, LANES):
        store(errors, below.start + i, splat(0.0))
    for m in range(layer.maps):
        for k in range(table[layer.first + m], table[layer.first + m + 1]):
            source = below.start + table[layer.source + k] * below.size
            for x in range(0, layer.width + KERNEL - 1, LANES):
                y = 0
                while y < layer.height:
                    to = source + y * below.row + x, below.row
                    of = layer.start + m * layer.size + y * layer.row + x, layer.row
                    y += _backward(layer.height - y, errors, to, of, weights, layer.weight + KERNEL * KERNEL * k)


@compiled
def convolve_gradient(gradient, errors, seen, layer, below, table, sums):
    """∂E/∂w[i, j] = Σ_yx ∂E/∂a[y, x]·o_n[y + i, x + j]: a weight serves every place of its map (eqs. 19, 23).

    `sums` is room for 25 vectors of zeros, and zeros again afterwards. In NumPy: `reference.convolve_back`.
    """
    for m in range(layer.maps):
        error = layer.start + m * layer.size
        for i in range(layer.strips.count):
            strip = layer.strips.narrow[i]
            shape = layer.height, strip.rows, strip.columns
            gather(errors, layer.packed + strip.units, shape, errors, error + strip.x, layer.row)
        for k in range(table[layer.first + m], table[layer.first + m + 1]):
            n = table[layer.source + k]
            for x in range(0, layer.strips.whole, LANES):
                y = 0
                while y < layer.height:
                    here, there = error + y * layer.row + x, below.start + n * below.size + y * below.row + x
                    y += _weights(layer.height - y, sums, errors, here, layer.row, seen, there, below.row)
            for i in range(layer.strips.count):
                strip = layer.strips.narrow[i]
                here, there = layer.packed + strip.units, layer.packed + n * layer.strips.windows + strip.windows
                y = 0
                while y < strip.rows:
                    y += _weights_packed(
                        strip.rows - y, sums, errors, here + y * LANES, LANES, seen, there + y * PACKED_ROW, PACKED_ROW
                    )
            _add_totals(gradient, layer.weight + KERNEL * KERNEL * k, sums)
