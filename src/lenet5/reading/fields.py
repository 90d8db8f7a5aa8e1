"""Fields of a picture, each a glyph, a line of glyphs or a row of cells: what the reader answers.

A field offers its candidate digits to the network, and makes a reading of what the network says.
A field's own places are in a part of the picture; its boxes are in the picture that was given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lenet5.reading.alphabet import TAUGHT
from lenet5.reading.answers import Calibration, character, less_sure
from lenet5.reading.graph import Arc, Candidate, Geometry, Passing, best_path, digit_costs, left_out, share, shares_of
from lenet5.reading.pieces import Line
from lenet5.reading.place import Place
from lenet5.reading.readings import SEPARATORS, Box, Character, Reading, Reason
from lenet5.reading.signs import LIKE_SLASH, Seeming, Signs, may_be_digits, passed_over, signs_at_ends, slashes
from lenet5.reading.stature import CUT, fits, frames, in_parts, settled, signs_of, with_dots

# Not in the paper: how much rarer rubbish is than among pictures of anything, where the best path through a line says
# that a digit stands.
RUBBISH_ON_PATHS = 0.02
LYING = 0.1  # of its height, what a bar may be wider than it is high and still half stand
FINE = 20  # pixels of the picture: lower digits are less sure
UNREAD = 0.4  # what is left of it for each mark that stands free and is not read, where there may be signs
AS_LARGE = 0.8  # of the lowest digit's height, what is left out that may be another one, as small noughts are
AMID_SIGNS = 2.0  # the power of the confidence in a number beside signs: digits that are hard to read look like them
LETTERS = 1.2  # heights for each digit, how wide such signs are at most; a wider word is none with a digit in it
UNSURE = 0.01, 0.9  # confidence, from one to the other, where a line is looked at again
BARS, SIGNED = {"1"}, 0.5  # a text of nothing else; how likely a stroke is a sign by its shape, where it is one
JOINED = 4.0  # the power of how much what is passed over looks like joined digits: a likely one counts much more
PASSED, RARELY = ("sign", "/"), 1e-9  # the kinds of arcs that pass over ink at no loss; how likely a slash is at least
STRUCK = 0.5  # what is left of the confidence in a number that is crossed out
# Of a picture of one digit among others, in its widths from the middle.
MIDDLE = 0.15  # where the digit stands that is meant, as a rule
BESIDE = 0.25  # from where on there are its neighbours
NEIGHBOUR = 0.3  # of what it costs to leave ink out, what it costs there


Images = Sequence[NDArray[np.uint8]]
Penalties = NDArray[np.float32]
Probabilities = NDArray[np.float64]
Read = tuple[list[Character], NDArray[np.float64]]
Path = tuple[Probabilities, list[Arc], Passing]


class Field(Protocol):
    """images: the candidates, uint8 (28, 28) each."""

    @property
    def images(self) -> Images: ...

    def answer(self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration) -> Reading:
        """The reading, from the penalties (candidates, classes)."""
        ...

    def again(self, readings: Sequence[Reading]) -> Field | None:
        """The field to answer next, after these readings of this one; None where they settle it."""
        return None

    def settled(self, readings: Sequence[Reading], calibration: Calibration) -> Reading:
        """What all the readings of a field make of it."""
        return readings[-1]


@dataclass(frozen=True)
class KnownField(Field):
    """A field whose reading is known already."""

    field: Field
    reading: Reading

    @property
    def images(self) -> Images:
        return self.field.images

    def answer(self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration) -> Reading:
        return self.reading


@dataclass(frozen=True)
class GlyphField(Field):
    """One digit, or nothing: `fault` is "blank" or "not a digit" where that is plain without the network.

    instead: gives the field to answer where this one is rejected, or None.
    """

    image: NDArray[np.uint8]
    box: Box
    fault: Reason = ""
    instead: Callable[[], Field | None] = lambda: None

    @property
    def images(self) -> Images:
        return () if self.fault else (self.image,)

    def character(self, probabilities: Probabilities, classes: tuple[str, ...], calibration: Calibration) -> Character:
        if self.fault:
            return Character("", 0.0, self.box, (), self.fault)
        return character(probabilities[0], classes, self.box, calibration.reason(probabilities[0]))

    def again(self, readings: Sequence[Reading]) -> Field | None:
        return self.instead() if len(readings) == 1 and readings[0].rejected else None

    def answer(self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration) -> Reading:
        one = self.character(calibration.probabilities(penalties), classes, calibration)
        shown = () if one.reason == "blank" else (one,)
        return Reading(one.text, one.confidence, self.box, bool(one.reason), one.reason, shown)


@dataclass(frozen=True)
class _Look(Reading):
    """A line as one look has it. every: what it reads where nothing is passed over as a sign, if that is more."""

    every: Reading | None = None


@dataclass(frozen=True)
class LineField(Field):
    """A line of digits that stand free.

    struck: whether a line was drawn through all of it. looks: give the line as other looks at it see it.
    """

    line: Line
    candidates: tuple[Candidate, ...]
    place: Place  # of the upright line
    geometry: Geometry
    struck: bool = False
    looks: tuple[Callable[[], LineField], ...] = ()

    @property
    def box(self) -> Box:
        return self.place.box((0, 0, self.line.ink.shape[1], self.line.ink.shape[0]))

    @property
    def images(self) -> Images:
        return [candidate.image for candidate in self.candidates]

    def again(self, readings: Sequence[Reading]) -> Field | None:
        """The next look at a line that is not sure, until two agree or there is none."""
        texts, (low, high) = [reading.text for reading in readings], UNSURE
        settled = len(texts) > len(self.looks) or texts[-1] in texts[:-1]
        return None if settled or not low <= readings[0].confidence < high else self.looks[len(texts) - 1]()

    def settled(self, readings: Sequence[Reading], calibration: Calibration) -> Reading:
        """The text between signs that most speaks for, as sure as a line is right of which the looks are as sure on the
        mean. Where that is unsure, or bars alone, as rules are too, all that stands there, unsure: what may be signs
        may be digits."""
        speaks = dict.fromkeys((r.text for r in readings), 0.0)
        for reading in readings:
            speaks[reading.text] += reading.confidence / len(readings)
        surest = max(readings, key=lambda r: (speaks[r.text], r.confidence))
        plain = Reading(*(getattr(surest, f.name) for f in fields(Reading)))
        plain = replace(plain, reason="" if plain.reason == "unsure" else plain.reason)
        one = less_sure(plain, calibration.of_line(speaks[surest.text]), calibration.accept)
        every = [r.every for r in readings if isinstance(r, _Look) and r.every]
        if not every or not (one.rejected or set(one.text) <= BARS):
            return one
        most = max(every, key=lambda r: r.confidence)
        sure = min(one.confidence, most.confidence)
        return replace(most, confidence=sure, rejected=True, reason=most.reason or "unsure")

    def path(self, on_paths: Probabilities, classes: tuple[str, ...], signed: bool) -> Path:
        """The best path through the line, from the probabilities on paths (N, classes and none); its candidates' as it
        took them: where characters have places of their own, the likelier the better one suits its place; and the ways
        to pass over signs, where `signed`."""
        likely, costs = on_paths[:, :-1], self.geometry.costs
        if self.geometry.place:
            return *self._placed(likely, classes), {}
        known = self._signs(on_paths, classes)
        signs = {**passed_over(self.line, self.candidates, on_paths[:, -1], costs, known)} if signed else {}
        for (first, last), slash in known.items() if signed else ():
            if self._seeming[first, last][1] == LIKE_SLASH:
                arc = Arc("/", first, last, None, costs.digit - costs.word * math.log(max(RARELY, slash)))
                signs[last] = [*signs.get(last, ()), arc]
        return likely, best_path(self.line, self.candidates, likely, costs, passing=signs), signs

    def answer(self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration) -> Reading:
        """The reading of the digits between signs, as one look has it: `settled` makes of it what is to be told."""
        reading = self._answer(penalties, classes, calibration, True)
        plain = self.geometry.place or not (reading.rejected or set(reading.text) <= BARS)
        if plain or max((shape for shape, _ in self._seeming.values()), default=0.0) > SIGNED:
            return reading
        every = self._answer(penalties, classes, calibration, False)
        return reading if every.text == reading.text else _Look(**vars(reading), every=every)

    def _answer(
        self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration, signed: bool
    ) -> Reading:
        characters, shares = self.read(penalties, classes, calibration, signed)
        sure = float(np.prod(shares ** np.array(calibration.powers)))
        confidence = sure * (STRUCK if self.struck else 1.0)
        digits = [c for c in characters if (c.text not in SEPARATORS or c.text in classes) and c.reason != "blank"]
        if not digits:
            return Reading("", 0.0, self.box, True, "blank", tuple(characters))
        text = "".join(c.text for c in digits)
        unsure: Reason = "unsure" if confidence < calibration.accept else ""
        reason = unsure if text and all(c.reason != "not a digit" for c in digits) else "not a digit"
        return Reading(text, confidence, self.box, bool(reason), reason, tuple(characters))

    def read(
        self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration, signed: bool = False
    ) -> Read:
        """The characters of the best path, and the parts of its confidence (5,), each 0 to 1: share
        of the paths that read the same, product of the digits' probabilities, share of the ink that is explained,
        height of the digits in FINE pixels, and e^−cost of their sizes and places.

        signed: pass over signs at both ends.
        """
        costs = self.geometry.costs
        on_paths = self.standing(calibration.on_path().probabilities(penalties), classes)
        likely, path, signs = self.path(on_paths, classes, signed)
        probabilities = self.standing(calibration.probabilities(penalties), classes)
        if self.geometry.place:
            # The place says which character it is; whether it is one, what it looks like.
            seen = self._seen(on_paths[:, :-1], classes).sum(axis=1) / np.maximum(likely.sum(axis=1), 1e-300)
            probabilities = np.column_stack([likely * seen[:, None], on_paths[:, -1]])
        if sum(arc.digit is not None for arc in path) > 1:
            probabilities = rarer(probabilities, RUBBISH_ON_PATHS)
        characters, digits, left, sure, unread = [], [], 0, 1.0, 1.0
        total = sum(piece.area for piece in self.line.pieces)
        for arc in path:
            if arc.candidate is not None and arc.digit is not None:
                p = probabilities[arc.candidate]
                characters.append(character(p, classes, self._box(arc), calibration.reason(p), arc.digit))
                digits.append(arc.digit)
                sure *= characters[-1].confidence
                characters += [] if self.geometry.place else self._marks(arc)
                continue
            if arc.kind in PASSED:
                characters += [Character(arc.kind, 1.0, self._box(arc))] if arc.kind == "/" else []
                total -= sum(piece.area for piece in self.line.pieces[arc.first : arc.last])
                continue
            speck = arc.kind == "speck" or arc.kind in classes
            apart = (self.geometry.place or not speck) and self.line.stands_apart(arc.first)
            unread *= UNREAD if apart and self.geometry.place else 1.0
            if speck:
                left += self.line.pieces[arc.first].area
            elif apart:
                characters.append(Character(arc.kind, 1.0, self._box(arc)))
        kinds = signs_of(classes)
        paths = share(self.line, self.candidates, likely, digits, costs, kinds, signs)
        passing = [arc for arc in path if arc.kind == "sign"]
        passed = [self.line.pieces[arc.first : arc.last] for arc in passing]
        for arc in passing:
            paths *= 1 - may_be_digits(self.line, self.candidates, on_paths[:, -1], arc) ** JOINED
        if signs and not passed:
            amid = {node: [arc for arc in arcs if arc.kind == "/"] for node, arcs in signs.items()}
            paths = math.sqrt(paths * share(self.line, self.candidates, likely, digits, costs, kinds, amid))
        lost = [arc.first for arc in path if arc.kind not in ("digit", *PASSED)]
        chosen = [self.candidates[arc.candidate] for arc in path if arc.candidate is not None]
        least = AS_LARGE * min((c.box[3] for c in chosen), default=0)
        nought = not costs.place and any(k in self.line.rings or self.line.pieces[k].height > least for k in lost)
        explained = unread * UNREAD**nought * (1 - left / max(1, total))
        high = self.line.height * float(np.sqrt(abs(np.linalg.det(self.place.matrix[:2, :2]))))
        odd = digit_costs(self.line, chosen, np.zeros(len(chosen)), costs) - costs.digit
        parts = np.array([paths, sure, explained, min(1.0, high / FINE), np.exp(-odd.sum())])
        wide = sum(max(p.x + p.width for p in some) - min(p.x for p in some) for some in passed) / self.line.height
        in_a_word = wide > LETTERS * len(digits)
        known = self._signs(on_paths, classes) if passing else {}
        unlike = any(known.get((arc.first, arc.last), 0.0) < 0.5 for arc in passing)
        return characters, parts ** (AMID_SIGNS if unlike else 1.0) * (0.0 if in_a_word else 1.0)

    @cached_property
    def _seeming(self) -> Seeming:
        """How likely the line's first and last strokes are signs, and others slashes, by their shapes."""
        return {**slashes(self.line), **signs_at_ends(self.line)}

    def _signs(self, probabilities: Probabilities, classes: tuple[str, ...]) -> Signs:
        """How likely they are signs, of probabilities (N, classes and none) that may read what no sign looks like."""
        pairs = zip(((c.first, c.last) for c in self.candidates), probabilities, strict=True)
        of = {span: dict(zip((*classes, ""), p, strict=True)) for span, p in pairs if span in self._seeming}
        return {
            span: shape * (sum(of[span].get(c, 0.0) for c in (*digits, "")) if span in of else 1.0)
            for span, (shape, digits) in self._seeming.items()
        }

    def standing(self, probabilities: Probabilities, classes: tuple[str, ...]) -> Probabilities:
        """Probabilities (N, classes and none) in which what is wider than high is none rather than a 1: a dash, scaled
        up, looks like a 1 that leans. What is a sign by its shape is none, and so is what holds a part of one."""
        if self.geometry.place or "1" not in classes or not self.candidates:
            return probabilities
        one, (width, height) = classes.index("1"), np.array([c.box[2:] for c in self.candidates]).T
        none = np.zeros(probabilities[:, :-1].shape)
        none[:, one] = 1 - np.exp(-((np.maximum(0, width / height - 1) / LYING) ** 2))
        for (first, last), sign in self._signs(probabilities, classes).items():
            holds = [c.first < last and first < c.last for c in self.candidates]
            none[holds] = np.maximum(none[holds], sign)
        changed = probabilities.copy()
        changed[:, :-1] *= 1 - none
        changed[:, -1] += (probabilities[:, :-1] * none).sum(axis=1)
        return changed

    def _marks(self, arc: Arc) -> list[Character]:
        """Points and commas that were taken for a part of a digit."""
        several = range(arc.first, arc.last) if arc.last > arc.first + 1 else ()
        kinds = {k: left_out(self.line, k, self.geometry.costs)[0] for k in several}
        marks = [k for k, kind in kinds.items() if kind in (".", ",") and self.line.stands_apart(k)]
        return [Character(kinds[k], 1.0, self._box(replace(arc, first=k, last=k + 1))) for k in marks]

    def _placed(self, likely: Probabilities, classes: tuple[str, ...]) -> tuple[Probabilities, list[Arc]]:
        """Probabilities in which each character is the likelier the better it suits its place and its parts, and the
        rarer it was taught; and the path: where the line's band is what explains it at the least cost, and then where
        that path's characters say that it is."""
        boxes, signs = [candidate.box for candidate in self.candidates], signs_of(classes)
        seen = self._seen(likely, classes) / np.array([TAUGHT.get(c, 1.0) for c in classes])
        seen *= in_parts([candidate.parts for candidate in self.candidates], classes) * CUT ** self._cuts()[:, None]

        def read(frame: tuple[float, float]) -> tuple[Probabilities, list[Arc]]:
            fit = seen * fits(boxes, classes, *frame) ** self.geometry.place
            return fit, best_path(self.line, self.candidates, fit, self.geometry.costs, signs)

        found = [(frame, read(frame)[1]) for frame in frames(self.line.top, self.line.bottom, classes)]
        frame, path = min(found, key=lambda one: sum(arc.cost for arc in one[1]))
        chosen = [(a.candidate, a.digit) for a in path if a.candidate is not None and a.digit is not None]
        return read(settled([(boxes[k], classes[digit]) for k, digit in chosen], *frame))

    def _cuts(self) -> NDArray[np.int64]:
        """At how many of its two sides each candidate is cut off from a stroke that goes on."""
        strokes = np.array([piece.stroke for piece in self.line.pieces])
        same = strokes[:, None] == strokes
        sides = [(same[c.first : c.last, : c.first], same[c.first : c.last, c.last :]) for c in self.candidates]
        return np.array([before.any() + int(after.any()) for before, after in sides], np.int64)

    def _seen(self, likely: Probabilities, classes: tuple[str, ...]) -> Probabilities:
        """Probabilities that know of dots, which look like anything when they are enlarged."""
        return with_dots(likely, [candidate.box for candidate in self.candidates], classes, self.line.height)

    def _box(self, arc: Arc) -> Box:
        """The box of an arc's own ink: of a slanted digit, narrower than that of its upright box."""
        corners = []
        for piece in self.line.pieces[arc.first : arc.last]:
            # Of every row of a piece its first and its last pixel: no other lies further out.
            rows = np.flatnonzero(piece.mask.any(axis=1))
            inside = piece.mask[rows] > 0
            for columns in (inside.argmax(axis=1), piece.width - 1 - inside[:, ::-1].argmax(axis=1)):
                at = np.stack([columns + piece.x, rows + piece.y], axis=1)
                corners += [at, at + 1]
        return self.place.around(np.concatenate(corners).astype(np.float64))


