"""What became of each picture of a labelled set: right, right but rejected, unanswered, or a wrong answer given.

The truth of a picture is its rows of digits from the top, parted by "/"; "" where there is nothing to read. The answer
is put together in the same way: readings that stand side by side make one row, from left to right, whatever gaps or
empty cells are between them. So a row of a table is right where its digits are, in their order.

right: the readings that are given (not rejected) make exactly the truth; where there is nothing to read, nothing is.
right, rejected: all readings, the rejected ones too, make exactly the truth.
unanswered: nothing is given; or some rows are given, each of them right, and the others are rejected row by row.
wrong: anything else. A row that is missing without a word makes a picture wrong, and so does a cell shown as unread.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lenet5.datasets.mnist import ENVIRONMENT
from lenet5.errors import DataError, LeNetError
from lenet5.reading.layout import Layout
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Reading
from lenet5.training.calibration import Bin, reliability

Verdict = Literal["right", "right, rejected", "unanswered", "wrong"]
SURE = 0.9  # confidence from which on an answer is taken at its word


@dataclass(frozen=True)
class Example:
    """A picture with its truth, and the layout that a user would choose; what an earlier reader made of it."""

    path: str
    picture: Any
    truth: str
    layout: Layout
    before: str = ""  # "right" or "wrong" where the set tells it


@dataclass(frozen=True)
class Outcome:
    """What the reader made of one example.

    answer: its rows, parted by "/"; those that are rejected in parentheses
    confidence: of the surest reading that is given, as each is taken for itself; of all where none is; 0 where nothing
    was read
    before: what an earlier reader made of it, "right" or "wrong", where the set tells it
    """

    path: str
    truth: str
    answer: str
    confidence: float
    verdict: Verdict
    before: str = ""


@dataclass(frozen=True)
class Tally:
    """The outcomes of one set, read with one layout."""

    name: str
    layout: str
    outcomes: tuple[Outcome, ...]

    @cached_property
    def counts(self) -> Counter[Verdict]:
        """How many pictures have each verdict."""
        return Counter(o.verdict for o in self.outcomes)

    def share(self, *verdicts: Verdict) -> float:
        """How many of the pictures have one of these verdicts, in percent."""
        return 100 * sum(self.counts[v] for v in verdicts) / max(1, len(self.outcomes))

    @property
    def error(self) -> float:
        """How many texts are wrong or missing, in percent; a right one counts, be it given or rejected."""
        return self.share("unanswered", "wrong")

    @cached_property
    def sure(self) -> list[Outcome]:
        """The answers that are given at a confidence of SURE or more."""
        return [o for o in self.outcomes if o.verdict in ("right", "wrong") and o.confidence >= SURE]

    @property
    def wrong_of_sure(self) -> float:
        """How many of those are wrong, in percent."""
        return 100 * sum(o.verdict == "wrong" for o in self.sure) / max(1, len(self.sure))

    def since(self, before: str) -> tuple[int, int]:
        """Of the pictures that an earlier reader had right or wrong: how many are right now, and of how many."""
        then = [o for o in self.outcomes if o.before == before]
        return sum(o.verdict == "right" for o in then), len(then)

    @cached_property
    def curve(self) -> tuple[Bin, ...]:
        """How often texts of each confidence are right, be they given or rejected."""
        right = np.array([o.verdict.startswith("right") for o in self.outcomes])
        return reliability(np.array([o.confidence for o in self.outcomes]), right)


def data() -> Path:
    """The folder of the development data. Raises DataError where there is none."""
    folder = os.environ.get(ENVIRONMENT)
    if not folder or not Path(folder).is_dir():
        raise DataError(f"{ENVIRONMENT} is {folder!r}; expected the folder of the development data")
    return Path(folder)


def examples(name: str, layout: Layout = "digit") -> list[Example]:
    """The pictures of a zip with `labels.csv`; `layout` is for those of which the file tells none."""
    path = data() / name
    if not path.is_file():
        raise DataError(f"{path} is missing; expected a zip of pictures with labels.csv")
    with zipfile.ZipFile(path) as archive:
        rows: list[dict[str, Any]] = list(csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8")))
        return [
            Example(r["path"], archive.read(r["path"]), r["label"], r.get("layout", layout), r.get("at_59c9c70", ""))
            for r in rows
        ]


def sampled(everything: Sequence[Example], count: int | None) -> list[Example]:
    """So many of the examples, one of each stretch of equal length, so that every part of a set has its share."""
    if count is None or count >= len(everything):
        return list(everything)
    ends = np.linspace(0, len(everything), count + 1).astype(int)
    rng = np.random.default_rng(0)
    return [everything[int(rng.integers(a, b))] for a, b in itertools.pairwise(ends)]


def tally(reader: Reader, name: str, chosen: Sequence[Example], layout: Layout | None = None) -> Tally:
    """Read the examples, each with its own layout or all with this one."""
    if layout is not None:
        chosen = [replace(example, layout=layout) for example in chosen]
    how = {example.layout for example in chosen}
    if how == {"digit"}:  # a thousand at once is many times quicker
        found = reader.read_many([e.picture for e in chosen], on_error="return")
        answers = [[] if isinstance(f, LeNetError) else [f] for f in found]
    else:
        answers = []
        for example in chosen:
            try:
                answers.append(reader.read(example.picture, example.layout))
            except LeNetError:
                answers.append([])
    outcomes = tuple(judged(e, a) for e, a in zip(chosen, answers, strict=True))
    return Tally(name, how.pop() if len(how) == 1 else "as fits", outcomes)


def judged(example: Example, readings: Sequence[Reading]) -> Outcome:
    """The outcome of an example of which these are the readings; none where it could not be opened."""
    rows = _rows_of_readings([r for r in readings if text_of([r])])
    all_of = [text_of(row) for row in rows]
    given = [text_of([r for r in row if not r.rejected]) for row in rows]
    truths = example.truth.split("/")
    some = [r for row in rows for r in row if not r.rejected] or [r for row in rows for r in row]
    row_by_row = len(given) == len(truths) and all(g in ("", t) for g, t in zip(given, truths, strict=True))
    verdict: Verdict = "wrong"
    if "/".join(filter(None, given)) == example.truth:
        verdict = "right"
    elif "/".join(all_of) == example.truth:
        verdict = "right, rejected"
    elif not any(given) or row_by_row:
        verdict = "unanswered"
    answer = "/".join("".join(f"({text_of([r])})" if r.rejected else text_of([r]) for r in row) for row in rows)
    confidence = max((r.confidence for r in some), default=0.0)
    return Outcome(example.path, example.truth, answer, confidence, verdict, example.before)


def _rows_of_readings(readings: Sequence[Reading]) -> list[list[Reading]]:
    """Readings that stand side by side, in the reader's own order: each to the right of the one before."""
    rows: list[list[Reading]] = []
    for reading in readings:
        if rows and _beside(rows[-1][-1], reading):
            rows[-1].append(reading)
        else:
            rows.append([reading])
    return rows


def _beside(left: Reading, right: Reading) -> bool:
    (x, y, width, height), (a, b, _, h) = left.box, right.box
    shared = min(y + height, b + h) - max(y, b)
    return left.page == right.page and a >= x + width / 2 and shared > 0.5 * min(height, h)


def text_of(row: Sequence[Reading]) -> str:
    """The digits of readings, and "?" for what is shown as unread; signs for empty cells are left out."""
    return "".join(c for r in row for c in r.text if c in "0123456789?")
