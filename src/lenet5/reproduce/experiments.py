"""The experiments: the jobs of each, and what they come to as plain data.

A job that several experiments need is done once. Errors on the test pictures are reported, and nothing is chosen by
them; `choices` judges on held-out writers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lenet5.reproduce import choices, measures
from lenet5.reproduce.jobs import Job
from lenet5.reproduce.paper import MISTAKES
from lenet5.reproduce.plan import Experiment, Plan
from lenet5.reproduce.statistics import Spread, spread
from lenet5.training import recipe

STUDIES = {"results", "curve", "rejection", "robustness", "mistakes"}  # of the trained networks themselves
SHARES = (4, 2, 1)  # the training set divided by these: 15,000, 30,000 and 60,000 pictures
Outcome = dict[str, Any]


def jobs(plan: Plan) -> list[Job]:
    """All jobs of a plan, each once, the most important ones first."""
    needed: list[Job] = []
    if STUDIES & set(plan.experiments):
        needed += [job for name in plan.names for job in plan.studied(name)]
    if "sizes" in plan.experiments:
        needed += [job for share in SHARES for job in _of_size(plan, share)]
    if "choices" in plan.experiments:
        needed += choices.jobs(plan)
    return list(dict.fromkeys(needed))


def summary(plan: Plan, work: Path) -> dict[str, Any]:
    """The results of the finished jobs in the folder `work`: an entry for each experiment of the plan."""
    studied = _studied(plan, work) if STUDIES & set(plan.experiments) else {}
    made: dict[Experiment, Callable[[], Any]] = {
        "results": lambda: {name: result(outcomes) for name, outcomes in studied.items()},
        "curve": lambda: {name: _curve(outcomes) for name, outcomes in studied.items() if "training" in outcomes[0]},
        "sizes": lambda: [_size(plan, share, work) for share in SHARES],
        "rejection": lambda: {name: _rejection(outcomes) for name, outcomes in studied.items()},
        "robustness": lambda: {
            "pictures": next(iter(studied.values()))[0]["robustness"]["pictures"],
            "amounts": {change: list(amounts) for change, amounts in measures.CHANGES.items()},
            "curves": {name: _robustness(outcomes) for name, outcomes in studied.items()},
        },
        "mistakes": lambda: {name: _mistakes(plan, outcomes) for name, outcomes in studied.items()},
        "choices": lambda: choices.summary(plan, work),
    }
    return {name: made[name]() for name in plan.experiments}


def _studied(plan: Plan, work: Path) -> dict[str, list[Outcome]]:
    """The outcomes of the studied networks, without those whose weights ran away."""
    found = {name: [job.read(work) for job in plan.studied(name)] for name in plan.names}
    kept = {name: [o for o in outcomes if "diverged" not in o["answers"]] for name, outcomes in found.items()}
    return {name: outcomes for name, outcomes in kept.items() if outcomes}


def _of_size(plan: Plan, share: int) -> list[Job]:
    """The recipe of 1998 on a part of the training pictures, drawn anew with each seed."""
    whole = plan.count or 60_000
    if share == 1:
        return plan.studied("1998")
    return [plan.job(recipe("1998"), seed, pictures=whole // share) for seed in range(plan.seeds)]


def result(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Errors, seconds and steps over the seeds, of networks that were trained here; of others the test error alone."""
    answers = [outcome["answers"] for outcome in outcomes]
    tested = {"pictures": answers[0]["pictures"], "test": spread([answer["error"] for answer in answers])}
    if "training" not in outcomes[0]:
        return tested
    records = [outcome["training"]["records"] for outcome in outcomes]
    return tested | {
        "train": spread([run[-1]["train_error"] for run in records]),
        "learned": outcomes[0]["training"]["pictures"],
        "passes": len(records[0]),
        "seconds": spread([sum(record["seconds"] for record in run) for run in records]),
        "steps": [min(run[0]["smallest_step"] for run in records), max(run[0]["largest_step"] for run in records)],
    }


def _curve(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    runs = [outcome["training"]["records"] for outcome in outcomes]
    errors = {"test": "held_out_error", "train": "train_error"}
    return {part: _spreads([[record[of] for record in run] for run in runs]) for part, of in errors.items()}


def _size(plan: Plan, share: int, work: Path) -> dict[str, Any]:
    outcomes = [outcome for job in _of_size(plan, share) if not (outcome := job.read(work))["training"]["diverged"]]
    found = result(outcomes)
    return {"pictures": found["learned"], "test": found["test"], "train": found["train"]}


def _rejection(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    curves = [outcome["answers"]["rejection"] for outcome in outcomes]
    return {
        "rejected": curves[0]["rejected"],
        "error": _spreads([curve["error"] for curve in curves]),
        "needed": {target: spread([curve["needed"][target] for curve in curves]) for target in curves[0]["needed"]},
    }


def _robustness(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    curves = [outcome["robustness"]["curves"] for outcome in outcomes]
    return {change: _spreads([curve[change] for curve in curves]) for change in measures.CHANGES}


def _spreads(curves: list[list[float]]) -> list[Spread]:
    """The spread over the seeds, a curve each, at every point."""
    return [spread(values) for values in zip(*curves, strict=True)]


def _mistakes(plan: Plan, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Every test picture that any seed misread, the most often misread first; and the paper's answer to it."""
    wrong = [{row[0]: row for row in outcome["answers"]["wrong"]} for outcome in outcomes]
    shown = outcomes[0]["answers"]["pictures"] if plan.data == "mnist" else 0
    paper = {i: answer for i, (_, answer) in MISTAKES.items() if i < shown}
    shared = [[rows[i][2] == answer for i, answer in paper.items() if i in rows] for rows in wrong]
    pictures: list[dict[str, Any]] = []
    for index in sorted({i for rows in wrong for i in rows}):
        rows = [rows.get(index) for rows in wrong]
        answers = [row[2] if row else None for row in rows]
        true, times = next(row[1] for row in rows if row), sum(row is not None for row in rows)
        pictures.append({"index": index, "true": true, "answers": answers, "times": times, "paper": paper.get(index)})
    return {
        "pictures": sorted(pictures, key=lambda picture: (-picture["times"], picture["index"])),
        "wrong": spread([float(len(rows)) for rows in wrong]),
        "of_the_papers": spread([float(len(both)) for both in shared]) if paper else None,
        "same_answer": spread([float(sum(both)) for both in shared]) if paper else None,
    }
