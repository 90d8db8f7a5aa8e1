"""Pictures held out by writer: nobody whose hand was learned from is judged on.

A network that has seen a writer's other digits reads this one more easily, so a part held out at random makes
every choice look better than it is. Here whole writers are held out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from lenet5.datasets.dataset import Dataset
from lenet5.errors import DataError

if TYPE_CHECKING:
    from lenet5.datasets.strokes import Strokes

__all__ = ["split_by_writer"]

Written = TypeVar("Written", Dataset, "Strokes")


def split_by_writer(dataset: Written, held_out: float = 1 / 6, *, seed: int = 0) -> tuple[Written, Written]:
    """(pictures to learn from, pictures held out), no writer in both; each in the order of `dataset`.

    held_out: how many pictures to hold out, as a number of them (an int) or a share (a float under 1);
        it is met to within the pictures of one writer.
    seed: of the order in which the writers are dealt out. Same seed, same parts.

    Without `writers` every picture stands for itself, and the names of the parts say that they are random.
    Raises DataError for a share that leaves nothing on one side.
    """
    total = len(dataset)
    size = held_out if isinstance(held_out, int | np.integer) else held_out * total
    if not 1 <= size < total:
        raise DataError(
            f"{dataset.name}: {held_out} to hold out of {total:,} pictures; "
            f"expected a number from 1 to {total - 1:,}, or a share under 1 with at least one picture in it"
        )
    writers, kind = dataset.writers, "of other writers"
    if writers is None:
        writers, kind = np.arange(total), "at random"
    _, writer, pictures = np.unique(writers, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(pictures))
    # The writers' pictures make one long row; a writer is held out whose first one lies in its beginning.
    first = np.empty(len(pictures))
    first[order] = np.cumsum(pictures[order]) - pictures[order]
    out = (first + 1e-9 < size)[writer]  # (N,)
    if not out.any() or out.all():
        raise DataError(
            f"{dataset.name}: its {len(pictures)} writers cannot be parted so that about {size:.0f} of {total:,} "
            f"pictures are held out; hold out another number"
        )
    held = dataset.take(np.flatnonzero(out), f"{dataset.name}, held out {kind}")
    return dataset.take(np.flatnonzero(~out)), held
