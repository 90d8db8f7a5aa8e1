"""Are the measures of the reader what they are called?"""

from __future__ import annotations

from lenet5.reading.school.evaluate import distance


def test_the_measures_measure() -> None:
    assert distance("1234", "1234") == 0
    assert distance("124", "1234") == 1
    assert distance("", "12") == 2
