"""Are digits drawn from the seed alone, in every shape, and as MNIST holds its own?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.datasets import Dataset, load
from lenet5.datasets.drawn import digits, nothing
from lenet5.datasets.drawn.glyphs import choose
from lenet5.datasets.drawn.hand import Hands, write
from lenet5.datasets.drawn.pen import Trace, draw, ink
from lenet5.datasets.drawn.shapes import DIGITS, shape
from lenet5.errors import DataError, LeNetError


@pytest.fixture(scope="module")
def drawn() -> Dataset:
    return digits(1200, seed=3)


def test_a_seed_gives_the_same_pictures_whatever_the_count(drawn: Dataset) -> None:
    # 1,200 pictures are more than one block of them.
    for count in (1, 999, 1001):
        again = digits(count, seed=3)
        np.testing.assert_array_equal(again.images, drawn.images[:count])
        np.testing.assert_array_equal(again.labels, drawn.labels[:count])


def test_another_seed_gives_other_pictures(drawn: Dataset) -> None:
    same = (digits(200, seed=4).images == drawn.images[:200]).all(axis=(1, 2))
    assert not same.any()


def test_every_digit_comes_once_in_ten(drawn: Dataset) -> None:
    assert drawn.classes == tuple("0123456789")
    np.testing.assert_array_equal(np.sort(drawn.labels.reshape(-1, 10), axis=1), [range(10)] * 120)


def test_a_writer_writes_every_digit_twice(drawn: Dataset) -> None:
    assert drawn.writers is not None
    writers, counts = np.unique(drawn.writers, return_counts=True)
    np.testing.assert_array_equal(writers, np.arange(60))
    assert set(counts) == {20}


def test_a_writer_is_more_like_himself_than_like_others(drawn: Dataset) -> None:
    ink_of = drawn.images.reshape(60, 20, -1).mean(axis=2)  # (writers, pictures): thick pens against thin
    assert ink_of.mean(axis=1).std() > 0.5 * ink_of.std()


def test_pictures_fill_a_box_of_20_as_those_of_mnist(drawn: Dataset) -> None:
    inked = drawn.images > 0
    heights = inked.any(axis=2).sum(axis=1)
    widths = inked.any(axis=1).sum(axis=1)
    # A thin end may vanish when it is scaled: one pixel less.
    assert np.maximum(heights, widths).max() == 20
    assert np.maximum(heights, widths).min() >= 19


def test_the_centre_of_mass_is_in_the_middle(drawn: Dataset) -> None:
    mass = drawn.images.sum(axis=(1, 2), dtype=float)
    x = (drawn.images.sum(axis=1) * np.arange(28)).sum(axis=1) / mass
    y = (drawn.images.sum(axis=2) * np.arange(28)).sum(axis=1) / mass
    # What is widest on one side would leave the field: the box is kept whole instead.
    assert (np.abs(x - 14) <= 0.51).mean() > 0.99
    assert (np.abs(y - 14) <= 0.51).mean() > 0.99


def test_ink_is_as_much_as_in_mnist(drawn: Dataset) -> None:
    # MNIST's training part: 33.3 of 255 on average; a 1 has least ink and a 0 most.
    assert drawn.images.mean() == pytest.approx(33.3, rel=0.15)
    of = [drawn.images[drawn.labels == d].mean() for d in range(10)]
    assert np.argmin(of) == 1
    assert of[0] > np.median(of)


@pytest.mark.parametrize("digit", range(10))
def test_every_shape_can_be_drawn_by_any_hand(digit: int, rng: np.random.Generator) -> None:
    for s in DIGITS[digit]:
        assert s.character == str(digit)
        n = 10
        traces = write([s] * n, Hands.draw(n, rng), np.ones((n, 8)), rng)
        pictures = [draw(t) for t in traces]
        assert all(0 < p.mean() < 0.9 and max(p.shape) in (60, 61, 62) for p in pictures)
        assert len({p.tobytes() for p in pictures}) == n


def test_shapes_are_chosen_by_their_weight() -> None:
    rare, usual = shape("1", 1, "0,0 0,100"), shape("1", 3, "20,20 30,0! 30,100")
    assert choose([rare, usual], 0.2) is rare
    assert choose([rare, usual], 0.3) is usual


def test_a_path_goes_through_its_points_and_turns_at_its_corners() -> None:
    s = shape("7", 1, "0,0 60,0! 30,100 | 10,50 50,50")
    line = s.spline @ s.variants[0]
    for point in s.variants[0]:
        assert np.abs(line - point).sum(axis=1).min() == pytest.approx(0, abs=1e-12)
    assert s.owner.tolist() == [0, 0, 0, 1, 1]
    bar = line[s.stroke == 0][:7]
    np.testing.assert_allclose(bar[:, 1], 0, atol=1e-12)  # straight up to the corner


def test_a_pen_leaves_a_line_as_wide_as_itself() -> None:
    points = np.array([[10.0, 20.0], [50.0, 20.0]])
    paper = ink(Trace(points, np.array([3.0, 3.0]), np.zeros(2, np.int64)), 40, 60)
    assert paper[:, 30].sum() == pytest.approx(6, abs=0.01)
    assert paper[20, 8:53].min() == 1  # round ends reach three pixels further
    assert not paper[:, :6].any()


def test_a_pen_is_lifted_between_strokes() -> None:
    points = np.array([[10.0, 20.0], [20.0, 20.0], [40.0, 20.0], [50.0, 20.0]])
    paper = ink(Trace(points, np.full(4, 2.0), np.array([0, 0, 1, 1])), 40, 60)
    assert paper[20, 15] == paper[20, 45] == 1
    assert not paper[:, 25:36].any()


def test_nothing_is_never_a_digit_that_digits_draws(drawn: Dataset) -> None:
    rubbish = nothing(2100, seed=3)
    assert set(np.unique(rubbish.labels)) == set(range(len(rubbish.classes)))
    assert len(np.unique(rubbish.images.reshape(2100, -1), axis=0)) == 2100
    assert not {p.tobytes() for p in rubbish.images} & {p.tobytes() for p in drawn.images}
    assert (rubbish.images.max(axis=(1, 2)) > 0).all()


def test_nothing_too_depends_on_its_seed_alone() -> None:
    rubbish = nothing(2100, seed=3)
    np.testing.assert_array_equal(nothing(2001, seed=3).images, rubbish.images[:2001])
    assert (nothing(60, seed=4).images != rubbish.images[:60]).any()


@pytest.mark.parametrize("draw_them", [digits, nothing])
@pytest.mark.parametrize(("count", "seed"), [(0, 0), (-1, 0), (2.5, 0), (10**9, 0), (True, 0), (5, -1), (5, "a")])
def test_a_bad_count_or_seed_is_refused(draw_them: object, count: object, seed: object) -> None:
    with pytest.raises(DataError, match="expected a whole number") as caught:
        draw_them(count, seed)  # type: ignore[operator]
    assert isinstance(caught.value, LeNetError)


def test_load_knows_drawn() -> None:
    data = load("drawn", count=20, seed=5)
    np.testing.assert_array_equal(data.images, digits(20, seed=5).images)
    assert (load("drawn", "test", count=20, seed=5).images != data.images).any()
