"""`lenet5 reproduce`: makes the experiments of a plan on all cores, and writes the report."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lenet5 import files
from lenet5.cli import warm
from lenet5.cli.bar import working
from lenet5.cli.options import Count, Json
from lenet5.errors import TrainingError
from lenet5.reproduce import experiments, ladder, report
from lenet5.reproduce.jobs import Job
from lenet5.reproduce.plan import QUICK, Plan
from lenet5.reproduce.pool import run
from lenet5.reproduce.statistics import between, plus_minus

app = App(name="reproduce", help="Make the paper's experiments again, over seeds, beside its own numbers.")
OUT = Path("runs", "reproduce")
AS_PLANNED = Plan()


@app.default
def reproduce(
    *,
    quick: bool = False,
    out: Path = OUT,
    processes: Count | None = None,
    plan: Annotated[Plan, Parameter(name="*", group="Plan", consume_multiple=True)] = AS_PLANNED,
) -> None:
    """Make the paper's experiments again, over seeds, and write one page and its numbers.

    Finished networks stay in the folder: after Ctrl-C, or with more seeds, the same command goes on from there.

    Args:
        quick: A small version of everything: fewer pictures, passes and seeds, and rough numbers. Under two minutes.
        out: The folder for reproduce.html, reproduce.json, and work/ with the finished networks.
        processes: How many networks to train at a time; by default one on each core.
    """
    if quick:
        as_default = [f.name for f in fields(Plan) if getattr(plan, f.name) == getattr(AS_PLANNED, f.name)]
        plan = replace(plan, **{name: value for name, value in QUICK.items() if name in as_default})
    work = out / "work"
    _do(experiments.jobs(plan), work, processes)
    made = report.collect(plan, work, shlex.join(["lenet5", *sys.argv[1:]]))
    page, data = report.write(made, out)
    console = Console(highlight=False)
    if "results" in made:
        console.print(_table("test error, %", [(name, made["results"][name]) for name in made["results"]]))
    console.print(f"the report is {page}, its numbers {data}", soft_wrap=True, markup=False)


@app.command(name="ladder")
def climb(
    *,
    rungs: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (),
    seeds: Count = 5,
    data: str = "mnist",
    count: Count | None = None,
    passes: Count | None = None,
    out: Path = OUT,
    processes: Count | None = None,
    as_json: Json = False,
) -> None:
    """From the recipe of 1998 to the best one, one change at a time: errors over seeds, time, command.

    Args:
        rungs: Their numbers; by default all.
        seeds: How many networks of each rung.
        data: mnist, drawn, or the path of a folder with train/ and test/ in it.
        count: Take only so many training pictures; of drawn ones, a sixth as many for testing.
        passes: Train for so many passes at most.
        out: The folder for ladder.json, and work/ with the finished networks.
        processes: How many networks to train at a time; by default one on each core.
        as_json: Print JSON.
    """
    for rung in rungs:
        if not 1 <= rung <= len(ladder.RUNGS):
            raise TrainingError(f"no rung {rung}; expected numbers from 1 to {len(ladder.RUNGS)}")
    rungs = rungs or tuple(range(1, len(ladder.RUNGS) + 1))
    plan = Plan(seeds=seeds, data=data, count=count, passes=passes)
    _do(ladder.jobs(plan, rungs), out / "work", processes)
    rows = ladder.summary(plan, rungs, out / "work")
    files.write_atomically(out / "ladder.json", json.dumps(rows, indent=1).encode(), error=TrainingError)
    if as_json:
        print(json.dumps(rows))
        return
    console = Console(highlight=False)
    console.print(_table("test error, %", [(f"{row['rung']}  {row['change']}", row) for row in rows]))
    for row in rows:
        console.print(f"{row['rung']}  {row['command']}", soft_wrap=True)


def _table(title: str, rows: Sequence[tuple[str, dict[str, Any]]]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    for name in ("mean ± sd", "95 % of the mean", "seeds", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, row in rows:
        test, seconds = row["test"], row.get("seconds")
        took = plus_minus(seconds, 0) if seconds else ""
        table.add_row(name, plus_minus(test, 3), between(test, 3), str(test["n"] if test else 0), took)
    return table


def _do(jobs: Sequence[Job], work: Path, processes: int | None) -> None:
    """Do the unfinished jobs, and show how long they will take. A KeyboardInterrupt says what was kept."""
    left = [job for job in jobs if not job.finished(work)]
    if not left:
        return
    warm.ahead("training")
    done = dict.fromkeys(left, 0.0)
    try:
        with working() as bar:
            task = bar.add_task(f"0 of {len(left)} networks", total=sum(job.work for job in left))
            finished = 0
            with closing(run(left, work, processes)) as events:
                for event in events:
                    done[event.job] = event.done
                    finished += event.finished
                    bar.update(task, completed=sum(done.values()), description=f"{finished} of {len(left)} networks")
    except KeyboardInterrupt:
        kept = sum(job.finished(work) for job in jobs)
        raise KeyboardInterrupt(
            f"{kept} of {len(jobs)} networks are finished in {work}; the same command goes on from there"
        ) from None
