"""Are noughts in a chain found, cut through the walls that they share, and offered whole?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.reading import Reader
from lenet5.reading.graph import Geometry, candidates
from lenet5.reading.pieces import cut

PEN = 5
ROUND = (13, 18)  # half a nought's width and height


def chain(apart: list[int], round_: tuple[int, int] = ROUND, height: int = 70) -> np.ndarray:
    """Ink (H, W) of noughts, the first with its middle at column 40, the others so far from the one before."""
    ink = np.zeros((height, 110 + sum(apart)), np.float32)
    for x in np.cumsum([40, *apart]).tolist():
        cv2.ellipse(ink, (x, 35), round_, 0, 0, 360, 1.0, PEN, cv2.LINE_AA)
    return ink


def joined_at_the_foot(count: int) -> np.ndarray:
    """Ink of noughts of which a stroke goes on from the foot of each to the next."""
    ink = chain([42] * (count - 1))
    for x in range(40, 40 + 42 * (count - 1), 42):
        cv2.line(ink, (x, 53), (x + 42, 51), 1.0, PEN, cv2.LINE_AA)
    return ink


@pytest.mark.parametrize("apart", [[2 * ROUND[0]], [2 * ROUND[0] - 2] * 2, [2 * ROUND[0]] * 3])
def test_each_nought_of_a_chain_that_shares_walls_is_offered_as_a_closed_loop(apart: list[int]) -> None:
    line = cut(chain(apart), slanted=False)
    assert len(line.loops) == len(apart) + 1
    whole = [c for c in candidates(line, Geometry()) if c.box[2] == pytest.approx(2 * ROUND[0] + PEN, abs=4)]
    whole = [c for c in whole if c.image[14, 14] == 0 and c.image[4:24, 14].max() > 128]
    middles = sorted(c.box[0] + c.box[2] / 2 for c in whole)
    for middle in np.cumsum([40, *apart]):
        assert np.abs(np.array(middles) - middle).min() < 3


def test_a_nought_joined_to_others_is_offered_without_the_ends_of_its_stroke() -> None:
    line = cut(joined_at_the_foot(3), slanted=False)
    alone = [c for c in candidates(line, Geometry()) if c.ends > 0]
    assert {round((c.box[0] + c.box[2] / 2 - 40) / 42) for c in alone} == {0, 1, 2}
    assert all(abs(c.box[2] - 2 * ROUND[0] - PEN) < 4 for c in alone)


def test_half_a_loop_of_a_chain_costs_more_than_a_whole_one() -> None:
    found = candidates(cut(chain([26, 26]), slanted=False), Geometry())
    assert max(c.torn for c in found) > 0.7
    assert min(c.torn for c in found if c.ends == 0) < 0.3


def test_a_loop_alone_and_the_loops_of_an_8_are_no_chain() -> None:
    eight = np.zeros((90, 100), np.float32)
    for y in (30, 56):
        cv2.ellipse(eight, (50, y), (14, 13), 0, 0, 360, 1.0, PEN, cv2.LINE_AA)
    for ink in (chain([]), eight):
        line = cut(ink, slanted=False)
        assert not line.loops
        assert all(c.torn == c.ends == 0 for c in candidates(line, Geometry()))


@pytest.mark.parametrize("join", ["walls", "foot"])
def test_numbers_that_end_in_joined_noughts_are_read(join: str) -> None:
    reader, right, wrong = Reader(), 0, []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        first, count = str(rng.integers(1, 10)), int(rng.integers(2, 4))
        noughts = chain([int(rng.integers(23, 27))] * (count - 1)) if join == "walls" else joined_at_the_foot(count)
        picture, _ = drawn.line(first, rng, size=42, look=Look(noise=1, blur=0.4, paper=(255,) * 3, ink=(0,) * 3))
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        x, y, w, h = cv2.boundingRect((grey < 128).astype(np.uint8))
        page = np.full((110, 160 + noughts.shape[1]), 255, np.uint8)
        page[75 - h : 75, 30 : 30 + w] = grey[y : y + h, x : x + w]
        part = page[20:90, 20 + w : 20 + w + noughts.shape[1]]
        part[:] = np.minimum(part, 255 - (255 * noughts).clip(0, 255).astype(np.uint8))
        (reading,) = reader.read(page, "line")
        right += reading.text == first + "0" * count
        wrong += [reading.text] if reading.text != first + "0" * count and not reading.rejected else []
    assert right >= 9
    assert len(wrong) <= 1
