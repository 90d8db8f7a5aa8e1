"""The digits of a line: the best path through its recognition graph (sections V and VI).

Nodes stand between the pieces of a line. An arc from one node to another is a candidate: the pieces between them,
put together, as one digit, or as something that is no digit and is left out. Every candidate digit is answered by
the network; an arc's penalty is −log of the probability that the candidate is that digit. A path is the likelier the
smaller its sum; the line reads what all the paths that read the same make likeliest (the forward algorithm).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import ReadingError
from lenet5.pictures.masks import dilated, inked, padded, parts
from lenet5.pictures.normalise import normalise
from lenet5.reading.loops import Chain
from lenet5.reading.pieces import Line, Piece

# In heights of a line's digits.
USUAL = 1.0  # from there on a digit is not small
WIDE = 0.8
NARROW = 0.25
ASTRAY = 0.1
RING = 3.0  # times as dear to leave out as what is no separator is a small nought
APART = 0.06  # what is nearer was one stroke
# In the search for the likeliest text.
LIKELY = 2e-3  # probability from which on a candidate may be a digit
TEXTS = 6  # that are kept at each node

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["digit", ".", ",", "-", "/", "speck", "sign"]


@dataclass(frozen=True)
class Costs:
    """The costs of a line's arcs, each −log of a probability; lengths are in heights of the line's digits.

    They hang on the network, and are kept beside its weights. Not in the paper: the ones here, which hold where weights
    tell none, are what `python benchmarks/line_costs.py` found for lenet5-reader: the right texts' share of the
    paths is large under them. Five were moved on by hand: `word`, `digit`, `narrow`, `astray`, `gap`. `torn` and `ends`
    were chosen by hand, on lines put together and on cheques.
    """

    word: float = 1.2  # how much the network's own −log counts
    digit: float = 2.0  # the cost of every digit, whatever its shape
    small: float = 1.72  # for a digit that is smaller by a whole height, squared
    wide: float = 7.15  # for what is wider than WIDE, squared
    narrow: float = 15.0  # for what is narrower than NARROW
    astray: float = 20.0  # for a foot that is further than ASTRAY off the line, and a middle that is off its middle
    gap: float = 35.0  # for a gap of one height between the parts of a digit
    torn: float = 2.0  # for half of a loop in a chain of noughts
    ends: float = 40.0  # for the ends of such a loop's stroke, were they all of its ink, squared
    leave_out: float = 0.82  # for a separator or a speck
    leave_out_large: float = 11.3  # for leaving out ink as high as a digit, squared
    leave_out_other: float = 2.04  # more, where it is no separator
    place: float = 0.0  # how much it counts where a character stands and how high it is; 0: all are digits
    signs: float = 0.0  # for a sign beside a sign, which are no letters or digits

    def __post_init__(self) -> None:
        for name, cost in vars(self).items():
            most = 20.0 if name in ("word", "place") else 500.0  # powers, costs: with more, likelihoods become 0
            if not isinstance(cost, int | float) or not 0 <= cost <= most:
                raise ReadingError(f"the cost {name} {cost!r}; expected a number from 0 to {most:g}")


@dataclass(frozen=True)
class Geometry:
    """What sizes say about characters: which pieces of a line may be one, and at what cost; in heights of digits."""

    costs: Costs = field(default_factory=Costs)
    widest: float = 2.0
    lowest: float = 0.2
    flattest: float = 2.5  # width beside its own height
    most_pieces: int = 8
    widest_gap: float = 0.35
    mark: float = 0.3  # how far from a word the middle of a small mark may be that goes with it
    slanted: bool = True  # whether a line may have a slant that is taken off

    @property
    def place(self) -> float:
        return self.costs.place


@dataclass(frozen=True)
class Candidate:
    """Pieces `first` to `last` (exclusive) of a line, as one digit.

    image: uint8 (28, 28). gap: the widest between its pieces, in heights of the line's digits. parts: how many strokes
    of it do not touch, where that tells characters apart. torn: how far it tears apart a loop of a chain of noughts,
    0 to 1. ends: where the image is such a loop alone, the share of the ink that it leaves out, or has besides.
    """

    first: int
    last: int
    box: tuple[int, int, int, int]
    image: NDArray[np.uint8]
    gap: float
    parts: int = 1
    torn: float = 0.0
    ends: float = 0.0


@dataclass(frozen=True)
class Arc:
    """A step of a path: candidate index and which digit it is, or the pieces that are left out and as what."""

    kind: Kind
    first: int
    last: int
    candidate: int | None
    cost: float
    digit: int | None = None


Passing = Mapping[int, Sequence[Arc]]  # of nodes, the arcs that end there and pass over signs


def candidates(line: Line, geometry: Geometry) -> list[Candidate]:
    """Every run of neighbouring pieces that might be a digit by its size, normalised as MNIST is."""
    found = []
    pieces, height = line.pieces, line.height
    # The line's ink and the canvas have one pixel of paper around them.
    ink = padded(line.ink, 1)
    canvas = np.zeros_like(ink)
    glyphs = [_glyph(ink, piece) for piece in pieces]
    chain = Chain(line) if line.loops and not geometry.place else None
    for first in range(len(pieces)):
        left, right = pieces[first].x, pieces[first].x + pieces[first].width
        top, bottom = pieces[first].y, pieces[first].y + pieces[first].height
        gaps = 0.0
        for last in range(first + 1, min(len(pieces), first + geometry.most_pieces) + 1):
            piece = pieces[last - 1]
            gap = max(0, piece.x - right, left - piece.x - piece.width) / height
            gaps = max(gaps, gap)
            left, right = min(left, piece.x), max(right, piece.x + piece.width)
            top, bottom = min(top, piece.y), max(bottom, piece.y + piece.height)
            if right - left > geometry.widest * height or gaps > geometry.widest_gap:
                break
            place, glyph = glyphs[last - 1]
            np.maximum(canvas[place], glyph, out=canvas[place])
            if bottom - top < geometry.lowest * height or right - left > geometry.flattest * (bottom - top):
                continue
            box = (left, top, right - left, bottom - top)
            whole = canvas[top : bottom + 2, left : right + 2]
            apart = _parts(whole, height) if geometry.place else 1
            torn = chain.torn(first, last) if chain else 0.0
            found.append(Candidate(first, last, box, normalise(whole), gaps, apart, torn))
            if chain and (nought := chain.loop(first, last, bottom - top)):
                loop, ends = nought
                found.append(Candidate(first, last, loop.box, normalise(loop.drawn()), gaps, apart, ends=ends))
        canvas[:, left : right + 2] = 0
    return found


def _glyph(ink: NDArray[np.float32], piece: Piece) -> tuple[tuple[slice, slice], NDArray[np.float32]]:
    """Where a piece lies in ink with a margin of one pixel, and its own ink there, the faint edges too."""
    place = np.s_[piece.y : piece.y + piece.height + 2, piece.x : piece.x + piece.width + 2]
    return place, ink[place] * dilated(padded(piece.mask, 1), 3, 3)


def _parts(ink: NDArray[np.float32], height: float) -> int:
    """How many parts of some ink stand apart from each other."""
    reach = 1 + 2 * max(1, round(APART / 2 * height))
    return len(parts(dilated(inked(ink), reach, reach))[1]) - 1


def digit_costs(line: Line, found: Sequence[Candidate], penalties: Floats, costs: Costs) -> Floats:
    """What it costs to read each candidate as a digit; penalties: (len(found),), −log of that digit's probability."""
    _, y, width, height = np.array([c.box for c in found], float).reshape(-1, 4).T / line.height
    gap, torn, ends = np.array([(c.gap, c.torn, c.ends) for c in found], float).reshape(-1, 3).T
    top, bottom = line.top / line.height, line.bottom / line.height
    # Small noughts may stand at half the height, and a long 7 or 9 reach below the line as far as above it.
    off = np.minimum(np.abs(y + height - bottom), np.abs(y + height / 2 - (top + bottom) / 2))
    return np.asarray(
        costs.word * penalties
        + costs.digit
        + costs.small * np.maximum(0, USUAL - height) ** 2
        + costs.wide * np.maximum(0, width - WIDE) ** 2
        + costs.narrow * np.maximum(0, NARROW - width)
        + costs.astray * np.clip(off - ASTRAY, 0, 1)
        + costs.gap * gap
        + costs.torn * torn
        + costs.ends * ends**2
    )


