"""Many small requests become a few batches, and every request gets its own answer."""

from __future__ import annotations

import asyncio
import threading

import pytest

from lenet5.server.batching import Batcher
from server.expected import finished


def test_a_single_item_does_not_wait_for_others() -> None:
    async def one() -> int:
        return await Batcher(lambda items: [2 * item for item in items])(21)

    assert finished(one()) == 42


def test_what_arrives_during_a_batch_makes_the_next() -> None:
    begun, go_on, batches = threading.Event(), threading.Event(), []

    def work(items: list[int]) -> list[int]:
        batches.append(items)
        begun.set()
        assert go_on.wait(20)
        return [10 * item for item in items]

    async def several() -> list[int]:
        batcher = Batcher(work, most=3)
        first = asyncio.create_task(batcher(0))
        await asyncio.to_thread(begun.wait, 20)
        others = [asyncio.create_task(batcher(item)) for item in range(1, 6)]
        await asyncio.sleep(0)  # all of them are waiting now
        go_on.set()
        answers = await asyncio.gather(first, *others)
        assert (batcher.batches, batcher.items) == (3, 6)
        return answers

    assert finished(several()) == [0, 10, 20, 30, 40, 50]
    assert batches == [[0], [1, 2, 3], [4, 5]]


def test_an_error_reaches_all_of_its_batch_and_no_other() -> None:
    def work(items: list[int]) -> list[int]:
        if 1 in items:
            raise ValueError("no ones")
        return items

    async def several() -> list[object]:
        batcher = Batcher(work, most=2)
        return await asyncio.gather(*(batcher(item) for item in (0, 1, 2, 3)), return_exceptions=True)

    first, second, *others = finished(several())
    assert isinstance(first, ValueError)
    assert isinstance(second, ValueError)
    assert others == [2, 3]


def test_who_went_away_spoils_nothing() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(items: list[int]) -> list[int]:
        begun.set()
        assert go_on.wait(20)
        return items

    async def two() -> int:
        batcher = Batcher(work)
        gone = asyncio.create_task(batcher(1))
        await asyncio.to_thread(begun.wait, 20)
        stays = asyncio.create_task(batcher(2))
        gone.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert finished(two()) == 2
