"""The ladder from the recipe of 1998 to the best one, one change at a time, each over seeds.

Errors are on the test pictures, for reporting: the rungs were chosen on held-out writers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lenet5.reproduce import experiments
from lenet5.reproduce.jobs import Job
from lenet5.reproduce.plan import Plan
from lenet5.training import RECIPES, Recipe


@dataclass(frozen=True)
class Rung:
    """The change on this rung, and the recipe that it leads to."""

    change: str
    recipe: Recipe


def _rungs(*changes: tuple[str, dict[str, Any]]) -> tuple[Rung, ...]:
    """The recipe of 1998, then a rung for each change to the one before."""
    rungs = [Rung("the recipe of 1998", RECIPES["1998"])]
    for words, fields in changes:
        rungs.append(Rung(words, replace(rungs[-1].recipe, **fields)))
    return tuple(rungs)


_ALONE, _BEST = RECIPES["best-alone"], RECIPES["best"]

RUNGS = _rungs(
    ("pictures distorted anew in each pass, as in 1998", {"distortion": "affine-1998"}),
    (
        f"mini-batches of {_ALONE.batch} by Adam, its step falling along half a cosine",
        {"algorithm": "adam", "batch": _ALONE.batch, "step": _ALONE.step, "schedule": "cosine"},
    ),
    ("milder distortions of more kinds: rotated, bent, thicker and thinner too", {"distortion": "mild"}),
    ("cross-entropy: no rubbish class", {"loss": "cross_entropy"}),
    (f"penalties times {_ALONE.sharpness:g}", {"sharpness": _ALONE.sharpness}),
    ("a part of the desired answer spread over all digits", {"smoothing": _ALONE.smoothing}),
    ("weights decay", {"decay": _ALONE.decay}),
    ("the last tenth of the passes distorts less and less", {"fade": _ALONE.fade}),
    (f"{_ALONE.passes} passes: the recipe best-alone", {"passes": _ALONE.passes}),
    (
        "learns the answers of seven such networks, distorted 1.3 times as much",
        {"teacher": "lenet5-ensemble", "strength": 1.3, "fade": _BEST.fade, "smoothing": _BEST.smoothing},
    ),
    ("by Muon", {"algorithm": _BEST.algorithm, "step": _BEST.step}),
    ("from four networks by Adam and three by Muon", {"teacher": _BEST.teacher}),
    ("nothing but their answers as the desired answer", {"trust": _BEST.trust}),
    ("distorted as much as they learnt from: the recipe best", {"strength": _BEST.strength}),
)


def jobs(plan: Plan, rungs: tuple[int, ...]) -> list[Job]:
    """The networks of these rungs, numbered from 1."""
    return [plan.job(RUNGS[number - 1].recipe, seed) for number in rungs for seed in range(plan.seeds)]


def summary(plan: Plan, rungs: tuple[int, ...], work: Path) -> list[dict[str, Any]]:
    """A row for each rung: its number, the change, errors and seconds over the seeds, the command that remakes it."""
    rows = []
    for number in rungs:
        outcomes = [job.read(work) for job in jobs(plan, (number,))]
        reached = [outcome for outcome in outcomes if not outcome["training"]["diverged"]]
        found = experiments.result(reached) if reached else {}
        rows.append(
            {
                "rung": number,
                "change": RUNGS[number - 1].change,
                "recipe": RUNGS[number - 1].recipe.to_dict(),
                **{name: found.get(name) for name in ("test", "train", "seconds")},
                "diverged": len(outcomes) - len(reached),
                "command": f"lenet5 reproduce ladder --rungs {number} --seeds {plan.seeds}",
            }
        )
    return rows
