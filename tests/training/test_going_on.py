"""Trainings that go on from weights: what is carried over, and what the file may then tell of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lenet5
from lenet5 import datasets
from lenet5.architecture import LENET5, LENET5_SOFTMAX, Architecture
from lenet5.errors import DataError, TrainingError, WeightsError
from lenet5.network import LeNet5
from lenet5.training.going_on import carry_over, for_classes, identity
from lenet5.training.recipe import RECIPES, Recipe
from lenet5.training.run import PassRecord, Progress
from networks import start as first


def start(net: Architecture) -> LeNet5:
    return LeNet5(net, first(net, np.random.default_rng(3)))


QUICK = replace(RECIPES["fine-tune"], passes=2)


@pytest.fixture(scope="module")
def taught() -> LeNet5:
    data = datasets.load("drawn", count=400)
    recipe = replace(RECIPES["best-alone"], passes=6, distortion="none")
    return lenet5.train(data.images, data.labels, classes=data.classes, recipe=recipe, held_out=0.2)


def test_arrays_in_a_network_out(taught: LeNet5) -> None:
    test = datasets.load("drawn", "test", count=200)
    assert (taught.predict(test.images) != test.labels).mean() < 0.25
    assert taught.metadata["data"]["pictures"] == 320
    assert taught.metadata["machine"]["float32_lanes"] in (4, 8, 16)
    assert taught.metadata["result"]["held_out_error"] < 30


def test_it_tells_as_it_goes_and_the_same_seed_gives_the_same_bits() -> None:
    data, news = datasets.load("drawn", count=700), []
    how = {"recipe": QUICK, "seed": 4, "classes": data.classes}
    first = lenet5.train(data.images, data.labels, progress=news.append, **how)
    again = lenet5.train(data.images, data.labels, **how)
    assert np.array_equal(first.parameters, again.parameters)
    assert [type(one) for one in news].count(PassRecord) == 2
    assert any(isinstance(one, Progress) for one in news)


def test_it_goes_on_from_what_was_known(taught: LeNet5) -> None:
    few = datasets.load("drawn", count=40, seed=5)
    test = datasets.load("drawn", "test", count=300)

    def error(network: LeNet5) -> float:
        return float((network.predict(test.images) != test.labels).mean())

    on = lenet5.train(few.images, few.labels, classes=few.classes, start=taught, recipe=QUICK, held_out=0)
    anew = lenet5.train(few.images, few.labels, classes=few.classes, recipe=QUICK, held_out=0)
    assert error(on) < error(anew) - 0.2
    assert on.metadata["parent"]["digest"] != ""


def test_the_parent_s_result_is_not_the_child_s(taught: LeNet5, tmp_path: Path) -> None:
    path = taught.save(tmp_path / "parent.safetensors")
    parent = lenet5.load(path)
    assert parent.metadata["result"] == taught.metadata["result"]
    assert lenet5.load(parent.save(tmp_path / "copy.safetensors")).metadata == parent.metadata
    changed = LeNet5(parent.architecture, parent.tensors, parent.metadata)
    changed.parameters[:10] += 0.1
    child = lenet5.load(changed.save(tmp_path / "child.safetensors")).metadata
    assert child["parent"]["digest"] == parent.metadata["digest"] != child["digest"]
    assert not {"result", "recipe", "data", "seed", "command"} & set(child)


def test_several_in_one_are_known_by_the_digest_of_their_file_and_none_to_go_on_from(taught: LeNet5) -> None:
    ensemble = lenet5.load("lenet5-reader")
    assert identity(ensemble)["digest"] == ensemble.metadata["digest"]
    few = datasets.load("drawn", count=40)
    with pytest.raises(TrainingError, match="networks in one; give a single one"):
        lenet5.train(few.images, few.labels, start=ensemble)


def test_a_class_of_the_same_name_keeps_its_unit(rng: np.random.Generator) -> None:
    old = start(replace(LENET5_SOFTMAX, output=replace(LENET5_SOFTMAX.output, units=3)))
    old.metadata["classes"] = ["cat", "dog", "bird"]
    new = start(LENET5_SOFTMAX)
    new.metadata["classes"] = ["fish", "bird", *"01234567"]
    fish = new.tensors["output.weight"][0].copy()
    carry_over(old, new)
    assert np.array_equal(new.tensors["output.weight"][1], old.tensors["output.weight"][2])
    assert np.array_equal(new.tensors["output.weight"][0], fish)
    assert np.array_equal(new.tensors["c3.weight"], old.tensors["c3.weight"])


def test_codes_follow_the_classes() -> None:
    letters = for_classes(LENET5, ("A", "b", "?"))
    old, new = start(LENET5), start(letters)
    codes = new.tensors["rbf.codes"].copy()
    carry_over(old, new)
    assert np.array_equal(new.tensors["rbf.codes"], codes)
    with pytest.raises(TrainingError, match="classes cat, dog …; the RBF output of lenet5 has a code for each"):
        for_classes(LENET5, ("cat", "dog"))
    for network in (LENET5, LENET5_SOFTMAX):
        with pytest.raises(TrainingError, match="of the class 7 alone"):
            for_classes(network, ("7",))


def test_layers_that_do_not_fit_are_named() -> None:
    with pytest.raises(TrainingError, match=r"c1 is .*logistic.*start from one of the same layers"):
        carry_over(start(LENET5), start(LENET5_SOFTMAX))
    linear = replace(LENET5_SOFTMAX, output=replace(LENET5_SOFTMAX.output, squash="tanh"))
    with pytest.raises(TrainingError, match="the output is"):
        carry_over(start(LENET5), start(replace(LENET5, output=linear.output)))


def test_which_recipe_suits() -> None:
    assert Recipe.suited(LENET5, 60_000) == "1998"
    assert (Recipe.suited(LENET5_SOFTMAX, 60_000), Recipe.suited(LENET5_SOFTMAX, 200)) == ("plain", "plain-centred")
    assert Recipe.suited(LENET5, 100, start=True) == "fine-tune"


def test_what_cannot_be_trained_is_told() -> None:
    data = datasets.load("drawn", count=20)
    with pytest.raises(TrainingError, match="held_out 1; expected a share"):
        lenet5.train(data.images, data.labels, held_out=1)
    with pytest.raises(DataError, match="one for each of 20 pictures"):
        lenet5.train(data.images, data.labels[:3])
    with pytest.raises(TrainingError, match=r"cat, dog.*take the network lenet5-softmax: --network or --from"):
        lenet5.train(data.images, ["cat", "dog"] * 10)
    with pytest.raises(TrainingError, match="seed -1; expected a whole number from 0 on"):
        lenet5.train(data.images, data.labels, seed=-1)
    with pytest.raises(WeightsError, match="no network 'nobody'"):
        lenet5.train(data.images, data.labels, start="nobody")


def test_a_few_pictures_are_learned_from_by_the_name_of_a_start() -> None:
    few = datasets.load("drawn", count=5)
    network = lenet5.train(few.images, few.labels, classes=few.classes, recipe=QUICK, start="lenet5")
    assert network.metadata["data"]["pictures"] == 5
    assert network.metadata["parent"]["digest"] == lenet5.load("lenet5").metadata["digest"]
