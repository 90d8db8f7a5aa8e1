"""The kernels that Python calls, and the arrays that they work in. Nothing here imports the compiler."""

from __future__ import annotations

from typing import Any

import numpy as np

from lenet5.architecture import SIDE
from lenet5.kernels.plan import Plan, multiples, zeros
from lenet5.machine.native import LANES, Kernel

forward_many = Kernel("lenet5.kernels.single", "forward_many")
gradient_of = Kernel("lenet5.kernels.single", "gradient_of")
curvature_of = Kernel("lenet5.kernels.single", "curvature_of")
online = Kernel("lenet5.kernels.single", "online")
bulk = Kernel("lenet5.kernels.bulk", "bulk")
block_gradient = Kernel("lenet5.kernels.batch", "block_gradient")
mean, adam, muon, follow = (Kernel("lenet5.kernels.update", name) for name in ("mean", "adam", "muon", "follow"))
distort, transform = (Kernel("lenet5.kernels.distortion", name) for name in ("distort", "transform"))
draw = Kernel("lenet5.kernels.strokes", "draw")

FEW = 3 * LANES // 2  # from so many pictures on, `bulk` is quicker
GROUP = 4 if LANES == 16 else 2  # blocks of `bulk` whose C5, F6 and OUTPUT are computed together
PICTURES = WIDE = GROUP * LANES  # in these, and floats in a row of theirs
NODES = 16  # of the grid that bends a picture, along each side, at most
# What `distort` draws from.
_NAMES = "log_smallest log_largest log_squeeze shear shift rotation elastic spacing thickness noise original baseline"
RANGES = np.dtype([(name, np.float32) for name in _NAMES.split()])


def maps_room(plan: Plan) -> np.ndarray:
    """The maps of one picture."""
    return zeros(int(plan["floats"]))


def single_room(plan: Plan) -> tuple[np.ndarray, ...]:
    """The arrays that one thread works in, picture by picture: maps, their squares, errors, sums of a gradient."""
    return (*(maps_room(plan) for _ in range(3)), zeros(25 * LANES))


def bulk_room(plan: Plan) -> tuple[np.ndarray, ...]:
    """The arrays that `bulk` works in, for one thread: a block of pictures, S2, S4, C5, F6 and OUTPUT of each."""
    block, s2 = (_units(plan[name]) * LANES for name in ("input", "s2"))
    wide = plan["c5"]["inputs"], *(plan[name]["units"] for name in ("c5", "f6", "output"))
    # A tile at the end of a row may look past it.
    return tuple(zeros(int(size) + 16 * LANES) for size in (block, s2, *(count * WIDE for count in wide)))


def batch_room(plan: Plan) -> tuple[tuple[np.ndarray, ...], ...]:
    """The arrays that `block_gradient` works in, for one thread: units, errors, units turned, and for the answers."""
    block, c1, s2, c3, s4 = (_units(plan[name]) for name in ("input", "c1", "s2", "c3", "s4"))
    c5, f6, output = (plan[name] for name in ("c5", "f6", "output"))
    rooms = (
        [block, c1, s2, c3, s4, c5["units"], f6["units"]],
        [s2, s4, c5["units"], f6["units"]],
        [c5["row"], f6["row"], output["row"], output["row"]],
    )
    scratch = tuple(zeros(int(output["units"]) + 16) for _ in range(3))
    return (*(tuple(zeros(int(size) * LANES + 16 * LANES) for size in sizes) for sizes in rooms), scratch)


def _units(layer: Any) -> int:
    return int(layer["maps"] * layer["height"] * layer["width"])


def muon_room(rows: int, columns: int) -> tuple[np.ndarray, ...]:
    """What `muon` needs for a matrix of this shape: X and what replaces it, Xᵀ, A and A²."""
    short, long = min(rows, columns), max(rows, columns)
    shapes = [(short, long), (short, long), (long, short), (short, short), (short, short)]
    # An odd number of lines of the cache to a row, or the rows of a column would share few places in it.
    return tuple(np.zeros((height, multiples(width, 32) + 16), np.float32) for height, width in shapes)


def distortion_room() -> tuple[Any, ...]:
    """What changes of digits need for one at work: padded, flat and square, its bends, randomness, the grid."""
    shapes = (2, NODES, NODES), (NODES, SIDE), (NODES, SIDE), (NODES,), (2, SIDE, SIDE)
    nodes, across, down, line, bends = (np.zeros(shape, np.float32) for shape in shapes)
    grid = nodes, across, down, np.zeros(SIDE, np.int64), line
    padded = np.zeros(SIDE * SIDE, np.float32)
    return padded, padded.reshape(SIDE, SIDE), bends, np.zeros(1, np.uint64), grid
