"""Lines put together from single digits and cut up again, every candidate told as a digit or as none.

This is how the paper's reader learned its rubbish: from the wrong pieces of real strings (sections V and X).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.drawn.paper import Look, photograph
from lenet5.pictures.ink import find_ink
from lenet5.pictures.masks import Grey
from lenet5.pictures.normalise import bounding_box
from lenet5.reading.graph import Candidate, Geometry, candidates
from lenet5.reading.layout import line_ink
from lenet5.reading.pieces import Line, cut

Owners = NDArray[np.int32]  # of each pixel: the number of its digit, NOBODY, or OTHER for what is no digit
Pick = Callable[[int | None], tuple[NDArray[np.uint8], int]]  # that digit, or any: a picture (28, 28), its label

NOBODY, OTHER = -1, -2
WHOLE = 0.85  # of a digit's ink, and of a candidate's, for the candidate to be that digit
DOUBTFUL = 0.7  # from here on it is neither that digit nor none
LOST = 0.5  # of a digit's ink may be lost on the paper, or nobody can tell what it was
ONE_PEN = 0.7  # of the lines are written with one pen, though their digits come from many hands
ON_PAPER = 0.5  # of the lines are written on paper and found again there


def line_lessons(lines: int, pick: Pick, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Candidates of `lines` lines: images uint8 (N, 28, 28), labels int64 (N,), −1 where the cut was wrong."""
    images, labels = [], []
    for _ in range(lines):
        ink, owners, digits = compose(pick, rng)
        line = cut(ink)
        for candidate, k in judged(line, candidates(line, Geometry()), owners, len(digits)):
            images.append(candidate.image)
            labels.append(digits[k] if k >= 0 else -1)
    return np.stack(images), np.array(labels, np.int64)


def compose(pick: Pick, rng: np.random.Generator, digits: int | None = None) -> tuple[Grey, Owners, list[int]]:
    """A line of digits, with separators, slant, and what remains of paper: ink (H, W), owners, the labels."""
    count = digits or int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.05, 0.15, 0.2, 0.25, 0.25, 0.1]))
    size = int(rng.integers(26, 56))
    canvas = _Canvas(int(2.2 * size), int((count + 2) * 2.2 * size))
    gap, rise = rng.normal(0.06, 0.13), rng.normal(0, 0.03)
    # Of a hand: how high its last noughts are, how wide for that, and how far each stands in the one before.
    noughts, flat, chained = rng.uniform(0.5, 1.05), rng.normal(0.05, 0.2), max(0.0, rng.uniform(-0.3, 0.15))
    pen = size * float(np.exp(rng.normal(np.log(0.1), 0.35))) if rng.random() < ONE_PEN else 0.0
    x, base, small, labels = 0.5 * size, 1.6 * size, 1.0, []
    wanted: int | None = None
    for i in range(count):
        # Amounts end in noughts, which are joined, small, flat or raised; and cents are written small.
        again = wanted == 0
        ends = again or (i > 0 and rng.random() < 0.12)
        if ends and not again and rng.random() < 0.5:
            small *= noughts
            base -= rng.uniform(0, 1) * (1 - noughts) * size
        wanted = 0 if ends else None
        small = rng.uniform(0.5, 1) if i and rng.random() < 0.08 else small
        image, label = pick(wanted)
        labels.append(label)
        scale = size / 20 * small * np.exp(rng.normal(0, 0.1))
        width = np.exp(rng.normal(0, 0.1) + (flat if ends else 0.0))
        left, top, w, h = bounding_box(image) or (0, 0, 28, 28)
        own = image[top : top + h, left : left + w]
        glyph = cv2.resize(own, None, fx=scale * width, fy=scale, interpolation=cv2.INTER_CUBIC)
        glyph = np.asarray(glyph / np.float32(255), np.float32)[: int(2.1 * size)]
        if pen:
            glyph = _by_pen(glyph, pen)
        x -= chained * size if again else 0.0
        x += (gap + rng.normal(0, 0.07)) * size if rng.random() < 0.8 else rng.uniform(0.1, 0.6) * size
        canvas.put(glyph, x, base - rise * x - glyph.shape[0] + rng.normal(0, 0.06) * size, i)
        if i and rng.random() < (0.45 if ends else 0.12):
            canvas.join(i - 1, i, size, rng)
        x += glyph.shape[1] + _separator(canvas, x + glyph.shape[1], base, size, i == count - 1, rng)
    ink, owners = _slanted(canvas.ink, canvas.owners, rng.normal(0, 0.22))
    ink = _worn(ink, rng)
    if rng.random() < ON_PAPER:
        ink, owners = _trimmed(ink, owners, int(rng.uniform(0.1, 0.5) * size))
        ink = _found(ink, size, rng)
    return *_trimmed(ink, owners, 3), labels


