"""The multiply-adds that the processor can do in a second, measured on vectors that never leave the registers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import types

from lenet5.machine.lanes import LANES, Emit, tile
from lenet5.machine.native import Kernel

_SUMS = 12  # more than two units' latency of four cycles, fewer than the registers
_ROUNDS = 200_000
PRODUCTS = _SUMS * LANES * _ROUNDS  # of one thread in one call


def _multiply_add(emit: Emit, out: Any, count: Any) -> None:
    """out (_SUMS·LANES) = out·½ + ½, `count` times over."""
    half = emit.broadcast(out, _SUMS * LANES)  # read at run time, or LLVM would know the answer
    sums = emit.cells(_SUMS)
    with emit.loop(count):
        for cell in sums:
            emit.builder.store(emit.fma(emit.builder.load(cell), half, half), cell)
    for k, cell in enumerate(sums):
        emit.store(emit.builder.load(cell), out, k * LANES)


_multiply_adds = tile(types.void, _multiply_add)


def _spin(out, count):
    _multiply_adds(out, count)


def peak(threads: int) -> Callable[[], object]:
    """A call in which each of so many threads does PRODUCTS multiply-adds."""
    spin = Kernel(__name__, "_spin")
    rooms = [np.full((_SUMS + 1) * LANES, 0.5, np.float32) for _ in range(threads)]
    if threads == 1:
        return lambda: spin(rooms[0], _ROUNDS)
    pool = ThreadPoolExecutor(threads)
    return lambda: list(pool.map(lambda room: spin(room, _ROUNDS), rooms))
