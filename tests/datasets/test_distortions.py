"""Are distortions drawn from the ranges that were given, and the same ones every time?"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5.datasets.distortions import AFFINE_1998, DISTORTIONS, ELASTIC_2003, Distortion, transform
from lenet5.errors import DataError

RNG = np.random.default_rng(1)
NOISE = (RNG.random((40, 28, 28)) * 256).astype(np.uint8)
MUCH = Distortion(scale=(0.8, 1.2), squeeze=0.1, shear=0.2, shift=2, rotation=15, elastic=1, thickness=0.5, noise=0.02)


def test_a_picture_depends_on_seed_pass_and_place_alone() -> None:
    order = RNG.permutation(40)
    whole = MUCH.apply(NOISE, order, seed=11, pass_=4)
    with ThreadPoolExecutor(4) as pool:
        blocks = pool.map(lambda i: MUCH.apply(NOISE, order[i : i + 7], seed=11, pass_=4), range(0, 40, 7))
        assert np.array_equal(np.concatenate(list(blocks)), whole)
    assert np.array_equal(MUCH.apply(NOISE, np.sort(order), seed=11, pass_=4)[order], whole)
    assert not np.array_equal(MUCH.apply(NOISE, order, seed=12, pass_=4), whole)
    assert not np.array_equal(MUCH.apply(NOISE, order, seed=11, pass_=5), whole)


def test_the_pictures_of_a_seed_are_always_these() -> None:
    """Recorded numbers: a change of them changes every training with distortions."""
    ramp = np.arange(784, dtype=np.uint32).reshape(1, 28, 28).astype(np.uint8)
    out = MUCH.apply(ramp, np.zeros(1, np.int64), seed=1, pass_=2)
    np.testing.assert_allclose(out[0, 16, 12:16], [0.92854, 0.927312, 0.911893, 0.890674], atol=1e-5)


def blob() -> NDArray[np.uint8]:
    """A round spot in the middle: where it goes and how it stretches tell what was done to it."""
    y, x = np.mgrid[:28, :28] - 13.5
    return np.asarray(np.rint(255 * np.exp(-(x**2 + y**2) / (2 * 2.0**2))), dtype=np.uint8)[None]


def measure(pictures: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """The plane's change (a, b, d, tx, ty) of each spot, x' = a·x + b·y + tx and y' = d·y + ty from the centre."""
    mass = pictures.astype(float) + 0.1
    total = mass.sum((1, 2))
    y, x = np.mgrid[:32, :32] - 15.5

    def mean(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray((mass * values).sum((1, 2)) / total)

    tx, ty = mean(x), mean(y)
    u, v = x - tx[:, None, None], y - ty[:, None, None]
    d = np.sqrt(mean(v * v)) / 2.0
    b = mean(u * v) / 4.0 / d
    a = np.sqrt(mean(u * u) / 4.0 - b**2)
    return {"scale": np.sqrt(a * d), "squeeze": np.sqrt(a / d), "shear": b / d, "tx": tx, "ty": ty, "d": d}


def test_the_affine_distortions_have_the_ranges_of_figure_7() -> None:
    spots = np.repeat(blob(), 3000, axis=0)
    found = measure(AFFINE_1998.apply(spots, np.arange(3000), seed=0))
    # One in ten is an original: the paper's 60,000 among 600,000.
    original = (np.abs(found["scale"] - 1) < 0.01) & (np.abs(found["tx"]) < 1e-3) & (np.abs(found["ty"]) < 1e-3)
    assert original.mean() == pytest.approx(0.1, abs=0.02)
    found = {name: values[~original] for name, values in found.items()}
    moved = found["ty"] - 10.9 * (1 - found["d"])  # about the baseline, row 26.4
    for values, low, high in [
        (found["scale"], 0.72, 1.30),
        (found["squeeze"], 0.905, 1.105),
        (found["shear"], -0.15, 0.15),
        (found["tx"], -2.4, 2.4),
        (moved, -2.4, 2.4),
    ]:
        room = 0.05 * (high - low)  # interpolation widens the spot a little
        assert low - room < values.min() < low + room
        assert high - room < values.max() < high + room
    assert np.median(found["scale"]) == pytest.approx(math.sqrt(0.72 * 1.30), abs=0.02)


def test_rotation_is_about_the_middle() -> None:
    dot = np.zeros((1, 28, 28), np.uint8)
    dot[0, 13:15, 22:24] = 255  # nine pixels to the right of the middle
    out = Distortion(rotation=30).apply(np.repeat(dot, 500, axis=0), np.arange(500), seed=0)
    found = measure(out)
    np.testing.assert_allclose(np.hypot(found["tx"], found["ty"]), 9, atol=0.05)
    degrees = np.degrees(np.arctan2(found["ty"], found["tx"]))
    assert -30 < degrees.min() < -29
    assert 29 < degrees.max() < 30


def test_strength_narrows_every_range() -> None:
    assert AFFINE_1998.times(1) == AFFINE_1998
    half = MUCH.times(0.5)
    assert half.scale == pytest.approx((math.sqrt(0.8), math.sqrt(1.2)))
    assert (half.shear, half.shift, half.rotation, half.elastic, half.thickness, half.noise) == (
        0.1,
        1,
        7.5,
        0.5,
        0.25,
        0.01,
    )
    assert (1 + half.squeeze) ** 2 == pytest.approx(1.1)
    nothing = MUCH.times(0).apply(NOISE, np.arange(40), seed=0)
    assert np.array_equal(nothing, transform(NOISE))
    assert MUCH.times(3).scale == pytest.approx((0.8**3, 1.2**3))


def test_a_distortion_comes_back_from_its_record() -> None:
    import json

    for distortion in DISTORTIONS.values():
        assert Distortion(**json.loads(json.dumps(asdict(distortion)))) == distortion
    assert ELASTIC_2003.elastic == pytest.approx(1.38, abs=0.01)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"scale": (1.2, 0.8)}, r"scale \(1.2, 0.8\); expected the smallest and the largest"),
        ({"scale": (0.0, 1.0)}, "scale"),
        ({"scale": (1.0,)}, "scale"),
        ({"shear": -0.1}, "shear -0.1; expected pixels aside"),
        ({"shift": math.nan}, "shift nan; expected pixels from 0 to 16"),
        ({"rotation": math.inf}, "rotation inf"),
        ({"noise": 1.5}, "noise 1.5; expected a probability from 0 to 1"),
        ({"smoothness": 1.0}, "smoothness 1.0"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(ranges: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Distortion(**ranges)


def test_arrays_that_do_not_fit_are_refused() -> None:
    three = np.arange(3)
    for images, indices in [
        (NOISE.astype(np.float32), three),
        (NOISE[:, :20], three),
        (NOISE, three.astype(np.int32)),
        (NOISE, np.array([0, 40])),
        (NOISE, np.array([-1])),
    ]:
        with pytest.raises(DataError, match="expected"):
            MUCH.apply(images, indices, seed=0)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="finite"):
        transform(NOISE, scale=math.nan)
    with pytest.raises(DataError, match="strength -1"):
        MUCH.times(-1)
