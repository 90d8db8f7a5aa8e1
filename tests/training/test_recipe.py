"""Is a recipe the paper's, and is a senseless one refused?"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from lenet5.errors import TrainingError
from lenet5.training import RECIPES, Recipe, recipe
from lenet5.training.recipe import eta


def test_the_schedule_of_1998_is_the_published_one() -> None:
    literal = recipe("1998-literal")
    found = [eta(literal, pass_) for pass_ in range(20)]
    assert found == [5e-4] * 2 + [2e-4] * 3 + [1e-4] * 3 + [5e-5] * 4 + [1e-5] * 8
    assert (literal.passes, literal.mu, literal.curvature_pictures) == (20, 0.02, 500)
    assert (literal.loss, literal.initialisation) == ("mse", "2.4/F")


def test_every_schedule_begins_with_the_step_and_none_rises() -> None:
    for schedule in ("1998", "cosine", "constant"):
        chosen = Recipe(algorithm="adam", schedule=schedule, step=0.003, passes=15)
        steps = [eta(chosen, pass_, part) for pass_ in range(15) for part in (0.0, 0.5)]
        assert steps[0] == pytest.approx(0.003)
        assert all(later <= earlier for earlier, later in pairwise(steps))
    assert eta(Recipe(schedule="cosine", passes=15), 15) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"passes": 0},
        {"batch": -1},
        {"step": 0.0},
        {"step": float("nan")},
        {"step": float("inf")},
        {"mu": -0.02},
        {"j": 0.0},
        {"fade": 1.5},
        {"average": -0.1},
        {"decay": -1.0},
        {"loss": "hinge"},
        {"algorithm": "lbfgs"},
        {"schedule": "step"},
        {"initialisation": "he"},
        {"distortion": "wild"},
        {"gain": float("nan")},
        {"coefficient": float("nan")},
        {"strength": 0.0},
        {"trust": 1.1},
        {"versions": 0},
        {"decay": float("nan")},
        {"j": float("nan")},
        {"passes": 1.5},
        {"passes": "3"},
        {"batch": True},
        {"step": "a"},
        {"decay": float("inf")},
    ],
    ids=str,
)
def test_a_value_out_of_its_range_is_named_with_what_was_expected(change: dict[str, Any]) -> None:
    ((name, value),) = change.items()
    with pytest.raises(TrainingError, match=f"{name} is {value!r}; expected"):
        replace(Recipe(), **change)


def test_what_a_teacher_was_asked_about_does_not_fade() -> None:
    with pytest.raises(TrainingError, match=r"fade is 0\.1; expected 0 with a teacher"):
        replace(recipe("best"), fade=0.1)


def test_an_unknown_recipe_says_which_there_are() -> None:
    with pytest.raises(TrainingError, match="no recipe '1989'; expected one of 1998"):
        recipe("1989")
    assert set(RECIPES) >= {"1998", "1998-distorted", "1998-literal", "plain"}
