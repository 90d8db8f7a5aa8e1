"""Does the graph of a line find its digits, whatever their sizes, and share its paths among them?"""

from __future__ import annotations

from itertools import pairwise, product

import cv2
import numpy as np
import pytest

from lenet5.reading.graph import Costs, Geometry, best_path, candidates, digit_costs, left_out, share, shares_of
from lenet5.reading.pieces import Line, cut

# Of digits: left, top, width, height; a 7 is as long as two others, and two noughts are small and stand high.
PLACES = ((10, 20, 24, 60), (50, 40, 16, 18), (80, 40, 16, 18), (110, 20, 24, 60))


def uneven() -> Line:
    """A line of strokes of unequal height, standing apart."""
    ink = np.zeros((100, 150), np.float32)
    for x, y, w, h in PLACES:
        cv2.rectangle(ink, (x, y), (x + w, y + h), 1.0, 3)
    return cut(ink)


def test_small_noughts_that_stand_high_are_candidates_that_cost_little() -> None:
    line = uneven()
    found = candidates(line, Geometry())
    costs = digit_costs(line, found, np.zeros(len(found)), Costs())
    for x, _, w, h in PLACES:
        middle = x + w / 2 + line.shift
        own = [k for k, c in enumerate(found) if abs(c.box[0] + c.box[2] / 2 - middle) < 12 and abs(c.box[3] - h) < 6]
        assert own, "every digit is a candidate"
        best = min(own, key=lambda k: costs[k])
        assert costs[best] < 3
        assert costs[best] < sum(left_out(line, i, Costs())[1] for i in range(found[best].first, found[best].last))


def test_a_small_ring_costs_more_to_leave_out_than_a_point_of_its_size() -> None:
    ink = np.zeros((100, 200), np.float32)
    cv2.rectangle(ink, (20, 20), (60, 80), 1.0, 4)
    cv2.circle(ink, (90, 70), 9, 1.0, 3)
    cv2.circle(ink, (130, 70), 10, 1.0, -1)
    line = cut(ink)
    small = [k for k, piece in enumerate(line.pieces) if piece.height < 30 and piece.x > 70]
    assert [k in line.rings for k in small] == [True, False]
    (kind, ring), (other, point) = (left_out(line, k, Costs()) for k in small)
    assert ring > point + 4
    assert (kind, other) == ("speck", ".")


def test_half_of_a_stroke_is_no_ring() -> None:
    ink = np.zeros((100, 200), np.float32)
    for x in (50, 90, 130):
        cv2.circle(ink, (x, 60), 20, 1.0, 4)
    line = cut(ink)
    assert len(line.pieces) > 1
    assert not any(k in line.rings for k in range(len(line.pieces)))


def test_shares_of_all_candidates_are_those_of_all_paths() -> None:
    line = uneven()
    dear = Costs(word=1.5, digit=1.0)  # such that one text has nearly all paths
    found = candidates(line, Geometry())
    likely = np.full((len(found), 2), 0.02)
    best = np.argsort(digit_costs(line, found, np.zeros(len(found)), dear))[:4]
    likely[best, 0] = 0.97
    leaving = np.array([left_out(line, i, dear)[1] for i in range(len(line.pieces))])
    shares = shares_of(line, found, likely, leaving, dear)
    assert shares.shape == (len(found), 2)
    assert (shares >= 0).all()
    assert (shares <= 1 + 1e-9).all()
    assert shares[best, 0].min() > 0.8
    # Where one text has nearly all paths, its digits have nearly all of their candidates' shares.
    assert share(line, found, likely, [0, 0, 0, 0], dear) == pytest.approx(1, abs=0.2)


def test_signs_hardly_stand_side_by_side() -> None:
    line = uneven()
    costs = Costs(word=1.5, digit=1.0, signs=4.0)
    found = candidates(line, Geometry())
    likely = np.full((len(found), 2), 0.01)  # of a digit, and of a sign
    best = np.argsort(digit_costs(line, found, np.zeros(len(found)), costs))[:4]
    likely[best] = 0.3, 0.6

    def read(signs: tuple[int, ...]) -> list[int]:
        return [a.digit for a in best_path(line, found, likely, costs, signs) if a.digit is not None]

    assert read(()) == [1, 1, 1, 1]
    text = read((1,))
    assert len(text) == 4
    assert not any(one == other == 1 for one, other in pairwise(text))
    # What all texts have of the paths is 1, whatever a sign beside a sign costs.
    every = [t for n in range(7) for t in product((0, 1), repeat=n)]
    shares = {t: share(line, found, likely, t, costs, (1,)) for t in every}
    assert sum(shares.values()) == pytest.approx(1, abs=0.02)
    assert shares[tuple(text)] == pytest.approx(max(shares.values()))
    usual = {t: share(line, found, likely, t, costs) for t in ((1, 0, 1, 0), (1, 1, 0, 0))}
    ratio = (shares[1, 1, 0, 0] / shares[1, 0, 1, 0]) / (usual[1, 1, 0, 0] / usual[1, 0, 1, 0])
    assert ratio == pytest.approx(np.exp(-costs.signs))


def test_parts_that_stand_apart_are_counted_where_they_tell_characters_apart() -> None:
    ink = np.zeros((100, 90), np.float32)
    cv2.rectangle(ink, (10, 20), (34, 80), 1.0, 3)
    cv2.circle(ink, (46, 76), 4, 1.0, -1)
    cv2.rectangle(ink, (60, 20), (84, 80), 1.0, 3)
    line = cut(ink, slanted=False)
    apart = {(c.first, c.last): c.parts for c in candidates(line, Geometry(Costs(place=1.0), lowest=0.02))}
    whole = [k for k, piece in enumerate(line.pieces) if piece.height < 12]
    assert whole, "the point is a piece"
    k = whole[0]
    assert apart[k, k + 1] == 1
    assert apart[k - 1, k + 1] == 2
    assert {c.parts for c in candidates(line, Geometry())} == {1}
