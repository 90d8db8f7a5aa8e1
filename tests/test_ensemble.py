"""Several networks behind the face of one."""

from __future__ import annotations

import numpy as np
import pytest

import lenet5
from lenet5 import storage
from lenet5.architecture import LENET5, LENET5_SOFTMAX
from lenet5.cli import main
from lenet5.ensemble import Ensemble
from lenet5.errors import ArchitectureError, WeightsError
from lenet5.training.initial import initial


@pytest.fixture
def members():
    return [
        lenet5.LeNet5(LENET5, initial(LENET5, np.random.default_rng(seed)), {"sharpness": seed + 1})
        for seed in range(3)
    ]


@pytest.fixture
def digits(rng):
    return rng.integers(0, 256, (30, 28, 28)).astype(np.uint8)


def test_probabilities_are_the_mean_of_the_members(members, digits):
    mean = np.mean([member.probabilities(digits) for member in members], axis=0)
    ensemble = Ensemble(members)
    np.testing.assert_allclose(ensemble.probabilities(digits), mean, atol=1e-6)
    np.testing.assert_array_equal(ensemble.predict(digits), mean.argmax(axis=1))


def test_one_member_answers_as_it_does_alone(members, digits):
    np.testing.assert_allclose(Ensemble(members[:1]).probabilities(digits), members[0].probabilities(digits), atol=1e-6)


def test_saved_and_loaded_it_answers_the_same(members, digits, tmp_path):
    ensemble = Ensemble(members, {"seed": [0, 1, 2]})
    loaded = lenet5.load(ensemble.save(tmp_path / "three.safetensors"))
    assert isinstance(loaded, Ensemble)
    assert loaded.metadata["seed"] == [0, 1, 2]
    np.testing.assert_array_equal(loaded.penalties(digits), ensemble.penalties(digits))


def test_of_one_member_it_is_saved_as_what_it_is(members, digits, tmp_path):
    ensemble = Ensemble(members[1:2])
    loaded = lenet5.load(ensemble.save(tmp_path / "one.safetensors"))
    assert isinstance(loaded, Ensemble)
    np.testing.assert_array_equal(loaded.probabilities(digits), ensemble.probabilities(digits))


def test_its_classes_are_its_members(members):
    named = [lenet5.LeNet5(m.architecture, m.tensors, {"classes": list("abcdefghij")}) for m in members]
    assert Ensemble(named).classes == tuple("abcdefghij")
    with pytest.raises(ArchitectureError, match="expected the same of all"):
        Ensemble([*named, members[0]])


def test_its_parameters_are_each_member_s(members):
    with pytest.raises(AttributeError, match="of each of its `members`"):
        _ = Ensemble(members).parameters


def test_each_member_keeps_its_own_story(members, tmp_path):
    stories = [{"seed": seed, "command": f"lenet5 train --seed {seed}"} for seed in range(3)]
    path = Ensemble(members, {"version": "1", "command": "lenet5 join", "member": stories}).save(tmp_path / "three")
    for seed, member in enumerate(lenet5.load(path).members):
        assert (member.metadata["seed"], member.metadata["command"]) == (seed, f"lenet5 train --seed {seed}")
        assert (member.metadata["version"], member.metadata["sharpness"]) == ("1", seed + 1)


@pytest.mark.parametrize(
    "told",
    [
        {"member": 5},
        {"member": [{}]},
        {"member": [1, 2, 3]},
        {"member_sharpness": [1.0]},
        {"member_sharpness": ["a", "b", "c"]},
        {"classes": 5},
        {"classes": ["a"]},
    ],
)
def test_stories_that_do_not_fit_are_refused(members, tmp_path, told):
    tensors = [member.tensors for member in members]
    path = storage.write(tmp_path / "three", LENET5, tensors, told)
    with pytest.raises(WeightsError, match=f"three: .*{next(iter(told))}.*expected"):
        lenet5.load(path)


def test_slides_as_its_windows_answer(members, rng):
    wide = rng.integers(0, 256, (2, 32, 44)).astype(np.uint8)
    ensemble = Ensemble(members)
    windows = np.stack([ensemble.penalties(wide[:, :, x : x + 32]) for x in range(0, 13, 4)], axis=1)
    np.testing.assert_allclose(ensemble.slide(wide)[:, 0], windows, rtol=1e-4, atol=1e-5)


def test_activations_have_the_members_first(members, digits):
    found = Ensemble(members).activations(digits[:2])
    assert found["c3"].shape == (3, 2, 16, 10, 10)
    np.testing.assert_array_equal(found["f6"][1], members[1].activations(digits[:2])["f6"])


def test_joined_on_the_command_line_they_answer_as_one(members, digits, tmp_path, capsys):
    paths = [str(member.save(tmp_path / f"{k}.safetensors")) for k, member in enumerate(members)]
    out = tmp_path / "joined.safetensors"
    with pytest.raises(SystemExit) as stop:
        main(["join", *paths, "--out", str(out)])
    assert stop.value.code == 0
    assert "3 networks" in capsys.readouterr().out
    np.testing.assert_array_equal(lenet5.load(out).penalties(digits), Ensemble(members).penalties(digits))
    with pytest.raises(SystemExit) as stop:
        main(["join", *paths, "--out", str(out)])
    assert stop.value.code == 2
    assert "there already" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["join", str(out), paths[0], "--out", str(tmp_path / "nested.safetensors")])
    assert stop.value.code == 2
    assert "joined.safetensors: several networks already" in capsys.readouterr().err
    assert not (tmp_path / "nested.safetensors").exists()


def test_members_must_be_alike(members):
    other = lenet5.LeNet5(LENET5_SOFTMAX, initial(LENET5_SOFTMAX, np.random.default_rng(0)))
    with pytest.raises(ArchitectureError, match="one architecture"):
        Ensemble([*members, other])
    with pytest.raises(ArchitectureError, match="one or more"):
        Ensemble([])
    with pytest.raises(ArchitectureError, match="single networks"):
        Ensemble([Ensemble(members), members[0]])
