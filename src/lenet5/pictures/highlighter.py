"""Bars of a highlighter over or behind writing: the colour of light that they let through shows the writing alone."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Mask, Pixels, closed, depth, dilated, opened, parts, pen, shrunk

COARSE = 640  # pixels a side of the picture that bars are looked for in
SMALLEST = 48  # pixels a side; in a smaller picture colours are blurred
PAPER = 0.9  # of all pixels are darker than paper
LIGHT = 0.85  # of the lightest around, in the colour that a bar lets through
PALE = 0.72  # of this colour, at most, is what a bar lets through of the colour that it holds back most
DARK = 0.75  # of the lightest around, what writing is at most in every colour
REACH = 0.1  # of the longer side: how far around
BROADER = 1.6  # times as broad as the pen, a bar
SOLID = 0.6  # of what is coloured is as broad
WRITTEN, COLOURED = (0.02, 0.5), 0.4  # of a bar is written on; of it at least has the colour
NARROWEST = 10  # pixels, a bar
FULL = 0.6  # of its box, a bar fills; a coloured pen's strokes fill less
HIGH = 0.3  # of the height of what is written, a bar is broad; the strokes of a coloured pen are narrower
AROUND = 0.35  # of the picture's edge, at most, a bar covers: a coloured table goes on outside of the picture


def without_highlighter(picture: Pixels) -> Pixels:
    """The picture, uint8 (H, W, 3), without colour where a highlighter marked writing; itself where none did."""
    if min(picture.shape[:2]) < SMALLEST:
        return picture
    small = shrunk(picture, COARSE)
    paper = np.maximum(np.quantile(small, PAPER, axis=(0, 1)), 1)
    calm = np.stack(cv2.split(cv2.GaussianBlur(small, (3, 3), 0)))  # (3, h, w); noise is no colour
    passed = np.asarray(calm / paper.astype(np.float32)[:, None, None], np.float32)
    most, reach = passed.max(axis=0), int(REACH * max(small.shape)) | 1
    lightest = cv2.morphologyEx(most, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    coloured = np.asarray((most >= LIGHT * lightest) & (passed.min(axis=0) < PALE * most), np.uint8)
    wrote = np.asarray(most < DARK * lightest, np.uint8)
    broad = round(BROADER * pen(depth(wrote), wrote > 0)) + 2
    bars = opened(closed(coloured | wrote, 3, 3), broad, broad)
    if (bars & coloured).sum() <= SOLID * coloured.sum():
        return picture
    labels, stats = parts(bars)
    marks = _marks(labels, stats, coloured, wrote)
    passes = [_of_each(labels, stats, passed[k] * coloured) for k in range(3)]
    channel = np.argmax(passes, axis=0)  # (N,): which colour each bar lets through
    plain = picture.copy() if marks.any() else picture
    for k in np.unique(channel[marks]).tolist():
        bar = (marks & (channel == k))[labels].astype(np.uint8)
        soft = dilated(bar, broad + 4, broad + 4)  # with the bars' soft edges
        where = cv2.resize(soft, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
        plain[where] = np.rint(np.minimum(picture[where][:, k, None] * (paper / paper[k]), 255))
    return plain


def _marks(labels: NDArray[np.int32], stats: NDArray[np.int32], coloured: Mask, wrote: Mask) -> NDArray[np.bool_]:
    """Which parts (N,), as of `parts`, are a highlighter's bars: broad, filled, and written on."""
    width, height, area = stats[:, 2:].T
    strokes, sizes = parts(wrote)
    highest = np.zeros(len(stats))
    np.maximum.at(highest, labels[wrote > 0], sizes[strokes[wrote > 0], 3])
    written, own = (_of_each(labels, stats, mask) / area.clip(1) for mask in (wrote, coloured))
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    aside = np.bincount(edge, minlength=len(stats)) / len(edge)
    marks = (area >= FULL * width * height) & (np.minimum(width, height) >= np.maximum(NARROWEST, HIGH * highest))
    marks &= (own >= COLOURED) & (aside <= AROUND) & (written >= WRITTEN[0]) & (written <= WRITTEN[1])
    marks[0] = False
    return np.asarray(marks, np.bool_)


def _of_each(labels: NDArray[np.int32], stats: NDArray[np.int32], what: NDArray[Any]) -> NDArray[Any]:
    """What there is in each part (N,) of what each pixel (H, W) has."""
    return np.bincount(labels.ravel(), what.ravel(), len(stats))
