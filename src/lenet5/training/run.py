"""A training run: pass by pass, kept so that it can go on after a kill.

A run is a folder beside the network's file: `run.json` says what is being trained and how, `metrics.jsonl` has one
record for each pass, `checkpoint.safetensors` holds everything that changes. What a block of pictures looks like
depends on the seed, the pass and the block alone, so a run that goes on from a checkpoint goes on bit for bit.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5 import files, storage
from lenet5.architecture import Architecture
from lenet5.datasets.dataset import Dataset
from lenet5.errors import TrainingError
from lenet5.machine import threads
from lenet5.machine.native import compiling_seconds
from lenet5.network import LeNet5
from lenet5.reference import losses
from lenet5.training.calibration import fitted_sharpness
from lenet5.training.going_on import carry_over, identity, machine
from lenet5.training.learners import Learner, MiniBatch, Online
from lenet5.training.recipe import Recipe
from lenet5.training.supply import Supply

BLOCK = 512  # pictures that are made ready and learned from at a time; a multiple of every sensible batch


@dataclass(frozen=True)
class Progress:
    """How far a pass has come: pictures done of pictures in it, and the share of them answered wrongly so far."""

    pass_: int
    done: int
    total: int
    wrong: float


@dataclass(frozen=True)
class PassRecord:
    """One pass. Errors in percent: of the training pictures each as it was about to be learned, and of the held out."""

    pass_: int
    train_error: float
    held_out_error: float | None
    loss: float
    smallest_step: float
    largest_step: float
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data, for JSON."""
        return {name.rstrip("_"): value for name, value in asdict(self).items()}


