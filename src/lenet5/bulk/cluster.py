"""How are shards read on a cluster? By Ray Data: a pool of actors, each with one processor, one thread and a reader.

Input and output lie where every node finds them under the same path. A shard's part is committed by the actor that
read it, so that an actor that is lost, or read a shard twice, changes nothing.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from typing import Any

from lenet5.bulk.parts import Counts
from lenet5.bulk.sources import Shard
from lenet5.bulk.worker import Task, Worker
from lenet5.errors import MissingExtraError

__all__ = ["run"]


class _Actor:
    """A worker as Ray Data calls it: rows of one column in, rows of one column out."""

    def __init__(self, task: Task) -> None:
        os.environ["LENET5_THREADS"] = "1"  # this actor's own process
        self._worker = Worker(task)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        shard: Shard = pickle.loads(row["shard"])
        counts = self._worker.read(shard)
        return {"number": shard.number, "pictures": counts.pictures, "failed": counts.failed}


def run(task: Task, shards: Iterator[Shard], workers: int) -> Iterator[tuple[Shard, Counts]]:
    """Read the shards and tell of each when its part is committed. Raises MissingExtraError without Ray."""
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise MissingExtraError("ray", "ray") from error
    if not ray.is_initialized():
        ray.init(log_to_driver=False, configure_logging=False)
    waiting = {shard.number: shard for shard in shards}
    if not waiting:
        return
    # One block for each shard: what is to be read weighs little, and every shard is a task of its own.
    rows = ray.data.from_items([{"shard": pickle.dumps(s)} for s in waiting.values()], override_num_blocks=len(waiting))
    pool = ray.data.ActorPoolStrategy(size=workers)
    read = rows.map(_Actor, fn_constructor_args=(task,), num_cpus=1, compute=pool)
    for row in read.iter_rows():
        yield waiting.pop(int(row["number"])), Counts(int(row["pictures"]), int(row["failed"]))
