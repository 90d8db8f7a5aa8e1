"""Dark tiles on light paper, with light writing in them: made dark writing on light paper, as the rest of the page."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Mask, Pixels, dilated, padded, parts, shrunk

SMALL = 64  # pixels a side, a picture up to which is of one digit
COARSE = 800  # pixels a side of the picture that tiles are looked for in
LEAST = 12  # pixels, a tile's side
FULL = 0.93  # of its rectangle is in a tile, with what is written in it
DARK = 0.85  # of a tile's edge, which strokes may reach
WRITTEN = (0.02, 0.4)  # of a tile is light
DENTED = 0.75  # of its hull, the most that a light stroke covers in a tile
SQUARE, CLOSED = 0.87, 0.9  # of its rectangle is in a box's paper, whose corners may be round; of its edge is light
SLIM, BAR = 0.2, 3.0  # of a tile's shorter side, how thick a bar is at most; how long it is, of this
STEP = 64  # grey levels, what tile and page differ by at least
EDGE = 0.02  # of a tile's side, how wide its blurred edge is


def turned_tiles(picture: Pixels) -> Pixels:
    """The picture, uint8 (H, W) or (H, W, 3), with the light writing of its dark tiles as dark as it was light.

    Tiles are rectangles with light all around and light strokes within.
    """
    if max(picture.shape) <= SMALL:
        return picture
    small = shrunk(picture, COARSE)
    scale = max(small.shape[:2]) / max(picture.shape[:2])
    grey = np.asarray(small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    level, _ = cv2.threshold(grey, 0, 1, cv2.THRESH_OTSU)
    light = np.asarray(grey > level, np.uint8)
    contours, _ = cv2.findContours(1 - light, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hulls = (np.asarray(cv2.convexHull(c), np.int32) for c in contours)
    tiles = [hull for hull in hulls if _is_tile(hull, grey, light)]
    if not any(_is_written(tile, light) for tile in tiles):
        return picture
    turned = picture.copy()
    for tile in tiles:
        _turn(turned, np.rint(tile / scale).astype(np.int32))
    return turned


def _is_tile(hull: NDArray[np.int32], grey: Pixels, light: Pixels) -> bool:
    """Whether an outline in a picture is that of a dark rectangle with little light in it, and light around it."""
    x, y, width, height = cv2.boundingRect(hull)
    inside = x > 0 and y > 0 and x + width < light.shape[1] and y + height < light.shape[0]
    _, (across, down), _ = cv2.minAreaRect(hull)
    if not inside or min(across, down) < LEAST or cv2.contourArea(hull) < FULL * across * down:
        return False
    place = np.s_[y : y + height, x : x + width]
    within = _filled(hull, (x, y), (height, width))
    # The sides of a tile that leans a little are stairs of pixels.
    outside, reach = 1 - padded(within, 1), 2 * round(EDGE * min(width, height)) + 3
    edge = within & (dilated(outside, reach + 2, reach + 2) - dilated(outside, reach, reach))[1:-1, 1:-1]
    written, open_ = (float(light[place][where > 0].mean()) for where in (within, edge))
    if open_ > 1 - DARK or not WRITTEN[0] <= written <= WRITTEN[1]:
        return False
    paper, page = (float(np.median(grey[place][(within > 0) & (light[place] == k)])) for k in (0, 1))
    return page - paper >= STEP


def _is_written(hull: NDArray[np.int32], light: Pixels) -> bool:
    """Whether what is light within a tile has dents or holes, as strokes have, or is a bar, as a 1: not so in a B.

    What is light all along a rectangle is the paper in a box of bold rules, and dark is what is written there.
    """
    x, y, width, height = cv2.boundingRect(hull)
    within = _filled(hull, (x, y), (height, width)) & light[y : y + height, x : x + width]
    labels, stats = parts(within)
    written = False
    for k in np.flatnonzero(np.maximum(stats[:, 2], stats[:, 3]) >= LEAST / 2)[1:]:
        own = np.asarray(labels == k, np.uint8)
        outline = np.asarray(cv2.convexHull(cv2.findNonZero(own)), np.int32)
        thick, long = sorted(side + 1 for side in cv2.minAreaRect(outline)[1])
        bar = thick <= SLIM * min(width, height) and long >= BAR * thick
        whole = _filled(outline, (0, 0), within.shape)
        edge = padded(whole, 1) - cv2.erode(padded(whole, 1), np.ones((3, 3), np.uint8))
        around = float(padded(own, 1)[edge > 0].mean())
        if not bar and around >= CLOSED and whole.sum() >= SQUARE * thick * long:
            return False
        written |= bar or stats[k, 4] < DENTED * whole.sum()
    return bool(written)


def _filled(hull: NDArray[np.int32], corner: tuple[int, int], shape: tuple[int, int]) -> Mask:
    """The mask (H, W), which begins at a corner, of what lies within an outline."""
    mask = np.zeros(shape, np.uint8)
    return np.asarray(cv2.drawContours(mask, [hull], -1, 1, -1, offset=(-corner[0], -corner[1])), np.uint8)


def _turn(picture: Pixels, outline: NDArray[np.int32]) -> None:
    """Take the light writing within an outline for dark, in place."""
    x, y, width, height = cv2.boundingRect(outline)
    edge = round(EDGE * min(width, height)) + 1
    around = 2 * edge + 1
    left, top = max(0, x - around), max(0, y - around)
    place = picture[top : y + height + around, left : x + width + around]
    within = _filled(outline, (left, top), place.shape[:2])
    outside = 1 - dilated(within, around, around)
    inside = 1 - dilated(1 - within, around, around)
    page, paper = (np.median(place[where > 0], axis=0) for where in (outside, inside))
    written = np.abs(place[inside > 0] - paper)
    place[outside == 0] = np.rint(page)
    place[inside > 0] = np.clip(page - written, 0, 255)