def left_out(line: Line, index: int, costs: Costs) -> tuple[Kind, float]:
    """As what a piece may be left out, and at what cost."""
    piece, h = line.pieces[index], line.height
    size = max(piece.height, 0.35 * piece.width) / h
    kind = separator(piece.width / h, piece.height / h, (piece.y + piece.height / 2 - line.top) / h)
    cost = costs.leave_out + costs.leave_out_large * size**2
    if not costs.place and index in line.rings:
        return "speck", cost + RING * costs.leave_out_other
    return kind, cost + costs.leave_out_other * (kind == "speck" and size > 0.2)


def separator(width: float, height: float, low: float) -> Kind:
    """What a mark may be, of a width and a height in those of the digits beside it, by its size and place.

    low: where its middle stands: 0 at the top of the digits, 1 at their foot.
    """
    if height < 0.4 and width > max(0.25, 1.8 * height) and 0.2 < low < 0.9:
        return "-"
    if max(height, 0.35 * width) < 0.5 and low > 0.7:
        return "," if height > 1.4 * width else "."
    return "speck"


def best_path(
    line: Line,
    found: Sequence[Candidate],
    likely: Floats,
    costs: Costs,
    signs: Collection[int] = (),
    passing: Passing | None = None,
) -> list[Arc]:
    """The arcs, from the first node to the last, of the cheapest path that reads what is likeliest to stand there.

    likely: (len(found), classes), the probability of each digit of each candidate. Digits may be cut apart in several
    ways, which all speak for the same text: what counts is the sum of e^−cost over its paths, not the best of them.
    signs: the classes that hardly stand side by side. passing: the ways to pass over what stands beside them.
    """
    nodes = len(line.pieces) + 1
    shapes, ending = digit_costs(line, found, np.zeros(len(found)), costs).tolist(), _ending(found, nodes)
    digits = [np.flatnonzero(row > LIKELY).tolist() for row in likely]
    # Of each node: the likeliest texts that paths to it read, each by its sum and its cheapest path's last arc.
    texts: list[dict[tuple[int, ...], _Text]] = [{(): _Text(0.0, 0.0, None)}]
    for node in range(1, nodes):
        kind, cost = left_out(line, node - 1, costs)
        reached: dict[tuple[int, ...], _Text] = {}
        for text, before in texts[node - 1].items():
            _add(reached, text, before, Arc(kind, node - 1, node, None, cost))
        for arc in (passing or {}).get(node, ()):
            for text, before in texts[arc.first].items():
                _add(reached, text, before, arc)
        for k in ending[node]:
            first = found[k].first
            for digit in digits[k]:
                arc = Arc("digit", first, node, k, shapes[k] - costs.word * math.log(likely[k, digit]), digit)
                beside = replace(arc, cost=arc.cost + costs.signs) if digit in signs else arc
                for text, before in texts[first].items():
                    _add(reached, (*text, digit), before, beside if text and text[-1] in signs else arc)
        texts.append(dict(heapq.nlargest(TEXTS, reached.items(), key=lambda item: item[1].log)))
    text, node = max(texts[-1], key=lambda read: texts[-1][read].log), nodes - 1
    path: list[Arc] = []
    while (step := texts[node][text].arc) is not None:
        path.append(step)
        text, node = text[: len(text) - (step.digit is not None)], step.first
    return path[::-1]


