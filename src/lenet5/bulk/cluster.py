"""Reading of shards on a cluster, by Ray Data: actors with one processor, one thread and a reader each.

Every node must find input and output under the same path. An actor commits the parts of the shards that it read.
So nothing changes where an actor is lost, or where a shard is read twice.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from lenet5.bulk.parts import Counts
from lenet5.bulk.sources import Shard
from lenet5.bulk.worker import Task, Worker
from lenet5.errors import ReadingError, extra


class _Actor:
    """A worker as Ray Data calls it: a row for each shard in, a row of counts out.

    The task comes with every row, not with the actor, so that Ray can start a lost actor anew.
    """

    def __init__(self) -> None:
        os.environ["LENET5_THREADS"] = "1"  # this actor's own process
        self._worker: Worker | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        task, shard = pickle.loads(row["what"])
        self._worker = self._worker or Worker(task)
        counts = self._worker.read(shard)
        return {"number": shard.number, **asdict(counts)}


def run(task: Task, shards: Iterator[Shard], workers: int) -> Iterator[tuple[Shard, Counts]]:
    """Read the shards; yield each when its part is committed. Raises MissingExtraError without Ray."""
    with extra("ray", "ray"):
        import ray
        import ray.data
    if not ray.is_initialized():
        try:
            ray.init(log_to_driver=False, configure_logging=False)
        except (OSError, RuntimeError, ValueError) as error:  # as Ray says that a cluster is not there, or not right
            address = os.environ.get("RAY_ADDRESS")
            where = f"RAY_ADDRESS is {address!r}" if address else "no cluster was named"
            raise ReadingError(f"Ray cannot be reached: {error} ({where}; ray start makes a cluster)") from error
    waiting = {shard.number: shard for shard in shards}
    if not waiting:
        return
    # One block for each shard, so that every shard is a task of its own; their descriptions weigh little.
    given = [{"what": pickle.dumps((task, shard))} for shard in waiting.values()]
    rows = ray.data.from_items(given, override_num_blocks=len(given))
    pool = ray.data.ActorPoolStrategy(size=workers)
    for row in rows.map(_Actor, num_cpus=1, compute=pool).iter_rows():
        yield waiting.pop(int(row["number"])), Counts.of(row)
