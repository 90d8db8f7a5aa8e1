"""Is what the reader's network is taught what it says it is?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.european import EUROPEAN_SHAPES, european
from lenet5.reading.pieces import Line
from lenet5.reading.school.displacement import flanked, spell
from lenet5.reading.school.doodles import doodles
from lenet5.reading.school.framed import framed
from lenet5.reading.school.lessons import NOTHING, lessons
from lenet5.reading.school.teach import Teaching, calibrated, teach


def test_lessons_are_digits_and_what_is_none() -> None:
    matter = lessons(drawn.digits(200, 1), np.random.default_rng(0), size=0.002)
    assert matter.images.shape == (len(matter.labels), 28, 28)
    assert set(matter.labels.tolist()) == {NOTHING, *range(10)}
    assert matter.share.sum() == pytest.approx(1)
    assert 0.3 < matter.share[matter.labels == NOTHING].sum() < 0.5


def test_european_digits_come_in_all_classes_and_from_a_seed() -> None:
    images, labels = european(300, np.random.default_rng(4))
    assert np.bincount(labels, minlength=10).min() > 10
    assert {s.character for s in EUROPEAN_SHAPES} == set("0123456789")
    assert np.array_equal(images, european(300, np.random.default_rng(4))[0])
    assert (images.reshape(300, -1).max(axis=1) > 200).all()


def test_doodles_are_pictures_and_none_is_blank() -> None:
    pictures = doodles(40, np.random.default_rng(1))
    assert pictures.shape == (40, 28, 28)
    assert (pictures.reshape(40, -1) > 100).sum(axis=1).min() > 10


def test_a_small_framed_picture_is_read_as_its_ink_or_as_its_paper() -> None:
    rng = np.random.default_rng(2)
    block = np.full((60, 50), 255, np.uint8)
    block[10:50, 20:30] = 0
    read = np.stack([framed(block, rng) for _ in range(60)])
    assert read.shape == (60, 28, 28)
    middles = read[:, 12:16, 13:15].mean(axis=(1, 2))
    assert (middles < 50).any()
    assert (middles > 200).any()


def test_a_network_learns_from_lessons_and_is_calibrated() -> None:
    from lenet5.ensemble import Ensemble

    matter = lessons(drawn.digits(400, 1), np.random.default_rng(0), size=0.004)
    how = Teaching(members=1, passes=3, pictures=3000)
    losses: list[float] = []
    network = teach(matter, how, lambda _pass, loss, _seconds: losses.append(loss))
    assert losses[-1] < losses[0]
    unseen = drawn.digits(300, 9)
    assert (network.predict(unseen.images) == unseen.labels).mean() > 0.5
    calibration = calibrated(Ensemble([network]), unseen, how)
    assert calibration.rubbish is not None
    assert 0 < calibration.accept < 1


def test_flanked_digits_stand_in_the_middle() -> None:
    digits = drawn.digits(60, 3)
    matter = flanked(digits.images, digits.labels, 80, np.random.default_rng(0))
    assert set(matter.labels.tolist()) <= {NOTHING, *range(10)}
    middle = matter.images[matter.labels != NOTHING][:, :, 8:20]
    assert middle.reshape(len(middle), -1).max(axis=1).min() > 150


def test_a_path_without_cuts_goes_from_digit_to_digit_over_nothing() -> None:
    class Knows:
        def slide(self, images: np.ndarray) -> np.ndarray:
            places = (images.shape[2] - 32) // 4 + 1
            penalties = np.full((1, 1, places, 11), 60, np.float32)
            penalties[..., 10] = 15
            for place, digit in ((4, 3), (5, 3), (8, 7), (11, 7)):
                penalties[0, 0, place, digit] = 1
            return penalties

    line = Line(np.ones((20, 60), np.float32), 0.0, 0.0, (), 20.0, 0.0, 20.0, 2.0)
    assert spell(line, Knows(), sharpness=0.5) == "377"
