"""The characters that a reader may answer, by name or one by one, and the networks that tell them apart.

The reader's own networks know digits far better than the one that knows every character. So that one says which
character stands there, and where it may be a digit, those say which and whether it is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet5.codes import CHARACTERS, DIGITS, NONE
from lenet5.errors import ReadingError
from lenet5.reading.graph import Costs, Geometry

if TYPE_CHECKING:
    from lenet5.reading.reader import Reader

Probabilities = NDArray[np.float64]

EVERY = "lenet5-ascii"  # the network that knows every character
SIGNS = CHARACTERS.replace(NONE, "")
CAPITALS = "".join(c for c in SIGNS if c.isupper())
LETTERS = "".join(c for c in SIGNS if c.isalpha())
NAMED = {"digits": DIGITS, "capitals": CAPITALS, "letters": LETTERS, "alphanumeric": DIGITS + LETTERS, "ascii": SIGNS}
RANGE = re.compile("0-9|A-Z|a-z")
LIKE = 0.8  # how like a name is what was meant to be it, 0 to 1
# How much rarer characters are that were not asked for: what looks like both is the one that was.
UNASKED = 0.05
# In a line all that are asked for are taken to be about equally common, though `lenet5-ascii` was taught the letters of
# common words oftener, and signs seldom: how often, beside what is none, as fitted with the costs of its lines.
_TAUGHT = {SIGNS: 0.03, LETTERS: 0.4, DIGITS: 0.12, "dhlu": 0.6, "aeinorst": 0.8}
TAUGHT = {character: often for characters, often in _TAUGHT.items() for character in characters}
LEAST = 1e-9


def characters_of(asked: str) -> str:
    """The characters that are asked for, by one of the names or one by one.

    Raises ReadingError where it is neither: empty, a character twice, one that is not printable ASCII, and what was
    surely meant otherwise: a range, or a name with a mistake in it.
    """
    if asked in NAMED:
        return NAMED[asked]
    names = f"one of {', '.join(NAMED)}, or the characters themselves, such as 0123456789-/."
    if not isinstance(asked, str) or not asked:
        raise ReadingError(f"characters {asked!r}; expected {names}")
    if RANGE.search(asked) or get_close_matches(asked, NAMED, cutoff=LIKE):
        raise ReadingError(f"characters {asked!r}, which look like a range or a name with a mistake; expected {names}")
    unknown = sorted(set(asked) - set(SIGNS))
    if unknown:
        raise ReadingError(f"characters {asked!r}: {''.join(unknown)!r} is not printable ASCII; expected {names}")
    twice = sorted({c for c in asked if asked.count(c) > 1})
    if twice:
        raise ReadingError(f"characters {asked!r}: {''.join(twice)!r} more than once; expected {names}")
    return asked


def geometry_of(costs: Costs) -> Geometry:
    """What sizes say about characters with these costs: digits, or such as have each a place of their own on a line."""
    if not costs.place:
        return Geometry(costs)
    # Without its slant a / is a bar, and the dots of a : are not one over the other.
    return Geometry(costs, lowest=0.02, flattest=9.0, mark=0.7, slanted=False)


class Alphabet:
    """Readers that answer some characters together, as a reader asks a network: penalties are −log of probabilities.

    every: knows all of `characters`. digits: knows the digits better, where somebody does.
    """

    def __init__(self, characters: str, every: Reader, digits: Reader | None = None) -> None:
        self.classes: tuple[str, ...] = (*characters, NONE)
        self._every, self._digits = every, digits
        own = replace(every.calibration, rubbish=0.0, temperature=1.0, on_paths=None)
        self.metadata = {"reading": own.to_dict()}
        known = every.classes
        self._asked = [known.index(c) for c in characters]
        self._others = [k for k in range(len(known)) if k not in self._asked]

    def penalties(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """(N, characters + 1) for uint8 (N, 28, 28); the last is that of none of them."""
        p = _likely(self._every, images)
        if self._digits is not None:
            digit = _likely(self._digits, images)
            places = [self._every.classes.index(c) for c in self._digits.classes]
            p[:, places] = p[:, places].sum(axis=1, keepdims=True) * digit[:, :-1]
        none = p[:, -1] + UNASKED * p[:, self._others].sum(axis=1)
        answers = np.column_stack([p[:, self._asked], none]) + LEAST
        return np.asarray(-np.log(answers / answers.sum(axis=1, keepdims=True)), np.float32)


def _likely(reader: Reader, images: NDArray[Any]) -> Probabilities:
    """How likely each class is for each picture, and last none of them: (N, classes + 1)."""
    return reader.calibration.on_path().probabilities(reader.penalties(images))


def answering(asked: str, model: Any, reader_of: Callable[[Any], Reader]) -> Any:
    """The network that answers these characters: as it is, a part of what it knows, or with one that knows every."""
    reader = reader_of(model)
    known = set(reader.classes)
    if known == set(asked):
        return model
    if known >= set(asked):
        return Alphabet(asked, reader)
    if known != set(DIGITS):
        missing = "".join(sorted(set(asked) - known))
        raise ReadingError(
            f"characters {asked!r}; the network knows no {missing!r}, it knows {''.join(reader.classes)!r}; leave out "
            "either the network or these characters"
        )
    return Alphabet(asked, reader_of(EVERY), reader)
