"""Are jobs done once, on processes of their own, stopped without loss and gone on with to the same weights?"""

from __future__ import annotations

import multiprocessing
from dataclasses import asdict
from pathlib import Path

import pytest

from lenet5.errors import TrainingError
from lenet5.reproduce import experiments
from lenet5.reproduce.jobs import WEIGHTS, Job, do
from lenet5.reproduce.plan import Plan
from lenet5.reproduce.pool import run
from lenet5.training import Recipe


def test_what_is_finished_is_not_done_again(plan: Plan, work: Path) -> None:
    jobs = experiments.jobs(plan)
    assert len(jobs) == len(set(jobs)) == len(list(work.iterdir()))
    assert list(run(jobs, work)) == []


def test_a_stopped_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """To those of a run at once, in this process."""
    job = Job(recipe=Recipe(passes=20), data="drawn", count=550, tests=20)
    at_once = tmp_path / "at once"
    at_once.mkdir()
    for _ in do(job, at_once):
        pass
    stopped = run([job], tmp_path, processes=1)
    assert not next(stopped).finished
    stopped.close()
    assert not job.finished(tmp_path)
    rest = list(run([job], tmp_path, processes=1))
    assert rest[0].done > 512  # not from the start: that was the first thing told
    assert (tmp_path / job.name / WEIGHTS).read_bytes() == (at_once / WEIGHTS).read_bytes()


def test_a_job_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no/such/folder"):
        list(run([Job(data="no/such/folder")], tmp_path))


def test_a_process_that_is_killed_is_told_and_the_job_goes_on_later(tmp_path: Path) -> None:
    job = Job(recipe=Recipe(passes=20), data="drawn", count=550, tests=20)
    running = run([job], tmp_path, processes=1)
    next(running)
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(TrainingError, match="was killed, perhaps for want of memory"):
        list(running)
    assert list(run([job], tmp_path, processes=1))[-1].finished


def test_a_folder_may_have_any_name_whatever_the_encoding_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows: the process that does the jobs takes its input for cp1252, which has no 手."""
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    with pytest.raises(TrainingError, match="no data set 'no/such/folder'"):
        list(run([Job(data="no/such/folder")], tmp_path / "手書き"))


def test_weights_that_run_away_are_an_outcome(tmp_path: Path) -> None:
    wild = Recipe(algorithm="adam", loss="cross_entropy", step=1e38, passes=2)
    job = Job(recipe=wild, data="drawn", count=60, tests=10, robustness=5)
    list(run([job], tmp_path))
    assert "no longer finite" in job.read(tmp_path)["training"]["diverged"]


def test_a_given_network_is_measured_and_not_trained(plan: Plan, work: Path, tmp_path: Path) -> None:
    trained = plan.studied("1998")[0]
    path = str(work / trained.name / WEIGHTS)
    given = Plan(**{**asdict(plan), "networks": (path,)}).studied(path)[0]
    list(run([given], tmp_path))
    assert given.read(tmp_path)["answers"] == trained.read(work)["answers"]
    assert "training" not in given.read(tmp_path)
