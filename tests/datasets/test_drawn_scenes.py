"""Do lines and pages read as they were told, where they say they do?"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from draw_samples import samples, save_samples

import lenet5
from lenet5.datasets.drawn import Look, line, page
from lenet5.errors import DataError

PLAIN = Look(paper=(255, 255, 255), ink=(0, 0, 0))
SAMPLES = Path(lenet5.__file__).parent / "samples"


def test_boxes_enclose_all_ink_and_no_more(rng: np.random.Generator) -> None:
    picture, boxes = line("12,50-7", rng, look=PLAIN)
    assert len(boxes) == 7
    left = picture.min(axis=2) < 128
    for x, y, width, height in boxes:
        inside = left[y : y + height, x : x + width]
        assert inside[:3].any() or inside[:, :3].any()
        left[y : y + height, x : x + width] = False
    assert not left.any()


def test_a_space_has_no_box(rng: np.random.Generator) -> None:
    _, boxes = line("8 8", rng)
    assert len(boxes) == 2
    assert boxes[1][0] - (boxes[0][0] + boxes[0][2]) > 20


def test_neighbours_touch_where_they_are_told_to(rng: np.random.Generator) -> None:
    apart, _ = line("0000", rng, gap=0.4, look=PLAIN)
    touching, _ = line("0000", rng, gap=-0.3, look=PLAIN)
    pieces = [cv2.connectedComponents((p.min(axis=2) < 128).astype(np.uint8))[0] - 1 for p in (apart, touching)]
    assert pieces[0] >= 4 > pieces[1]


def test_a_page_keeps_rows_and_columns_apart(rng: np.random.Generator) -> None:
    rows = ["53 7", "6 19", " 982"]
    picture, boxes = page(rows, rng, boxed=True)
    assert [[box is not None for box in row] for row in boxes] == [[c != " " for c in row] for row in rows]
    middles = np.array([[(b[0] + b[2] / 2, b[1] + b[3] / 2) if b else (np.nan,) * 2 for b in row] for row in boxes])
    height, width = picture.shape[:2]
    x, y = middles[..., 0], middles[..., 1]
    assert np.nanmax(x) < width
    assert np.nanmax(y) < height
    assert (np.nanmax(y[:-1], axis=1) < np.nanmin(y[1:], axis=1)).all()
    assert (np.nanmax(x[:, :-1], axis=0) < np.nanmin(x[:, 1:], axis=0)).all()


def test_ruled_boxes_are_printed_around_the_characters(rng: np.random.Generator) -> None:
    free, _ = line("123", np.random.default_rng(1), look=PLAIN)
    ruled, _ = line("123", np.random.default_rng(1), look=PLAIN, boxed=True)
    lines = (ruled.max(axis=2) < 220).mean(axis=1).max()
    assert lines > 0.7 > (free.max(axis=2) < 220).mean(axis=1).max()


def test_looks_differ(rng: np.random.Generator) -> None:
    looks = [Look.draw(rng) for _ in range(60)]
    assert any(sum(k.paper) < sum(k.ink) for k in looks)  # light on dark
    assert any(k.pattern for k in looks)
    pictures = [line("5", rng, look=k)[0] for k in looks[:12]]
    assert all(p.dtype == np.uint8 and p.shape[2] == 3 for p in pictures)
    assert len({p[0, 0].tobytes() for p in pictures}) > 4


def test_the_same_generator_draws_the_same_page() -> None:
    first, again = (page(["12", "34"], np.random.default_rng(9))[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("rows", [[], [""], ["  "], ["12", ""], ["1\n2"], ["x" * 201]])
def test_what_cannot_be_written_is_refused(rows: list[str], rng: np.random.Generator) -> None:
    with pytest.raises(DataError, match="drawn page"):
        page(rows, rng)


@pytest.mark.parametrize("size", [0, -3, 7.9, 1001, float("nan")])
def test_a_size_out_of_range_is_refused(size: float, rng: np.random.Generator) -> None:
    with pytest.raises(DataError, match="8 to 1,000"):
        line("1", rng, size=size)


def test_the_shipped_samples_are_drawn_again_as_they_are() -> None:
    drawn = samples()
    assert sorted(drawn) == sorted(path.name for path in SAMPLES.glob("*.png"))
    for name, picture in drawn.items():
        shipped = cv2.imread(str(SAMPLES / name))
        assert shipped is not None
        np.testing.assert_array_equal(shipped[..., ::-1], picture, err_msg=name)
        assert (SAMPLES / name).stat().st_size < 20_000


def test_samples_are_written_or_refused(tmp_path: Path) -> None:
    written = save_samples(tmp_path)
    assert {path.name for path in written} == {path.name for path in tmp_path.iterdir()}
    with pytest.raises(DataError):
        save_samples(tmp_path / "missing")
