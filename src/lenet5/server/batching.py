"""Batching: items that arrive while one batch is in work make the next batch.

No item waits for a batch to fill: an idle server reads a single picture at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from anyio.to_thread import run_sync


class Batcher:
    """Calls `work` on a thread with lists of at most `most` items, one list at a time. For one event loop."""

    def __init__(self, work: Callable[[list[Any]], Sequence[Any]], most: int = 64) -> None:
        self._work, self._most = work, most
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        self.batches = self.items = 0

    async def __call__(self, item: Any) -> Any:
        """The answer of `work` for this item. Raises what `work` raises."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self.batches, self.items = self.batches + 1, self.items + len(batch)
            try:
                answers = await run_sync(self._work, [item for item, _ in batch])
                for (_, future), answer in zip(batch, answers, strict=True):
                    if not future.done():  # its client may have gone
                        future.set_result(answer)
            except BaseException as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                if not isinstance(error, Exception):
                    raise