class _Text(NamedTuple):
    """log of the sum of e^−cost over the paths that read it; the least cost of one, and that one's last arc."""

    log: float
    cost: float
    arc: Arc | None


def _add(reached: dict[tuple[int, ...], _Text], text: tuple[int, ...], before: _Text, arc: Arc) -> None:
    """More paths that read a text: those of another text, and then an arc."""
    log, cost = before.log - arc.cost, before.cost + arc.cost
    held = reached.get(text)
    if held is None:
        reached[text] = _Text(log, cost, arc)
        return
    high, low = max(log, held.log), min(log, held.log)
    total = high + math.log1p(math.exp(low - high))
    reached[text] = _Text(total, cost, arc) if cost < held.cost else _Text(total, held.cost, held.arc)


def share(
    line: Line,
    found: Sequence[Candidate],
    likely: Floats,
    digits: Sequence[int],
    costs: Costs,
    signs: Collection[int] = (),
    passing: Passing | None = None,
) -> float:
    """How likely it is that a line reads these digits: their paths' part of the sum of e^−cost over all paths.

    likely, signs: as for `best_path`. The forward algorithm of section VI.
    """
    nodes, n = len(line.pieces) + 1, len(digits)
    weights, rare = likely**costs.word, math.exp(-costs.signs)
    pairs = [rare if {a, b} <= set(signs) else 1.0 for a, b in zip((-1, *digits), digits, strict=False)]
    these, signed = weights[:, list(digits)] * pairs, weights[:, list(signs)].sum(axis=1)
    others = weights.sum(axis=1) - signed
    shapes, ending = digit_costs(line, found, np.zeros(len(found)), costs).tolist(), _ending(found, nodes)
    # Of each node: log of the sum over all paths to it, the parts of those that read none, one, … of the digits, and
    # the part of those that end with a sign.
    total, shares, ends = np.zeros(nodes), np.zeros((nodes, n + 1)), np.zeros(nodes)
    shares[0, 0] = 1.0
    for node in range(1, nodes):
        before = total[node - 1] - left_out(line, node - 1, costs)[1]
        sums, weight, end = shares[node - 1].copy(), 1.0, ends[node - 1]
        for sign in (passing or {}).get(node, ()):
            arc = math.exp(min(600.0, total[sign.first] - sign.cost - before))
            sums, weight = sums + arc * shares[sign.first], weight + arc
        for k in ending[node]:
            first = found[k].first
            arc = math.exp(min(600.0, total[first] - shapes[k] - before))
            sums[1:] += arc * shares[first, :-1] * these[k]
            sign = arc * signed[k] * (1 - ends[first] * (1 - rare))
            weight, end = weight + arc * others[k] + sign, end + sign
        total[node], shares[node], ends[node] = before + math.log(weight), sums / weight, end / weight
    return float(shares[-1, -1])


