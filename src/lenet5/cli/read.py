"""`lenet5 read`: shows the digits of pictures, as text, as JSON Lines, as a table, or drawn over them."""

from __future__ import annotations

import contextlib
import csv
import glob
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from lenet5.cli.options import Count, Json
from lenet5.errors import LeNetError, PictureError, harmless
from lenet5.files import make_folder, try_place, write_atomically
from lenet5.pictures.ink import Polarity
from lenet5.pictures.opening import LIMITS, MAX_BYTES, SUFFIXES, Limits, open_pages
from lenet5.pictures.saving import address, png
from lenet5.reading import Reader, Reading
from lenet5.reading.layout import Layout
from lenet5.reading.shown import annotated

# What `lenet5 read-many` asks too.
LayoutIs = Annotated[
    Layout, Parameter(help="digit: one digit. line: one line. page: several lines, or a grid. auto: whichever it is.")
]
InkIs = Annotated[
    Polarity, Parameter(help="dark: ink darker than its paper. light: chalk on a board. auto: whichever it is.")
]
Model = Annotated[
    str | None, Parameter(help="Shipped weights by name, or a .safetensors file; by default the best for reading.")
]
Accept = Annotated[
    float | None, Parameter(help="The least confidence of what is not rejected, 0 to 1; by default the weights' own.")
]
STDIN = "/dev/stdin"
PIPES = ("/dev/fd/", "/proc/self/fd/")  # what a shell makes of <(command)
COLUMNS = ("path", "page", "row", "text", "confidence", "rejected", "reason", "x", "y", "width", "height", "left_out")


def read(
    files: list[str] | None = None,
    /,
    *,
    layout: LayoutIs = "auto",
    ink: InkIs = "auto",
    invert: Annotated[bool, Parameter(show=False)] = False,
    characters: str | None = None,
    model: Model = None,
    accept: Accept = None,
    json_: Json = False,
    csv_: Annotated[bool, Parameter(name="--csv")] = False,
    annotate: Path | None = None,
    explain: Path | None = None,
    largest_pages: Count = LIMITS.pages,
    largest_pixels: Count = LIMITS.pixels,
) -> int:
    """Read the digits in pictures, or other characters.

    Exit status: 0 where everything was read, 1 where something was rejected, 2 where a picture could not be opened
    or the request makes no sense. A picture that cannot be opened does not keep the others from being read.

    In a row of boxes or cells, _ is an empty one and ? one that could not be read; --json has the row and column of
    each.

    Args:
        files: Pictures (PNG, JPEG, TIFF, GIF, BMP, WEBP, PNM; HEIC with the extra heif, PDF with pdf), folders of them,
            or patterns; - for a picture from standard input.
        characters: That alone may be answered: digits, capitals, letters, alphanumeric, ascii, or one by one, as
            0123456789-/. ; everything else is none. Spaces are not reported.
        json_: One JSON object a line for each reading.
        csv_: A table with one row for each reading, with the system's own line ends; `row` is its row in a grid.
        annotate: A folder that gets a copy of each picture with boxes and answers.
        explain: An HTML file that gets every step from each picture to its digits.
        largest_pages: Pages of one file; others are refused.
        largest_pixels: Pixels of one file, all of its pages together; others are refused. A million of them take some
            16 MB.
    """
    if invert:  # what other tools call it
        raise PictureError("no option --invert; give --ink light where the ink is lighter than its paper, else nothing")
    if not files:
        raise PictureError(
            "no pictures named; give files, folders or patterns; `lenet5 read-many` reads pictures by the million"
        )
    if json_ and csv_:
        raise PictureError("--json and --csv at once; choose one of them")
    if not all(files):
        raise PictureError("an empty name among the files; leave it out")
    if annotate is not None and os.path.exists(annotate) and not os.path.isdir(annotate):
        raise PictureError(f"--annotate {annotate} is not a folder; give a folder, it is made where there is none")
    pictures = list(pictures_in(files))
    named = [picture for picture in pictures if isinstance(picture, Path) and os.path.exists(picture)]
    if explain is not None:  # what is read for long must not end at a place that cannot be written to
        if os.path.isdir(explain) or (os.path.exists(explain) and any(explain.samefile(p) for p in named)):
            raise PictureError(f"--explain {explain} is one of the pictures or a folder; name another file")
        try_place(explain, error=PictureError)
    limits = Limits(largest_pages, largest_pixels)
    reader = Reader(model, accept=accept, limits=limits, characters=characters)
    show = _Show(json_, csv_)
    pages: list[tuple[str, dict[str, Any]]] = []
    copies: set[str] = set()
    status = 0
    with contextlib.ExitStack() as stack:
        shown: Iterable[Path | str | PictureError] = pictures
        if len(pictures) > 1:
            from lenet5.cli.bar import working  # which takes longer to import than one picture to be read

            shown = stack.enter_context(working()).track(pictures, description="reading")
        for path in shown:
            try:
                if isinstance(path, PictureError):
                    raise path
                picture = _piped(str(path)) if path == STDIN or str(path).startswith(PIPES) else path
                if isinstance(path, str) and path[:5].lower() == "data:":
                    path = f"{path[:30]}…"  # it is long, and nobody's name
                readings = reader.read(picture, layout, ink=ink)
                show.readings(path, readings)
                if annotate is not None:
                    _annotate(annotate, Path(path), open_pages(picture, reader.limits), readings, copies)
                if explain is not None:
                    pages.append((str(path), reader.explain(picture, layout, ink=ink)))
                status = max(status, int(any(r.rejected for r in readings)))
            except LeNetError as error:
                show.error(path, error)
                status = 2
    if explain is not None:
        _explain(explain, pages)
    return status


