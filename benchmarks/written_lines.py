"""Lines of letters, digits and signs by UNIPEN's writers that are held out, and how the reader reads them.

    python benchmarks/written_lines.py [--lines N] [--seed S] [--kinds KIND …] [--list]
    python benchmarks/written_lines.py --fit [--lines N] [--into FILE]

Each line is put together from single characters, of one writer where that one wrote them all and else of several, with
one pen, on paper. Half of the writers are for choosing: --fit reads their lines, and prints the odds and the accept
under which no kind has more wrong lines given than WRONG; --into keeps them in a file of weights, as of
`lenet5-ascii`. The table is of the other half. Needs the development data, found through LENET5_DATA.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lenet5.codes import DIGITS
from lenet5.datasets.dataset import split_by_writer
from lenet5.datasets.drawn.paper import Look, photograph
from lenet5.datasets.drawn.pen import Pen, Trace, ink, joined
from lenet5.datasets.strokes import Strokes, read_strokes
from lenet5.errors import LeNetError
from lenet5.loading import load
from lenet5.reading.alphabet import CAPITALS, LETTERS
from lenet5.reading.answers import CERTAIN, Calibration
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Reading
from lenet5.reading.school.outcomes import data
from lenet5.reading.school.teach import HELD_OUT, STROKES
from lenet5.reading.stature import STANDS

SURE = 0.9
WRONG = 0.06  # the most lines of a kind that may be given wrongly
WIDEST = 1.1  # of a character, in heights of a digit
FLAT = {"-": 0.5, "_": 0.6, "~": 0.6, "=": 0.55}  # the width of what is wider than high, in the same
WRITTEN = STANDS | {".": (0.92, 1.03)}  # a point is small, and a pen's width larger than its way
MARGIN = 0.6

Made = Callable[[np.random.Generator], str]


def _some(characters: str, least: int, most: int) -> Made:
    return lambda rng: "".join(rng.choice(list(characters), int(rng.integers(least, most + 1))))


def _shaped(*shapes: str) -> Made:
    """One of some shapes, in which 9 is any digit, A any capital, a any small letter of house numbers."""
    kinds = {"9": DIGITS, "A": CAPITALS, "a": "abcdef"}
    return lambda rng: "".join(str(rng.choice(list(kinds.get(c, c)))) for c in shapes[int(rng.integers(len(shapes)))])


class Kind(NamedTuple):
    """What may stand in lines of this kind, as it is asked for, and how one is made up."""

    characters: str
    made: Made


KINDS: dict[str, Kind] = {
    "digits": Kind("digits", _some(DIGITS, 2, 7)),
    "decimal numbers": Kind(DIGITS + ".-", _shaped("9.9", "99.9", "9.99", "-9", "-99", "999.99", "-9.9")),
    "fractions": Kind(DIGITS + "/", _shaped("9/9", "9/99", "99/99")),
    "times": Kind(DIGITS + ":", _shaped("9:99", "99:99", "99:99:99")),
    "dates": Kind(DIGITS + "-/.", _shaped("99.99.9999", "99/99/99", "9999-99-99", "9.9.99")),
    "house numbers": Kind(DIGITS + "abcdef", _shaped("9a", "99a", "999a", "99a")),
    "hexadecimal": Kind(DIGITS + "ABCDEF", _some(DIGITS + "ABCDEF", 4, 8)),
    "codes, as K2697": Kind(DIGITS + CAPITALS, _shaped("A9999", "AA999", "A99")),
    "postcodes": Kind(DIGITS + CAPITALS, _shaped("A9A 9A9", "AA9 9AA", "A99 9AA", "AA9A 9AA")),
    "capitals": Kind("capitals", _some(CAPITALS, 3, 7)),
    "small and capitals": Kind("letters", _some(LETTERS, 3, 7)),
}


def written(strokes: Strokes, text: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One line on paper, uint8 (H, W, 3). A space is a gap."""
    size, slant = float(rng.integers(32, 64)), float(rng.normal(0, 0.12))
    pen = Pen.drawn(rng)
    row_of = _writer(strokes, text, rng)
    traces, x = list[Trace](), MARGIN * size
    gap = rng.uniform(0.12, 0.28)
    for character in text:
        if character == " ":
            x += 0.6 * size
            continue
        trace = strokes.trace(row_of[character][int(rng.integers(len(row_of[character])))], pen)
        top, foot = WRITTEN[character]
        low, high = trace.points.min(axis=0), trace.points.max(axis=0)
        width, height = np.maximum(high - low, 1.0)
        wanted = FLAT[character] / width if character in FLAT else (foot - top) / height
        scale = size * min(wanted, WIDEST / width, 1.5 / height) * float(np.exp(rng.normal(0, 0.07)))
        middle = ((top + foot) / 2 + rng.normal(0, 0.03)) * size
        if character not in FLAT and character.isalnum():
            middle = foot * size - height * scale / 2 + rng.normal(0, 0.03) * size
        points = (trace.points - [low[0], (low[1] + high[1]) / 2]) * scale + [x, middle + (1 + MARGIN) * size - size]
        radii = np.full(len(points), max(0.8, pen.width / 200 * size)) * (trace.radii / trace.radii.mean())
        traces.append(Trace(points, radii, trace.strokes))
        x += width * scale + max(0.05, gap + rng.normal(0, 0.05)) * size
    whole = joined(traces)
    level = (1 + MARGIN) * size
    points = whole.points + np.stack([slant * (level - whole.points[:, 1]), np.zeros(len(whole.points))], axis=1)
    paper = ink(Trace(points, whole.radii, whole.strokes), int((2 + 2 * MARGIN) * size), int(x + MARGIN * size))
    return photograph(paper, np.zeros_like(paper), Look.draw(rng), rng)