def shares_of(line: Line, found: Sequence[Candidate], likely: Floats, leaving: Floats, costs: Costs) -> Floats:
    """How likely it is that each candidate stands in a line as each digit, (len(found), classes): its paths' part of
    the sum of e^−cost over all paths (the forward and the backward algorithm).

    likely: as for `share`. leaving: (pieces,), what it costs to leave each piece out.
    """
    weights, steps = likely**costs.word, np.arange(len(leaving))
    every = np.maximum(weights.sum(axis=1), 1e-300)
    first, last = np.array([(c.first, c.last) for c in found]).T
    scores = np.concatenate([-leaving, np.log(every) - digit_costs(line, found, np.zeros(len(found)), costs)])
    ends = np.concatenate([steps, first]), np.concatenate([steps + 1, last])
    held = paths_of(*ends, scores, len(steps) + 1)[1][len(steps) :]
    return np.asarray((held / every)[:, None] * weights)


def paths_of(first: Ints, last: Ints, scores: Floats, states: int) -> tuple[float, Floats]:
    """log of the sum of e^score over all paths from the first state to the last, and the share that uses each arc."""
    ahead, behind = np.full(states, -np.inf), np.full(states, -np.inf)
    ahead[0] = behind[-1] = 0.0
    for a in np.argsort(last, kind="stable"):
        ahead[last[a]] = np.logaddexp(ahead[last[a]], ahead[first[a]] + scores[a])
    for a in np.argsort(-first, kind="stable"):
        behind[first[a]] = np.logaddexp(behind[first[a]], behind[last[a]] + scores[a])
    total = float(ahead[-1])
    if not np.isfinite(total):
        return total, np.zeros_like(scores)
    return total, np.exp(ahead[first] + scores + behind[last] - total)


def _ending(found: Sequence[Candidate], nodes: int) -> list[list[int]]:
    """Of each node, the candidates that end there."""
    ending: list[list[int]] = [[] for _ in range(nodes)]
    for k, candidate in enumerate(found):
        ending[candidate.last].append(k)
    return ending