def pictures_in(files: list[str]) -> Iterator[Path | str | PictureError]:
    """Every picture named, in every folder and under every pattern, in the order of the names.

    A folder that cannot be listed gives a PictureError, as one or a pattern without pictures does. Whether a path is a
    picture is left to the reader. What is no path, as an address, stays the text that it is.
    """
    for name in files:
        path, unread = Path(name), list[OSError]()
        if name == STDIN or name[:5].lower() == "data:" or ("://" in name and not os.path.lexists(name)):
            yield name
            continue
        if os.path.isdir(path):  # which says no of a name that is too long, where Path raises
            # Links to folders are not followed: they may lead round in circles.
            found = [
                Path(folder, file)
                for folder, _, names in os.walk(path, onerror=unread.append)
                for file in names
                if Path(file).suffix.lower() in SUFFIXES
            ]
        elif not os.path.lexists(path) and glob.has_magic(name):
            found = [Path(p) for p in glob.glob(name, recursive=True) if not os.path.isdir(p)]
        else:
            yield path
            continue
        if not found:
            yield PictureError(f"{name}: no pictures there; expected files ending in {', '.join(sorted(SUFFIXES))}")
        yield from sorted(found)
        for problem in unread:
            yield PictureError(f"{problem.filename}: {problem.strerror}; the pictures in this folder are left out")


def _piped(name: str) -> io.BytesIO:
    """What is handed over there, which can be looked at more than once."""
    if name == STDIN and sys.stdin is None:
        raise PictureError("standard input is closed; give a picture there, or files")
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if name == STDIN else open(name, "rb") as file:
            held = io.BytesIO(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise PictureError(f"{name} cannot be opened: {error.strerror}; give a picture there, or files") from error
    held.name = "standard input" if name == STDIN else name
    return held


class _Show:
    """Prints readings as they come."""

    def __init__(self, as_json: bool, as_csv: bool) -> None:
        self._json = as_json
        self._table = csv.writer(sys.stdout, lineterminator="\n") if as_csv else None
        if self._table:
            self._table.writerow(COLUMNS)

    def readings(self, path: Path | str, readings: list[Reading]) -> None:
        for r in readings:
            if self._json:
                print(json.dumps({"path": str(path), **r.to_dict()}))  # in ASCII, which is UTF-8 wherever it is sent to
            elif self._table:
                place = "" if r.row is None else r.row
                answer = (r.text, f"{r.confidence:.4f}", int(r.rejected), r.reason)
                self._table.writerow((path, r.page, place, *answer, *r.box, r.left_out))
            else:
                note = f"  rejected: {r.reason}" if r.rejected else ""
                note += f"  left out: {r.left_out}" if r.left_out else ""
                name = f"{path}, page {r.page + 1}" if readings[-1].page else str(path)
                print(f"{harmless(name)}  {r.text or '-'}  {r.confidence:.2f}{note}")
        sys.stdout.flush()

    def error(self, path: Path | str | PictureError, error: LeNetError) -> None:
        if self._json:
            print(json.dumps({"path": None if path is error else str(path), "error": str(error)}), flush=True)
        print(f"lenet5: {error}", file=sys.stderr)


def _annotate(folder: Path, path: Path, pages: list[Any], readings: list[Reading], copies: set[str]) -> None:
    """A copy of each page with boxes and answers, as NAME.png, or NAME-2.png for the second of several pages.

    copies: the names that were given so far; of a second picture of a name, its folders are put before it.
    """
    make_folder(folder, error=PictureError)
    called, *folders = reversed([part for part in path.parts if part not in (path.anchor, "..")])
    while called.casefold() in copies:  # A.png and a.png are one file on macOS and Windows
        called = f"{folders.pop(0)}_{called}" if folders else f"{called}_"
    copies.add(called.casefold())
    for page, pixels in enumerate(pages):
        name = f"{called}{f'-{page + 1}' if page else ''}.png"
        copy = annotated(pixels, [r for r in readings if r.page == page])
        write_atomically(folder / name, png(copy), error=PictureError)


def _explain(path: Path, pages: list[tuple[str, dict[str, Any]]]) -> None:
    """One HTML file with the pictures in it."""
    from jinja2 import Template

    template = Template(Path(__file__).with_name("explained.html").read_text("utf-8"), autoescape=True)
    page = template.render(pages=pages, address=address)
    write_atomically(path, page.encode(errors="backslashreplace"), error=PictureError)
