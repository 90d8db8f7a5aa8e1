"""The choices that the paper leaves open, each changed alone and judged on held-out writers.

The test pictures are never read here. Differences are taken seed by seed: both networks get the same random numbers
for their first weights and the same order of pictures, so that most of the luck cancels.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lenet5.reproduce.jobs import Job
from lenet5.reproduce.plan import Plan
from lenet5.reproduce.statistics import spread
from lenet5.training import RECIPES, Recipe

PUBLISHED = "loss, at the published steps"
BASE = "1998"  # the recipe that each choice departs from


@dataclass(frozen=True)
class Choice:
    """One open question, an answer to it that the recipe of 1998 does not take, and what that changes."""

    question: str
    answer: str
    change: dict[str, Any]

    @property
    def recipe(self) -> Recipe:
        return replace(RECIPES[BASE], **self.change)

    @property
    def usual(self) -> str:
        """The answer that the recipe of 1998 takes."""
        value = getattr(RECIPES[BASE], next(iter(self.change)))
        return LOSSES.get(value, f"{value:g}" if isinstance(value, float) else str(value)).replace("sqrt(F)", "√F")


LOSSES = {"mse": "eq. 8", "map": "eq. 9", "cross_entropy": "eq. 9 without rubbish"}
_ANSWERS = (
    Choice("loss", LOSSES["mse"], {"loss": "mse"}),
    Choice("loss", LOSSES["cross_entropy"], {"loss": "cross_entropy"}),
    Choice("j in eq. 9", "0.1", {"j": 0.1}),
    Choice("j in eq. 9", "5", {"j": 5.0}),
    Choice("j in eq. 9", "10", {"j": 10.0}),
    Choice("j in eq. 9", "20", {"j": 20.0}),
    Choice("published step times", "0.05", {"step": 0.05}),
    Choice("published step times", "0.2", {"step": 0.2}),
    Choice("published step times", "1", {"step": 1.0}),
    Choice("first weights within", "2.4/√F", {"initialisation": "2.4/sqrt(F)"}),
    Choice("first weights within", "2.4/F, as published", {"initialisation": "2.4/F"}),
    Choice("first coefficients of S2 and S4", "0.25", {"coefficient": 0.25}),
    Choice("first coefficients of S2 and S4", "1", {"coefficient": 1.0}),
    Choice(PUBLISHED, "eq. 8", {"loss": "mse", "step": 1.0}),
    Choice(PUBLISHED, "eq. 8, 2.4/F: the paper to the letter", {"loss": "mse", "step": 1.0, "initialisation": "2.4/F"}),
)
CHOICES = tuple(choice for choice in _ANSWERS if choice.recipe != RECIPES[BASE])


def jobs(plan: Plan) -> list[Job]:
    """The recipe of 1998 and every departure from it, one seed of all before the next seed."""
    recipes = [RECIPES[BASE], *(choice.recipe for choice in CHOICES)]
    return [plan.job(how, seed, judge="writers") for seed in range(plan.seeds) for how in recipes]


def summary(plan: Plan, work: Path) -> dict[str, Any]:
    """{"base": …, "pictures", "held_out": how many, "choices": a row for each, in the order of CHOICES}.

    A row has `held_out` (percent), `difference` from the base in percent of the pictures, both over the seeds that did
    not diverge; `matters`, whether the interval of the difference leaves out 0 (None with a single seed); `diverged`,
    how many seeds did; and `steps`, the smallest and the largest of the first pass over the seeds.
    """
    base = _outcomes(plan, RECIPES[BASE], work)
    first = base[0]
    return {
        "base": {"recipe": RECIPES[BASE].to_dict(), **_row(base, base)},
        "pictures": first["pictures"],
        "held_out": first["judged"],
        "choices": [{**asdict(c), "usual": c.usual, **_row(_outcomes(plan, c.recipe, work), base)} for c in CHOICES],
    }


def _outcomes(plan: Plan, how: Recipe, work: Path) -> list[dict[str, Any]]:
    return [plan.job(how, seed, judge="writers").read(work)["training"] for seed in range(plan.seeds)]


def _row(outcomes: list[dict[str, Any]], base: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = [(_last(ours), _last(theirs)) for ours, theirs in zip(outcomes, base, strict=True)]
    ours = [own for own, _ in pairs if own is not None]
    differences = [own - other for own, other in pairs if own is not None and other is not None]
    difference = spread(differences) if differences else None
    begun = [o["records"][0] for o in outcomes if o["records"]]
    matters = None
    if difference is not None and difference["low"] is not None and difference["high"] is not None:
        matters = not difference["low"] <= 0 <= difference["high"]
    return {
        "held_out": spread(ours) if ours else None,
        "difference": difference,
        "matters": matters,
        "diverged": len(outcomes) - len(ours),
        "steps": [min(r["smallest_step"] for r in begun), max(r["largest_step"] for r in begun)] if begun else None,
    }


def _last(outcome: dict[str, Any]) -> float | None:
    """The error on the held-out writers after the last pass, or None where the weights ran away."""
    return None if outcome["diverged"] else float(outcome["records"][-1]["held_out_error"])
