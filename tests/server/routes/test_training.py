"""Trainings are started, followed and kept, and nothing is overwritten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from lenet5 import datasets
from lenet5.architecture import LENET5
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.training import RECIPES, Run
from server.expected import ended, expect_problem


def test_a_network_is_handed_out_as_a_file(client: httpx.Client, network: LeNet5, tmp_path: Path) -> None:
    path = tmp_path / "copy.safetensors"
    path.write_bytes(client.get("networks/lenet5/file").content)
    np.testing.assert_array_equal(load(path).parameters, network.parameters)


def test_a_training_is_told_of_as_it_goes_and_goes_on_from_kept_weights(client: httpx.Client, tmp_path: Path) -> None:
    wish = {"pictures": 500, "recipe": "best-alone", "changes": {"passes": 2}, "seed": 4}
    begun = client.post("trainings", json=wish)
    assert begun.status_code == 201
    number = begun.json()["id"]
    expect_problem(client.post("trainings", json=wish), 409, "under way")
    told = ended(client, number)
    assert told["state"] == "done"
    assert [record["pass"] for record in told["passes"]] == [1, 2]
    assert told["passes"][1]["held_out_error"] < told["passes"][0]["held_out_error"]
    expect_problem(client.post(f"trainings/{number}/pause"), 409, "done")
    # It is as sure of itself as one that `lenet5 train` has made by the same recipe.
    sharpness = RECIPES["best-alone"].sharpness
    trained = client.get(f"networks/{told['name']}").json()
    assert trained["metadata"]["sharpness"] == sharpness
    kept = client.put(f"trainings/{number}/kept", json={"name": "kept-by-a-test"})
    (tmp_path / "kept.safetensors").write_bytes(client.get("networks/kept-by-a-test/file").content)
    learned = datasets.load("drawn", "train", count=700)
    run = Run(LENET5, replace(RECIPES["best-alone"], passes=2), learned.take(slice(500)), seed=4)
    assert len(list(run.go())) == 2
    pictures = learned.images[500:]
    found = load(tmp_path / "kept.safetensors").probabilities(pictures)
    np.testing.assert_array_equal(found, run.trained().probabilities(pictures))
    assert kept.json() == {"name": "kept-by-a-test", "file": "kept-by-a-test.safetensors"}
    on = client.post("trainings", json={**wish, "start_from": "kept-by-a-test", "changes": {"passes": 1}}).json()["id"]
    (record,) = ended(client, on)["passes"]
    assert client.put(f"trainings/{on}/kept", json={"name": "kept-by-a-test"}).status_code == 201  # kept here before
    assert record["train_error"] < told["passes"][0]["train_error"]


def test_what_is_there_already_is_not_replaced_by_what_is_kept(start: Any, tmp_path: Path) -> None:
    """Neither a file in the folder, which may be hours of training, nor a network that the server was given."""
    hours = tmp_path / "hours.safetensors"
    hours.write_bytes(b"of training")
    _, address = start(kept=tmp_path)
    with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client:
        number = client.post("trainings", json={"pictures": 500, "changes": {"passes": 1}}).json()["id"]
        ended(client, number)
        for name in ("hours", "untrained-lenet5", "lenet5-ensemble-1"):
            expect_problem(client.put(f"trainings/{number}/kept", json={"name": name}), 409, "already")
    assert hours.read_bytes() == b"of training"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hours.safetensors"]


@pytest.mark.parametrize(
    "wish",
    [
        {"pictures": 10},
        {"pictures": 10**9},
        {"recipe": "nix"},
        {"network": "nix"},
        {"data": "/etc"},
        {"seed": -1},
        {"changes": {"passes": 0}},
        {"changes": {"step": -1}},
        {"changes": {"distortion": "nix"}},
        {"network": "lenet5-softmax", "recipe": "1998", "changes": {"loss": "mse"}},
        {"network": "lenet5-softmax", "recipe": "plain", "start_from": "untrained-lenet5-linear"},  # as many weights
    ],
)
def test_a_training_that_makes_no_sense_fails_with_a_reason(client: httpx.Client, wish: dict[str, Any]) -> None:
    answer = client.post("trainings", json=wish)
    if answer.status_code == 201:  # what only the trainer can know
        told = ended(client, answer.json()["id"])
        assert told["state"] == "failed"
        assert told["detail"]
    else:
        expect_problem(answer, 422)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "lenet5", "training-9", "x" * 80, "<b>"])
def test_no_name_of_a_kept_network_leads_out_or_replaces(client: httpx.Client, name: str) -> None:
    expect_problem(client.put("trainings/1/kept", json={"name": name}), 422)
