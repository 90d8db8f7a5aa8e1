"""How well does the reader read? Every number that is promised of it, on handwriting that it did not learn from.

    python -m lenet5.reading.school.evaluate [--model NAME-OR-PATH] [--json FILE] [--plot FILE] [SET ...]

Needs the development data, found through LENET5_DATA (see the README). Nothing is chosen here.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.errors import DataError, LeNetError, MissingExtraError, ReadingError
from lenet5.files import write_atomically
from lenet5.reading.layout import Layout
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Reading

__all__ = ["SETS", "Bin", "Measured", "distance", "expected_calibration_error", "labelled", "main", "reliability"]

SUDOKU = "842716359139845276576392841983451627264978135751623498397164582415289763628537914"
STUDENT = "0001250981"


BINS = 15  # of confidence, all equally wide


@dataclass(frozen=True)
class Bin:
    """A point of a reliability curve: how many answers of about one confidence, its mean, the share that is right."""

    answers: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Measured:
    """One promise: what was measured, what was promised, and whether it is kept; of a calibration error its curve."""

    what: str
    value: float
    unit: str
    promised: str
    kept: bool | None
    curve: tuple[Bin, ...] = ()


def _at_most(what: str, value: float, unit: str, most: float, curve: tuple[Bin, ...] = ()) -> Measured:
    return Measured(what, round(float(value), 4), unit, f"at most {most:g}", bool(value <= most), curve)


def _at_least(what: str, value: float, unit: str, least: float) -> Measured:
    return Measured(what, round(float(value), 4), unit, f"at least {least:g}", bool(value >= least))


def _told(what: str, value: float, unit: str, curve: tuple[Bin, ...] = ()) -> Measured:
    return Measured(what, round(float(value), 4), unit, "", None, curve)


def _data() -> Path:
    folder = os.environ.get("LENET5_DATA")
    if not folder or not Path(folder).is_dir():
        raise DataError(f"LENET5_DATA is {folder!r}; expected the folder of the development data")
    return Path(folder)


def labelled(name: str) -> tuple[list[bytes], list[str]]:
    """The files and labels of a zip of pictures with `labels.csv`."""
    with zipfile.ZipFile(_data() / name) as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"))))
        return [archive.read(row["path"]) for row in rows], [row["label"] for row in rows]


def distance(a: str, b: str) -> int:
    """How many characters must be changed, put in or left out to make b of a (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def reliability(sure: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> tuple[Bin, ...]:
    """How often answers of each confidence are right: (N,), 0 to 1, and (N,). Bins without answers are left out."""
    at = np.minimum((sure * bins).astype(int), bins - 1)
    return tuple(
        Bin(int(inside.sum()), float(sure[inside].mean()), float(right[inside].mean()))
        for inside in (at == k for k in range(bins))
        if inside.any()
    )


def expected_calibration_error(curve: tuple[Bin, ...]) -> float:
    """Mean difference between confidence and share of right answers, over a reliability curve, in percent."""
    apart = sum(point.answers * abs(point.confidence - point.right) for point in curve)
    return 100 * apart / sum(point.answers for point in curve)


def _confidences(readings: list[Reading]) -> NDArray[np.float64]:
    return np.array([r.confidence if r.text else 0.0 for r in readings])


def digits(reader: Reader) -> list[Measured]:
    """Single digits on paper, and the rejection of what is none, at the same threshold."""
    pictures, labels = labelled("bhmsds/digits.zip")
    readings = reader.read_many(pictures)
    right = np.array([r.text == label for r, label in zip(readings, labels, strict=True)])
    curve = reliability(_confidences(readings), right)
    found = [
        _at_most("bhmsds digits: error", 100 * float((~right).mean()), "%", 3.0),
        _told("bhmsds digits: rejected", 100 * float(np.mean([r.rejected for r in readings])), "%"),
        _at_most("bhmsds digits: expected calibration error", expected_calibration_error(curve), "%", 2.0, curve),
    ]
    threshold = float(np.quantile(_confidences(readings), 0.01))
    # Left out are those that are digits to any eye: I / - are 1, z is 2.
    for name, what, left_out, least in (
        ("quickdraw/doodles.zip", "doodles", (), 90.0),
        ("notmnist/letters_a_to_j.zip", "printed letters without I", ("I",), 90.0),
        ("notmnist/letters_a_to_j.zip", "printed letters with I", (), None),
        ("bhmsds/nondigits.zip", "handwritten w x y + and dots", ("z", "/", "-"), None),
    ):
        pictures, kinds = labelled(name)
        answers = reader.read_many([p for p, k in zip(pictures, kinds, strict=True) if k not in left_out])
        share = 100 * float((_confidences(answers) <= threshold).mean())
        row = f"{what}: rejected where 1 % of the digits are"
        found.append(_told(row, share, "%") if least is None else _at_least(row, share, "%", least))
        found.append(_told(f"{what}: rejected as shipped", 100 * float(np.mean([r.rejected for r in answers])), "%"))
    return found


def mouse(reader: Reader) -> list[Measured]:
    """Digits drawn with a mouse."""
    pictures, labels = labelled("hwd1000/digits.zip")
    readings = reader.read_many(pictures)
    wrong = np.mean([r.text != label for r, label in zip(readings, labels, strict=True)])
    return [_told("hwd1000 digits: error", 100 * float(wrong), "%")]


def amounts(reader: Reader) -> list[Measured]:
    """Amounts on cheques."""
    pictures, labels = labelled("orand_car_a/strings.zip")
    readings = reader.read_many(pictures, layout="line")
    right = np.array([r.text == label for r, label in zip(readings, labels, strict=True)])
    wrong = sum(distance(r.text, label) for r, label in zip(readings, labels, strict=True))
    curve = reliability(_confidences(readings), right)
    return [
        _at_least("orand_car_a: amounts exactly right", 100 * float(right.mean()), "%", 65.0),
        _at_least("orand_car_a: digits right", 100 * (1 - wrong / sum(map(len, labels))), "%", 90.0),
        _told("orand_car_a: expected calibration error", expected_calibration_error(curve), "%", curve),
    ]


def photos(reader: Reader) -> list[Measured]:
    """A boxed number, and a sudoku photographed from a newspaper."""
    folder = _data() / "photos"
    boxed = "".join(r.text for r in reader.read(folder / "student_boxes.jpg"))
    cells = [c.text for r in reader.read(folder / "sudoku_natural_2002.jpg") for c in r.characters]
    same = sum(a == b for a, b in zip(cells, SUDOKU, strict=False)) if len(cells) == len(SUDOKU) else 0
    text = "".join(r.text for r in reader.read(folder / "sudoku_natural_2002.jpg", layout="page"))
    return [
        _at_most("boxed number: digits wrong", distance(boxed, STUDENT), "", 0),
        _at_least("sudoku: cells right, in order", same, "of 81", 78),
        _told("sudoku: text wrong by", distance(text, SUDOKU), "characters"),
    ]


def mnist(reader: Reader) -> list[Measured]:
    """MNIST's test set as pictures on grey paper, against the network alone."""
    from lenet5.datasets import load

    test = load("mnist", "test")
    alone = 100 * float((reader.penalties(test.images).argmin(axis=1) != test.labels).mean())
    readings = reader.read_many(list((190 - 0.6 * test.images).astype(np.uint8)))
    right = np.array([r.text == str(label) for r, label in zip(readings, test.labels, strict=True)])
    through = 100 * float((~right).mean())
    curve = reliability(_confidences(readings), right)
    return [
        _told("MNIST test: error of the network alone", alone, "%"),
        _told("MNIST test: error through the reader", through, "%"),
        _at_most("MNIST test: the reader worse by", through - alone, "points", 0.2),
        _at_most("MNIST test: expected calibration error", expected_calibration_error(curve), "%", 2.0, curve),
    ]


def nothing(reader: Reader) -> list[Measured]:
    """Pictures with nothing on them."""
    rng = np.random.default_rng(0)
    pictures: list[NDArray[np.uint8]] = []
    for side in (28, 64, 200):
        shape = (side, side)
        pictures += [np.full(shape, level, np.uint8) for level in (0, 127, 255)]
        pictures += [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(20)]
        pictures += [np.clip(rng.normal(200, s, shape), 0, 255).astype(np.uint8) for s in (2, 5, 10, 30)]
    layouts: tuple[Layout, ...] = ("digit", "line", "auto")
    answered = sum(not r.rejected for p in pictures for layout in layouts for r in reader.read(p, layout))
    return [_at_most("blank, black and noisy pictures: answered", answered, "", 0)]


def speed(reader: Reader) -> list[Measured]:
    """A thousand digits on two cores, and a page of twelve megapixels on one."""
    from lenet5.datasets import drawn

    pictures = [255 - image for image in drawn.digits(1000, 1).images]
    page, _ = drawn.page(["0123 456 789"] * 12, np.random.default_rng(0), size=150)
    large = np.full((3000, 4000, 3), int(np.median(page)), np.uint8)
    part = page[:3000, :4000]
    large[: part.shape[0], : part.shape[1]] = part
    reader.read_many(pictures[:10])
    found = []
    for what, threads, run in (
        ("a thousand digit pictures, two threads", 2, lambda: reader.read_many(pictures)),
        ("a page of twelve megapixels, one thread", 1, lambda: reader.read(large, layout="page")),
    ):
        found.append(_at_most(what, _best_time(run, threads), "s", 1.0))
    return found


def _best_time(run: Callable[[], Any], threads: int, times: int = 3) -> float:
    before, others = os.environ.get("LENET5_THREADS"), cv2.getNumThreads()
    os.environ["LENET5_THREADS"] = str(threads)
    cv2.setNumThreads(threads)
    try:
        best = float("inf")
        for _ in range(times):
            start = time.perf_counter()
            run()
            best = min(best, time.perf_counter() - start)
        return best
    finally:
        cv2.setNumThreads(others)
        del os.environ["LENET5_THREADS"]
        if before is not None:
            os.environ["LENET5_THREADS"] = before


SETS: dict[str, Callable[[Reader], list[Measured]]] = {
    "digits": digits,
    "amounts": amounts,
    "photos": photos,
    "mnist": mnist,
    "nothing": nothing,
    "mouse": mouse,
    "speed": speed,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure and report; 0 where every promise is kept, 1 where one is not, 2 where nothing could be measured."""
    import argparse

    from rich.console import Console
    from rich.table import Table

    parser = argparse.ArgumentParser(prog="python -m lenet5.reading.school.evaluate", description=__doc__)
    parser.add_argument("sets", nargs="*", default=[], metavar="SET", help=f"of {', '.join(SETS)}; all by default")
    parser.add_argument("--model", help="shipped weights by name, or a .safetensors file")
    parser.add_argument("--json", type=Path, help="also write the results here")
    parser.add_argument("--plot", type=Path, help="also draw the reliability curves into this .svg, .png or .pdf")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.sets) - set(SETS))
    try:
        if unknown:
            raise DataError(f"no set {', '.join(unknown)}; expected some of {', '.join(SETS)}")
        reader = Reader(given.model)
        found = [m for name in given.sets or SETS for m in SETS[name](reader)]
        if given.plot:
            _plot(found, given.plot)
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    table = Table("what", "measured", "promised", "kept")
    for m in found:
        kept = "" if m.kept is None else "yes" if m.kept else "NO"
        table.add_row(m.what, f"{m.value:g} {m.unit}".strip(), m.promised, kept)
    console = Console(width=120)
    console.print(table)
    for m in found:
        if m.curve:
            curve = Table("confidence, mean", "right, %", "answers", title=f"{m.what} {m.value:g} {m.unit}")
            for point in m.curve:
                curve.add_row(f"{point.confidence:.3f}", f"{100 * point.right:.1f}", f"{point.answers:,}")
            console.print(curve)
    if given.json:
        write_atomically(given.json, json.dumps([asdict(m) for m in found], indent=1).encode())
    return int(any(m.kept is False for m in found))


def _plot(found: list[Measured], path: Path) -> None:
    """The reliability curves: the share of right answers over confidence; on the diagonal, confidence is kept."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "plot") from error
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
    drawing = io.BytesIO()
    try:
        figure.savefig(drawing, format=path.suffix[1:] or "svg")
    except ValueError as error:
        raise ReadingError(f"--plot {path}: {error}; expected a name that ends in .svg, .png or .pdf") from error
    write_atomically(path, drawing.getvalue())


if __name__ == "__main__":
    raise SystemExit(main())
