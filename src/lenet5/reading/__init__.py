"""How does a picture become digits? Picture → ink → pieces → 28×28 → network → reading, one step a file.

opening    what was handed over, as pixels        pieces     where a line may be cut
ink        what of it is ink                      graph      which cuts and digits fit best
layout     digit, line or page; lines             normalise  a glyph as MNIST would hold it
grid       cells                                  answers    penalties as probabilities
rules      printed lines                          fields     what there is to answer
glyph      the one digit of a picture
reader     all of it, one after the other
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lenet5.reading.answers import Calibration
    from lenet5.reading.reader import Reader
    from lenet5.reading.readings import Character, Reading

_HOMES = {"Calibration": "answers", "Character": "readings", "Reader": "reader", "Reading": "readings"}

__all__ = ["Calibration", "Character", "Reader", "Reading"]


def __getattr__(name: str) -> Any:
    # `lenet5.datasets` normalises glyphs too, and `lenet5.reading.normalise` must not bring the whole reader.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"lenet5.reading.{_HOMES[name]}"), name)
