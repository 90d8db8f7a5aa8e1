"""The sheet of paper in a picture: without the table that it lies on, and without the squares printed all over it."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Grey, Mask, Pixels, dilated, parts, quantile, shrunk

Floats = NDArray[np.float64]

# All were chosen on pictures that were drawn.
COARSE = 240  # pixels: a lower or narrower picture shows no table; the paper is looked for in so many a side
STROKE, STEPS = 0.06, (0.07, 0.12, 0.2)  # of its shorter side, strokes; of the brightness, changes within one thing
LEAST, SOLID = 0.15, 0.93  # of the picture, a sheet at least; and of its hull
DARKER, AROUND = 0.95, 0.8  # of the sheet's brightness, the table at most; along how much of the sheet's edge
INK, ELSEWHERE = 0.15, 0.1  # of the sheet's brightness, strokes; of those on it, how many there are beside it at most
CORNER, FRAME = 0.02, 3  # of its length, how far an outline is off its sides; pixels: what is as near goes on outside
ALIKE, TURNED = 0.75, 0.25  # how well its sides must agree on one angle; the largest, radians
BAND = 0.025  # of the shorter side, how wide the bands at the edges are: print goes on to there, writing hardly
EVEN, SQUARE = 1.15, 1.33  # how much unlike the pitches at two opposite sides are at most, and both ways
PERIODIC, FIRST = 0.4, 0.6  # correlation of a band with itself a pitch on; of the best one, that of the first pitch
SHORT, DEEPEST = 0.4, 0.997  # of a side, the longest pitch; of a band, what is no darker than the print
PEN, FAINT = 1.3, 1.05  # of the print's depth: the pen's, and that of all that belongs to its strokes


def sheet_on_table(picture: Pixels) -> tuple[Pixels, Floats]:
    """The sheet in a picture, uint8 (H, W) or (H, W, 3), where an edge of it is in sight: with its edges level, and as
    seen from above where all its corners are. And the 3×3 matrix that takes its places back."""
    if min(picture.shape[:2]) <= COARSE:
        return picture, np.eye(3)
    small, paper = paper_of(picture)
    drawn, light = (np.ascontiguousarray(p if p.ndim == 2 else p.min(axis=2)) for p in (small, paper))
    for inside in _sheets(light, drawn):
        if level := _levelled(inside, max(picture.shape[:2]) / max(light.shape)):
            alone = _alone(picture, paper, inside)
            seen = cv2.warpPerspective(alone, *level, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
            return np.asarray(seen, np.uint8), np.asarray(np.linalg.inv(level[0]), np.float64)
    return picture, np.eye(3)


def paper_of(picture: Pixels) -> tuple[Pixels, Pixels]:
    """A small picture, and the same without strokes: the paper, and all that is as wide."""
    small = shrunk(picture, COARSE)
    reach = max(3, round(STROKE * min(small.shape[:2])))
    # What the edge of the picture cuts off is as wide as it goes on outside.
    wide = cv2.copyMakeBorder(cv2.medianBlur(small, 3), reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    box = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    paper = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, box)[reach:-reach, reach:-reach]
    return small, np.ascontiguousarray(paper, np.uint8)


def _sheets(light: Pixels, drawn: Pixels) -> Iterator[Mask]:
    """The hulls of what may be the sheet in a picture (H, W) without its strokes, and as it was drawn."""
    box = np.ones((3, 3), np.uint8)
    change = cv2.morphologyEx(light, cv2.MORPH_GRADIENT, box) / np.maximum(cv2.dilate(light, box), np.float32(1))
    for step in STEPS:
        labels, stats = parts(np.asarray(cv2.erode((change < step).astype(np.uint8), box), np.uint8))
        for k in np.flatnonzero(stats[1:, 4] >= LEAST / 2 * light.size) + 1:
            mask = np.asarray(labels == k, np.uint8)
            outline = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0][0]
            hull = cv2.convexHull(outline)
            inside = np.asarray(cv2.fillConvexPoly(np.zeros_like(light), hull, 1), np.uint8)
            whole = cv2.contourArea(outline) >= max(SOLID * cv2.contourArea(hull), LEAST * light.size)
            if whole and _lies_on_table(inside, light, drawn):
                yield inside


def _lies_on_table(inside: Mask, light: Pixels, drawn: Pixels) -> bool:
    """Whether it is darker beside a part of a picture than on it, and nothing is written there, as in a shadow."""
    beside = (dilated(inside, 13, 13) > dilated(inside, 9, 9)).nonzero()
    near = cv2.dilate(light * inside, np.ones((17, 17), np.uint8))
    if len(beside[0]) < max(light.shape) or (light[beside] < DARKER * near[beside]).mean() < AROUND:
        return False
    strokes = np.asarray(light - np.minimum(light, drawn) > INK * np.median(light[inside > 0]), np.uint8)
    labels, _ = parts(strokes)
    # A strip of the table at the picture's edge is as thin as a stroke.
    strips = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    elsewhere = strokes * (1 - dilated(inside, 15, 15)) * ~np.isin(labels, strips)
    return bool(elsewhere.sum() <= ELSEWHERE * (strokes * inside).sum())


def _alone(picture: Pixels, paper: Pixels, inside: Mask) -> Pixels:
    """The picture where all that is outside of the sheet is as bright as the nearest of its paper."""
    _, nearest = cv2.distanceTransformWithLabels(1 - inside, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    at = np.zeros(nearest.max() + 1, np.int64)
    at[nearest[inside > 0]] = np.flatnonzero(inside)
    around = paper.reshape(inside.size, -1)[at[nearest]].reshape(paper.shape)
    around, within = (cv2.resize(p, picture.shape[1::-1]) for p in (around, inside))
    return np.where(within.reshape(*within.shape, *[1] * (picture.ndim - 2)) > 0, picture, around)


def _levelled(inside: Mask, scale: float) -> tuple[Floats, tuple[int, int]] | None:
    """The 3×3 matrix that makes a sheet's edges level, and the width and height of the sheet then; None where it has no
    edges, or none that agree. scale: how many times as large the picture is."""
    outline = cv2.convexHull(cv2.findNonZero(inside))
    corners = cv2.approxPolyDP(outline, CORNER * cv2.arcLength(outline, True), True)[:, 0].astype(np.float64)
    cut_off = (corners <= FRAME) | (corners >= np.array(inside.shape[::-1]) - 1 - FRAME)  # (N, 2)
    edges = ~(cut_off & np.roll(cut_off, -1, axis=0)).any(axis=1)
    steps = (np.roll(corners, -1, axis=0) - corners)[edges] @ (1, 1j)
    angles = (np.abs(steps) * (steps / np.abs(steps)) ** 4).sum() / max(1e-9, np.abs(steps).sum())
    turn = float(np.angle(angles)) / 4  # a sheet's sides are quarter turns of each other
    if abs(angles) < ALIKE or abs(turn) > TURNED:
        return None
    matrix = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    points = scale * outline[:, 0] @ matrix[:2, :2].T
    matrix[:2, 2] = -points.min(axis=0)
    width, height = np.ptp(points, axis=0).tolist()
    if len(corners) == 4 and edges.all():
        apart = corners - corners.mean(axis=0)
        corners = scale * corners[np.argsort(np.arctan2(apart[:, 1], apart[:, 0]))]
        sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
        width, height = ((sides[:2] + sides[2:]) / 2).tolist()
        level = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        matrix = np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), level), np.float64)
    return matrix, (round(width), round(height))


def without_print(picture: Pixels) -> Pixels:
    """The picture, uint8 (H, W) or (H, W, 3), with its strokes on bare paper where fainter squares or rules come again
    and again along the left and right edges at least: a row of boxes does so above and below."""
    bare, band = paper_of(picture)[1], max(4, round(BAND * min(picture.shape[:2])))
    paper = cv2.resize(bare if bare.ndim == 2 else bare.max(axis=2), picture.shape[1::-1])

    def depth_of(part: tuple[slice, ...]) -> Grey:
        # The lightest colour of each pixel shows coloured print least.
        drawn = picture[part] if picture.ndim == 2 else picture[part].max(axis=2)
        return np.asarray(1 - drawn / np.maximum(paper[part], np.float32(1)), np.float32)

    sides = [depth_of(part) for part in (np.s_[:band, :], np.s_[-band:, :], np.s_[:, :band], np.s_[:, -band:])]
    pitches = [_pitch(side.mean(axis=k // 2)) for k, side in enumerate(sides)]
    across, down = (min(two) if max(two) <= EVEN * min(two) else 0 for two in (pitches[:2], pitches[2:]))
    if not down or (across and max(across, down) > SQUARE * min(across, down)):
        return picture
    printed = float(np.median([quantile(side.ravel(), DEEPEST) for side in sides[0 if across else 2 :]]))
    depth = depth_of(np.s_[:, :])
    labels, stats = parts(np.asarray(depth > FAINT * printed, np.uint8))
    own = np.bincount(labels[depth > PEN * printed], minlength=len(stats)) > 0
    wrote = dilated(own[labels].astype(np.uint8), 3, 3).reshape(*labels.shape, *[1] * (picture.ndim - 2))
    return np.where(wrote > 0, picture, cv2.resize(bare, picture.shape[1::-1])) if own.any() else picture


def _pitch(profile: NDArray[np.float32]) -> float:
    """How far it is from one to the next of what comes again and again along a band (N,), pixels; 0 for nothing."""
    n = len(profile)
    smooth = cv2.blur(profile[None], (n // 4 | 1, 1), borderType=cv2.BORDER_REFLECT)[0]
    alike = np.fft.irfft(np.abs(np.fft.rfft(profile - smooth, 2 * n)) ** 2)[: int(SHORT * n)]
    alike *= n / np.arange(n, n - len(alike), -1) / max(float(alike[0]), 1e-12)
    apart = np.flatnonzero(alike < 0)
    best = float(alike[apart[0] :].max()) if len(apart) else 0.0
    peaks = np.flatnonzero((alike[1:-1] >= np.maximum(alike[:-2], alike[2:])) & (alike[1:-1] >= FIRST * best)) + 1
    return next((float(k) for k in peaks if best >= PERIODIC and k > apart[0]), 0.0)
