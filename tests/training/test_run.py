"""Is a run the same, bit for bit, however many threads it has and wherever it is stopped; and is it kept whole?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from lenet5.architecture import LENET5_SOFTMAX, FullConnection
from lenet5.datasets import Dataset
from lenet5.errors import TrainingError
from lenet5.training import PassRecord, Progress, Recipe, Run, recipe
from networks import SMALL

SOFTMAX = replace(SMALL, name="small-softmax", output=FullConnection(3, "softmax"))
ONLINE = replace(recipe("1998-distorted"), passes=3, step=1.0)
BATCHES = replace(recipe("plain"), passes=3, average=0.99, distortion="affine-1998", fade=0.5)
MUON = replace(BATCHES, algorithm="muon")
EACH = pytest.mark.parametrize(
    ("net", "how"), [(SMALL, ONLINE), (SOFTMAX, BATCHES), (SOFTMAX, MUON)], ids=["online", "batches", "muon"]
)

Make = Callable[..., Run]


def finish(run: Run) -> Run:
    for _ in run.go():
        pass
    return run


def state(run: Run) -> dict[str, Any]:
    """Everything that a run has come to, but for the time that it took."""
    arrays = {"weights": run.network.parameters, "kept": run.trained().parameters, **run.learner.arrays()}
    records = [{**asdict(record), "seconds": 0} for record in run.records]
    return {"records": records, **{name: array.tobytes() for name, array in arrays.items()}}


@EACH
def test_the_number_of_threads_changes_no_bit(
    net: Any, how: Recipe, abc: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("LENET5_THREADS", threads)
        found.append(state(finish(Run(net, how, abc, abc.take(slice(100)), seed=5))))
    assert found[0] == found[1] == found[2]


@EACH
def test_another_seed_is_another_network(net: Any, how: Recipe, abc: Dataset) -> None:
    short = replace(how, passes=1)
    weights = [finish(Run(net, short, abc, seed=seed)).trained().parameters for seed in (0, 0, 1)]
    assert (weights[0] == weights[1]).all()
    assert (weights[0] != weights[2]).any()


@EACH
def test_a_run_that_is_stopped_anywhere_goes_on_as_if_it_had_not_been(
    net: Any, how: Recipe, abc: Dataset, tmp_path: Path
) -> None:
    held_out = abc.take(slice(100))
    expected = state(finish(Run(net, how, abc, held_out, seed=5)))
    for stop in range(9):  # three passes of three blocks
        folder = tmp_path / str(stop)
        first = Run(net, how, abc, held_out, seed=5, folder=folder)
        for number, _ in enumerate(first.go()):
            if number == stop:
                first.save()
                break
        second = Run(net, how, abc, held_out, seed=5, folder=folder)
        assert second.resume()
        assert state(finish(second)) == expected, f"stopped at news {stop}"


def test_a_run_that_is_left_can_be_entered_again(abc: Dataset) -> None:
    expected = state(finish(Run(SMALL, ONLINE, abc)))
    run = Run(SMALL, ONLINE, abc)
    for _ in range(4):
        next(run.go())
    assert state(finish(run)) == expected


def test_the_seconds_of_a_pass_are_without_compiling(abc: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    from lenet5.training import run

    real, start = time.perf_counter, time.perf_counter()
    # As if the kernels had been compiling all the time.
    monkeypatch.setattr(run, "compiling_seconds", lambda: real() - start)
    made = Run(SMALL, BATCHES, abc, seed=5)
    list(made.go())
    assert made.records[0].seconds == pytest.approx(0, abs=0.01)


def test_checkpoints_are_written_while_a_pass_runs(abc: Dataset, tmp_path: Path) -> None:
    run = Run(SMALL, ONLINE, abc, folder=tmp_path, checkpoint_every=0)
    news = run.go()
    assert isinstance(next(news), Progress)
    resumed = Run(SMALL, ONLINE, abc, folder=tmp_path)
    assert resumed.resume()
    assert resumed.done == 512
    assert (resumed.network.parameters == run.network.parameters).all()


def test_it_tells_of_blocks_and_passes_and_keeps_the_records(abc: Dataset, tmp_path: Path) -> None:
    run = Run(SMALL, ONLINE, abc, abc.take(slice(50)), folder=tmp_path / "a" / "run", about={"command": "x"})
    news = list(run.go())
    assert [n.done for n in news if isinstance(n, Progress)] == [512, 1024] * 3
    records = [n for n in news if isinstance(n, PassRecord)]
    assert records == run.records
    assert [r.pass_ for r in records] == [1, 2, 3]
    lines = (tmp_path / "a" / "run" / "metrics.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [r.to_dict() for r in records]
    assert set(json.loads(lines[0])) == {
        "pass",
        "train_error",
        "held_out_error",
        "loss",
        "smallest_step",
        "largest_step",
        "seconds",
    }
    told = json.loads((tmp_path / "a" / "run" / "run.json").read_text("utf-8"))
    assert (told["command"], told["seed"], told["train"], told["held_out_pictures"]) == ("x", 0, "abc", 50)
    assert told["recipe"] == ONLINE.to_dict()
    assert sorted(p.name for p in (tmp_path / "a" / "run").iterdir()) == [
        "checkpoint.safetensors",
        "metrics.jsonl",
        "run.json",
    ]


@EACH
def test_it_learns(net: Any, how: Recipe, abc: Dataset) -> None:
    half = len(abc) // 2
    longer = replace(how, passes=6, distortion="none")
    run = finish(Run(net, longer, abc.take(slice(half)), abc.take(slice(half, None))))
    assert run.records[-1].held_out_error is not None
    assert run.records[-1].held_out_error < 15 < run.records[0].train_error


# ---- What cannot be trained, saved or gone on with.


@pytest.fixture
def checkpoint(abc: Dataset, tmp_path: Path) -> Path:
    run = Run(SMALL, ONLINE, abc, folder=tmp_path)
    next(run.go())
    run.save()
    return tmp_path / "checkpoint.safetensors"


def test_there_may_be_nothing_to_go_on_with(abc: Dataset, tmp_path: Path) -> None:
    assert not Run(SMALL, ONLINE, abc, folder=tmp_path).resume()
    assert not Run(SMALL, ONLINE, abc).resume()


@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_a_damaged_checkpoint_is_refused(checkpoint: Path, abc: Dataset, length: int) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:length])
    with pytest.raises(TrainingError, match="damaged"):
        Run(SMALL, ONLINE, abc, folder=checkpoint.parent).resume()


def test_a_checkpoint_of_another_run_is_refused(checkpoint: Path, abc: Dataset) -> None:
    folder, changed = checkpoint.parent, abc.images.copy()
    changed[0, 0, 0] ^= 1
    for other, difference in (
        (Run(SMALL, replace(ONLINE, step=0.2), abc, folder=folder), "recipe"),
        (Run(SMALL, ONLINE, abc, seed=1, folder=folder), "seed"),
        (Run(SMALL, ONLINE, replace(abc, images=changed), folder=folder), "sha256"),
        (Run(replace(SMALL, name="other"), ONLINE, abc, folder=folder), "architecture"),
    ):
        with pytest.raises(TrainingError, match=f"of another run: {difference}"):
            other.resume()


def test_a_network_that_diverges_is_told_of(abc: Dataset, tmp_path: Path) -> None:
    run = Run(SMALL, replace(ONLINE, step=1e30), abc, folder=tmp_path)
    with pytest.raises(TrainingError, match="no longer finite in pass 1"):
        finish(run)


def test_a_folder_that_cannot_be_made_is_named(abc: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TrainingError, match="file/run"):
        Run(SMALL, ONLINE, abc, folder=tmp_path / "file" / "run").save()


def test_recipe_network_and_data_must_suit_each_other(abc: Dataset) -> None:
    with pytest.raises(TrainingError, match="3 classes and lenet5-softmax 10 outputs"):
        Run(LENET5_SOFTMAX, recipe("plain"), abc)
    with pytest.raises(TrainingError, match="seed -1; expected a whole number from 0 on"):
        Run(SMALL, ONLINE, abc, seed=-1)
    with pytest.raises(TrainingError, match=r"'map' does not suit.*--recipe plain"):
        Run(SOFTMAX, recipe("1998"), abc)
