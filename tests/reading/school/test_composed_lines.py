"""Is a line cut where its digits meet, and put together again from the right pieces?"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.reading.graph import Costs, Geometry, best_path, candidates, digit_costs, left_out, share
from lenet5.reading.pieces import cut
from lenet5.reading.school.composed_lines import compose, line_lessons

DIGITS = drawn.digits(200, 5)


def picker(rng: np.random.Generator):
    def pick(digit: int | None) -> tuple[np.ndarray, int]:
        i = int(rng.choice(np.flatnonzero(DIGITS.labels == (rng.integers(10) if digit is None else digit))))
        return DIGITS.images[i], int(DIGITS.labels[i])

    return pick


def beside(labels: list[int], gap: int) -> np.ndarray:
    """Digits in a row, `gap` pixels apart, ink (28, W)."""
    glyphs = [DIGITS.images[np.flatnonzero(DIGITS.labels == k)[0]] / np.float32(255) for k in labels]
    glyphs = [g[:, np.flatnonzero(g.max(axis=0) > 0.3)] for g in glyphs]
    width = sum(g.shape[1] for g in glyphs) + gap * len(glyphs) + 8
    ink, x = np.zeros((28, width), np.float32), 4
    for g in glyphs:
        ink[:, x : x + g.shape[1]] = np.maximum(ink[:, x : x + g.shape[1]], g)
        x += g.shape[1] + gap
    return ink


def test_digits_that_stand_apart_are_cut_apart_and_nothing_is_lost() -> None:
    ink = beside([3, 0, 7], gap=6)
    line = cut(ink)
    edges = {p.x for p in line.pieces} | {p.x + p.width for p in line.pieces}
    assert len(line.pieces) >= 3
    assert len(edges) >= 4
    assert sum(p.area for p in line.pieces) == (line.ink >= 0.35).sum()


@pytest.mark.parametrize("gap", [0, -2])
def test_digits_that_touch_have_a_cut_between_them(gap: int) -> None:
    line = cut(beside([0, 0], gap))
    middle = line.ink.shape[1] / 2
    assert any(abs(p.x + p.width - middle) < 4 for p in line.pieces)


def test_the_slant_is_taken_off() -> None:
    height, width = 60, 200
    ink = np.zeros((height, width), np.float32)
    for x in (60, 100, 140):
        for y in range(10, 50):
            ink[y, int(x - 0.4 * (y - 30)) : int(x - 0.4 * (y - 30)) + 4] = 1
    assert cut(ink).slant == pytest.approx(0.4, abs=0.08)


def test_the_path_of_digits_that_stand_out_is_taken() -> None:
    line = cut(beside([3, 7], gap=6))
    found = candidates(line, Geometry())
    wanted = [k for k, c in enumerate(found) if c.box[2] < 24 and (c.first == 0 or c.last == len(line.pieces))]
    likely = np.full((len(found), 10), 1e-9)
    for k in wanted:
        if c_is_whole(found[k].image):
            likely[k, 3 if found[k].first == 0 else 7] = 0.9
    path = best_path(line, found, likely, Costs())
    assert path[0].first == 0
    assert path[-1].last == len(line.pieces)
    assert all(a.last == b.first for a, b in itertools.pairwise(path))
    assert [arc.digit for arc in path if arc.digit is not None] == [3, 7]


def c_is_whole(image: np.ndarray) -> bool:
    return bool((image > 128).any(axis=1).sum() >= 18)


def test_lessons_from_lines_hold_digits_and_wrong_cuts() -> None:
    rng = np.random.default_rng(2)
    images, labels = line_lessons(12, picker(rng), rng)
    assert images.shape == (len(labels), 28, 28)
    assert {-1} < set(labels.tolist()) <= set(range(-1, 10))
    assert 0.03 < (labels >= 0).mean() < 0.6


def test_a_composed_line_says_whose_every_pixel_is() -> None:
    rng = np.random.default_rng(3)
    ink, owners, labels = compose(picker(rng), rng, digits=4)
    assert ink.shape == owners.shape
    assert len(labels) == 4
    assert set(range(4)) <= set(np.unique(owners).tolist())


def test_the_share_of_a_text_is_that_of_all_paths_that_read_it() -> None:
    """Against every path of a short line, one by one."""
    line, costs = cut(beside([3, 0], gap=2)), Costs()
    found = candidates(line, Geometry())
    likely = np.random.default_rng(0).dirichlet(np.ones(10), len(found))
    dearer = [digit_costs(line, found, -np.log(p), costs) for p in likely.T]
    sums: dict[tuple[int, ...], float] = {}

    def go(node: int, cost: float, read: tuple[int, ...]) -> None:
        if node == len(line.pieces):
            sums[read] = sums.get(read, 0.0) + float(np.exp(-cost))
            return
        go(node + 1, cost + left_out(line, node, costs)[1], read)
        for k, candidate in enumerate(found):
            for digit in range(10) if candidate.first == node else ():
                go(candidate.last, cost + float(dearer[digit][k]), (*read, digit))

    go(0, 0.0, ())
    total = sum(sums.values())
    for read in [(), (3,), (3, 0), (8, 8, 1)]:
        assert share(line, found, likely, read, costs) == pytest.approx(sums[read] / total)
    path = best_path(line, found, likely, costs)
    assert tuple(arc.digit for arc in path if arc.digit is not None) == max(sums, key=lambda read: sums[read])