@dataclass
class Run:
    """A training of one network. Iterate over `go()`; the loop may be left and entered again.

    Args:
        architecture: the network's declaration.
        recipe: how it is trained.
        train: what is learned from.
        held_out: what each pass is judged on, if anything.
        seed: of the first weights, the order and the distortions; from 0 on.
        folder: where checkpoints and records go; None keeps nothing.
        checkpoint_every: seconds between checkpoints; the end of a pass is always one.
        about: what else `run.json` and the trained network tell.
        start: a network of the same layers to go on from, in place of first weights.
        kept: of the pictures to learn from, the last so many are to be answered as `start` answers them, whatever
            their labels: so it keeps what it knew.

    Raises:
        TrainingError: the recipe does not suit the network or the data, or the seed is below 0.
    """

    architecture: Architecture
    recipe: Recipe
    train: Dataset
    held_out: Dataset | None = None
    seed: int = 0
    folder: Path | None = None
    checkpoint_every: float = 10.0
    about: dict[str, Any] = field(default_factory=dict)
    records: list[PassRecord] = field(default_factory=list)
    start: LeNet5 | None = None
    kept: int = 0

    def __post_init__(self) -> None:
        _check(self.architecture, self.recipe, self.train)
        self.network = self.recipe.network(self.architecture, self.seed)
        self.network.metadata["classes"] = list(self.train.classes)
        if self.start is not None:
            carry_over(self.start, self.network)
        kind = Online if self.recipe.algorithm == "sdlm" else MiniBatch
        self.learner: Learner = kind(self.recipe, self.network.plan, self.network.parameters)
        self._supply = Supply(self.recipe, self.train, self.seed, self.start, self.kept)
        self.pass_, self.done = 0, 0  # passes completed, pictures of the current one done
        self._cost, self._wrong, self._seconds = 0.0, 0, 0.0

    def trained(self) -> LeNet5:
        """The network as it would be kept now: the running average of the weights, where the recipe asks for it."""
        average = self.learner.arrays().get("average")
        network = LeNet5(self.architecture, self.network.tensors, self.network.metadata)
        if average is not None and self.recipe.average:
            network.parameters[...] = average
        return network

    def finished(self) -> LeNet5:
        """The trained network with all that is known of its making, and the sharpness fitted on what was held out."""
        network, about = self.trained(), self.describe()
        told = dict(self.about)
        named = {"name": told.pop("recipe_name")} if "recipe_name" in told else {}
        if self.held_out is not None:
            penalties = network.penalties(self.held_out.images)
            network.metadata["sharpness"] = fitted_sharpness(penalties, self.held_out.labels)
        last = self.records[-1] if self.records else None
        network.metadata |= {
            **told,
            "recipe": {**named, **about["recipe"]},
            "data": {"name": about["train"], "pictures": about["pictures"], "sha256": about["sha256"]},
            "seed": self.seed,
            "machine": machine(),
            "result": {
                "held_out_error": last.held_out_error if last else None,
                "train_error": last.train_error if last else None,
                "seconds": round(sum(record.seconds for record in self.records), 3),
            },
            **({"parent": identity(self.start)} if self.start is not None else {}),
        }
        return network

    def go(self) -> Iterator[Progress | PassRecord]:
        """Train to the end, telling of each block, but for a pass's last one, and of each pass.

        Whenever something is told, `save` keeps a run that goes on bit for bit. In between, weights and place in the
        pass do not belong together: to stop, leave at the next word.
        """
        saved = time.monotonic()
        while self.pass_ < self.recipe.passes:
            for progress in self._one_pass():
                if time.monotonic() - saved >= self.checkpoint_every:
                    self.save()
                    saved = time.monotonic()
                yield progress
            yield self._finish_pass()
            saved = time.monotonic()

    def _one_pass(self) -> Iterator[Progress]:
        total, start_of_clock = len(self.train), _clock()
        order_seed = [self.seed, 1] if self.learner.constant_order else [self.seed, 1, self.pass_]
        order = np.random.default_rng(order_seed).permutation(total)
        if self.done == 0:
            sample = np.random.default_rng([self.seed, 2, self.pass_]).choice(
                total, min(self.recipe.curvature_pictures, total), replace=False
            )
            self.learner.begin(self.pass_, np.sort(sample), lambda rows: self._supply(rows, self.pass_))
        for shown, wanted in self._ahead(order):
            cost, wrong = self.learner.learn(shown, wanted, self.pass_, self.done / total)
            self._cost, self._wrong, self.done = self._cost + cost, self._wrong + wrong, self.done + len(shown)
            self._seconds += _clock() - start_of_clock
            if self.done < total:
                yield Progress(self.pass_ + 1, self.done, total, self._wrong / self.done)
            start_of_clock = _clock()

    def _ahead(self, order: NDArray[np.int64]) -> Iterator[tuple[Any, Any]]:
        """The blocks of this pass that are still to do, the next made ready while one is learned."""
        blocks = [order[start : start + BLOCK] for start in range(self.done, len(order), BLOCK)]
        pass_ = self.pass_
        if threads.threads() == 1:
            yield from (self._supply(block, pass_) for block in blocks)
            return
        with ThreadPoolExecutor(1) as pool:
            ready = pool.submit(self._supply, blocks[0], pass_) if blocks else None
            for following in [*blocks[1:], None]:
                assert ready is not None
                current = ready.result()
                ready = pool.submit(self._supply, following, pass_) if following is not None else None
                yield current

    def _finish_pass(self) -> PassRecord:
        held_out = None
        if not np.isfinite(self.network.parameters).all():
            raise TrainingError(
                f"the weights are no longer finite in pass {self.pass_ + 1}; a smaller step may help "
                f"(step is {self.recipe.step:g})"
            )
        if self.held_out is not None:
            wrong = self.trained().penalties(self.held_out.images).argmin(axis=1) != self.held_out.labels
            held_out = round(100.0 * float(wrong.mean()), 4)
        train_error, loss = round(100.0 * self._wrong / len(self.train), 4), self._cost / len(self.train)
        seconds = round(self._seconds, 3)
        record = PassRecord(self.pass_ + 1, train_error, held_out, loss, *self.learner.steps(), seconds)
        self.records.append(record)
        self.pass_, self.done = self.pass_ + 1, 0
        self._cost, self._wrong, self._seconds = 0.0, 0, 0.0
        self.save()
        return record

    # ---- Keeping a run.

    def describe(self) -> dict[str, Any]:
        """What is being trained, and how, as `run.json` tells it: two runs of one description are the same run."""
        return {
            "architecture": self.architecture.to_dict(),
            "recipe": self.recipe.to_dict(),
            "seed": self.seed,
            "train": self.train.name,
            "pictures": len(self.train),
            "sha256": _digest(self.train),
            "held_out": self.held_out.name if self.held_out is not None else None,
            "held_out_pictures": len(self.held_out) if self.held_out is not None else 0,
            **({"parent": identity(self.start)} if self.start is not None else {}),
            **({"kept": self.kept} if self.kept else {}),
        }

    def save(self) -> None:
        """Write `run.json`, `metrics.jsonl` and the checkpoint; each whole or not at all."""
        if self.folder is None:
            return
        from safetensors.numpy import save

        files.make_folder(self.folder, error=TrainingError)
        state = {
            "run": self.describe(),
            "pass": self.pass_,
            "done": self.done,
            "cost": self._cost,
            "wrong": self._wrong,
            "seconds": self._seconds,
            "records": [asdict(record) for record in self.records],
        }
        tensors = {"weights": self.network.parameters, **self.learner.arrays()}
        data = save({name: np.ascontiguousarray(a) for name, a in tensors.items()}, {"lenet5-run": json.dumps(state)})
        files.write_atomically(self.folder / CHECKPOINT, data, error=TrainingError)
        lines = "".join(json.dumps(record.to_dict()) + "\n" for record in self.records)
        files.write_atomically(self.folder / "metrics.jsonl", lines.encode(), error=TrainingError)
        about = json.dumps({**self.describe(), **self.about}, indent=1)
        files.write_atomically(self.folder / "run.json", about.encode(), error=TrainingError)

    def resume(self) -> bool:
        """Go on from the folder's checkpoint; False where there is none.

        Raises TrainingError where the checkpoint is damaged, or of another run.
        """
        if self.folder is None or not (self.folder / CHECKPOINT).exists():
            return False
        path = self.folder / CHECKPOINT
        state, tensors = _read_checkpoint(path)
        here, there = json.loads(json.dumps(self.describe())), state["run"]
        if here != there:
            other = sorted(key for key in here if here[key] != there.get(key))
            raise TrainingError(f"{path} is of another run: {', '.join(other)} differ; give its flags or another --out")
        places = {"weights": self.network.parameters, **self.learner.arrays()}
        if {n: a.shape for n, a in places.items()} != {n: a.shape for n, a in tensors.items()}:
            raise TrainingError(f"{path} does not fit this version; train anew to another --out")
        for name, array in places.items():
            array[...] = tensors[name]
        self.pass_, self.done = state["pass"], state["done"]
        self._cost, self._wrong, self._seconds = state["cost"], state["wrong"], state["seconds"]
        self.records[:] = [PassRecord(**record) for record in state["records"]]
        return True


CHECKPOINT = "checkpoint.safetensors"


def _clock() -> float:
    """Seconds, on a clock that stands still while kernels are being compiled."""
    return time.perf_counter() - compiling_seconds()


def _digest(dataset: Dataset) -> str:
    """The SHA-256 of the pictures and, behind them, the labels as 64-bit little-endian numbers."""
    return hashlib.sha256(dataset.images.tobytes() + dataset.labels.astype("<i8").tobytes()).hexdigest()


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = files.read_bounded(path, 64 * 2**20, error=TrainingError)
    try:
        return storage.kept(data, "lenet5-run"), load(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} is damaged ({error}); train anew to another --out") from error


def _check(architecture: Architecture, recipe: Recipe, train: Dataset) -> None:
    if len(train.classes) != architecture.classes:
        raise TrainingError(
            f"{train.name} has {len(train.classes)} classes and {architecture.name} {architecture.classes} outputs; "
            f"declare a network with as many outputs as classes"
        )
    if recipe.loss not in losses(architecture):
        raise TrainingError(
            f"the loss {recipe.loss!r} does not suit the output of {architecture.name}; expected one of "
            f"{', '.join(losses(architecture))}: try --recipe {Recipe.suited(architecture)}"
        )
