"""Do greys that are dots become greys, and stay noise and plain black and white as they are?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lenet5 import Reader
from lenet5.datasets.drawn import Look, page
from lenet5.pictures.dither import undithered

Grey = NDArray[np.uint8]


def diffused(grey: Grey) -> Grey:
    """Floyd and Steinberg's way, as fax machines and phones have it."""
    return np.asarray(Image.fromarray(grey).convert("1").convert("L"))


def thresholded(grey: Grey, levels: NDArray[np.floating]) -> Grey:
    """White where a grey is over the level of its place, in tiles."""
    high, wide = (-(-a // b) for a, b in zip(grey.shape, levels.shape, strict=True))
    return np.where(grey > 255 * np.tile(levels, (high, wide))[: grey.shape[0], : grey.shape[1]], 255, 0).astype(
        np.uint8
    )


def ordered(grey: Grey) -> Grey:
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
    return thresholded(grey, (order + 0.5) / 16)


def halftone(grey: Grey) -> Grey:
    """Dots on a grid that stands on its corner, larger where it is darker, as in newspapers."""
    y, x = np.mgrid[:6, :6] * (2 * np.pi / 6)
    return thresholded(grey, 0.5 + 0.49 * np.cos(x) * np.cos(y))


def on_grey_paper(rows: list[str], size: int) -> Grey:
    look = Look(paper=(190, 190, 188), ink=(40, 40, 45), grain=0.01, noise=2, shadow=0.15, blur=0.8)
    return page(rows, np.random.default_rng(size), size=size, look=look)[0].mean(axis=2).astype(np.uint8)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("dots", [diffused, ordered, halftone])
@pytest.mark.parametrize(("text", "size", "layout"), [("4", 80, "digit"), ("2758", 60, "line"), ("361", 60, "auto")])
def test_writing_on_dots_is_read(
    dots: Callable[[Grey], Grey], text: str, size: int, layout: str, reader: Reader
) -> None:
    picture = dots(on_grey_paper([text], size))
    assert set(np.unique(picture)) == {0, 255}
    assert [r.text for r in reader.read(picture, layout)] == [text]
    assert [r.text for r in reader.read(np.dstack([picture] * 3), layout)] == [text]


@pytest.mark.parametrize("share", [0.03, 0.1, 0.2, 0.35, 0.5, 0.8])
def test_noise_is_no_dither(share: float, rng: np.random.Generator) -> None:
    for side in (50, 200):
        noise = np.where(rng.random((side, side)) < share, 0, 255).astype(np.uint8)
        assert undithered(noise) is noise


def test_what_has_no_dots_stays_as_it_is() -> None:
    grey = on_grey_paper(["40", "17"], 50)
    plain = np.where(grey > 110, 255, 0).astype(np.uint8)
    squares = np.full((200, 300), 255, np.uint8)
    squares[::10], squares[:, ::10] = 0, 0
    colours = np.dstack([diffused(grey), plain, plain])
    for picture in (grey, plain, squares, colours, plain[:30, :30], np.zeros((60, 60), np.uint8)):
        assert undithered(picture) is picture
