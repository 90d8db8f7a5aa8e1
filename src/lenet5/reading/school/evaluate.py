"""Every number that is promised of the reader, measured on handwriting that it did not learn from.

    python -m lenet5.reading.school.evaluate [--sets NAME …] [--sample N] [--list] [--json FILE] [--plot FILE]

Needs the development data, found through LENET5_DATA (see the README). Nothing is chosen here. What makes a picture
right or wrong is told in `outcomes`; the layout is one that a user would choose.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import timeit
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from lenet5.codes import DIGITS
from lenet5.datasets import drawn, load
from lenet5.datasets.dataset import split_by_writer
from lenet5.datasets.strokes import Strokes, read_strokes
from lenet5.errors import DataError, LeNetError, ReadingError, extra
from lenet5.files import write_atomically
from lenet5.reading.layout import Layout
from lenet5.reading.reader import Reader
from lenet5.reading.school.outcomes import Example, Tally, data, examples, sampled, tally, text_of
from lenet5.reading.school.teach import HELD_OUT, STROKES
from lenet5.training.calibration import Bin, expected_calibration_error

SUDOKU = "842716359139845276576392841983451627264978135751623498397164582415289763628537914"
STUDENT = "0001250981"
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYacdefhijkmnprtuvwx"

Sample = int | None


@dataclass(frozen=True)
class Measured:
    """One promise: what was measured, what was promised, and whether it is kept; of a calibration error its curve."""

    what: str
    value: float
    unit: str
    promised: str
    kept: bool | None
    curve: tuple[Bin, ...] = ()


def at_most(what: str, value: float, unit: str, most: float, curve: tuple[Bin, ...] = ()) -> Measured:
    """A number that must not be larger than `most`."""
    return Measured(what, round(float(value), 4), unit, f"at most {most:g}", bool(value <= most), curve)


def at_least(what: str, value: float, unit: str, least: float) -> Measured:
    """A number that must not be smaller than `least`."""
    return Measured(what, round(float(value), 4), unit, f"at least {least:g}", bool(value >= least))


def told(what: str, value: float, unit: str, curve: tuple[Bin, ...] = ()) -> Measured:
    """A number of which nothing is promised."""
    return Measured(what, round(float(value), 4), unit, "", None, curve)


def distance(a: str, b: str) -> int:
    """How many characters must be changed, put in or left out to make b of a (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


Found = list[Measured | Tally]


def field(reader: Reader, sample: Sample) -> Found:
    """What people handed over, with the layout beside each picture, against what commit 59c9c70 made of it."""
    found = tally(reader, "field", sampled(examples("field/pictures.zip"), sample))
    (fixed, wrong), (kept, right), n = found.since("wrong"), found.since("right"), len(found.outcomes)
    return [
        found,
        at_least("field: of those read wrongly at 59c9c70, right now", fixed, f"of {wrong}", round(110 / 165 * wrong)),
        at_most("field: of those read right at 59c9c70, lost", right - kept, f"of {right}", round(4 / 330 * right)),
        at_most("field: wrong answers given", found.counts["wrong"], f"of {n}", round(15 / 495 * n)),
        _sure(found, 3.0),
    ]


def form_boxes(reader: Reader, sample: Sample) -> Found:
    """Numbers in the boxes of a form: line, and again auto."""
    return _numbers(reader, "form_boxes", sample, right=85.0, wrong=3.0)


def parish_rows(reader: Reader, sample: Sample) -> Found:
    """Row numbers of old registers, beside the book's black back: line, and again auto."""
    return _numbers(reader, "parish_rows", sample, right=60.0, wrong=6.0)


def _numbers(reader: Reader, name: str, sample: Sample, *, right: float, wrong: float) -> Found:
    chosen = sampled(examples(f"{name}/strings.zip"), sample)
    found = tally(reader, name, chosen)
    return [
        found,
        tally(reader, name, chosen, "auto"),
        at_least(f"{name}: exactly right", found.share("right"), "%", right),
        at_most(f"{name}: wrong answers given", found.share("wrong"), "%", wrong),
        _sure(found, 3.0),
    ]


def _sure(found: Tally, most: float) -> Measured:
    return at_most(f"{found.name}: given at 0.9 or more, wrong", found.wrong_of_sure, "%", most)


def dida(reader: Reader, sample: Sample) -> Found:
    """Single digits of old documents with their neighbours: digit. A right text counts, be it given or rejected."""
    found = tally(reader, "dida", sampled(examples("dida/digits.zip"), sample))
    return [found, at_most("dida: error, unanswered counted", found.error, "%", 14.0), _sure(found, 2.0)]


def orand_car_a(reader: Reader, sample: Sample) -> Found:
    """Amounts on cheques: line. A right text counts, be it given or rejected."""
    found = tally(reader, "orand_car_a", sampled(examples("orand_car_a/strings.zip", "line"), sample))
    wrong = sum(distance(o.answer.strip("()"), o.truth) for o in found.outcomes)
    digits = sum(len(o.truth) for o in found.outcomes)
    return [
        found,
        at_least("orand_car_a: amounts exactly right", 100 - found.error, "%", 78.0),
        at_least("orand_car_a: digits right", 100 * (1 - wrong / digits), "%", 92.0),
        told("orand_car_a: expected calibration error", expected_calibration_error(found.curve), "%", found.curve),
        _sure(found, 5.0),
    ]


def bhmsds(reader: Reader, sample: Sample) -> Found:
    """Single digits on paper: digit. A right text counts, be it given or rejected."""
    found = tally(reader, "bhmsds", sampled(examples("bhmsds/digits.zip"), sample))
    return [found, at_most("bhmsds digits: error", found.error, "%", 3.0), _calibrated(found)]


def _calibrated(found: Tally) -> Measured:
    what = f"{found.name}: expected calibration error"
    return at_most(what, expected_calibration_error(found.curve), "%", 2.0, found.curve)


def unipen(reader: Reader, sample: Sample) -> Found:
    """Characters by UNIPEN's writers that are held out, on paper: digits, and letters where 1 % of these are lost.

    Left out are those that are a digit to any eye: I and l are 1, O and o 0, Z and z 2, S and s 5, b 6, g q y 9.
    """
    _, others = split_by_writer(read_strokes(data() / STROKES), HELD_OUT)
    digits, letters = (_on_paper(others, kinds) for kinds in (DIGITS, LETTERS))
    found = tally(reader, "unipen", sampled(digits, sample))
    threshold = float(np.quantile([o.confidence if o.answer else 0.0 for o in found.outcomes], 0.01))
    answers = reader.read_many([e.picture for e in sampled(letters, sample or 3000)])
    share = 100 * float(np.mean([not r.text or r.confidence <= threshold for r in answers]))
    return [
        found,
        at_most("unipen digits: error", found.error, "%", 1.8),
        at_least("written letters: rejected where 1 % of the digits are", share, "%", 80.0),
        told("written letters: rejected as shipped", 100 * float(np.mean([r.rejected for r in answers])), "%"),
    ]


def _on_paper(strokes: Strokes, signs: str) -> list[Example]:
    """All characters that are one of these signs, photographed, each with another pen on another paper."""
    rng = np.random.default_rng(0)
    rows = np.flatnonzero(np.isin(strokes.labels, list(signs))).tolist()
    return [Example(str(row), strokes.photograph(row, rng), str(strokes.labels[row]), "digit") for row in rows]


def rejection(reader: Reader, sample: Sample) -> Found:
    """Doodles, letters and signs, rejected as shipped, and at a confidence that 1 % of bhmsds does not reach."""
    papers = reader.read_many([e.picture for e in sampled(examples("bhmsds/digits.zip"), sample)])
    threshold = float(np.quantile([r.confidence if r.text else 0.0 for r in papers], 0.01))
    found: Found = []
    # Left out are those that are digits to any eye: I / - are 1, z is 2.
    for name, what, left_out, least in (
        ("quickdraw/doodles.zip", "doodles", (), 90.0),
        ("notmnist/letters_a_to_j.zip", "printed letters without I", ("I",), 90.0),
        ("notmnist/letters_a_to_j.zip", "printed letters with I", (), None),
        ("bhmsds/nondigits.zip", "handwritten w x y + and dots", ("z", "/", "-"), None),
    ):
        chosen = sampled([e for e in examples(name) if e.truth not in left_out], sample)
        answers = reader.read_many([e.picture for e in chosen])
        share = 100 * float(np.mean([not r.text or r.confidence <= threshold for r in answers]))
        row = f"{what}: rejected where 1 % of the digits are"
        found.append(told(row, share, "%") if least is None else at_least(row, share, "%", least))
        found.append(told(f"{what}: rejected as shipped", 100 * float(np.mean([r.rejected for r in answers])), "%"))
    return found


def mnist(reader: Reader, sample: Sample) -> Found:
    """MNIST's test set as pictures on grey paper: digit; and its images, by the network alone."""
    test = load("mnist", "test")
    grey = (190 - 0.6 * test.images).astype(np.uint8)
    chosen = sampled([Example(str(k), p, str(test.labels[k]), "digit") for k, p in enumerate(grey)], sample)
    at = [int(e.path) for e in chosen]
    alone = 100 * float((reader.penalties(test.images[at]).argmin(axis=1) != test.labels[at]).mean())
    found = tally(reader, "mnist", chosen)
    return [
        found,
        told("MNIST test: error of the network alone", alone, "%"),
        told("MNIST test: error through the reader", found.error, "%"),
        at_most("MNIST test: the reader worse by", found.error - alone, "points", 0.2),
        _calibrated(found),
    ]


def hwd1000(reader: Reader, sample: Sample) -> Found:
    """Digits drawn with a mouse: digit."""
    return [tally(reader, "hwd1000", sampled(examples("hwd1000/digits.zip"), sample))]


def photos(reader: Reader, _sample: Sample) -> Found:
    """A boxed number: auto; a sudoku from a newspaper: auto and page."""
    folder = data() / "photos"
    boxed = text_of(reader.read(folder / "student_boxes.jpg"))
    cells = [c.text for r in reader.read(folder / "sudoku_natural_2002.jpg") for c in r.characters]
    same = sum(a == b for a, b in zip(cells, SUDOKU, strict=False)) if len(cells) == len(SUDOKU) else 0
    text = text_of(reader.read(folder / "sudoku_natural_2002.jpg", layout="page"))
    return [
        at_most("boxed number: digits wrong", distance(boxed, STUDENT), "", 0),
        at_least("sudoku: cells right, in order", same, "of 81", 78),
        told("sudoku: text wrong by", distance(text, SUDOKU), "characters"),
    ]


def nothing(reader: Reader, _sample: Sample) -> Found:
    """Blank, black and noisy pictures: digit, line and auto."""
    rng = np.random.default_rng(0)
    pictures: list[NDArray[np.uint8]] = []
    for side in (28, 64, 200):
        shape = (side, side)
        pictures += [np.full(shape, level, np.uint8) for level in (0, 127, 255)]
        pictures += [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(20)]
        pictures += [np.clip(rng.normal(200, s, shape), 0, 255).astype(np.uint8) for s in (2, 5, 10, 30)]
    layouts: tuple[Layout, ...] = ("digit", "line", "auto")
    answered = sum(not r.rejected for p in pictures for layout in layouts for r in reader.read(p, layout))
    return [at_most("blank, black and noisy pictures: answered", answered, "", 0)]


def times(reader: Reader, _sample: Sample) -> Found:
    """A thousand digits on two cores, and a page of twelve megapixels on one."""
    pictures = [255 - image for image in drawn.digits(1000, 1).images]
    page, _ = drawn.page(["0123 456 789"] * 12, np.random.default_rng(0), size=150)
    large = np.full((3000, 4000, 3), int(np.median(page)), np.uint8)
    part = page[:3000, :4000]
    large[: part.shape[0], : part.shape[1]] = part
    reader.read_many(pictures[:10])
    many = _best_time(lambda: reader.read_many(pictures), 2)
    one = _best_time(lambda: reader.read(large, layout="page"), 1)
    return [
        at_most("a thousand digit pictures, two threads", many, "s", 0.6),
        at_most("a page of twelve megapixels, one thread", one, "s", 1.0),
    ]


def _best_time(run: Callable[[], Any], threads: int) -> float:
    others = cv2.getNumThreads()
    cv2.setNumThreads(threads)
    try:
        with patch.dict(os.environ, LENET5_THREADS=str(threads)):
            return min(timeit.repeat(run, number=1, repeat=3))
    finally:
        cv2.setNumThreads(others)


_HANDWRITING = (field, form_boxes, parish_rows, dida, orand_car_a, bhmsds, unipen)
_SETS = (*_HANDWRITING, rejection, mnist, hwd1000, photos, nothing, times)
SETS: dict[str, Callable[[Reader, Sample], Found]] = {measure.__name__: measure for measure in _SETS}


def main(arguments: list[str] | None = None) -> int:
    """Measure and report; 0 where every promise is kept, 1 where one is not, 2 where nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m lenet5.reading.school.evaluate", description=__doc__)
    names = f"of {', '.join(SETS)}; all by default"
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), metavar="NAME", help=names)
    parser.add_argument("--sample", type=int, metavar="N", help="of each set only N pictures, spread over it")
    parser.add_argument("--list", action="store_true", help="first a line for each picture, parted by tabs")
    parser.add_argument("--model", help="shipped weights by name, or a .safetensors file")
    parser.add_argument("--json", type=Path, help="also write the results here, and every picture's")
    parser.add_argument("--plot", type=Path, help="also draw the reliability curves into this .svg, .png or .pdf")
    given = parser.parse_args(arguments)
    try:
        if given.sample is not None and given.sample < 1:
            raise DataError(f"--sample {given.sample}; expected at least 1 picture")
        reader = Reader(given.model)
        found = [m for name in given.sets for m in SETS[name](reader, given.sample)]
        measured = [m for m in found if isinstance(m, Measured)]
        tallies = [t for t in found if isinstance(t, Tally)]
        if given.plot:
            _plot(measured, given.plot)
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    if given.list:
        for t in tallies:
            for o in t.outcomes:
                print(t.name, t.layout, o.path, o.truth, o.answer, f"{o.confidence:.2f}", o.verdict, sep="\t")
    _show(measured, tallies)
    if given.json:
        results = {"measured": [asdict(m) for m in measured], "sets": [asdict(t) for t in tallies]}
        write_atomically(given.json, json.dumps(results, indent=1).encode())
    return int(any(m.kept is False for m in measured))


def _show(measured: list[Measured], tallies: list[Tally]) -> None:
    """The sets' outcomes, the promises, and the reliability curves, as tables."""
    console = Console(width=120)
    if tallies:
        heads = ("right, %", "right, rejected", "unanswered", "wrong given", "given ≥ 0.9", "wrong of those, %")
        table = Table("set", "layout", "pictures", *heads)
        for t in tallies:
            shares = [f"{t.share(v):.1f}" for v in ("right", "right, rejected", "unanswered", "wrong")]
            sure = f"{len(t.sure):,}", f"{t.wrong_of_sure:.1f}"
            table.add_row(t.name, t.layout, f"{len(t.outcomes):,}", *shares, *sure)
        console.print(table)
    table = Table("what", "measured", "promised", "kept")
    for m in measured:
        kept = "" if m.kept is None else "yes" if m.kept else "NO"
        table.add_row(m.what, f"{m.value:g} {m.unit}".strip(), m.promised, kept)
    console.print(table)
    for m in measured:
        if m.curve:
            curve = Table("confidence, mean", "right, %", "answers", title=f"{m.what} {m.value:g} {m.unit}")
            for point in m.curve:
                curve.add_row(f"{point.confidence:.3f}", f"{100 * point.right:.1f}", f"{point.answers:,}")
            console.print(curve)


def _plot(found: list[Measured], path: Path) -> None:
    """The reliability curves: the share of right answers over confidence; on the diagonal, confidence is kept."""
    with extra("matplotlib", "plot"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for m in found:
        if m.curve:
            sure, right = [point.confidence for point in m.curve], [point.right for point in m.curve]
            line = axes.plot(sure, right, label=f"{m.what} {m.value:.2f} {m.unit}")[0]
            axes.scatter(sure, right, [3 + point.answers**0.5 for point in m.curve], color=line.get_color())
    axes.set(xlabel="confidence", ylabel="right", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.legend(fontsize=7)
    try:
        write_atomically(path, lambda file: figure.savefig(file, format=path.suffix[1:] or "svg"))
    except ValueError as error:
        raise ReadingError(f"--plot {path}: {error}; expected a name that ends in .svg, .png or .pdf") from error


if __name__ == "__main__":
    raise SystemExit(main())
