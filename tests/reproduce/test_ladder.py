"""Does the ladder climb one change at a time, and name the command that remakes each rung?"""

from __future__ import annotations

from pathlib import Path

from lenet5.reproduce import ladder, pool
from lenet5.reproduce.plan import Plan
from lenet5.training import RECIPES


def test_it_climbs_from_the_recipe_of_1998_to_the_best_one_and_no_rung_stands_twice() -> None:
    recipes = [rung.recipe for rung in ladder.RUNGS]
    assert recipes[0] == RECIPES["1998"]
    assert recipes[-1] == RECIPES["best"]
    assert len(set(recipes)) == len(recipes)


def test_a_rung_tells_its_spread_and_its_command(plan: Plan, work: Path) -> None:
    list(pool.run(ladder.jobs(plan, (1,)), work, processes=1))
    (row,) = ladder.summary(plan, (1,), work)
    assert row["test"]["n"] == plan.seeds
    assert row["diverged"] == 0
    assert row["command"] == "lenet5 reproduce ladder --rungs 1 --seeds 2"
