"""Signs and letters beside a number, and slashes in it, which are passed over: which strokes they are, at what cost.

A bracket, a bar and a slash look like a 1 to the network. But they reach above and below the digits, bow or lean, and
stand apart; and at both ends of a number hardly two 1s do. None but signs have a dot under them, and a g stands lower
than a 9. Two slashes are like each other, and part digits as dates are parted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from statistics import fmean, median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lenet5.reading.graph import Arc, Candidate, Costs, Passing, left_out
from lenet5.reading.pieces import Line
from lenet5.reading.place import around

Floats = NDArray[np.float64]
Boxes = NDArray[np.int64]
Signs = Mapping[tuple[int, int], float]  # how likely each run of pieces is one
Seeming = Mapping[tuple[int, int], tuple[float, str]]  # the same by its shape, and the digits it is then taken for

# Chosen on lines that were put together. SIGN: the cost of each sign. LIKE_DIGIT: how often one looks like a digit,
# near a number, beyond a SPACE in a word of as many that look like none, and one by its shape. ENDS: the cost of where
# they end; a gap of a height takes off FREER, down to FREE. OVERLAP: how far one may reach over its neighbour. WIDEST:
# of its height; touching digits are wider. STRAIGHT: of the pen and its diagonal, a single stroke.
SIGN, LIKE_DIGIT, SPACE = 2.0, (0.002, 0.03, 1e-9), 0.35
ENDS, FREER, FREE = 4.5, 5.0, 1.5
OVERLAP, WIDEST, STRAIGHT = 0.25, 1.3, 1.2
# What speaks for a stroke at an end being a sign, log of odds: for each of its heights that it bows outwards or leans
# more than the digits do and than upright; for each height of theirs that it reaches above and below them, and stands
# apart. Fitted on signs of UNIPEN's writers that were put beside numbers, and on 1s at the ends of numbers by MNIST's
# and UNIPEN's. ALONE, BOTH: against a sign at one end, and at both, of which numbers have fewer 1s.
BOWING, LEANING, REACHING, APART, USUALLY = 22.0, 8.0, 11.0, 4.0, 2.8
BOW, LEAN, LESS, GAP = 0.12, 0.75, -0.1, 0.5  # no more of each counts
REACH, LOWER = (0.35, 0.55), (0.6, 0.4)  # the same beside one digit and more; of its height, how low those are at least
ALONE, BOTH, PAIR, LIKE_STROKE = 2.3, 1.5, 25.0, "1"
DOUBT, FREELY = -0.4, 10.0  # of a straight one at one end, which may be a tall 1 unless it stands apart, log of odds
NARROW, FORKED = 0.8, 0.15  # of its height, how wide one is at most, and how much of it may have two strokes abreast
SLANTED, EVEN = 0.25, 0.05  # of its height, how far a 1 may lean, and what leans bow
FRONT = 0.35  # how likely at most what does not bow is a sign before a number, which begins with a 1 more often
# What speaks for strokes amid digits being slashes, log of odds: how much each leans, by half more than the digits do;
# how much higher it is than they, and how bent; how much higher than the line's other strokes they are; how unlike two
# lean; whether they part a line as dates are parted; against one, and two. Fitted on drawn dates, and numbers with 1s.
SLASH = (3.3, 12.5, -45.0, 10.0, -14.0, 2.0, -7.0, -3.7)
SLANTING, HIGHER, BENT = 1.1, 0.5, 0.08  # the most that counts
THICK, DIGIT = 0.4, 0.8  # of its height, how broad a slash's pen is at most, and how wide a digit
UNRIVALLED, STROKES, LIKE_SLASH = 0.15, 9, "/1"  # where there are no others; and more of them stand in no date
HANGING, LOW, LOWEST, LIKE_G = 30.0, 0.22, 0.42, "89"  # for each height of theirs that a g stands lower than digits
CLEAR, ASIDE = 0.05, 0.35  # of the line's height, the least gap between a dot and what it is under, and how far aside
DOT, ROUND = 2.2, 2.0  # of the pen's width, how large a dot is at most; how much longer one side of it may be
DOTTED, LIKE_DOTTED = 0.98, "1237"  # how likely what has one is a sign
WIDE, WIDER, LARGE = 0.9, 0.33, 0.5  # of a line's height: how wide two joined digits may be, surely more; how high one
AS_HIGH = 0.6  # of the highest, the digits that tell where a line stands


def may_be_digits(line: Line, found: Sequence[Candidate], none: Floats, passed: Arc) -> float:
    """How much what is passed over looks like digits that are joined: as wide as two, or wide and a part is a digit.

    none: (len(found),), how likely each candidate is none of the digits.
    """
    most, large = 0.0, LARGE * line.height
    for (first, last), (_, _, wide, high) in zip(*_whole(line), strict=True):
        wider = wide / max(line.height, high) - WIDE
        if passed.first <= first and last <= passed.last and wider > 0 and high > large:
            inside = [first <= c.first and c.last <= last and c.last - c.first < last - first for c in found]
            digits = [1 - p for c, p, part in zip(found, none, inside, strict=True) if part and c.box[3] > large]
            most = max(most, *digits, min(1.0, wider / WIDER))
    return float(most)


def signs_at_ends(line: Line) -> Seeming:
    """How likely the first and the last stroke of a line are signs by their shapes and places, and the digits that such
    signs are taken for."""
    spans, boxes = _whole(line)
    if len(spans) < 2:
        return {}
    left, right = (_speaks(line, spans, boxes, k) for k in (0, len(spans) - 1))
    pair = left.odds + right.odds - BOTH + PAIR * min(left.bow, right.bow, BOW) if len(spans) > 2 else -math.inf
    first, last, both = np.exp((*(min(end.odds - ALONE, end.most) for end in (left, right)), pair)).tolist()
    every = 1 + first + last + both
    begins = min((first + both) / every, 1.0 if left.bow >= EVEN else FRONT)
    ends = {spans[0]: (begins, left.like), spans[-1]: ((last + both) / every, right.like)}
    return ends | dict.fromkeys(_dotted(line, spans), (DOTTED, LIKE_DOTTED))


def slashes(line: Line) -> Seeming:
    """How likely each stroke amid digits is a slash, of all ways to take none, one or two of a line's strokes for such;
    and the digits that it is then taken for."""
    spans, strokes, ways = _parted(line)
    likely = np.exp([float(np.dot(SLASH, evidence)) for _, evidence in ways])
    held = [(set(some), p) for (some, _), p in zip(ways, likely / likely.sum(), strict=True)]
    return {spans[k]: (float(sum(p for some, p in held if k in some)), LIKE_SLASH) for k in strokes}


def _parted(line: Line) -> tuple[list[tuple[int, int]], list[int], list[tuple[list[int], list[float]]]]:
    """The runs of a line's pieces, which of them are strokes amid digits, and each way to take none, one or two of them
    for slashes with what speaks for it, in the order of SLASH."""
    spans, boxes = _whole(line)
    heights, ways = boxes[:, 3].tolist(), [(list[int](), [0.0] * len(SLASH))]
    inks = {k: _drawn(line, spans[k], boxes[k]) for k in range(len(spans)) if heights[k] >= AS_HIGH * max(heights)}
    thin = [k for k, ink in inks.items() if 0 < k < len(spans) - 1 and ink.sum() < THICK * heights[k] ** 2]
    strokes = [k for k in thin if _single(inks[k], SLANTING)]
    if not 0 < len(strokes) <= STROKES:
        return spans, [], ways
    digits, leans = [k for k in inks if k not in strokes] or list(inks), {k: _lean(ink) for k, ink in inks.items()}
    high, slant = median(heights[k] for k in digits), (median(leans[k] for k in digits) - line.slant) / 2
    lean = {k: min(max(leans[k] - slant, LESS), LEAN) for k in strokes}
    own = {k: (lean[k], min(heights[k] / high - 1, HIGHER), _bent(inks[k])) for k in strokes}
    many = (np.maximum(1, np.rint(boxes[:, 2] / (DIGIT * high))) * (boxes[:, 3] > LARGE * high)).tolist()  # digits
    for some in (*combinations(strokes, 1), *combinations(strokes, 2)):
        groups = [sum(many[a + 1 : b]) for a, b in pairwise((-1, *some, len(spans)))]
        if min(groups) > 0:
            dated = all(n in (1, 2, 4) for n in groups) and sum(n > 2 for n in groups) < 2
            rest = [heights[k] for k in strokes if k not in some]
            more = min(fmean(heights[k] for k in some) / fmean(rest) - 1, HIGHER) if rest else UNRIVALLED
            unlike, two = min(HIGHER, abs(leans[some[0]] - leans[some[-1]])), len(some) > 1
            every = (*map(sum, zip(*(own[k] for k in some), strict=True)), more, unlike, dated, not two, two)
            ways.append((list(some), [float(one) for one in every]))
    return spans, strokes, ways


def _dotted(line: Line, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The runs at the end of a line, one or two, that have a dot under what else is of them, as ? and ! have."""
    for last in (spans[-1:], spans[-2:]):
        *rest, (x, y, width, height) = sorted((p.box for p in line.pieces[last[0][0] :]), key=lambda box: box[1])
        left, top, wide, high = around(np.array(rest)) if rest else (0, 0, 0, 0)
        aside = max(left - x - width / 2, x + width / 2 - left - wide, abs(y + height - line.bottom))
        under = y - top - high > CLEAR * line.height and aside < ASIDE * line.height
        dot = max(width, height) < min(DOT * line.stroke, ROUND * width, ROUND * height)
        if under and dot and high > LARGE * line.height:
            return last
    return []


