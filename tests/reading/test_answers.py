"""Penalties become probabilities by eq. 9, and a calibration says from where on an answer is given."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.errors import ReadingError
from lenet5.files import PACKAGE
from lenet5.reading.answers import Calibration, character, mean_penalties
from lenet5.reading.graph import Costs
from lenet5.reading.reader import Reader

BOX = (1, 2, 3, 4)
CLASSES = tuple("0123")


def one(*penalties: float) -> np.ndarray:
    return np.array([penalties], np.float32)


def test_the_posterior_of_equation_9() -> None:
    (found,) = Calibration(rubbish=3.0).probabilities(one(1, 2, 5))
    weights = np.exp([-1.0, -2.0, -5.0, -3.0])  # e^−y of each class, and e^−j of none
    np.testing.assert_allclose(found, weights / weights.sum(), rtol=1e-6)


def test_without_a_rubbish_class_none_is_impossible() -> None:
    (found,) = Calibration().probabilities(one(1, 2))
    assert found[-1] == 0.0
    assert found.sum() == pytest.approx(1.0)


def test_a_temperature_makes_less_sure_and_keeps_the_order() -> None:
    (cold,), (warm,) = (Calibration(temperature=t).probabilities(one(0, 3, 9)) for t in (1.0, 4.0))
    assert warm[0] < cold[0]
    assert (np.argsort(warm) == np.argsort(cold)).all()
    assert math.log(warm[0] / warm[1]) == pytest.approx(math.log(cold[0] / cold[1]) / 4)


def test_penalties_of_hundreds_do_not_run_over() -> None:
    (found,) = Calibration(rubbish=900.0).probabilities(one(800, 900, 1e4))
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(1.0)


def test_the_odds_of_a_line_are_put_right() -> None:
    given = (0.0, 0.2, 0.5, 0.9, 1.0)
    assert [Calibration().of_line(c) for c in given] == list(given)
    put_right = [Calibration(odds=(0.5, 1.0)).of_line(c) for c in given]
    assert put_right == sorted(put_right)
    assert put_right[2] == pytest.approx(1 / (1 + math.exp(-1)))
    assert put_right[3] == pytest.approx(1 / (1 + math.exp(-1) / 3))
    assert 0 == put_right[0] < put_right[1] < put_right[-1] < 1


@pytest.mark.parametrize(
    ("probabilities", "reason"),
    [((0.9, 0.05, 0.05), ""), ((0.45, 0.3, 0.25), "unsure"), ((0.2, 0.3, 0.5), "not a digit")],
)
def test_why_an_answer_is_not_given(probabilities: tuple[float, ...], reason: str) -> None:
    assert Calibration(accept=0.5).reason(np.array(probabilities)) == reason


def test_candidates_of_a_line_are_weighed_by_numbers_of_their_own() -> None:
    assert Calibration(2.0, 3.0, 0.7).on_path() == Calibration(2.0, 3.0, 0.7)
    assert Calibration(2.0, 3.0, 0.7, on_paths=(0.0, 5.0)).on_path() == Calibration(0.0, 5.0)


def test_a_character_is_the_likeliest_class_and_tells_the_others() -> None:
    found = character(np.array([0.02, 0.7, 0.2, 0.075, 0.005]), CLASSES, BOX, "")
    assert (found.text, found.confidence, found.box, found.reason) == ("1", 0.7, BOX, "")
    assert found.alternatives == (("2", 0.2), ("3", 0.075), ("0", 0.02))


def test_a_character_may_be_what_the_line_says() -> None:
    found = character(np.array([0.1, 0.6, 0.3, 0.0, 0.0]), CLASSES, BOX, "", read=2)
    assert (found.text, found.confidence) == ("2", 0.3)
    assert found.alternatives[0] == ("1", 0.6)


def test_what_is_no_digit_has_no_text_but_candidates() -> None:
    found = character(np.array([0.1, 0.2, 0.0, 0.0, 0.7]), CLASSES, BOX, "not a digit")
    assert found.text == ""
    assert found.alternatives == (("1", 0.2), ("0", 0.1))


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({"temperature": 0.0}, "temperature 0.0; expected a number from"),
        ({"temperature": 1e-320}, "temperature 1e-320"),
        ({"accept": 1.5}, "accept 1.5.*0 to 1"),
        ({"rubbish": "much"}, "expected a number"),
        ({"rubbish": math.nan}, "rubbish nan"),
        ({"on_paths": [1.0]}, "on_paths .*expected 2 numbers"),
        ({"on_paths": [1.0, 0.0]}, "temperature 0.0"),
        ({"on_paths": [10**400, 1.0]}, "on_paths"),
        ({"odds": [1.0]}, "expected 2 numbers from"),
        ({"odds": [math.nan, 0.0]}, "odds"),
        ({"odds": [-1e9, -1e9]}, "odds"),
        ({"powers": [1.0, 1.0]}, "expected 5 numbers from 0"),
        ({"costs": {"word": -1.0}}, "cost word -1.0; expected a number from 0 to"),
        ({"costs": {"word": 1e308}}, "cost word 1e.308"),
        ({"costs": {"space": 1.0}}, "calibration .* is none"),
        ({"warmth": 1.0}, "calibration .* is none"),
    ],
)
def test_a_calibration_that_is_none_is_refused(held: dict[str, object], message: str) -> None:
    with pytest.raises(ReadingError, match=message):
        Calibration.of({"reading": held})


def test_with_costs_as_large_as_may_be_a_line_is_read() -> None:
    costs = Costs(**{**dict.fromkeys(vars(Costs()), 500.0), "word": 20.0, "place": 20.0})
    most = Calibration(rubbish=1e6, costs=costs)
    line = PACKAGE / "samples" / "line_2746.png"
    assert all(0 <= one.confidence <= 1 for one in Reader(calibration=most).read(line, "line"))


def test_a_calibration_is_kept_as_json_and_found_again() -> None:
    one = Calibration(2.0, 3.0, 0.7, powers=(1.0, 2.0, 3.0, 0.0, 0.5), costs=Costs(digit=1.0))
    found = Calibration.of({"reading": json.loads(json.dumps(one.to_dict()))})
    assert found.to_dict() == one.to_dict() | {"odds": [1.0, 0.0], "powers": [1.0, 2.0, 3.0, 0.0, 0.5]}
    assert found.costs == one.costs


def test_a_file_without_calibration_changes_nothing() -> None:
    assert Calibration.of({}) == Calibration()


def test_what_is_plainly_none_is_not_asked_of_every_member() -> None:
    reader = Reader()
    members, none = reader.network.members, len(reader.classes)
    digits, noise = drawn.digits(20, 1).images, np.random.default_rng(0).integers(0, 255, (20, 28, 28), np.uint8)
    images, asked = np.concatenate([digits, noise]), []

    class Counted:
        def __init__(self, member: Any) -> None:
            self.member = member

        def penalties(self, some: np.ndarray) -> np.ndarray:
            asked.append(len(some))
            return self.member.penalties(some)

    told = mean_penalties([Counted(m) for m in members], images, none, reader.calibration)
    every = np.mean([m.penalties(images) for m in members], axis=0)
    every = np.delete(every, none, axis=1) - every[:, [none]]
    assert asked[:2] == [40] * 2
    assert set(asked[2:]) == {asked[2]}
    assert 15 <= asked[2] <= 25
    np.testing.assert_allclose(told[:20], every[:20], atol=1e-3)
    likely, all_likely = (reader.calibration.on_path().probabilities(p)[20:, -1] for p in (told, every))
    assert min(likely.min(), all_likely.min()) > 0.9
