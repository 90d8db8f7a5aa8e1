"""Are those characters answered that are asked for, and no others?"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5.datasets import drawn
from lenet5.errors import ReadingError
from lenet5.loading import load
from lenet5.reading import Calibration, Reader
from lenet5.reading.alphabet import NAMED, Alphabet, characters_of


@pytest.mark.parametrize(
    ("asked", "some", "none"),
    [
        ("digits", "09", "a"),
        ("capitals", "AZ", "a1"),
        ("letters", "aZ", "1-"),
        ("alphanumeric", "a9Z", "-"),
        ("-/", "-/", "1"),
    ],
)
def test_characters_have_names_or_are_named_one_by_one(asked: str, some: str, none: str) -> None:
    characters = characters_of(asked)
    assert set(some) <= set(characters)
    assert not set(none) & set(characters)
    assert len(NAMED["ascii"]) == 94


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("", "expected one of digits"),
        ("1231", "'1' more than once"),
        ("dgits", "a name with a mistake"),
        ("Digits", "a name with a mistake"),
        ("0-9", "like a range"),
        ("A-Z0123456789", "like a range"),
        ("12 3", "' ' is not printable"),
        ("12é", "'é'"),
    ],
)
def test_what_names_no_characters_is_refused(asked: str, told: str) -> None:
    with pytest.raises(ReadingError, match=told):
        Reader(characters=asked)


class Says:
    """A reader that always says the same: how likely each class is, and last none of them."""

    def __init__(self, classes: str, *likely: float) -> None:
        self.classes, self._likely = tuple(classes), np.array(likely)
        self.calibration = Calibration(rubbish=0.0)

    def penalties(self, images: Any) -> NDArray[np.float32]:
        return np.tile(-np.log(self._likely[:-1] / self._likely[-1]), (len(images), 1)).astype(np.float32)


PICTURE = np.zeros((1, 28, 28), np.uint8)


def likely(alphabet: Alphabet) -> dict[str, float]:
    return dict(zip(alphabet.classes, np.exp(-alphabet.penalties(PICTURE)[0]).tolist(), strict=True))


def test_what_was_not_asked_for_is_none() -> None:
    told = likely(Alphabet("AB", Says("ABC", 0.02, 0.01, 0.95, 0.02)))
    assert max(told, key=lambda c: told[c]) == " "
    alike = likely(Alphabet("AB", Says("ABC", 0.45, 0.01, 0.52, 0.02)))  # it may be both, and one was asked for
    assert max(alike, key=lambda c: alike[c]) == "A"


def test_who_knows_digits_better_says_which_it_is_and_whether() -> None:
    every = Says("01AO", 0.2, 0.3, 0.2, 0.25, 0.05)
    digit = likely(Alphabet("01A", every, Says("01", 0.97, 0.02, 0.01)))
    assert max(digit, key=lambda c: digit[c]) == "0"
    assert digit["1"] < 0.1
    letter = likely(Alphabet("01A", every, Says("01", 0.01, 0.01, 0.98)))
    assert max(letter, key=lambda c: letter[c]) == "A"
    # An O is a nought to who knows digits alone: it has no say about that.
    nought = likely(Alphabet("01AO", every, Says("01", 0.97, 0.02, 0.01)))
    assert nought["O"] > 0.15


def test_digits_alone_are_read_as_ever() -> None:
    pictures = drawn.digits(40, 5).images
    usual, asked = Reader(), Reader(characters="digits")
    assert type(asked.network) is type(usual.network)
    assert [r.to_dict() for r in usual.read_many(pictures)] == [r.to_dict() for r in asked.read_many(pictures)]


def test_a_part_of_the_digits_is_read_and_the_others_are_none() -> None:
    digits = drawn.digits(60, 5)
    readings = Reader(characters="01234").read_many(digits.images)
    right = [r.text == str(k) for r, k in zip(readings, digits.labels, strict=True) if k < 5]
    none = [not r.text for r, k in zip(readings, digits.labels, strict=True) if k >= 5]
    assert np.mean(right) > 0.8
    assert np.mean(none) > 0.8


def test_a_network_that_does_not_know_a_character_is_refused() -> None:
    with pytest.raises(ReadingError, match=r"knows no '%'"):
        Reader(Alphabet("AB", Says("ABC", 0.1, 0.1, 0.1, 0.7)), characters="AB%")


def line(text: str) -> NDArray[np.uint8]:
    paper = np.full((120, 50 * len(text) + 80), 235, np.uint8)
    cv2.putText(paper, text, (40, 85), cv2.FONT_HERSHEY_SIMPLEX, 2.2, 40, 5, cv2.LINE_AA)
    return paper


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("12.5", "0123456789.,-"),
        ("-34", "0123456789.-"),
        ("7:45", "0123456789:"),
        ("84:21:36", "0123456789:"),
        ("3/78", "0123456789/"),
        ("K2697", "alphanumeric"),
        ("HAMBURG", "capitals"),
    ],
)
def test_lines_with_letters_and_signs_are_read(text: str, characters: str) -> None:
    (reading,) = Reader(characters=characters).read(line(text), layout="line")
    assert reading.text == text
    assert "".join(c.text for c in reading.characters) == text


@pytest.mark.parametrize(
    ("text", "characters"), [("3.62", "0123456789.-"), ("-72", "0123456789.-"), ("5-8", "0123456789-/")]
)
def test_points_and_hyphens_are_kept_in_most_hands(text: str, characters: str) -> None:
    reader = Reader(characters=characters)
    lines = [drawn.line(text, np.random.default_rng(seed), gap=0.2)[0] for seed in range(8)]
    read = [r.text for r in reader.read_many(lines, layout="line")]
    assert read.count(text) >= 6, read


def test_a_separator_that_is_not_asked_for_stands_in_the_characters_only() -> None:
    (reading,) = Reader(characters="0123456789/").read(line("12.5"), layout="line")
    assert reading.text == "125"
    assert "." in [c.text for c in reading.characters]


def test_the_network_of_every_character_answers_alone_too() -> None:
    network = load("lenet5-ascii")
    assert network.architecture.parameters() == 60_000
    assert len(network.classes) == 95
    (reading,) = Reader(network, characters="capitals").read(line("B")[:, :150], layout="digit")
    assert reading.text == "B"


def test_the_network_of_every_character_reads_lines_by_its_own_costs_whether_asked_or_not() -> None:
    usual, asked = Reader("lenet5-ascii"), Reader("lenet5-ascii", characters="ascii")
    assert usual.geometry == asked.geometry == Reader(characters="12ab").geometry
    assert usual.geometry.place > 0
    assert Reader().geometry.place == 0
    assert Reader(characters="123").geometry.costs == Reader().geometry.costs
    (reading,) = usual.read(line("HAM"), layout="line")
    assert reading.text == "HAM"
