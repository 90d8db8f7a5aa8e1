"""Are light digits in dark tiles on light paper made dark on light, and is all else left alone?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.pictures.tiles import turned_tiles
from lenet5.reading import Reader

SIDE, GAP = 84, 30


def in_tiles(images: np.ndarray, page: int = 245, *, coloured: bool = False) -> np.ndarray:
    """Digits (N, 28, 28), light on dark, each in a tile of its own, side by side on light paper."""
    picture = np.full((SIDE + 2 * GAP, GAP + len(images) * (SIDE + GAP)), page, np.uint8)
    for k, image in enumerate(images):
        x = GAP + k * (SIDE + GAP)
        picture[GAP : GAP + SIDE, x : x + SIDE] = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.stack([picture // 2 + 120, picture, picture], axis=2) if coloured else picture


@pytest.mark.parametrize("coloured", [False, True])
def test_light_digits_in_dark_tiles_are_read(coloured: bool) -> None:
    reader, digits = Reader(), drawn.digits(40, 3)
    exact = 0
    for k in range(0, 40, 4):
        picture = in_tiles(digits.images[k : k + 4], coloured=coloured)
        exact += reader.read(picture, layout="line")[0].text == "".join(map(str, digits.labels[k : k + 4]))
    assert exact >= 7


def test_a_turned_tile_is_paper_but_for_its_writing() -> None:
    picture = in_tiles(drawn.digits(2, 3).images)
    turned = turned_tiles(picture)
    assert np.median(turned[GAP : GAP + SIDE, GAP : GAP + SIDE]) > 230
    assert turned[GAP : GAP + SIDE, GAP : GAP + SIDE].min() < 40
    # A digit that fills its tile opens the tile's side.
    cut = in_tiles(drawn.digits(2, 3).images)
    cut[GAP + 40 : GAP + 50, GAP + 50 : GAP + SIDE + 1] = 245
    assert np.median(turned_tiles(cut)[GAP : GAP + SIDE, GAP : GAP + SIDE]) > 230


def square_noughts() -> np.ndarray:
    picture = np.full((200, 200), 255, np.uint8)
    picture[40:160, 60:140] = 0
    picture[70:130, 85:115] = 255
    return np.concatenate([picture, picture], axis=1)


def boxes_around_digits() -> np.ndarray:
    picture = np.full((120, 120), 255, np.uint8)
    picture[46:74, 46:74] = 255 - drawn.digits(1, 3).images[0]
    cv2.rectangle(picture, (20, 20), (100, 100), 0, 3)
    return np.concatenate([picture, picture], axis=1)


def bold_boxes(rule: int, pen: int) -> np.ndarray:
    """Boxes whose rules and digits leave little paper, beside each other."""
    picture = np.full((100, 100), 235, np.uint8)
    cv2.rectangle(picture, (20, 20), (80, 80), 30, -1)
    cv2.rectangle(picture, (20 + rule, 20 + rule), (80 - rule, 80 - rule), 235, -1)
    return np.concatenate([cv2.putText(picture.copy(), d, (34, 66), 0, 1.5, 30, pen) for d in "25122"], axis=1)


def leaning_bars() -> np.ndarray:
    """Slim strokes, each with a scratch across it."""
    picture = np.full((200, 200), 255, np.uint8)
    for x in (60, 130):
        cv2.line(picture, (x, 160), (x + 30, 40), 0, 6, cv2.LINE_AA)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0), np.uint8)
    picture[110, 70:85] = picture[110, 140:155] = 255
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        drawn.digits(1, 3).images[0],
        cv2.resize(255 - drawn.digits(1, 3).images[0], (200, 200)),
        square_noughts(),
        boxes_around_digits(),
        bold_boxes(9, 8),
        bold_boxes(12, 5),
        cv2.GaussianBlur(bold_boxes(11, 6), (0, 0), 1.5),
        leaning_bars(),
        np.zeros((90, 300, 3), np.uint8),
    ],
    ids=[
        "small",
        "dark digit",
        "noughts with straight sides",
        "digits in boxes",
        "bold",
        "bolder",
        "blurred",
        "leaning bars",
        "black",
    ],
)
def test_what_is_no_tile_is_left_as_it_is(picture: np.ndarray) -> None:
    assert turned_tiles(picture) is picture


@pytest.mark.parametrize("ink", [(20, 20, 20), (30, 50, 120), (140, 20, 40)])
def test_a_single_tile_is_turned_whatever_stands_beside_it(ink: tuple[int, ...]) -> None:
    look = Look(paper=(249,) * 3, noise=2, blur=0.5)
    sheet = np.full((320, 420, 3), 249, np.uint8)
    for k, text in enumerate(["358", "2604"]):
        number = drawn.line(text, np.random.default_rng(k), size=36, gap=0.3, look=look)[0]
        height, width = number.shape[:2]
        sheet[50 + 150 * k : 50 + 150 * k + height, 80 : 80 + width] = number
        if not k:
            label = sheet[42 : 58 + height, 72 : 88 + width]
            share = (249 - label.astype(float)).clip(0, 200) / 200
            label[:] = np.rint(ink + share * (245 - np.array(ink)))
    assert [r.text for r in Reader().read(sheet)] == ["358", "2604"]


@pytest.mark.parametrize("angle", [-4, 1, 3])
def test_a_tile_that_leans_is_turned(angle: float) -> None:
    picture = np.pad(in_tiles(drawn.digits(1, 3).images), 40, constant_values=245)
    middle = picture.shape[1] / 2, picture.shape[0] / 2
    leaning = cv2.warpAffine(
        picture,
        cv2.getRotationMatrix2D(middle, angle, 1.0),
        picture.shape[::-1],
        flags=cv2.INTER_NEAREST,
        borderValue=(245,),
    )
    assert (turned_tiles(leaning) < 100).mean() < 0.5 * (leaning < 100).mean()


@pytest.mark.parametrize("digit", [1, 6])
def test_a_lone_digit_in_a_turned_and_noisy_tile_is_read(digit: int) -> None:
    reader, random = Reader(), np.random.default_rng(4)
    digits = drawn.digits(200, 8)
    images = digits.images[digits.labels == digit][:8]
    read = []
    for turn, image in zip(np.linspace(-4, 4, len(images)), images, strict=True):
        picture = in_tiles(image[None], coloured=True)
        level = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), float(turn), 1)
        turned = cv2.warpAffine(picture, level, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
        noisy = cv2.GaussianBlur(turned, (0, 0), 0.8) + random.normal(0, 3, picture.shape)
        read += [r.text for r in reader.read(noisy.clip(0, 255).astype(np.uint8), layout="auto")]
    assert read.count(str(digit)) >= 7
