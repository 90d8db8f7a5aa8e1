"""Is what is learned the label, the teacher's answer, or both, as the recipe says; and the same however it is asked?"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import lenet5
from lenet5.datasets import Dataset
from lenet5.errors import TrainingError, WeightsError
from lenet5.network import LeNet5
from lenet5.training import Recipe, Run, recipe
from lenet5.training.supply import Supply
from networks import SMALL

ALONE = replace(recipe("best-alone"), passes=4, fade=0.0)


@pytest.fixture(scope="module")
def teacher(abc: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = Run(SMALL, replace(ALONE, passes=2), abc, seed=1)
    assert len(list(run.go())) > 2
    trained = run.trained()
    trained.metadata["classes"] = list(abc.classes)
    return trained.save(tmp_path_factory.mktemp("teacher") / "teacher.safetensors")


def taught(teacher: Path, **changes: object) -> Recipe:
    return replace(ALONE, teacher=str(teacher), **{"versions": 2, **changes})  # type: ignore[arg-type]


def test_without_a_teacher_the_label_is_wanted_but_for_what_is_spread(abc: Dataset) -> None:
    rows = np.array([5, 700, 0])
    _, wanted = Supply(replace(ALONE, smoothing=0.3), abc, seed=0)(rows, 0)
    assert wanted.argmax(axis=1).tolist() == abc.labels[rows].tolist()
    np.testing.assert_allclose(np.sort(wanted, axis=1), [[0.1, 0.1, 0.8]] * 3, atol=1e-6)


def test_a_teacher_answers_to_the_very_picture_that_is_shown(abc: Dataset, teacher: Path) -> None:
    rows = np.arange(40)
    shown, wanted = Supply(taught(teacher, trust=0.75, smoothing=0.0), abc, seed=0)(rows, 1)
    labelled = np.eye(3)[abc.labels[rows]]
    answers = lenet5.load(teacher).probabilities(shown)
    assert np.abs(answers - labelled).max() > 0.01  # it has something to say
    np.testing.assert_allclose(wanted, 0.75 * answers + 0.25 * labelled, atol=1e-5)


def test_versions_come_again_and_differ_from_each_other(abc: Dataset, teacher: Path) -> None:
    supply, rows = Supply(taught(teacher), abc, seed=0), np.arange(30)
    (first, asked), (second, _), (third, again) = (supply(rows, pass_) for pass_ in (0, 1, 2))
    assert (first == third).all()
    assert (asked == again).all()
    assert (first != second).any()


def test_a_stronger_distortion_goes_further(abc: Dataset) -> None:
    rows = np.arange(60)
    plain = Supply(replace(ALONE, distortion="none"), abc, seed=0)(rows, 0)[0]
    moved = [
        np.abs(Supply(replace(ALONE, strength=strength), abc, seed=0)(rows, 0)[0] - plain).mean()
        for strength in (0.2, 1.0, 2.0)
    ]
    assert moved[0] < moved[1] < moved[2]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_taught_run_that_is_stopped_goes_on_bit_for_bit_on_any_threads(
    abc: Dataset, teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: str
) -> None:
    def finish(run: Run) -> LeNet5:
        list(run.go())
        return run.trained()

    whole = Run(SMALL, taught(teacher), abc, seed=3)
    expected = finish(whole)
    monkeypatch.setenv("LENET5_THREADS", threads)
    first = Run(SMALL, taught(teacher), abc, seed=3, folder=tmp_path / "run")
    for number, _ in enumerate(first.go()):
        if number == 4:  # in the second pass
            first.save()
            break
    second = Run(SMALL, taught(teacher), abc, seed=3, folder=tmp_path / "run")
    assert second.resume()
    assert (finish(second).parameters == expected.parameters).all()
    records = [[{**asdict(r), "seconds": 0} for r in run.records] for run in (whole, second)]
    assert records[0] == records[1]


def test_a_teacher_of_other_classes_and_one_that_is_not_there_are_told_of(abc: Dataset) -> None:
    with pytest.raises(TrainingError, match=r"the teacher lenet5 answers 0, 1, .*abc has A, B, C.*best-alone"):
        Run(SMALL, taught(Path("lenet5")), abc)
    with pytest.raises(WeightsError):
        Run(SMALL, taught(Path("nobody.safetensors")), abc)


def test_what_is_kept_is_answered_as_before(abc: Dataset, teacher: Path) -> None:
    start, rows = lenet5.load(teacher), np.array([0, len(abc) - 1, 3, len(abc) - 9])
    shown, wanted = Supply(replace(ALONE, smoothing=0.0), abc, 0, start, kept=10)(rows, 1)
    np.testing.assert_allclose(wanted[[1, 3]], start.probabilities(shown[[1, 3]]), atol=1e-5)
    np.testing.assert_array_equal(wanted[[0, 2]], np.eye(3)[abc.labels[rows[[0, 2]]]])
