"""The reader of digits in pictures: opening, ink, layout, pieces, network, answer, one after the other.

The only thing asked of a network is `penalties(images)`: uint8 (N, 28, 28) -> (N, classes), the smallest wins. If one
of its classes is the space, that is its answer to what is none of the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from lenet5.codes import DIGITS, NONE
from lenet5.errors import LeNetError, ReadingError
from lenet5.machine import threads
from lenet5.pictures.ink import POLARITIES, Ink, Polarity, find_ink
from lenet5.pictures.masks import Grey, Pixels
from lenet5.pictures.normalise import bounding_box, normalise
from lenet5.pictures.opening import DIGIT_SIDE, LIMITS, PAGE_SIDE, Limits, open_pages, sized
from lenet5.pictures.sheet import COARSE, sheet_on_table, without_print
from lenet5.reading.alphabet import answering, characters_of, geometry_of
from lenet5.reading.amid import are_two, enlarged, others
from lenet5.reading.answers import Calibration, Network, less_sure, mean_penalties
from lenet5.reading.boxes import find_boxes, rows_of_boxes, upright_rows
from lenet5.reading.choice import PART_OF_IT, Sheet, abreast, amid_others, are_same, is_one, lines_of, the_line, upright
from lenet5.reading.enclosures import without_enclosures
from lenet5.reading.fields import Field, GlyphField, KnownField, LineField, MiddleField
from lenet5.reading.glyph import the_glyph
from lenet5.reading.layout import Layout, check, line_ink, straightened
from lenet5.reading.lines import line_field
from lenet5.reading.place import Place
from lenet5.reading.readings import Reading
from lenet5.reading.shown import Steps, annotated, framed, outlined, pieces_of, sheet
from lenet5.reading.solid import filled
from lenet5.reading.words import Word, in_order, together, words

Prepared = Field | LeNetError

BEST = "lenet5-reader"
FILLED = np.float32(16)  # the penalty of a filled mark for each pixel that it is thicker than strokes


class Reader:
    """Reads digits from pictures.

    Args:
        model: a network, the name of shipped weights, or a path to a .safetensors file; None for the best shipped
            weights.
        calibration: how penalties become probabilities; None for the network's own.
        accept: the least confidence, 0 to 1, of an answer that is not rejected; None for the calibration's.
        limits: how many pages and pixels a file may have; `lenet5.pictures.opening.Limits`.
        characters: that alone may be answered: "digits", "capitals", "letters", "alphanumeric", "ascii", or one by one,
            as in "0123456789-/."; all else is none. None for those that the network knows: digits, of the best weights.
            Where it knows digits alone, the shipped network of every printable character tells the others.

    Raises:
        WeightsError: there are no such weights.
        ReadingError: the model is no network, or characters are none or unknown to it.
    """

    def __init__(
        self,
        model: Network | str | os.PathLike[str] | None = None,
        *,
        calibration: Calibration | None = None,
        accept: float | None = None,
        limits: Limits = LIMITS,
        characters: str | None = None,
    ) -> None:
        asked = None if characters is None else characters_of(characters)
        if model is None or isinstance(model, str | os.PathLike):
            from lenet5.loading import load

            model = load(BEST if model is None else model)
        if not callable(getattr(model, "penalties", None)):
            raise ReadingError(f"a model {model!r}; expected a network, or the name or path of one")
        self.network: Network = model if asked is None else answering(asked, model, Reader)
        classes = tuple(getattr(self.network, "classes", DIGITS))
        self._none = classes.index(NONE) if NONE in classes else None
        self.classes: tuple[str, ...] = tuple(c for c in classes if c != NONE)
        self.calibration = calibration or Calibration.of(getattr(self.network, "metadata", {}))
        if accept is not None:
            self.calibration = replace(self.calibration, accept=accept)
        self.geometry = geometry_of(self.calibration.costs)
        self.limits = limits

    def __repr__(self) -> str:
        return f"<Reader {self.network!r}, answers {''.join(self.classes)} from {self.calibration.accept:g} on>"

    def read(self, picture: Any, layout: Layout = "auto", *, ink: Polarity = "auto") -> list[Reading]:
        """Everything that can be read in a picture, from the top to the bottom and from left to right.

        Args:
            picture: a path, bytes, an open file, a data URL, a PIL image, or an array (H, W), (H, W, 3) or (H, W, 4) of
                bool, integers or floats.
            layout: "digit" one digit, "line" one line, "page" several lines or a grid, "auto" whichever it is.
            ink: "dark" or "light" where it is known which the ink is beside its paper, "auto" where it is not.

        Returns:
            At least one Reading; of a picture with nothing to read, one that is rejected as blank.

        Raises:
            PictureError: it is no picture.
            ReadingError: there is no such layout or ink.
        """
        check(layout, ink)
        pages = enumerate(open_pages(picture, self.limits))
        fields = [(page, f) for page, p in pages for f in self.fields(p, layout, ink)]
        readings = self.answer([f for _, f in fields])
        return [replace(r, page=page) for (page, _), r in zip(fields, readings, strict=True)]

    @overload
    def read_many(
        self, pictures: Iterable[Any], layout: Layout = ..., *, ink: Polarity = ..., on_error: Literal["raise"] = ...
    ) -> list[Reading]: ...

    @overload
    def read_many(
        self, pictures: Iterable[Any], layout: Layout = ..., *, ink: Polarity = ..., on_error: Literal["return"]
    ) -> list[Reading | LeNetError]: ...

    def read_many(
        self,
        pictures: Iterable[Any],
        layout: Layout = "digit",
        *,
        ink: Polarity = "auto",
        on_error: Literal["raise", "return"] = "raise",
    ) -> list[Any]:
        """One Reading for each picture, threaded.

        Args:
            pictures: as `read` takes them; an array (N, H, W) is N pictures.
            layout: "digit" or "line", of all of them.
            ink: as `read` has it, of all of them.
            on_error: "raise" the first LeNetError, or "return" it in the place of its picture's reading.

        Returns:
            The readings in the order of the pictures.

        Raises:
            PictureError: one is no picture, and `on_error` is "raise".
            ReadingError: another layout was asked for: a page may give several readings, `read` gives them.
        """
        if layout not in ("digit", "line"):
            raise ReadingError(f"read_many with layout {layout!r}; expected 'digit' or 'line', or use read")
        check(layout, ink)
        if isinstance(pictures, str | bytes | os.PathLike):
            raise ReadingError(f"read_many of {str(pictures)[:80]!r}; expected several pictures: a list, or an array")
        if on_error not in ("raise", "return"):
            raise ReadingError(f"on_error {on_error!r}; expected 'raise' or 'return'")

        def prepare(picture: Any) -> Prepared:
            try:
                (field,) = self.fields(open_pages(picture, self.limits)[0], layout, ink)
            except LeNetError as error:
                return error
            return field

        prepared = threads.run_where_it_pays(prepare, pictures)
        if on_error == "raise":
            for outcome in prepared:
                if isinstance(outcome, LeNetError):
                    raise outcome
        readings = iter(self.answer([f for f in prepared if not isinstance(f, LeNetError)]))
        return [f if isinstance(f, LeNetError) else next(readings) for f in prepared]

    def explain(self, picture: Any, layout: Layout = "auto", *, ink: Polarity = "auto") -> dict[str, Pixels]:
        """Every intermediate picture of a reading.

        Args:
            picture: as `read` takes it; of several pages, the first.
            layout: as in `read`.
            ink: as in `read`.

        Returns:
            uint8 (H, W) or (H, W, 3) by the name of each step, in order.

        Raises:
            LeNetError: as in `read`.
        """
        check(layout, ink)
        steps = Steps(wanted=True)
        pixels = open_pages(picture, self.limits)[0]
        fields = self.fields(pixels, layout, ink, steps)
        images = [image for f in fields for image in f.images]
        if images:
            steps.note("candidates", lambda: sheet(images))
        steps.note("answer", lambda: annotated(pixels, self.answer(fields)))
        return steps.pictures

    def penalties(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """uint8 (N, 28, 28) -> (N, classes): the network's penalties, less that of "none of them" where it knows it.

        A filled mark costs more, unless it may be a sign: a point, a hyphen.
        """
        members = getattr(self.network, "members", (self.network,))
        mean = mean_penalties(members, images, self._none, self.calibration)
        return mean + FILLED * filled(images)[:, None] if "".join(self.classes).isalnum() else mean

    def answer(self, fields: list[Field]) -> list[Reading]:
        """A reading for each field, of all that it takes to settle it."""
        seen = [[reading] for reading in self._answered(fields)]
        while again := {k: more for k, field in enumerate(fields) if (more := field.again(seen[k]))}:
            for k, reading in zip(again, self._answered(list(again.values())), strict=True):
                seen[k].append(reading)
        return [f.settled(readings, self.calibration) for f, readings in zip(fields, seen, strict=True)]

    def _answered(self, fields: list[Field]) -> list[Reading]:
        """A reading for each field, all their candidates in one call of the network."""
        offered: list[Sequence[Pixels]] = [() if isinstance(f, KnownField) else f.images for f in fields]
        images = [image for some in offered for image in some]
        penalties = np.zeros((0, len(self.classes)), np.float32)
        if images:
            penalties = self.penalties(np.stack(images))
        ends = np.cumsum([0, *map(len, offered)])
        spans = zip(fields, ends, ends[1:], strict=False)
        return [f.answer(penalties[a:b], self.classes, self.calibration) for f, a, b in spans]

    def fields(
        self, pixels: Pixels, layout: Layout, polarity: Polarity = "auto", steps: Steps | None = None
    ) -> list[Field]:
        """What there is to answer in one page.

        Args:
            pixels: uint8 (H, W) or (H, W, 3).
            layout: as in `read`.
            polarity: as `ink` in `read`.
            steps: gets the pictures on the way.

        Returns:
            At least one field, from the top to the bottom.
        """
        steps = steps or Steps()
        steps.note("picture", lambda: pixels)
        small, scale = sized(pixels, DIGIT_SIDE if layout == "digit" else PAGE_SIDE)
        place = Place.scaled(pixels.shape, scale)
        if layout != "digit" and polarity != "light":
            small, back = sheet_on_table(small)
            place = place.inside(back)
            if layout != "line" or min(small.shape[:2]) > COARSE:  # a cheque's pattern comes again and again too
                small = without_print(small)
        found = find_ink(small, POLARITIES[polarity])
        steps.note("paper", lambda: np.clip(found.paper, 0, 255).astype(np.uint8))
        steps.note_ink("ink", found.ink)
        if layout == "auto":
            return self._whichever(found, place, steps)
        if layout == "digit":
            return [self._digit(found.ink, place, steps)]
        if layout == "line":
            return [self._line_or_boxes(found, place, steps)]
        return self._rows(found, place, steps) or self._lines(line_ink(found.pen), place, steps)

    def _digit(self, ink: Grey, place: Place, steps: Steps) -> Field:
        """The one digit of a picture, or the one in the middle of several."""
        blank = np.zeros((28, 28), np.uint8)
        if not ink.any():
            return GlyphField(blank, place.whole, "blank")
        ink = without_enclosures(ink)
        glyph, writing = the_glyph(ink)
        writing &= not are_two(ink)
        beside = others(ink) if writing else "none"
        if beside == "some" and (middle := self._middle(ink, place, steps)):
            return middle
        steps.note_ink("glyph", glyph)
        box = bounding_box(glyph, 0.2)
        if box is None:
            return GlyphField(blank, place.whole, "blank")
        if not writing:
            return GlyphField(blank, place.box(box), "not a digit")
        image = normalise(glyph, steep=True)
        steps.note("normalised", lambda: image)
        if beside == "perhaps":
            return GlyphField(image, place.box(box), instead=lambda: self._middle(ink, place, steps))
        return GlyphField(image, place.box(box))

    def _middle(self, ink: Grey, place: Place, steps: Steps) -> Field | None:
        """The digit in the middle of several, where there may be one."""
        large, scale = enlarged(ink)
        line = self._line(large, place.inside(np.diag([1 / scale, 1 / scale, 1.0])), steps)
        return MiddleField(line.line, line.candidates, line.place, line.geometry) if line.candidates else None

    def _line_or_boxes(self, ink: Ink, place: Place, steps: Steps) -> Field:
        """One row of boxes where there is one, else one line."""
        boxes = find_boxes(ink, place)
        if boxes.row is not None:
            steps.note("boxes", lambda: outlined(boxes.ink, boxes.grids))
            return rows_of_boxes(boxes, boxes.row, self.geometry)[0]
        level = line_ink(ink.pen)
        found = words(level, self.geometry.mark)
        if not found:
            return self._line(level, place, steps)
        readings = [f.reading for f in self._words(found, place)] if len(found) > 1 else []
        chosen = the_line(found, readings, letters=bool(self.geometry.place)) if readings else [0]
        steps.note("words", lambda: framed(level, [found[k].box for k in chosen]))
        line = together([found[k] for k in chosen])
        passed = [both for k, both in enumerate(zip(found, readings, strict=False)) if k not in chosen]
        sure = upright((readings[k].text for k in chosen if readings), passed, partial(self._sheet, place=place))
        return self._amid_others(self._line(line.ink, place.moved(line.x, line.y), steps), line, passed, sure)

    def _whichever(self, ink: Ink, place: Place, steps: Steps) -> list[Field]:
        """One digit, or a page of one line or more: what explains the ink at the least cost."""
        one = self._digit(ink.ink, place, steps)
        page = self._sheet(line_ink(ink.pen), place)
        (reading,) = self.answer([one])
        written = [r for r in page.readings if r.reason != "blank"]
        alone = written[0] if len(written) == 1 else None
        apart = abreast(page.ink)
        if alone and not apart and len(alone.text) < 2 and reading.text and reading.confidence >= alone.confidence:
            return [KnownField(one, reading)]
        if rows := self._rows(ink, place, steps):
            return rows
        lines = self._lines(page.ink, place, steps, page)
        if alone and alone.text and (apart or not alone.rejected):
            if len(alone.text) == len(page.words) == 1 and are_same(alone.characters[0].box, reading.box):
                sure = (alone.confidence + reading.confidence) / 2  # of two looks at one digit
                return [KnownField(lines[0], less_sure(alone, sure, self.calibration.accept))]
            return lines if any(r.text for r in self.answer(lines)) else list(page.fields)
        # A bar beside words is a rule of the page as often as a 1.
        bar = reading.text == "1" and bool(page.words) and not (alone and alone.text == "1")
        given = [r.text for r in self.answer(lines) if not r.rejected]
        if (reading.rejected or bar) and len(given) == 1 and given != ["1"]:
            return lines
        box = place.back(reading.characters[0].box if reading.characters else reading.box)
        if not is_one(page, box, reading, self.geometry.costs):
            return lines
        confidence = reading.confidence * (PART_OF_IT if bar else 1.0)
        return [KnownField(one, less_sure(reading, confidence, self.calibration.accept))]

    def _words(self, found: Sequence[Word], place: Place) -> list[KnownField]:
        """Each word, read as a line."""
        fields: list[Field] = [self._line(word.ink, place.moved(word.x, word.y), Steps()) for word in found]
        return [KnownField(f, r) for f, r in zip(fields, self.answer(fields), strict=True)]

    def _line(self, ink: Grey, place: Place, steps: Steps) -> LineField:
        """One line of digits, from its ink."""
        steps.note_ink("line", ink)
        field = steps.kept("pieces", lambda: line_field(ink, place, self.geometry), pieces_of)
        looks = zip(("second look", "third look"), field.looks, strict=False)
        return replace(field, looks=tuple(partial(steps.kept, name, look, pieces_of) for name, look in looks))

    def _rows(self, ink: Ink, place: Place, steps: Steps) -> list[Field]:
        """The rows of the grids of a page; none where it has no grid."""
        boxes = find_boxes(ink, place)
        if not boxes.grids:
            return []
        steps.note("boxes", lambda: outlined(boxes.ink, boxes.grids))
        return upright_rows(boxes, self.geometry, self._sureness)

    def _sheet(self, ink: Grey, place: Place) -> Sheet:
        """The words of a page, from its ink without rules, each read."""
        found = words(ink, self.geometry.mark)
        return Sheet(ink, place, found, self._words(found, place))

    def _lines(self, ink: Grey, place: Place, steps: Steps, standing: Sheet | None = None) -> list[Field]:
        """The lines of a page, from its ink without rules: made level, or as it stands, if there are none then."""
        level, matrix = straightened(ink)
        one = standing and (level is ink or len(lines_of(standing.words, standing.readings)) == 1)
        page = standing if standing and one else self._sheet(level, place.inside(matrix))
        page = standing if standing and not lines_of(page.words, page.readings) else page
        found, known, chosen = page.words, page.fields, lines_of(page.words, page.readings)
        steps.note_ink("straightened", page.ink)
        lines = {together([found[k] for k in several]): several for several in chosen}
        steps.note("words", lambda: framed(page.ink, [line.box for line in lines]))
        joined = [word for word, several in lines.items() if len(several) > 1]
        fields = {word: known[several[0]] for word, several in lines.items()}
        fields.update(zip(joined, self._words(joined, page.place), strict=True))
        nothing = GlyphField(np.zeros((28, 28), np.uint8), page.place.whole, "not a digit" if found else "blank")
        taken = set[int]().union(*chosen)
        passed = [(word, f.reading) for k, (word, f) in enumerate(zip(found, known, strict=True)) if k not in taken]
        sure = upright((f.reading.text for f in fields.values()), passed, partial(self._sheet, place=page.place))
        return [self._amid_others(fields[w], w, passed, sure) for w in in_order(list(lines))] or [nothing]

    def _amid_others(self, field: Field, line: Word, passed: Sequence[tuple[Word, Reading]], sure: float) -> Field:
        """The field of a line, as sure as it can be among words that are passed over."""
        if not passed:
            return field
        (reading,) = self.answer([field])
        reading = less_sure(reading, sure * reading.confidence, self.calibration.accept)
        asked = field.field if isinstance(field, KnownField) else field
        marks = not self.geometry.place  # else they were asked for
        return KnownField(asked, amid_others(reading, line, passed, self.calibration.accept, marks))

    def _sureness(self, images: list[Pixels]) -> float:
        """The mean log of the best probability of each candidate, uint8 (28, 28)."""
        probabilities = self.calibration.probabilities(self.penalties(np.stack(images)))
        return float(np.log(np.maximum(probabilities[:, :-1].max(axis=1), 1e-4)).mean())
