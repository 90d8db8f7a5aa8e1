"""A row of cells as a field to answer: every cell of it is shown in the answer, read, unread or empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lenet5.reading.answers import Calibration
from lenet5.reading.fields import Field, GlyphField, Images, LineField, Penalties, rarer
from lenet5.reading.readings import EMPTY, SEPARATORS, UNREAD, Box, Character, Reading, Reason

# Not in the paper: how much rarer rubbish is than among pictures of anything, in boxes printed to be filled in.
RUBBISH_IN_BOXES = 0.2
# The power of the confidence in a row: the hands that fill in forms differ more from those that were learned than the
# hands that the calibration was fitted on. Chosen on the development halves of `form_boxes` and `field`.
IN_BOXES = 2.0


@dataclass(frozen=True)
class CellField:
    """What one cell of a grid holds.

    box: of the cell, in the picture. empty: how likely it is that nothing is written in it, 0 to 1, from how little
    ink there is. glyph: what is in it as one digit, None for no ink at all. line: the same as several digits, where
    it is wide enough.
    """

    row: int
    column: int
    box: Box
    empty: float = 0.0
    glyph: GlyphField | None = None
    line: LineField | None = None
    several: float = 1.0  # how much likelier than one digit several are, before anything is read
    whole: float = 1.0  # how sure it is that its ink is all there

    @property
    def images(self) -> Images:
        fields = [field for field in (self.glyph, self.line) if field is not None]
        return [image for field in fields for image in field.images]

    def characters(
        self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration
    ) -> tuple[list[Character], float]:
        """What the cell reads, and how sure that is."""
        characters, sure = self._read(penalties, classes, calibration)
        return [replace(c, row=self.row, column=self.column) for c in characters], sure * self.whole

    def _read(
        self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration
    ) -> tuple[Sequence[Character], float]:
        if self.glyph is None:
            return self._blank(self.empty)
        # A box that was printed to be filled in holds a digit, or whoever printed it was wrong.
        count = len(self.glyph.images)
        probabilities = rarer(calibration.probabilities(penalties[:count]), RUBBISH_IN_BOXES)
        one = self.glyph.character(probabilities, classes, calibration)
        if self.empty and one.reason:
            return self._blank(max(self.empty, 1 - one.confidence))
        if self.line is not None:
            line = self.line.answer(penalties[count:], classes, calibration)
            line = self.line.settled([line], calibration)
            sure_of_one = one.confidence if one.text else 0.0
            may_be = len(line.text) > 1 and (not line.rejected or self.several > 1)
            if may_be and self.several * line.confidence > sure_of_one:
                return line.characters, line.confidence
        # What several digits would be likelier for is no sure one, also where they cannot be told.
        return [one], one.confidence / max(1.0, self.several)

    def _blank(self, sure: float) -> tuple[list[Character], float]:
        return [Character("", sure, self.box, (), "blank")], sure


@dataclass(frozen=True)
class RowField(Field):
    """A row of cells. alone: whether it is the only one of its grid. bare: whether all of its grid is empty.

    whole: how sure it is that the grid has no more rows and columns.
    """

    cells: tuple[CellField, ...]
    box: Box
    alone: bool
    bare: bool
    whole: float = 1.0

    @property
    def images(self) -> Images:
        return [image for cell in self.cells for image in cell.images]

    def answer(self, penalties: Penalties, classes: tuple[str, ...], calibration: Calibration) -> Reading:
        found: list[Character] = []
        texts, confidence, at = [], self.whole, 0
        for cell in self.cells:
            count = len(cell.images)
            characters, sure = cell.characters(penalties[at : at + count], classes, calibration)
            at += count
            found += characters
            confidence *= sure
            texts.append("".join(_sign(c, classes) for c in characters))
        row, confidence = self.cells[0].row, confidence**IN_BOXES
        if all(text == EMPTY for text in texts) and (self.alone or self.bare):
            return Reading("", 0.0, self.box, True, "blank", tuple(found), row=row)
        text = (" " if max(map(len, texts)) > 1 else "").join(texts)
        if self.alone:
            text = text.strip(EMPTY + " ")
        reasons: set[Reason] = {c.reason for c in found}
        reason: Reason = "not a digit" if "not a digit" in reasons else ""
        if not reason and confidence < calibration.accept:
            reason = "unsure"
        return Reading(text, confidence, self.box, bool(reason), reason, tuple(found), row=row)


def _sign(one: Character, classes: tuple[str, ...]) -> str:
    """What stands for a character of a cell in the text of its row."""
    if one.reason == "blank":
        return EMPTY
    if one.reason == "not a digit":
        return UNREAD
    return "" if one.text in SEPARATORS and one.text not in classes else one.text