@dataclass(frozen=True)
class MiddleField(LineField):
    """The digit in the middle of a picture, among the digits beside it and whatever else comes in from outside."""

    def answer(self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration) -> Reading:
        likely = calibration.on_path().probabilities(penalties)[:, :-1]
        read = shares_of(self.line, self.candidates, likely, self._leaving(), self.geometry.costs)
        read *= np.exp(-((self._aside([c.box for c in self.candidates]) / MIDDLE) ** 2))[:, None]
        of_digits = read.sum(axis=0)
        digit = int(of_digits.argmax())
        best = int(read[:, digit].argmax())
        sure = float(of_digits[digit] / max(1e-12, of_digits.sum())) * self._explained(best)
        # Whoever asks for the digit in the middle of others knows that there is one.
        p = rarer(calibration.probabilities(penalties[[best]]), RUBBISH_ON_PATHS)[0]
        reason = calibration.reason(np.append(sure * p[:-1], p[-1]))
        box = self._box(Arc("digit", self.candidates[best].first, self.candidates[best].last, best, 0.0))
        one = character(p, classes, box, reason, digit)
        one = replace(one, confidence=sure * one.confidence)
        return Reading(one.text, one.confidence, self.place.whole, bool(reason), reason, (one,))

    def settled(self, readings: Sequence[Reading], calibration: Calibration) -> Reading:
        return readings[-1]

    def _leaving(self) -> NDArray[np.float64]:
        """What it costs to leave out each piece; beside the middle, where the neighbours stand, it costs little."""
        costs = np.array([left_out(self.line, i, self.geometry.costs)[1] for i in range(len(self.line.pieces))])
        return np.where(self._aside([p.box for p in self.line.pieces]) > BESIDE, NEIGHBOUR * costs, costs)

    def _explained(self, candidate: int) -> float:
        """How much of the ink near the middle belongs to a candidate."""
        pieces, held = self.line.pieces, self.candidates[candidate]
        near = np.exp(-((self._aside([p.box for p in pieces]) / MIDDLE) ** 2)) * [p.area for p in pieces]
        return float(near[held.first : held.last].sum() / max(1e-12, near.sum()))

    def _aside(self, boxes: list[Box]) -> NDArray[np.float64]:
        """How far boxes of the line lie from the upright through the picture's middle, in widths of the picture."""
        middles = self.place.points(np.array([(x + w / 2, y + h / 2) for x, y, w, h in boxes]))
        return np.asarray(np.abs(middles[:, 0] / self.place.width - 0.5))


def rarer(probabilities: Probabilities, rubbish: float) -> Probabilities:
    """Probabilities where rubbish is this much rarer than among pictures of anything."""
    changed = probabilities * np.append(np.ones(probabilities.shape[1] - 1), rubbish)
    return np.asarray(changed / changed.sum(axis=1, keepdims=True))
