"""Work is shared out to threads, and keeps its order, also where a thread's own work is shared out once more."""

from __future__ import annotations

import time

import pytest

from lenet5.errors import LeNetError
from lenet5.machine import threads


@pytest.mark.parametrize("count", ["1", "2", "3"])
def test_a_thread_of_the_pool_shares_out_its_own_work_itself(monkeypatch: pytest.MonkeyPatch, count: str) -> None:
    """The caller's thread works too, and a thread that waited for its own pool's threads could wait for ever."""
    monkeypatch.setenv("LENET5_THREADS", count)

    def row(y: int) -> list[int]:
        return threads.run(lambda x: 10 * y + x, range(5))

    assert threads.run(row, range(7)) == [[10 * y + x for x in range(5)] for y in range(7)]


@pytest.mark.parametrize("failing", [0, 1])
def test_what_fails_is_raised_and_what_is_left_is_not_begun(monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    monkeypatch.setenv("LENET5_THREADS", "2")
    begun = []

    def look(number: int) -> None:
        begun.append(number)
        if number == failing:
            raise LeNetError(f"number {number}")
        time.sleep(0.01)

    with pytest.raises(LeNetError, match=f"number {failing}"):
        threads.run(look, range(100))
    assert len(begun) < 50
    assert threads.run(abs, range(-5, 0)) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("text", ["0", "-1", "two", ""])
def test_a_number_of_threads_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LENET5_THREADS", text)
    with pytest.raises(LeNetError, match="expected a whole number"):
        threads.threads()
