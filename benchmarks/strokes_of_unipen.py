"""UNIPEN's original distribution made into a file of strokes.

    python benchmarks/strokes_of_unipen.py FOLDER --out characters.npz

The files below FOLDER/data say which components of a pen's path are which character; the paths are in the files that
these include, below FOLDER/include. A component is what follows a .PEN_DOWN or .PEN_UP and has at least one point;
those of a pen that is down are strokes. The format is that of Guyon and others (1994), Y upwards.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.strokes import Strokes
from lenet5.errors import DataError, LeNetError
from lenet5.files import inside, read_bounded

MOST_BYTES = 64 << 20  # of one file
SEGMENT = re.compile(r'\.SEGMENT\s+CHARACTER\s+(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)\s.*?"\\?(.)"\s*$')

Component = NDArray[np.float64] | None  # the points of a stroke, (S, 2), or None where the pen was up


def unipen(folder: Path) -> Strokes:
    """Every character of one printable sign that is marked in a distribution.

    Characters whose strokes are missing, or are told as parts of components, are passed over.
    Raises DataError where a file cannot be read, or no character is found.
    """
    found, labels, writers = [], [], []
    numbers: dict[str, int] = {}
    for path in sorted(p for p in (folder / "data").rglob("*") if p.is_file()):
        text = _text(path)
        included = [
            inside(folder / "include", name, error=DataError) for name in re.findall(r"^\.INCLUDE\s+(\S+)", text, re.M)
        ]
        components, writer = _components([_text(file) for file in included if file.is_file()])
        for strokes, label in _segments(text, components):
            found.append(strokes)
            labels.append(label)
            writers.append(numbers.setdefault(writer or str(path), len(numbers)))
    if not found:
        raise DataError(f"{folder}: no characters; expected data/ with .SEGMENT CHARACTER in its files, and include/")
    return Strokes.of(found, labels, writers, "unipen")


def _text(path: Path) -> str:
    return read_bounded(path, MOST_BYTES, error=DataError).decode("latin-1")


def _components(texts: list[str]) -> tuple[list[Component], str]:
    """Each component of a pen's path in its order, and who wrote it ("" where nobody says)."""
    components: list[Component] = []
    writer, columns = "", (0, 1)
    down, points = False, list[tuple[float, float]]()
    for row in (row for text in texts for row in [*text.splitlines(), ".PEN_UP"]):
        words = row.split()
        if not words:
            continue
        if words[0] in (".PEN_DOWN", ".PEN_UP"):
            if points:
                components.append(np.array(points) if down else None)
            down, points = words[0] == ".PEN_DOWN", []
        elif words[0] == ".COORD" and {"X", "Y"} <= {*words}:
            columns = (words.index("X") - 1, words.index("Y") - 1)
        elif words[0] == ".WRITER_ID":
            writer = writer or " ".join(words[1:])
        elif len(words) > max(columns):
            x, y = (words[k] for k in columns)
            if x.lstrip("-").isdecimal() and y.lstrip("-").isdecimal():
                points.append((float(x), -float(y)))
    return components, writer


def _segments(text: str, components: list[Component]) -> Iterator[tuple[list[NDArray[np.float64]], str]]:
    """The strokes and the label of each character that a file marks."""
    for marked in filter(None, map(SEGMENT.match, text.splitlines())):
        spans = [[int(end) for end in span.split("-")] for span in marked[1].split(",")]
        parts = [components[first : last + 1] for first, last in ((s[0], s[-1]) for s in spans)]
        strokes = [component for part in parts for component in part if component is not None]
        if strokes and marked[2].isprintable():
            yield strokes, marked[2]


def main(arguments: list[str] | None = None) -> int:
    """Read a distribution, write the file of strokes."""
    import argparse

    parser = argparse.ArgumentParser(prog="python benchmarks/strokes_of_unipen.py", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the original distribution, with data/ and include/ in it")
    parser.add_argument("--out", type=Path, required=True, help="the .npz file to write")
    given = parser.parse_args(arguments)
    try:
        strokes = unipen(given.folder)
        strokes.save(given.out)
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(strokes):,} characters by {len(set(strokes.writers.tolist())):,} writers", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