def _writer(strokes: Strokes, text: str, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Of each character of a text the rows to take it from: one writer's, where one wrote them all."""
    rows = {c: np.flatnonzero(strokes.labels == c) for c in set(text) - {" "}}
    able = set.intersection(*(set(strokes.writers[r].tolist()) for r in rows.values()))
    if not able:
        return rows
    writer = sorted(able)[int(rng.integers(len(able)))]
    return {c: r[strokes.writers[r] == writer] for c, r in rows.items()}


def halves() -> tuple[Strokes, Strokes]:
    """The characters of the writers that are held out: of half of them for choosing, of the others for reporting."""
    _, others = split_by_writer(read_strokes(data() / STROKES), HELD_OUT)
    writers = np.random.default_rng(11).permutation(np.unique(others.writers))
    first = np.isin(others.writers, writers[::2])
    return others.take(np.flatnonzero(first)), others.take(np.flatnonzero(~first))


def answers(
    strokes: Strokes, name: str, lines: int, seed: int, odds: tuple[float, float] | None = None
) -> list[tuple[str, Reading]]:
    """What is written in each of some lines of a kind, without spaces, and what is read."""
    kind, rng = KINDS[name], np.random.default_rng([seed, list(KINDS).index(name)])
    reader = Reader(characters=kind.characters)
    if odds:
        reader.calibration = replace(reader.calibration, odds=odds)
    texts = [kind.made(rng) for _ in range(lines)]
    readings = reader.read_many([written(strokes, text, rng) for text in texts], layout="line")
    return [(text.replace(" ", ""), reading) for text, reading in zip(texts, readings, strict=True)]


def fitted(told: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift for log-odds (N,) that make the right ones likeliest, by Newton's steps (logistic regression)."""
    columns, weights = np.stack([told, np.ones(len(told))], axis=1), np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-columns @ weights))
        curvature = (columns * (p * (1 - p))[:, None]).T @ columns + 1e-6 * np.eye(2)
        weights += np.linalg.solve(curvature, columns.T @ (right - p))
    return float(weights[0]), float(weights[1])


def chosen(kinds: list[list[tuple[str, Reading]]]) -> Calibration:
    """The odds under which right and wrong lines, some of each kind, are likeliest, and the least accept under which
    no kind has more wrong ones given than WRONG. The lines are read with odds that change nothing."""
    read = [both for lines in kinds for both in lines]
    told = np.array([min(max(r.confidence, CERTAIN), 1 - CERTAIN) for _, r in read])
    right = np.array([r.text == text for text, r in read])
    slope, shift = (round(number, 2) for number in fitted(np.log(told / (1 - told)), right))
    sure = np.array([Calibration(odds=(slope, shift)).of_line(float(c)) for c in told])
    ends = np.cumsum([0, *map(len, kinds)])
    for level in np.arange(0.5, 1, 0.05).round(2).tolist():
        given = ~right & (sure >= level)
        if all(given[a:b].mean() <= WRONG for a, b in pairwise(ends)):
            break
    return Calibration(odds=(slope, shift), accept=level)


def main(arguments: list[str] | None = None) -> int:
    """Read lines of each kind; a row for each."""
    import argparse

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200, help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND")
    parser.add_argument("--list", action="store_true", help="first a line for each that was not read exactly")
    parser.add_argument("--fit", action="store_true", help="odds and accept, by the other half of the writers")
    parser.add_argument("--into", type=Path, help="with --fit: the .safetensors file whose they are")
    given = parser.parse_args(arguments)
    try:
        choosing, reporting = halves()
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    if given.fit:
        kinds = [name for name in given.kinds if name != "digits"]
        calibration = chosen([answers(choosing, name, given.lines, given.seed, (1.0, 0.0)) for name in kinds])
        print("odds", *calibration.odds, "accept", calibration.accept)
        if given.into:
            network = load(given.into)
            now = Calibration.of(network.metadata)
            network.metadata["reading"] = replace(now, odds=calibration.odds, accept=calibration.accept).to_dict()
            network.save(given.into)
        return 0
    print("| kind | exactly right, % | the same, given | wrong, given | wrong of those given at 0.9 or more |")
    print("|---|---|---|---|---|")
    for name in given.kinds:
        read = answers(reporting, name, given.lines, given.seed)
        right = np.array([r.text == text for text, r in read])
        answered = np.array([not r.rejected for _, r in read])
        sure = np.array([r.confidence >= SURE for _, r in read]) & answered
        if given.list:
            for (text, r), good in zip(read, right, strict=True):
                if not good:
                    print(name, text, r.text or "-", f"{r.confidence:.2f}", r.reason, sep="\t")
        shares = [100 * float(part.mean()) for part in (right, right & answered, ~right & answered)]
        of_sure = f"{int((~right & sure).sum())} of {int(sure.sum())}"
        print("|", " | ".join((name, *(f"{share:.1f}" for share in shares), of_sure)), "|", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
