"""A reading, the reader's answer: a text with its confidence and place, or a reason why there is none."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

EMPTY, UNREAD = "_", "?"  # in the text of a row of cells: an empty cell, and one with something in it that is no digit
SEPARATORS = (".", ",", "-", "/")

Box = tuple[int, int, int, int]
Reason = Literal["", "blank", "not a digit", "unsure"]


@dataclass(frozen=True)
class Character:
    """One character of a reading.

    text: "0" to "9"; ".", ",", "-" or "/" for a separator; "" where nothing could be read
    confidence: 0..1, how probable it is that it is this digit; where the text is "", the likeliest digit
    box: (x, y, width, height) in pixels of the picture
    alternatives: the other digits it might be, with their probabilities, the likeliest first
    reason: why the text is "", or why it is not to be relied on; "blank" for an empty cell, which is as sure as its
    confidence says
    row, column: of the cell that it stands in, from 0, in a grid or a row of boxes; None elsewhere
    """

    text: str
    confidence: float
    box: Box
    alternatives: tuple[tuple[str, float], ...] = ()
    reason: Reason = ""
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class Reading:
    """One digit, one line, or one row of a grid, as read.

    Attributes:
        text: its digits, from left to right; "" where nothing could be read. Separators that were not asked for stand
            in `characters` only, and `left_out` tells them. Of cells, "_" is an empty one and "?" one that could not be
            read; empty ones at both ends of a single row are left out. Cells are parted by spaces where one of the row
            holds more than one digit.
        confidence: 0 to 1, how probable it is that all of the text is right.
        box: (x, y, width, height) in pixels of the picture, turned as its EXIF tag says.
        rejected: whether the reader would rather not answer.
        reason: why it is rejected: "blank", "not a digit" or "unsure"; "" where it is not.
        characters: every digit and separator, with its own box, confidence and alternatives.
        page: the page it stands on, from 0, in a file of several.
        row: of its grid, from 0; None where it is no row of cells.
    """

    text: str
    confidence: float
    box: Box
    rejected: bool
    reason: Reason
    characters: tuple[Character, ...]
    page: int = 0
    row: int | None = None

    @property
    def left_out(self) -> str:
        """The separators that were seen and are not in the text, as the point of 12.50 where digits were asked for."""
        return "".join(c.text for c in self.characters if c.text in SEPARATORS and c.text not in self.text)

    def to_dict(self) -> dict[str, Any]:
        """The reading as plain data, for JSON."""
        return {**asdict(self), "left_out": self.left_out}
