"""Jobs: one network of one seed each, done in a folder of its own.

The folder is named after everything that decides the outcome, so that a job which several experiments need is done
once. `training.json`, `answers.json` and `robustness-N.json` in it are each written whole or not at all. A job is
finished when those that it needs are there.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

import lenet5
from lenet5 import files
from lenet5.architecture import architecture
from lenet5.datasets import Dataset
from lenet5.datasets import load as load_uncached
from lenet5.datasets.dataset import split_by_writer
from lenet5.errors import TrainingError
from lenet5.network import LeNet5
from lenet5.reproduce import measures
from lenet5.training import Recipe, Run

load = functools.lru_cache(maxsize=2)(load_uncached)  # the next job mostly needs the same pictures
HELD_OUT = 1 / 6  # of the training pictures, by whole writers, where a choice is judged
WEIGHTS = "network.safetensors"
# How long a robustness curve takes, in units of one picture learned from: a forward pass each, and the change.
POINT = 0.7
POINTS = sum(map(len, measures.CHANGES.values()))


@dataclass(frozen=True)
class Job:
    """One network, and what is measured of it.

    network: the name or path of a network that is there already; where it is empty, one is trained.
    architecture, recipe, seed: of the network that is trained.
    data, count, tests: the data set, how many of its training pictures exist at all, and of its test pictures.
    pictures: the network learns from so many of them, drawn at random with the seed; None is all.
    judge: each pass is judged on the test pictures, for reporting, or on held-out writers, for choosing.
    robustness: how many test pictures the robustness curves are measured on; 0 for none.
    """

    architecture: str = "lenet5"
    recipe: Recipe = field(default_factory=Recipe)
    seed: int = 0
    data: str = "mnist"
    count: int | None = None
    tests: int | None = None
    pictures: int | None = None
    judge: Literal["test", "writers"] = "test"
    network: str = ""
    robustness: int = 0

    @property
    def name(self) -> str:
        """The name of its folder: readable, then a hash of everything that decides the outcome."""
        deciding = {**asdict(self), "robustness": None, "version": lenet5.__version__}
        if self.network:
            path = Path(self.network)
            if path.is_file():
                data = files.read_bounded(path, 64 * 2**20, error=TrainingError)
                deciding["network"] = hashlib.sha256(data).hexdigest()
        digest = hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:12]
        what = Path(self.network).stem if self.network else f"{self.recipe.loss}-{self.recipe.distortion}"
        return re.sub(r"[^A-Za-z0-9-]+", "-", f"{self.architecture}-{what}-{self.judge}-{self.seed}-{digest}")

    @property
    def results(self) -> tuple[str, ...]:
        """The files that a finished job has."""
        trained = () if self.network else ("training.json",)
        answered = ("answers.json",) if self.judge == "test" else ()
        changed = (f"robustness-{self.robustness}.json",) if self.robustness else ()
        return trained + answered + changed

    @property
    def work(self) -> float:
        """About how long it takes, in pictures learned from."""
        learned = self.pictures or self.count or 60_000
        training = 0.0 if self.network else float(learned * self.recipe.passes)
        return training + POINT * self.robustness * POINTS

    def finished(self, work: Path) -> bool:
        return all((work / self.name / result).exists() for result in self.results)

    def read(self, work: Path) -> dict[str, Any]:
        """{"training": …, "answers": …, "robustness": …}, as far as the job has them."""
        return {re.split(r"[-.]", result)[0]: _read(work / self.name / result) for result in self.results}


def do(job: Job, folder: Path) -> Generator[float, None, None]:
    """Do what is missing of a job in its folder; yields the work done so far."""
    if not job.network and not (folder / "training.json").exists():
        yield from _train(job, folder)
    missing = [result for result in job.results if not (folder / result).exists()]
    if not missing:
        return
    if diverged := not job.network and _read(folder / "training.json")["diverged"]:
        for result in missing:
            _write(folder / result, {"diverged": diverged})
        return
    network = lenet5.load(job.network or folder / WEIGHTS)
    test = load(job.data, "test", count=job.tests)
    if "answers.json" in missing:
        _write(folder / "answers.json", measures.answers(network, test))
    if job.robustness:
        trained = job.work - POINT * job.robustness * POINTS
        yield from _robustness(network, test.take(slice(job.robustness)), folder / job.results[-1], trained)


def _train(job: Job, folder: Path) -> Generator[float, None, None]:
    train, judged = _parts(job)
    run = Run(architecture(job.architecture), job.recipe, train, judged, job.seed, folder)
    run.resume()
    diverged: str | None = None
    try:
        for _ in run.go():
            yield run.pass_ * len(train) + run.done
    except KeyboardInterrupt:
        run.save()
        raise
    except TrainingError as error:
        diverged = str(error)
    if diverged is None:
        run.trained().save(folder / WEIGHTS)
    records = [record.to_dict() for record in run.records]
    sizes = {"pictures": len(train), "judged": len(judged)}
    _write(folder / "training.json", {**sizes, "records": records, "diverged": diverged})


def _parts(job: Job) -> tuple[Dataset, Dataset]:
    """The pictures to learn from, and those that each pass is judged on."""
    train = load(job.data, "train", count=job.count)
    if job.judge == "writers":
        train, judged = split_by_writer(train, HELD_OUT)
    else:
        judged = load(job.data, "test", count=job.tests)
    if job.pictures is not None and job.pictures < len(train):
        chosen = np.random.default_rng([job.seed, 3]).permutation(len(train))[: job.pictures]
        train = train.take(np.sort(chosen))
    return train, judged


def _robustness(network: LeNet5, test: Dataset, path: Path, done: float) -> Iterator[float]:
    curves: dict[str, list[float]] = {change: [] for change in measures.CHANGES}
    for change, _, error in measures.robustness(network, test):
        curves[change].append(error)
        done += POINT * len(test)
        yield done
    _write(path, {"pictures": len(test), "curves": curves})


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(files.read_bounded(path, 64 * 2**20, error=TrainingError)))
    except ValueError as error:
        raise TrainingError(f"{path} is damaged ({error}); delete it, and it is made again") from error


def _write(path: Path, data: dict[str, Any]) -> None:
    files.write_atomically(path, json.dumps(data).encode(), error=TrainingError)
