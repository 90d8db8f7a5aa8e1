"""The choice of the way to read a picture: each has a cost, as the paths of a recognition graph have."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import inked, least_overlap, parts
from lenet5.pictures.normalise import bounding_box
from lenet5.reading.answers import less_sure
from lenet5.reading.fields import KnownField
from lenet5.reading.graph import Costs, separator
from lenet5.reading.place import Place
from lenet5.reading.readings import SEPARATORS, Box, Character, Reading
from lenet5.reading.words import Word, together

LEAST = 1e-3  # the least probability, and what the greatest lacks of 1
BAR = 0.3  # what a 1 counts among digits: rests of rules, edges and stems of letters look like one
CHANCE = 2.0  # what must speak for each digit before anything does: among letters some look like one
WHOLE = 5.0  # what the confidence in the whole word counts: a word of letters has some that look like digits
NO_DIGIT = 2.0  # what a piece that is no digit speaks against a word
MANY = 3  # digits from which on a word is shown, however badly it is read
ENOUGH = 1.0  # evidence from which on a word is a number
LONE_BAR = 5.0  # what speaks against it that a bar is the line of a picture
HOPELESS = -5.0  # evidence: where all words have less, the line is the highest, a number that is hard to read
SHORT = 2  # characters, or heights: a word beside a number that is no longer may be more of it, however badly read
AMID = 1.5  # the power of the confidence in a line that stands among words which are passed over
# Of the line's height: a lower word, as a speck or an underline, is passed over at no cost; and one that is beside it.
AS_HIGH, AS_HIGH_BESIDE = 0.5, 0.3
PART_OF_IT = 0.5  # what is left of the confidence where a word beside may be more of it, or a 1 be a rule of the page
LIKE_A_BAR, LIKE_A_DIGIT = 0.6, 0.02  # how many of the words that are passed over look like a 1, and like another digit
ANOTHER = 1.0  # the cost of every further word
# Two words of one line, in heights of the taller one.
APART = 2.5  # the widest gap
LYING = {"0", "8"}  # digits that look the same when they lie
EDGES = 0.1  # of its height, how far apart two boxes around one digit may lie
AS_TALL, OVER = 0.75, 0.5  # of the tallest stroke, those beside it; of the narrowest one's width, their overlap
GUTTER = 1.0  # the least gap between columns, which more than one row has
MARK = 0.8  # the widest gap beside a point, a comma or a dash
UNEQUAL, UNLIKE = 2.5, 1.6  # over the lower one's, and where one is a bar


class Sheet(NamedTuple):
    """The ink (H, W) of a page, its place in the picture, its words, and each word read."""

    ink: NDArray[np.float32]
    place: Place
    words: list[Word]
    fields: list[KnownField]

    @property
    def readings(self) -> list[Reading]:
        return [field.reading for field in self.fields]


def abreast(ink: NDArray[np.float32]) -> bool:
    """Whether two strokes in ink (H, W) that are about as high stand side by side, as no two of one digit do."""
    overlap, narrowest = least_overlap(inked(ink), AS_TALL)
    return overlap < OVER * narrowest


def evidence(reading: Reading) -> float:
    """How much speaks for it that a word is a number rather than anything else: log of the odds."""
    total = WHOLE * _log(reading.confidence)
    for one in reading.characters:
        if one.text.isalnum():
            p = min(max(one.confidence, LEAST), 1 - LEAST)
            total += (BAR if one.text == "1" else 1.0) * (math.log(p / (1 - p)) - CHANCE)
        elif not one.text:
            total -= NO_DIGIT
    return total


def lines_of(found: Sequence[Word], readings: Sequence[Reading]) -> list[list[int]]:
    """The lines of a page, each as its words: numbers, and what stands beside them. All else is passed over."""
    speaks = [evidence(r) for r in readings]
    # The more there is that is no number, the more of it looks like one.
    enough = ENOUGH + math.log(1 + sum(s < ENOUGH for s in speaks))
    tall = [found[k].height for k, s in enumerate(speaks) if s >= enough and not _is_bar(readings[k])]
    most = UNLIKE * max(tall, default=0)
    like = [not tall or word.height <= most <= UNLIKE**2 * word.height for word in found]
    free = {k for k, reading in enumerate(readings) if like[k] or not _is_bar(reading)}
    heads = _columns(found, readings, {k for k, s in enumerate(speaks) if s >= enough})
    lines: list[list[int]] = []
    for best in sorted(free, key=lambda k: -speaks[k]):
        if best in free and speaks[best] >= enough:
            line = _around(best, free, found, readings, APART)
            free.difference_update(line)
            for k in line:
                lines += [[]] if k in heads or k == line[0] else []
                lines[-1].append(k)
    # A row that is hard to read is shown as such: nobody should take the other rows for all there are.
    doubtful = (k for k in free if readings[k].rejected and len(readings[k].text) >= MANY and speaks[k] > HOPELESS)
    return lines + [[k] for k in doubtful if lines and found[k].height >= AS_HIGH * max(tall, default=0)]


def _columns(found: Sequence[Word], readings: Sequence[Reading], numbers: set[int]) -> set[int]:
    """The words that begin a column: more rows of numbers have the gap before them than words cross it.

    Of single digits alone it does not tell: they may be written far apart. found: in the order of reading.
    """
    seconds = [k for k in range(1, len(found)) if found[k - 1].x < found[k].x and found[k - 1].beside(found[k])]
    heads = set()
    for k in seconds:
        left, right, high = found[k - 1].right, found[k].x, found[k].height
        like = [n for n in seconds if min(right, found[n].x) - max(left, found[n - 1].right) > GUTTER * high]
        sure = [n for n in like if n != k and {n - 1, n} <= numbers]
        long = any(len(readings[n - before].text) > 1 for n in (k, *sure) for before in (0, 1))
        if long and len(sure) > sum(word.x < (left + right) / 2 < word.right for word in found):
            heads.add(k)
    return heads


def the_line(found: Sequence[Word], readings: Sequence[Reading], *, letters: bool = False) -> list[int]:
    """Which of the words of a picture are its one line: the number that most speaks for, and what stands beside it.

    letters: whether words of letters are asked for too, which are as good as numbers; then it is the one of most ink.
    """
    if letters:
        speaks = [float(word.ink.sum()) for word in found]
    else:
        both = list(zip(found, readings, strict=True))
        wrote = [word for word, reading in both if len(reading.characters) > 1]
        speaks = [HOPELESS if _is_mark(*one, wrote) else evidence(one[1]) - LONE_BAR * _is_bar(one[1]) for one in both]
    best = int(np.argmax(speaks if max(speaks) > HOPELESS else [w.height for w in found]))
    return _around(best, set(range(len(found))), found, readings, math.inf)


def _around(best: int, free: set[int], found: Sequence[Word], readings: Sequence[Reading], apart: float) -> list[int]:
    """The words beside a number that are of its line, the number among them, from the left to the right."""
    line = [best]
    for k in sorted(free - {best}, key=lambda k: found[k].gap(found[best])):
        low, high = sorted((found[k].height, found[best].height))
        gap = min(found[k].gap(found[j]) for j in line)
        if not found[k].beside(found[best]) or gap > apart * high:
            continue
        # What may be a digit is not passed over, unless it stands far away.
        like = high <= (UNLIKE if _is_bar(readings[k]) else UNEQUAL) * low
        short = min(len(readings[k].characters), found[k].ink.shape[1] / low) <= SHORT and gap <= APART * high
        # A word of letters has many pieces, and the longer it is the more of them look like digits.
        if like and (short or evidence(readings[k]) >= ENOUGH * len(readings[k].characters)):
            line.append(k)
    return sorted(line, key=lambda k: found[k].x)


def _is_mark(word: Word, reading: Reading, others: Sequence[Word]) -> bool:
    """Whether one character is far too low for the row of others: a point, or the end of something beside it."""
    low = any(word.beside(other) and other.height > UNEQUAL * word.height for other in others)
    return len(reading.characters) < 2 and low


def _is_bar(reading: Reading) -> bool:
    """Whether all of it looks like a bar, which is a 1 only where there are other digits of its height."""
    return set(reading.text) <= {"1"}


def amid_others(
    reading: Reading, line: Word, passed: Sequence[tuple[Word, Reading]], accept: float, marks: bool = True
) -> Reading:
    """The reading of a line, less sure where words are passed over that are as high.

    They may be part of it, above all what stands beside it and does not look like letters. And the more of them there
    are, the likelier one of them looks like these digits and is none. marks: tell of those that may be separators.
    """
    reading = _with_marks(reading, line, passed) if marks else reading
    if all(w.height < (AS_HIGH_BESIDE if w.beside(line) else AS_HIGH) * line.height for w, _ in passed):
        return reading
    high = [(w, r) for w, r in passed if w.height >= AS_HIGH * line.height]
    # What stands among its digits may be lower, as small noughts are. And what was meant may be longer, and as high.
    more = sum(
        not _is_bar(r)
        and ((beside := w.beside(line)) or (w.height >= line.height and len(r.text) > len(reading.text)))
        and ((beside and w.near(line)) or evidence(r) > HOPELESS)
        for w, r in passed
        if w.height >= (AS_HIGH_BESIDE if w.gap(line) < 0 else AS_HIGH) * line.height
    )
    chance = math.prod(LIKE_A_BAR if digit == "1" else LIKE_A_DIGIT for digit in reading.text)
    return less_sure(reading, reading.confidence**AMID * PART_OF_IT**more / (1 + chance * len(high)), accept)


def upright(
    lines: Iterable[str], passed: Sequence[tuple[Word, Reading]], read: Callable[[NDArray[np.float32]], Sheet]
) -> float:
    """What is left of the confidence in lines of nothing but digits that look the same when they lie, where what is
    passed over is rather digits when it is turned either way. read: makes ink (H, W) a sheet, its words read."""
    if not passed or not set("".join(lines)) <= LYING:
        return 1.0
    ink = together([word for word, _ in passed]).ink
    lying = [read(np.ascontiguousarray(np.rot90(ink, turn))).readings for turn in (1, 3)]
    stands, *turned = (sum(max(0.0, evidence(r)) for r in some) for some in ([r for _, r in passed], *lying))
    return PART_OF_IT if max(turned) > stands + WHOLE else 1.0


def _with_marks(reading: Reading, line: Word, passed: Sequence[tuple[Word, Reading]]) -> Reading:
    """The reading of a line, with the words beside it that may be a point, a comma or a dash."""
    told, h = list(reading.characters), line.height
    for word, read in passed:
        _, top, width, height = bounding_box(word.ink, 0.5) or (0, 0, 0, 0)
        kind = separator(width / h, height / h, low := (word.y + top + height / 2 - line.y) / h)
        box = read.characters[0].box if len(read.characters) == 1 else read.box
        # A bar that meets a digit is its cap, or its foot.
        known = any((kind == "-" or c.text in SEPARATORS) and _meet(c.box, box) for c in told)
        if kind != "speck" and not known and word.gap(line) <= MARK * h and low < 1 + MARK / 2:
            told.append(Character(kind, 1.0, box))
    return replace(reading, characters=tuple(sorted(told, key=lambda c: c.box[0]))) if reading.text else reading


def _meet(one: Box, other: Box) -> bool:
    (x, y, w, h), (left, top, width, height) = one, other
    return x < left + width and left < x + w and y < top + height and top < y + h


def are_same(one: Box, other: Box) -> bool:
    """Whether two boxes are around the same ink, but for its edges."""
    (x, y, w, h), (left, top, width, height) = one, other
    off = abs(x - left), abs(y - top), abs(x + w - left - width), abs(y + h - top - height)
    return max(off) <= EDGES * max(h, height)


def is_one(page: Sheet, box: Box, reading: Reading, costs: Costs) -> bool:
    """Whether it costs no more to read a page as one digit, in this box of it, than as its words.

    No digit has a gap as wide as it is high.
    """
    high = max((word.height for word in page.words), default=0)
    tall = sorted((word for word in page.words if word.height >= AS_TALL * high), key=lambda word: word.x)
    if any(left.gap(right) > high for left, right in pairwise(tall)):
        return False
    return _cost_of_one(page, box, reading, costs) <= _cost_of_words(page.words, page.readings, costs)


def _cost_of_one(page: Sheet, box: Box, reading: Reading, costs: Costs) -> float:
    """What it costs to read a page as one digit, in this box of it, with the gaps between its words, and to leave out
    the rest of the ink."""
    if not reading.text:
        return math.inf
    x, y, width, height = box
    rest = page.ink.copy()
    rest[max(0, y - 1) : y + height + 1, max(0, x - 1) : x + width + 1] = 0
    _, stats = parts(inked(rest))
    sizes = np.maximum(stats[1:, 3], 0.35 * stats[1:, 2])[stats[1:, 4] >= 4] / height
    inside = sorted((w for w in page.words if w.x < x + width and x < w.right), key=lambda word: word.x)
    gap = max((left.gap(right) for left, right in pairwise(inside)), default=0)
    return _cost(reading, costs) + costs.gap * max(0, gap) / height + _left_out(sizes, costs)


def _cost_of_words(found: Sequence[Word], readings: Sequence[Reading], costs: Costs) -> float:
    """What it costs to read these words of a picture and to leave out the others: one, where none is read."""
    read = [k for k, r in enumerate(readings) if r.text and not r.rejected]
    if not read:
        return costs.leave_out_large
    height = max(found[k].height for k in read)
    others = [k for k in range(len(found)) if k not in read]
    # A far higher bar is a rule of the page.
    rules = [k for k in others if _is_bar(readings[k]) and found[k].height > UNLIKE * height]
    sizes = np.array([found[k].height / height for k in others if k not in rules])
    more = ANOTHER * (len(read) - 1 + len(rules))
    return sum(_cost(readings[k], costs) for k in read) + more + _left_out(sizes, costs)


def _cost(reading: Reading, costs: Costs) -> float:
    return costs.digit * len(reading.text) - costs.word * _log(reading.confidence)


def _left_out(sizes: NDArray[np.float64], costs: Costs) -> float:
    """The cost of leaving out parts of these sizes, in heights of the digits that are read."""
    return float(costs.leave_out_large * np.minimum(sizes**2, 1).sum())


def _log(probability: float) -> float:
    return math.log(max(probability, LEAST))
