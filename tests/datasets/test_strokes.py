"""Polylines as characters: kept in a file, drawn with a pen, refused where they are none."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenet5.datasets import load
from lenet5.datasets.dataset import split_by_writer
from lenet5.datasets.drawn.pen import Pen
from lenet5.datasets.strokes import ARRAYS, SPAN, Strokes, read_strokes
from lenet5.errors import DataError

SEVEN = [[(0.0, 0.0), (30.0, 0.0), (10.0, 60.0)], [(5.0, 30.0), (25.0, 30.0)]]
ONE = [[(7.0, 0.0), (7.0, 9.0)]]


@pytest.fixture
def two() -> Strokes:
    return Strokes.of([SEVEN, ONE], ["7", "1"], [4, 9])


def test_polylines_fill_a_box_of_1000_with_their_longer_side(two: Strokes) -> None:
    seven, bar = two.polylines(0)
    assert seven.tolist() == [[0, 0], [500, 0], [167, SPAN]]
    assert bar.tolist() == [[83, 500], [417, 500]]
    assert two.polylines(1)[0].tolist() == [[0, 0], [0, SPAN]]


def test_a_file_of_strokes_comes_back_as_it_was(two: Strokes, tmp_path: Path) -> None:
    again = read_strokes(two.save(tmp_path / "two.npz"))
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(two, name))


def test_some_characters_are_taken_with_their_strokes_and_writers(two: Strokes) -> None:
    turned = two.take(np.array([1, 0, 0]))
    assert turned.labels.tolist() == ["1", "7", "7"]
    assert turned.writers.tolist() == [9, 4, 4]
    assert [s.tolist() for s in turned.polylines(2)] == [s.tolist() for s in two.polylines(0)]
    with pytest.raises(DataError, match="0 characters"):
        two.take(np.array([], np.int64))


def test_writers_are_held_out_whole() -> None:
    many = Strokes.of([ONE] * 60, ["1"] * 60, [k // 6 for k in range(60)])
    learned, kept = split_by_writer(many, 0.2)
    assert len(kept) == 12
    assert not set(learned.writers.tolist()) & set(kept.writers.tolist())


def test_a_wider_pen_leaves_more_ink(two: Strokes, rng: np.random.Generator) -> None:
    thin, thick = (two.pictures(rng, Pen(width=width)).images for width in (6, 24))
    assert (thick.sum(axis=(1, 2), dtype=float) > 1.5 * thin.sum(axis=(1, 2), dtype=float)).all()
    assert (thin.max(axis=(1, 2)) > 200).all()


def test_a_tilted_pen_is_widest_across_its_angle(two: Strokes) -> None:
    trace = two.trace(0, Pen(width=10, tilt=0.5, angle=0))
    bar = trace.strokes == 1
    assert trace.radii[bar] == pytest.approx(7.5)  # it goes to the right, at angle 0
    upright = two.trace(1, Pen(width=10, tilt=0.5, angle=0)).radii
    assert upright == pytest.approx(2.5)


def test_pressure_and_ending_change_the_width_along_a_stroke(two: Strokes) -> None:
    pressed = two.trace(1, Pen(width=10, pressure=0.5)).radii
    assert pressed.max() > 1.2 * pressed.min()
    tapered = two.trace(1, Pen(width=10, ending=0.2)).radii
    assert tapered[0] == tapered[-1] == pytest.approx(1.0)
    assert tapered.max() == pytest.approx(5)


def test_a_dot_is_drawn_and_strokes_are_not_joined(rng: np.random.Generator) -> None:
    dots = Strokes.of([[[(3, 3)]], [[(0, 0)], [(0, 100)]]], [".", ":"])
    dot, colon = dots.pictures(rng, Pen(width=10)).images
    assert dot.max() == 255
    assert not colon[12:16].any()


def test_pictures_have_labels_among_the_classes(two: Strokes, rng: np.random.Generator) -> None:
    pictures = two.pictures(rng)
    assert pictures.classes == ("1", "7")
    assert pictures.writers is not None
    assert pictures.writers.tolist() == [4, 9]
    assert pictures.with_classes("0123456789").labels.tolist() == [7, 1]
    with pytest.raises(DataError, match="holds the classes 7; expected only 0, 1"):
        pictures.with_classes("01")


def test_a_photograph_shows_the_character_on_its_paper(two: Strokes, rng: np.random.Generator) -> None:
    picture = two.photograph(0, rng)
    assert max(picture.shape) == pytest.approx(80 + 2 * 16, abs=1)
    assert picture.shape[2] == 3
    edge = np.concatenate([picture[:4].reshape(-1, 3), picture[-4:].reshape(-1, 3)])
    assert np.abs(picture - np.median(edge, axis=0)).max() > 3 * edge.std(axis=0).max()


def test_load_draws_a_file_of_strokes_from_the_seed(two: Strokes, tmp_path: Path) -> None:
    path = str(two.save(tmp_path / "two.npz"))
    once, again, other = load(path, seed=1), load(path, seed=1), load(path, seed=2)
    np.testing.assert_array_equal(once.images, again.images)
    assert (once.images != other.images).any()
    assert len(load(path, count=1)) == 1


@pytest.mark.parametrize(
    ("characters", "labels", "message"),
    [
        ([], [], "0 characters"),
        ([SEVEN], ["7", "1"], "and 2 labels"),
        ([[]], ["7"], "0 of them with strokes"),
        ([[[]]], ["7"], r"a stroke of shape \(0,\)"),
        ([[[(0, 0, 0)]]], ["7"], r"a stroke of shape \(1, 3\)"),
        ([[[(0, math.nan)]]], ["7"], "finite"),
        ([[["ab"]]], ["7"], "a stroke that is none"),
        ([SEVEN], ["77"], "one printable sign"),
        ([SEVEN], ["\n"], "one printable sign"),
        ([SEVEN], [7], "one printable sign"),
        ([[[(k % 7, k) for k in range(10_001)]]], ["7"], "at most 10,000"),
    ],
)
def test_strokes_that_are_none_are_refused(characters: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Strokes.of(characters, labels)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("points", np.zeros((4, 3), np.int16)),
        ("points", np.full((5, 2), 1001, np.int16)),
        ("points", np.zeros((5, 2))),
        ("strokes", np.array([0, 3, 9])),
        ("strokes", np.array([0, 3, 3, 5])),
        ("characters", np.array([0, 2])),
        ("labels", np.array(["7"])),
        ("writers", np.array([1])),
        ("writers", np.array([0.5, 1])),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(two: Strokes, name: str, value: Any) -> None:
    arrays = {key: getattr(two, key) for key in ARRAYS} | {name: value}
    with pytest.raises(DataError, match="expected"):
        Strokes("mine", **arrays)


@pytest.mark.parametrize("data", [b"", b"PK no zip", b"\x93NUMPY"])
def test_a_file_that_holds_no_strokes_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(data)
    with pytest.raises(DataError, match=r"no \.npz file of plain arrays"):
        read_strokes(tmp_path / "bad.npz")


def test_a_file_without_an_array_or_with_objects_is_refused(two: Strokes, tmp_path: Path) -> None:
    arrays: dict[str, Any] = {name: getattr(two, name) for name in ARRAYS}
    objects = arrays | {"labels": np.array([[], "x"], object)}
    for held, words in ((objects, "plain arrays"), ({"points": two.points}, "no strokes, without strokes")):
        data = io.BytesIO()
        np.savez(data, **held)
        (tmp_path / "bad.npz").write_bytes(data.getvalue())
        with pytest.raises(DataError, match=words):
            read_strokes(tmp_path / "bad.npz")


@pytest.mark.parametrize("wrong", [{"width": 0}, {"width": math.nan}, {"pressure": 2}, {"tilt": -1}, {"ending": "x"}])
def test_a_pen_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=f"pen: {next(iter(wrong))}"):
        Pen(**wrong)
