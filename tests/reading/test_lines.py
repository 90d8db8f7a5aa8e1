"""Is an unsure line looked at again, and do the looks say together what it reads?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.pictures.ink import find_ink
from lenet5.reading import Reader, Reading
from lenet5.reading.answers import Calibration
from lenet5.reading.fields import LineField
from lenet5.reading.graph import Geometry
from lenet5.reading.lines import line_field
from lenet5.reading.place import Place


def field_of(text: str, seed: int) -> LineField:
    picture, _ = drawn.line(text, np.random.default_rng(seed), size=36, gap=0.1, look=Look(noise=2, blur=0.6))
    return line_field(find_ink(picture).ink, Place.scaled(picture.shape, 1.0), Geometry())


def read(text: str, confidence: float) -> Reading:
    return Reading(text, confidence, (0, 0, 9, 9), confidence < 0.7, "unsure" if confidence < 0.7 else "", ())


def test_further_looks_see_bolder_strokes_in_the_same_place() -> None:
    first = field_of("30846", 1)
    inked = sum(piece.area for piece in first.line.pieces)
    for look in (look() for look in first.looks):
        assert sum(piece.area for piece in look.line.pieces) > 1.05 * inked
        assert look.line.slant != pytest.approx(first.line.slant)
        far = np.abs(np.array(look.place.box((0, 0, *look.line.ink.shape[::-1]))) - first.box)
        assert far.max() <= 0.3 * first.line.ink.shape[0]


def test_a_sure_line_and_one_of_nothing_are_looked_at_once() -> None:
    field = field_of("275", 2)
    assert field.again([read("275", 0.95)]) is None
    assert field.again([read("", 0.0)]) is None


def test_looks_go_on_until_two_agree_or_there_is_none() -> None:
    field = field_of("275", 2)
    assert isinstance(field.again([read("276", 0.6)]), LineField)
    assert field.again([read("276", 0.6), read("276", 0.7)]) is None
    assert isinstance(field.again([read("276", 0.6), read("275", 0.8)]), LineField)
    assert field.again([read("276", 0.6), read("275", 0.8), read("278", 0.5)]) is None


def test_the_text_that_looks_are_surest_of_together_is_told_as_sure_as_they_are_on_the_mean() -> None:
    field = field_of("275", 2)
    answer = field.settled([read("276", 0.8), read("275", 0.6), read("275", 0.7)], Calibration(accept=0.4))
    assert (answer.text, answer.rejected) == ("275", False)
    assert answer.confidence == pytest.approx(1.3 / 3)
    assert field.settled([read("276", 0.8), read("275", 0.85)], Calibration(accept=0.7)).rejected


def test_a_line_that_is_right_more_often_than_it_seems_is_given() -> None:
    field, looks = field_of("275", 2), [read("275", 0.6), read("275", 0.6)]
    unsure = field.settled(looks, Calibration(accept=0.7))
    given = field.settled(looks, Calibration(accept=0.7, odds=(1.0, 1.0)))
    assert (unsure.rejected, unsure.reason, given.rejected, given.reason) == (True, "unsure", False, "")
    assert given.confidence == pytest.approx(1 / (1 + math.exp(-1) * 0.4 / 0.6))


def test_a_reader_that_looks_again_shows_it(tmp_path) -> None:
    reader = Reader()
    plain, shown = Reader(calibration=replace(reader.calibration, odds=(1.0, 0.0))), set()
    for seed in range(8):
        picture, _ = drawn.line("90751", np.random.default_rng(seed), size=30, gap=-0.1, look=Look(noise=4, blur=0.8))
        first = replace(reader.fields(picture, "line")[0], looks=())
        steps = set(reader.explain(picture, "line"))
        assert ("second look" in steps) == (0.01 <= plain.answer([first])[0].confidence < 0.9)
        shown |= steps
    assert "second look" in shown