class _End(NamedTuple):
    """What speaks for a stroke being a sign, log of odds, and no more than `most` where it is the only one; how far it
    bows outwards, of its height; and the digits that such signs are taken for."""

    odds: float = -math.inf
    most: float = math.inf
    bow: float = 0.0
    like: str = ""


def _speaks(line: Line, spans: list[tuple[int, int]], boxes: Boxes, k: int) -> _End:
    """What speaks for the first or the last stroke of a line being a sign; nothing where it is no stroke."""
    others = range(1, len(spans) - 1) if len(spans) > 2 else [1 - k]
    side, (_, y, _, height) = 1 if k else -1, boxes[k].tolist()
    tall = [j for j in others if boxes[j, 3] >= AS_HIGH * boxes[others, 3].max()]
    top, foot = float(np.median(boxes[tall, 1])), float(np.median(boxes[tall, 1] + boxes[tall, 3]))
    if foot - top < LOWER[len(tall) > 1] * height:
        return _End()
    lower = float(np.min((y - top, y + height - foot, y - boxes[tall[-1 if k else 0], 1]))) / (foot - top)
    if lower > LOW:
        return _End(HANGING * (min(lower, LOWEST) - LOW), like=LIKE_G)
    ink = _drawn(line, spans[k], boxes[k])
    if not _single(ink, NARROW):
        return _End()
    sixth = max(1, height // 6)
    bands = (ink[row : row + sixth].max(axis=0) for row in (0, (height - sixth) // 2, height - sixth))
    head, waist, end = (float(np.flatnonzero(band)[[0, -1]].mean()) for band in bands)
    bow = max(0.0, side * (waist - (head + end) / 2) / height)
    lean = _lean(ink) + (line.slant - float(np.mean([_lean(_drawn(line, spans[j], boxes[j])) for j in tall]))) / 2
    gaps = [boxes[j + 1, 0] - boxes[: j + 1, [0, 2]].sum(axis=1).max() for j in range(len(spans) - 1)]
    apart = (gaps[-1 if k else 0] - np.median(gaps)) / (foot - top)
    reach = (top - y + y + height - foot) / (foot - top)
    odds = REACHING * np.clip(reach, LESS, REACH[len(tall) > 1]) + APART * np.clip(apart, 0, GAP) - USUALLY
    odds += BOWING * min(bow, BOW) + LEANING * max(0.0, min(lean, LEAN) - SLANTED) * (bow < EVEN)
    most = DOUBT + FREELY * max(0.0, float(apart)) if bow < EVEN else math.inf
    return _End(float(odds), most, bow, LIKE_STROKE)


def _drawn(line: Line, span: tuple[int, int], box: Boxes) -> NDArray[np.uint8]:
    """The ink of a run of a line's pieces in their box, 0 or 1."""
    x, y, width, height = box.tolist()
    ink = np.zeros((height, width), np.uint8)
    for piece in line.pieces[slice(*span)]:
        ink[piece.y - y : piece.y - y + piece.height, piece.x - x : piece.x - x + piece.width] |= piece.mask
    return ink


def _single(ink: NDArray[np.uint8], widest: float) -> bool:
    """Whether some ink is one stroke from the top to the foot, and no wider than this, of its height."""
    if ink.shape[1] > widest * len(ink):
        return False
    runs = ink[:, 0] + (ink[:, 1:] > ink[:, :-1]).sum(axis=1)
    return bool(runs.all() and (runs != 1).mean() <= FORKED)


def _bent(ink: NDArray[np.uint8]) -> float:
    """How far the middles of a stroke's rows lie off a straight line, of its height."""
    middles = (ink * np.arange(ink.shape[1])).sum(axis=1) / ink.sum(axis=1)
    down = np.arange(len(ink)) - len(ink) / 2 + 0.5
    off = middles - middles.mean() - down * (middles * down).sum() / max(1.0, (down**2).sum())
    return min(BENT, float(off.std()) / len(ink))


def _lean(ink: NDArray[np.uint8]) -> float:
    """How far some ink leans to the right, of its height."""
    rows, columns = np.nonzero(ink)
    down = rows - rows.mean()
    return -float((columns * down).sum() / max(1.0, (down**2).sum()))


def _whole(line: Line) -> tuple[list[tuple[int, int]], NDArray[np.int64]]:
    """The runs of a line's pieces that touch no others, as signs and letters stand, and their boxes (N, 4)."""
    every, strokes, end = np.array([p.box for p in line.pieces]), [p.stroke for p in line.pieces], len(line.pieces)
    nodes = [n for n in range(1, end) if set(strokes[:n]).isdisjoint(strokes[n:])]
    nodes = [n for n in nodes if every[n:, 0].min() - every[:n, [0, 2]].sum(axis=1).max() > -OVERLAP * line.height]
    spans = list(pairwise([0, *nodes, end] if end else ()))
    return spans, np.array([around(every[a:b]) for a, b in spans], np.int64).reshape(-1, 4)


def passed_over(
    line: Line, found: Sequence[Candidate], none: Floats, costs: Costs, known: Signs | None = None
) -> Passing:
    """The ways to pass over what stands before and behind a number as signs and letters, by the node where they end:
    arcs from the first node, and to the last. Signs and letters touch no digit.

    none: (len(found),), how likely each candidate is none of the digits. known: how likely a stroke is a sign by its
    shape; such a one is passed over at the cost of a digit.
    """
    end, (spans, boxes) = len(line.pieces), _whole(line)
    looks = {(c.first, c.last): float(p) for c, p in zip(found, none, strict=True)}
    # Of all that stands before a node: the cost near a number, in a word, and by shapes, and how many more look like
    # signs.
    before, gaps, right = {0: np.zeros(4)}, dict[int, float](), -math.inf
    for (a, b), (x, _, wide, high) in zip(spans, boxes.tolist(), strict=True):
        gaps[a], right = (x - right) / line.height, max(right, x + wide)
        if wide < WIDEST * max(line.height, high) and (a, b) in looks:
            # A single stroke is a 1 to any eye, or a dash, where its shape tells no sign.
            stroke = sum(p.area for p in line.pieces[a:b]) < STRAIGHT * line.stroke * math.hypot(wide, high)
            shape = (known or {}).get((a, b), 0.0)
            sign = max(0.0 if stroke else looks[a, b], shape)
            cost = np.array([SIGN, SIGN, costs.digit]) - costs.word * np.log(
                np.maximum(LIKE_DIGIT, (sign, sign, shape))
            )
            before[b] = before[a] + np.append(cost, 1 if sign > 0.5 else -1)
        else:
            before[b] = before[a] + sum(left_out(line, i, costs)[1] for i in range(a, b)) * np.array([1, 1, 1, 0])
    passing: dict[int, list[Arc]] = {end: []}
    for n, _ in spans[1:]:
        ends = max(FREE, ENDS - FREER * max(0.0, gaps[n]))
        for first, last, (near, word, shape, signs) in ((0, n, before[n]), (n, end, before[end] - before[n])):
            cost = ends + (word if gaps[n] > SPACE and signs >= 0 else near)
            passing.setdefault(last, []).append(Arc("sign", first, last, None, float(min(cost, shape))))
    return passing
