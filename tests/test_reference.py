"""Does the reference compute what the paper writes: squash, input, first weights, outputs, losses?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5 import reference
from lenet5.architecture import (
    LENET5,
    LENET5_LINEAR,
    LENET5_MAXPOOL,
    LENET5_SOFTMAX,
    SQUASHES,
    Architecture,
    FullConnection,
    Subsampling,
)
from lenet5.codes import codes
from lenet5.errors import PictureError, TrainingError
from lenet5.reference import curvature, forward, gradient, losses, penalties, scale, squash, squash_slope
from lenet5.training.initial import SCHEMES, initial
from networks import NETWORKS, SMALL_LINEAR, SMALL_TANH, name, start

Array = NDArray[np.float64]


# ---- Squash, input, first weights.


def test_the_squash_takes_one_to_one() -> None:
    np.testing.assert_allclose(squash("tanh", np.array([-1.0, 0.0, 1.0])), [-1, 0, 1], atol=1e-4)


def test_the_logistic_squash_is_the_sigmoid() -> None:
    a = np.linspace(-8, 8, 41)
    np.testing.assert_allclose(squash("logistic", a), 1 / (1 + np.exp(-a)), atol=1e-15)


@pytest.mark.parametrize("f", SQUASHES)
def test_the_slope_of_a_squash_follows_from_its_output(f: str) -> None:
    a = np.linspace(-3, 3, 30)  # not at 0, where max(0, a) has a corner
    differences = (squash(f, a + 1e-5) - squash(f, a - 1e-5)) / 2e-5
    np.testing.assert_allclose(squash_slope(f, squash(f, a)), differences, atol=1e-9)


def test_background_is_minus_a_tenth_and_ink_is_1_175() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 0, 0] = 255
    x = scale(image)
    assert x.shape == (1, 32, 32)
    assert x.dtype == np.float64
    assert x[0, 2, 2] == pytest.approx(1.175)  # two pixels of background all around
    assert (np.delete(x.reshape(-1), 2 * 32 + 2) == -0.1).all()


def test_ink_may_be_a_fraction_and_32_by_32_floats_are_scaled_already(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (3, 28, 28), dtype=np.uint8)
    np.testing.assert_allclose(scale(images / 255), scale(images), rtol=1e-12)
    np.testing.assert_array_equal(scale(scale(images)), scale(images))
    assert scale(np.zeros((1, 32, 40), np.uint8)).shape == (1, 32, 40)


@pytest.mark.parametrize("wrong", [np.zeros((28, 28)), np.zeros((1, 28, 28), np.int64), np.zeros((1, 1, 28, 28))])
def test_other_arrays_are_no_pictures(wrong: Array) -> None:
    with pytest.raises(PictureError, match="expected uint8 or float"):
        scale(wrong)


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_first_weights_have_the_declared_tensors(net: Architecture, rng: np.random.Generator) -> None:
    tensors = initial(net, rng)
    assert {n: t.shape for n, t in tensors.items()} == net.shapes()
    assert list(tensors) == list(net.shapes())
    assert not any(t.any() for n, t in tensors.items() if n.endswith("bias"))


@pytest.mark.parametrize(
    ("scheme", "at_84"), [("2.4/F", 2.4 / 84), ("1/sqrt(F)", 84**-0.5), ("2.4/sqrt(F)", 2.4 / 84**0.5)]
)
def test_weights_start_within_the_range_of_their_units_inputs(
    scheme: str, at_84: float, rng: np.random.Generator
) -> None:
    tensors = initial(LENET5, rng, scheme)
    assert 0.95 * at_84 < np.abs(initial(LENET5_SOFTMAX, rng, scheme)["output.weight"]).max() / 4 <= at_84
    # C3's first map sees three maps, its last sees six.
    first, last = np.abs(tensors["c3.weight"][:3]).max(), np.abs(tensors["c3.weight"][-6:]).max()
    assert 0.9 < first / SCHEMES[scheme](np.array(75.0)) <= 1
    assert 0.9 < last / SCHEMES[scheme](np.array(150.0)) <= 1
    wider = initial(LENET5, np.random.default_rng(1998), scheme, gain=2)
    np.testing.assert_allclose(wider["c5.weight"], 2 * tensors["c5.weight"])
    # Logistic units, whose slope is a quarter at 0, start four times as wide.
    logistic = initial(LENET5_LINEAR, np.random.default_rng(1998), scheme)
    np.testing.assert_allclose(logistic["c5.weight"], 4 * tensors["c5.weight"])


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_centred_units_start_in_the_middle_of_their_slope(net: Architecture, rng: np.random.Generator) -> None:
    tensors = initial(net, rng, "centred")
    o = forward(net, tensors, np.zeros((1, 32, 32)))
    for layer in (net.c1, net.s2, net.c3, net.s4, net.c5, net.f6):
        middle = 0.5 if layer.squash == "logistic" else 0.0
        np.testing.assert_allclose(o[layer.name], middle, atol=1e-12, err_msg=layer.name)
    if getattr(net.output, "squash", "") in ("logistic", "softmax"):
        np.testing.assert_allclose(o["output"], 1 / net.classes)


def test_centred_logistic_units_lose_less_of_what_differs(pictures: Array) -> None:
    def kept(scheme: str) -> float:
        o = forward(LENET5_SOFTMAX, initial(LENET5_SOFTMAX, np.random.default_rng(1), scheme), pictures)
        return float(o["f6"].std(0).mean() / o["c1"].std(0).mean())

    assert kept("1/sqrt(F)") < 0.02
    assert kept("centred") > 0.2


def test_an_average_starts_as_the_same_function_as_a_sum(pictures: Array) -> None:
    averaging = replace(LENET5, s2=Subsampling("average"), s4=Subsampling("average"))
    one, other = (initial(net, np.random.default_rng(5)) for net in (LENET5, averaging))
    assert (one["s2.coefficient"] == 0.5).all()
    assert (other["s2.coefficient"] == 2.0).all()
    np.testing.assert_allclose(
        forward(LENET5, one, pictures)["output"], forward(averaging, other, pictures)["output"], rtol=1e-12
    )


def test_an_unknown_scheme_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(TrainingError, match=r"'xavier'; expected one of 2\.4/F, 1/sqrt"):
        initial(LENET5, rng, "xavier")


# ---- Outputs and losses.


def test_the_distance_of_a_code_to_a_code_is_four_times_their_different_pixels(
    rng: np.random.Generator, pictures: Array
) -> None:
    t = start(LENET5, rng)
    t["f6.weight"] = np.zeros_like(t["f6.weight"])
    t["f6.bias"] = np.arctanh(codes()[6].astype(np.float64) / 1.7159) * 1.5  # F6 says 6
    y = forward(LENET5, t, pictures)["output"]
    assert y.shape == (2, 10)
    assert y[0, 6] == pytest.approx(0, abs=1e-12)
    assert y[0, 8] == pytest.approx(48)
    np.testing.assert_array_equal(penalties(LENET5, forward(LENET5, t, pictures)["output.sum"]), y)


@pytest.mark.parametrize("net", [net for net in NETWORKS if isinstance(net.output, FullConnection)], ids=name)
def test_penalties_are_minus_the_logarithm_of_probabilities(
    net: Architecture, rng: np.random.Generator, pictures: Array
) -> None:
    activations = forward(net, start(net, rng), pictures)
    p = np.exp(-penalties(net, activations["output.sum"]))
    np.testing.assert_allclose(p.sum(1), 1)
    np.testing.assert_array_equal(p.argmax(1), activations["output"].argmax(1))
    o = activations["output"]
    expected = {"softmax": o, "logistic": o / o.sum(1, keepdims=True)}
    softmax = np.exp(o) / np.exp(o).sum(1, keepdims=True)
    np.testing.assert_allclose(p, expected.get(net.output.squash, softmax))  # type: ignore[union-attr]


@pytest.mark.parametrize("j", [0.1, 10.0, 50.0])
def test_eq_9_as_it_is_written(j: float, rng: np.random.Generator, pictures: Array) -> None:
    t = start(LENET5, rng)
    y = forward(LENET5, t, pictures)["output"]
    written = y[[0, 1], [3, 7]] + np.log(np.exp(-j) + np.exp(-y).sum(1))
    assert gradient(LENET5, t, pictures, np.array([3, 7]), "map", j)[0] == pytest.approx(written.mean())


def test_with_a_small_j_eq_9_teaches_as_eq_8_does(rng: np.random.Generator, pictures: Array) -> None:
    t, labels = start(LENET5, rng), np.array([3, 7])
    _, map_criterion = gradient(LENET5, t, pictures, labels, "map", 0.1)
    _, mse = gradient(LENET5, t, pictures, labels, "mse")
    np.testing.assert_allclose(map_criterion["f6.weight"], mse["f6.weight"], rtol=1e-4, atol=1e-8)


def test_eq_9_is_always_positive_because_the_right_class_is_in_the_sum(
    rng: np.random.Generator, pictures: Array
) -> None:
    t, labels = start(LENET5, rng), np.array([3, 7])
    without = gradient(LENET5, t, pictures, labels, "cross_entropy")[0]
    assert 0 < without == pytest.approx(gradient(LENET5, t, pictures, labels, "map", 1e6)[0])


def test_an_output_learns_by_its_own_losses() -> None:
    assert losses(LENET5) == ("mse", "map", "cross_entropy")
    assert losses(LENET5_SOFTMAX) == ("cross_entropy",)
    assert losses(LENET5_MAXPOOL) == losses(LENET5_LINEAR) == ("cross_entropy", "mse")
    assert losses(SMALL_TANH) == losses(SMALL_LINEAR) == ("mse",)


def test_another_loss_or_label_is_refused(rng: np.random.Generator, pictures: Array) -> None:
    t = initial(LENET5_SOFTMAX, rng)
    with pytest.raises(TrainingError, match="no loss 'map' for lenet5-softmax; expected one of cross"):
        gradient(LENET5_SOFTMAX, t, pictures, np.array([1, 2]), "map")
    for wrong in ([1, 10], [-1, 1], []):
        with pytest.raises(TrainingError, match="each 0 to 9"):
            curvature(LENET5_SOFTMAX, t, pictures, np.array(wrong, np.int64), "cross_entropy")


# ---- Wider pictures (section VII).


@pytest.mark.parametrize("net", NETWORKS, ids=name)
@pytest.mark.parametrize(("height", "width"), [(32, 51), (36, 40)])
def test_a_wider_picture_is_read_as_its_windows_every_four_pixels(
    net: Architecture, height: int, width: int, rng: np.random.Generator
) -> None:
    t = start(net, rng)
    wide = forward(net, t, x := rng.uniform(-0.1, 1.175, (2, height, width)))
    rows, columns = (height - 32) // 4 + 1, (width - 32) // 4 + 1
    assert wide["output"].shape == (2, net.classes, rows, columns)
    for row, column in np.ndindex(rows, columns):
        window = forward(net, t, x[:, 4 * row : 4 * row + 32, 4 * column : 4 * column + 32])
        np.testing.assert_allclose(wide["output"][:, :, row, column], window["output"], rtol=1e-10)
        np.testing.assert_allclose(
            penalties(net, wide["output.sum"])[:, :, row, column],
            penalties(net, window["output.sum"]),
            rtol=1e-9,
            atol=1e-12,
        )


@pytest.mark.parametrize("shape", [(1, 31, 32), (1, 28, 28), (32, 32)])
def test_a_smaller_picture_is_refused(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    with pytest.raises(PictureError, match="at least 32"):
        forward(LENET5, initial(LENET5, rng), np.zeros(shape))


# ---- And it learns.


# With eq. 9 the published step is too long (PAPER.md).
@pytest.mark.parametrize(("loss", "step"), [("mse", 5e-4), ("map", 5e-5), ("cross_entropy", 5e-5)])
def test_a_few_steps_of_the_papers_rule_teach_it_two_pictures(
    loss: str, step: float, rng: np.random.Generator, pictures: Array
) -> None:
    t, labels = initial(LENET5, rng), np.array([3, 7])
    before = reference.loss(LENET5, t, pictures, labels, loss)
    for number in range(60):
        if number % 20 == 0:  # as before each pass (appendix C)
            rates = reference.rates(curvature(LENET5, t, pictures, labels, loss), step, mu=0.02)
        _, g = gradient(LENET5, t, pictures, labels, loss)
        t = reference.step(t, g, rates)
    assert reference.loss(LENET5, t, pictures, labels, loss) < 0.7 * before
    assert forward(LENET5, t, pictures)["output"].argmin(1).tolist() == [3, 7]