def _by_pen(glyph: Grey, pen: float) -> Grey:
    """A glyph's strokes made as wide as a pen's, pixels; thinned no further than leaves them whole."""
    mask = np.pad(glyph > 0.5, 4).astype(np.uint8)
    inside, outside = (cv2.distanceTransform(m, cv2.DIST_L2, 5) for m in (mask, 1 - mask))
    ridge = inside[(inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 1e-3) & (mask > 0)]
    if not len(ridge):
        return glyph
    own = 2 * float(np.median(ridge))
    thicker = max((pen - own) / 2, 0.7 - float(np.quantile(ridge, 0.2)))
    drawn = np.asarray(np.clip(inside - outside + thicker, 0, 1), np.float32)
    x, y, w, h = bounding_box(drawn) or (0, 0, *drawn.shape[::-1])
    return drawn[y : y + h, x : x + w]


class _Canvas:
    def __init__(self, height: int, width: int) -> None:
        self.ink = np.zeros((height, width), np.float32)
        self.owners = np.full((height, width), NOBODY, np.int32)

    def put(self, glyph: Grey, x: float, y: float, owner: int) -> None:
        h, w = glyph.shape
        left, top = max(0, int(x)), int(np.clip(y, 0, self.ink.shape[0] - h))
        under = self.ink[top : top + h, left : left + w]
        glyph = np.clip(glyph[:, : under.shape[1]], 0, 1)
        self.owners[top : top + h, left : left + w][glyph > np.maximum(under, 0.2)] = owner
        np.maximum(under, glyph, out=under)

    def join(self, first: int, second: int, size: int, rng: np.random.Generator) -> None:
        """The pen was not lifted between two neighbours: a thin stroke from one to the other."""
        rows = np.flatnonzero((self.owners == first).any(axis=1) & (self.owners == second).any(axis=1))
        if not len(rows):
            return
        y = rows[[int(len(rows) * min(0.99, abs(rng.normal(0.1, 0.3)))) for _ in range(2)]]
        start = int(np.flatnonzero(self.owners[y[0]] == first)[-1])
        end = int(np.flatnonzero(self.owners[y[1]] == second)[0])
        if not 0 < end - start < 0.5 * size:
            return
        stroke = np.zeros_like(self.ink)
        sag = int(rng.normal(0, 0.06) * size)
        points = np.array([(start, y[0]), ((start + end) // 2, (y[0] + y[1]) // 2 + sag), (end, y[1])], np.int32)
        cv2.polylines(stroke, [points], False, 1, max(1, int(size * rng.uniform(0.03, 0.14))), cv2.LINE_AA)
        self.owners[(stroke > np.maximum(self.ink, 0.2)) & (self.owners == NOBODY)] = OTHER
        np.maximum(self.ink, stroke, out=self.ink)


def _separator(canvas: _Canvas, x: float, base: float, size: int, last: bool, rng: np.random.Generator) -> float:
    """A point, comma or dash now and then; how much room it takes."""
    u = rng.random()
    thick = max(1, int(size * rng.uniform(0.05, 0.12)))
    if u < 0.14:
        mark = np.zeros((4 * thick + 4, 2 * thick + 4), np.float32)
        if rng.random() < 0.6:
            cv2.circle(mark, (thick + 1, thick + 1), thick, 1, -1, cv2.LINE_AA)
        else:
            cv2.line(mark, (thick + 2, 1), (1, 4 * thick), 1, max(1, thick // 2), cv2.LINE_AA)
        canvas.put(mark, x + rng.uniform(0, 0.12) * size, base - thick * rng.uniform(0.5, 2.5), OTHER)
        return float(rng.uniform(0.1, 0.35) * size)
    if u < 0.18 or (last and u < 0.32):
        width = int(size * rng.uniform(0.3, 1.2))
        mark = np.zeros((size // 2, width + 8), np.float32)
        for k in range(2 if rng.random() < 0.3 else 1):
            y = size // 4 + int(rng.normal(0, 0.05) * size) + k * size // 7
            cv2.line(mark, (4, y), (width, y + int(rng.normal(0, 0.05) * size)), 1, thick, cv2.LINE_AA)
        canvas.put(mark, x + rng.uniform(0.05, 0.3) * size, base - size * rng.uniform(0.35, 0.8), OTHER)
        return float(width + 0.2 * size)
    return 0.0


def _slanted(ink: Grey, owners: Owners, slant: float) -> tuple[Grey, Owners]:
    height, width = ink.shape
    matrix = np.array([[1, -slant, slant * height / 2], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height))), _warped(owners, matrix, (width, height))


def _warped(owners: Owners, matrix: NDArray[np.float32], size: tuple[int, int]) -> Owners:
    # Outside lies nobody; 0 is what a warp fills with.
    shifted = cv2.warpAffine((owners + 3).astype(np.float32), matrix, size, flags=cv2.INTER_NEAREST)
    return np.asarray(np.where(shifted == 0, NOBODY, np.rint(shifted).astype(np.int32) - 3), dtype=np.int32)


def _worn(ink: Grey, rng: np.random.Generator) -> Grey:
    """Thicker or thinner, blurred, uneven, with rests of a printed pattern: as ink is found on real paper."""
    u = rng.random()
    if u < 0.35:
        change = cv2.dilate if u < 0.2 else cv2.erode
        ink = np.asarray(change(ink, np.ones((2 + (u < 0.1), 2), np.uint8)))
    if rng.random() < 0.4:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.4, 1.2)))
    ink = np.clip(ink * rng.uniform(1, 1.5), 0, 1)
    height, width = ink.shape
    if rng.random() < 0.3:
        pattern = np.zeros_like(ink)
        slope = rng.normal(0, 0.3)
        for y in range(-width, height + width, int(rng.integers(5, 14))):
            cv2.line(pattern, (0, y), (width, int(y + slope * width)), 1, 1, cv2.LINE_AA)
        patches = cv2.resize(rng.random((6, 24)).astype(np.float32), (width, height))
        ink = np.maximum(ink, pattern * (patches > rng.uniform(0.6, 0.95)) * rng.uniform(0.3, 0.7))
    if rng.random() < 0.3:
        grain = cv2.GaussianBlur(rng.normal(0, 1, ink.shape).astype(np.float32), (0, 0), 1.0)
        ink = np.clip(ink + grain * rng.uniform(0, 0.4) * (ink > 0.05), 0, 1)
    return np.asarray(ink, dtype=np.float32)


def _found(ink: Grey, size: int, rng: np.random.Generator) -> Grey:
    """What the reader finds of a line that is written on a cheque or a form and photographed."""
    height, width = ink.shape
    faint, dark = np.zeros_like(ink), np.zeros_like(ink)
    foot = float(np.flatnonzero((ink > 0.5).any(axis=1)).max(initial=0))
    for _ in range(int(rng.choice([0, 1, 2], p=[0.4, 0.4, 0.2]))):
        # Most rules are what the digits stand on.
        y = foot + rng.normal(0.05, 0.1) * size if rng.random() < 0.7 else rng.uniform(0, 1) * height
        ends = (-2, int(y)), (width + 2, int(y + rng.normal(0, 0.008) * width))
        rule = dark if rng.random() < 0.5 else faint
        cv2.line(rule, *ends, float(rng.uniform(0.5, 1)), int(rng.integers(1, 3)), cv2.LINE_AA)
    level, pen = rng.uniform(130, 250), rng.uniform(15, 100)
    look = replace(
        Look.draw(rng),
        paper=(level,) * 3,
        ink=(pen,) * 3,
        blur=float(rng.uniform(0.3, 0.03 * size)),
        pattern=float(rng.uniform(0.05, 0.4)) if rng.random() < 0.6 else 0.0,
    )
    grey = np.ascontiguousarray(photograph(np.maximum(ink, dark), faint, look, rng)[:, :, 1])
    if rng.random() < 0.5:
        _, jpeg = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        grey = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return line_ink(find_ink(grey, dark=True).ink)


def _trimmed(ink: Grey, owners: Owners, margin: int) -> tuple[Grey, Owners]:
    x, y, w, h = bounding_box(ink, 0.1) or (0, 0, ink.shape[1], ink.shape[0])
    part = np.s_[max(0, y - margin) : y + h + margin, max(0, x - margin) : x + w + margin]
    return np.ascontiguousarray(ink[part]), np.ascontiguousarray(owners[part])


def judged(line: Line, found: list[Candidate], owners: Owners, digits: int) -> list[tuple[Candidate, int]]:
    """Candidates with the number of the digit that they are, −1 for none; the doubtful ones left out."""
    height, width = line.ink.shape
    matrix = np.array([[1, line.slant, line.shift - line.slant * height / 2], [0, 1, 0]], np.float32)
    owners = _warped(owners, matrix, (width, height))
    shares = np.zeros((len(line.pieces), digits + 1), np.int64)
    for p, piece in enumerate(line.pieces):
        own = owners[piece.y : piece.y + piece.height, piece.x : piece.x + piece.width][piece.mask > 0]
        for k in range(digits):
            shares[p, k] = (own == k).sum()
        shares[p, digits] = (own == OTHER).sum()
    total = np.maximum(1, shares.sum(axis=0))
    lost = [total[k] < LOST * (owners == k).sum() for k in range(digits)]
    judged = []
    for candidate in found:
        held = shares[candidate.first : candidate.last].sum(axis=0)
        k = int(held[:digits].argmax())
        least = min(held[k] / total[k], held[k] / max(1, held.sum()))
        if any(lost[i] for i in np.flatnonzero(held[:digits])):
            continue
        if least > WHOLE:
            judged.append((candidate, k))
        elif least < DOUBTFUL:
            judged.append((candidate, -1))
    return judged
