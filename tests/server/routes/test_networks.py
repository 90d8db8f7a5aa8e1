"""Networks are described, and their activations are their own."""

from __future__ import annotations

import json
import math
from typing import Any

import httpx
import numpy as np
import pytest

from lenet5.network import LeNet5
from lenet5.server.networks import described
from server.expected import INK, expect_problem


def test_activations_are_the_networks_own(client: httpx.Client, network: LeNet5, digit: Any) -> None:
    wanted = network.activations(digit[None])
    told = client.post("activations", json={"image": digit.tolist()}).json()
    for layer, array in wanted.items():
        np.testing.assert_allclose(told["activations"][layer], array[0], rtol=1e-6, atol=1e-6)
    assert told["answer"] == "3"
    headers = {**INK, "accept": "application/octet-stream"}
    numbers = np.frombuffer(client.post("activations", content=digit.tobytes(), headers=headers).content, "<f4")
    flat = np.concatenate([array.reshape(-1) for array in wanted.values()])
    np.testing.assert_array_equal(numbers[: len(flat)], flat)
    np.testing.assert_array_equal(numbers[len(flat) : len(flat) + 10], network.penalties(digit[None])[0])
    np.testing.assert_array_equal(numbers[len(flat) + 10 :], network.probabilities(digit[None])[0])


def test_numbers_that_json_has_not_are_null_whoever_wrote_the_weights(network: LeNet5) -> None:
    mine = LeNet5(network.architecture, network.tensors, {"result": {"error": math.nan}, "steps": [math.inf, 1.5]})
    told = json.loads(json.dumps(described("mine", mine), allow_nan=False))
    assert told["metadata"] == {"result": {"error": None}, "steps": [None, 1.5]}


def test_a_network_tells_its_counts_and_its_weights(client: httpx.Client, network: LeNet5) -> None:
    assert "lenet5" in client.get("networks").json()["networks"]
    told = client.get("networks/lenet5").json()
    assert (told["parameters"], told["connections"]) == (60_000, 340_908)
    numbers = np.frombuffer(client.get("networks/lenet5/weights").content, "<f4")
    for tensor in told["tensors"]:
        size = int(np.prod(tensor["shape"]))
        part = numbers[tensor["offset"] : tensor["offset"] + size].reshape(tensor["shape"])
        np.testing.assert_array_equal(part, network.tensors[tensor["name"]])


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"image": "x"}',
        b'{"image": [[1, 2], [3]]}',
        b'{"image": [[-1, 0]]}',
        b"[" * 100_000,
        json.dumps({"image": [[300] * 28] * 28}).encode(),
        json.dumps({"image": [[0.5] * 28] * 28}).encode(),
    ],
)
def test_rows_that_are_no_picture_are_a_problem(client: httpx.Client, body: bytes) -> None:
    expect_problem(client.post("activations", content=body, headers={"content-type": "application/json"}), 422)
