"""Is a box of a part of a picture found again in the picture?"""

from __future__ import annotations

import numpy as np

from lenet5.reading.place import Place


def test_a_box_of_a_part_that_was_shrunk_and_cut_out() -> None:
    place = Place.scaled((200, 300, 3), 0.5).moved(10, 20)
    assert place.box((0, 0, 5, 6)) == (20, 40, 10, 12)
    assert place.whole == (0, 0, 300, 200)


def test_a_box_stays_within_the_picture_and_is_never_empty() -> None:
    place = Place.scaled((20, 30), 1.0)
    assert place.box((-5, -5, 100, 100)) == (0, 0, 30, 20)
    assert place.box((500, 500, 1, 1)) == (29, 19, 1, 1)


def test_parts_of_parts() -> None:
    quarter_turn = np.array([[0, -1, 30], [1, 0, 0], [0, 0, 1.0]])
    place = Place.scaled((40, 30), 1.0).inside(quarter_turn)
    assert place.box((5, 10, 2, 3)) == (17, 5, 3, 2)
