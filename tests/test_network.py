"""Does a network answer as its documentation says: shapes, scales, penalties, probabilities, larger pictures?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lenet5
from lenet5 import reference, storage
from lenet5.architecture import LENET5, LENET5_SOFTMAX, Architecture
from lenet5.datasets import drawn
from lenet5.errors import PictureError, WeightsError
from lenet5.network import LeNet5
from networks import NETWORKS, SMALL, name, start

Images = NDArray[np.uint8]
MANY = 50  # pictures that are answered many at a time


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (MANY, 28, 28), dtype=np.uint8)


@pytest.fixture
def network(rng: np.random.Generator) -> LeNet5:
    return LeNet5(LENET5, start(LENET5, rng))


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_penalties_are_the_reference_s_few_or_many(net: Architecture, rng: np.random.Generator, images: Images) -> None:
    t = start(net, rng)
    network, expected = (
        LeNet5(net, t),
        reference.penalties(net, reference.forward(net, t, reference.scale(images))["output.sum"]),
    )
    few = [network.penalties(images[k : k + 5]) for k in range(0, MANY, 5)]
    for found in (network.penalties(images), np.concatenate(few)):
        assert found.dtype == np.float32
        assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    assert network.predict(images).dtype == np.int64
    assert (network.predict(images) == expected.argmin(1)).all()


def test_probabilities_are_the_posterior_of_the_penalties(network: LeNet5, images: Images) -> None:
    y = network.penalties(images).astype(np.float64)
    expected = np.exp(-y) / np.exp(-y).sum(1, keepdims=True)
    np.testing.assert_allclose(network.probabilities(images), expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("count", [3, MANY])
def test_every_way_of_giving_pictures_gives_the_same_answer(network: LeNet5, images: Images, count: int) -> None:
    small = images[:count]
    framed = np.pad(small, ((0, 0), (2, 2), (2, 2)))
    paper = np.float32(-0.1) + np.float32(1.275) * (framed / np.float32(255))
    expected = network.penalties(small)
    for same in (framed, small / np.float32(255), small / 255, paper, np.asfortranarray(small), small[::-1][::-1]):
        np.testing.assert_allclose(network.penalties(same), expected, rtol=2e-5)


def test_pictures_that_cannot_be_written_to_are_taken_and_left_alone(network: LeNet5, images: Images) -> None:
    before = images.copy()
    images.flags.writeable = False
    network.predict(images)
    assert (images == before).all()
    images = before.copy()
    network.predict(images)
    assert images.flags.writeable


def test_no_pictures_no_answers(network: LeNet5) -> None:
    assert network.predict(np.zeros((0, 28, 28), np.uint8)).shape == (0,)
    assert network.penalties(np.zeros((0, 32, 32), np.float32)).shape == (0, 10)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((28, 28), np.uint8), r"picture\[None\]"),
        (np.zeros((9, 784), np.uint8), r"pictures of .*reshape\(-1, 28, 28\)"),
        ([[1, 2], [3]], "expected all of one shape"),
        (np.full((1, 28, 28), 1e300), "infinite"),
        (np.zeros((1, 27, 28), np.uint8), r"\(1, 27, 28\)"),
        (np.zeros((1, 3, 28, 28), np.uint8), r"\(1, 3, 28, 28\)"),
        (np.full((1, 28, 28), 256), "from 256 to 256"),
        (np.zeros((1, 28, 28), complex), "complex"),
        (np.full((1, 28, 28), np.nan, np.float32), "NaN"),
        (np.full((1, 32, 32), np.inf), "infinite"),
        (np.full((1, 28, 28), 255.0), "divide"),
        ("seven", "shape"),
        (None, "shape"),
    ],
    ids=lambda v: str(getattr(v, "shape", v)),
)
def test_what_is_no_picture_is_refused(network: LeNet5, wrong: Any, message: str) -> None:
    for ask in (network.predict, network.penalties, network.probabilities, network.activations):
        with pytest.raises(PictureError, match=message):
            ask(wrong)


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_sliding_over_a_picture_equals_its_windows(net: Architecture, rng: np.random.Generator) -> None:
    network = LeNet5(net, start(net, rng))
    wide = rng.integers(0, 256, (2, 41, 59), dtype=np.uint8)
    found = network.slide(wide)  # (2, 3, 7, classes)
    windows = np.stack([wide[:, 4 * y : 4 * y + 32, 4 * x : 4 * x + 32] for y in range(3) for x in range(7)], 1)
    each = np.stack([network.slide(windows[n])[:, 0, 0] for n in range(2)])
    assert found.shape == (2, 3, 7, net.classes)
    assert (found.reshape(2, 21, -1) == each).all()
    for few in range(2):  # the same numbers as any other way of asking
        np.testing.assert_allclose(found[few].reshape(21, -1), network.penalties(windows[few]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 31, 32), (32, 32), (1, 28, 28)], ids=str)
def test_sliding_needs_a_window(network: LeNet5, shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError, match="at least 32"):
        network.slide(np.zeros(shape, np.uint8))


def test_the_name_of_a_file_is_no_picture_and_the_reader_is_named(network: LeNet5) -> None:
    with pytest.raises(PictureError, match=r"of shape \(\).*lenet5\.Reader reads files"):
        network.predict("digit.png")


def test_activations_have_the_layers_shapes(network: LeNet5, images: Images) -> None:
    found = network.activations(images[:2])
    assert {n: a.shape[1:] for n, a in found.items()} == {
        "input": (1, 32, 32),
        "c1": (6, 28, 28),
        "s2": (6, 14, 14),
        "c3": (16, 10, 10),
        "s4": (16, 5, 5),
        "c5": (120,),
        "f6": (84,),
        "output": (10,),
    }
    np.testing.assert_allclose(found["output"], network.penalties(images[:2]), rtol=1e-5)


def test_tensors_are_written_to_and_not_replaced(network: LeNet5, images: Images, tmp_path: Path) -> None:
    """What the kernels work with is what is saved."""
    before = network.penalties(images)
    with pytest.raises(TypeError):
        network.tensors["c1.bias"] = np.zeros(6, np.float32)  # type: ignore[index]
    with pytest.raises(AttributeError):
        network.parameters = network.parameters.copy()  # type: ignore[misc]
    network.tensors["c1.bias"][...] = 0.5
    assert not np.array_equal(network.penalties(images), before)
    saved = lenet5.load(network.save(tmp_path / "changed.safetensors"))
    assert np.array_equal(saved.penalties(images), network.penalties(images))


@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_answers_do_not_depend_on_the_number_of_threads(
    network: LeNet5, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, threads: str
) -> None:
    images = rng.integers(0, 256, (600, 28, 28), dtype=np.uint8)
    monkeypatch.setenv("LENET5_THREADS", "2")
    expected = network.penalties(images)
    monkeypatch.setenv("LENET5_THREADS", threads)
    assert (network.penalties(images) == expected).all()


def test_tensors_are_views_of_what_is_computed_with(network: LeNet5, images: Images) -> None:
    before = network.penalties(images)
    network.tensors["f6.bias"][...] += 1
    assert (network.penalties(images) != before).any()


def test_classes_are_the_codes_characters_or_numbers() -> None:
    zeros = {n: np.zeros(s) for n, s in SMALL.shapes().items()}
    assert LeNet5(SMALL, zeros).classes == ("A", "B", "C")
    zeros = {n: np.zeros(s) for n, s in LENET5_SOFTMAX.shapes().items()}
    assert LeNet5(LENET5_SOFTMAX, zeros).classes == tuple("0123456789")
    assert LeNet5(LENET5_SOFTMAX, zeros, {"classes": list("abcdefghij")}).classes == tuple("abcdefghij")


def test_tensors_that_do_not_fit_are_refused(rng: np.random.Generator) -> None:
    t = start(SMALL, rng)
    with pytest.raises(WeightsError, match=r"f6\.bias"):
        LeNet5(SMALL, {n: v for n, v in t.items() if n != "f6.bias"})
    with pytest.raises(WeightsError, match=r"\(83,\); expected \(84,\)"):
        LeNet5(SMALL, t | {"f6.bias": np.zeros(83)})


def test_a_saved_network_answers_the_same(network: LeNet5, images: Images, tmp_path: Path) -> None:
    network.metadata["seed"] = 5
    again = lenet5.load(network.save(tmp_path / "mine.safetensors"))
    assert (again.penalties(images) == network.penalties(images)).all()
    assert again.architecture == network.architecture
    assert again.metadata["seed"] == 5


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sharpness", "x"),
        ("sharpness", None),
        ("sharpness", 0),
        ("sharpness", -1.0),
        ("sharpness", float("inf")),
        ("sharpness", float("nan")),
        ("classes", 5),
        ("classes", "0123456789"),
        ("classes", ["0"]),
        ("classes", [0] * 10),
        ("classes", ["\x1b[31m", *"123456789"]),
    ],
)
def test_metadata_that_does_not_suit_the_network_is_refused(tmp_path: Path, key: str, value: Any) -> None:
    net = lenet5.load()
    file = storage.write(tmp_path / "net", net.architecture, [net.tensors], {key: value})
    with pytest.raises(WeightsError, match=rf"net: {key} .*; expected a n"):
        lenet5.load(file)


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(WeightsError, match="no network 'lenet6'"):
        lenet5.load("lenet6")


def test_a_channel_of_one_and_whole_numbers_are_pictures_too(network: LeNet5) -> None:
    pictures = drawn.digits(20, 2).images
    answers = network.penalties(pictures)
    for same in (pictures[:, None], pictures[..., None], pictures.astype(np.int64), pictures.astype(np.uint16)):
        assert np.array_equal(network.penalties(same), answers)
    ink = network.penalties((pictures > 127).astype(np.uint8) * np.uint8(255))
    for same in (pictures > 127, (pictures > 127).astype(int), (pictures > 127)[..., None]):
        assert np.array_equal(network.penalties(same), ink)
    for wrong in (pictures.astype(int) * 2, -pictures.astype(int), np.repeat(pictures[..., None], 3, axis=-1)):
        with pytest.raises(PictureError):
            network.penalties(wrong)
