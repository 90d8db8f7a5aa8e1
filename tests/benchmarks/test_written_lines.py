"""Do the fitted odds make right lines likely, and does no kind give more wrong ones than it may?"""

from __future__ import annotations

import numpy as np
import pytest
from written_lines import WRONG, chosen, fitted

from lenet5.reading import Reading


def lines(rng: np.random.Generator, count: int, wrong: float) -> list[tuple[str, Reading]]:
    """Readings of "7" with any confidence, of which so many among the surest are wrong, and others the less sure."""
    sure = rng.random(count)
    right = rng.random(count) < sure * (1 - wrong)
    readings = [Reading("7", p, (0, 0, 1, 1), False, "", ()) for p in sure.tolist()]
    return list(zip(np.where(right, "7", "1").tolist(), readings, strict=True))


def test_odds_that_were_changed_are_found_again() -> None:
    rng = np.random.default_rng(3)
    told = rng.normal(0, 2, 20000)
    right = rng.random(len(told)) < 1 / (1 + np.exp(-(0.7 * told - 0.4)))
    assert fitted(told, right) == pytest.approx((0.7, -0.4), abs=0.06)


def test_the_worst_kind_decides_what_is_given() -> None:
    rng = np.random.default_rng(4)
    kinds = [lines(rng, 400, 0.0), lines(rng, 400, 0.4)]
    found = chosen(kinds)

    def most(level: float) -> float:
        given = [[r.text != text and found.of_line(r.confidence) >= level for text, r in kind] for kind in kinds]
        return max(np.mean(kind) for kind in given)

    assert most(found.accept) <= WRONG < most(found.accept - 0.05)
