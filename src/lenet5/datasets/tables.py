"""Tables of pictures: CSV with a column a pixel, as Kaggle's, or with names of files; Parquet with pixels or bytes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from lenet5.datasets.dataset import class_name
from lenet5.datasets.form import MOST_PICTURES, Form, Labelled, Parts, as_pictures
from lenet5.errors import DataError, extra
from lenet5.files import inside, listed, read_bounded
from lenet5.pictures.opening import MAX_BYTES, SUFFIXES

MOST_BYTES = 2 << 30
LABELS = ("label", "labels", "class", "target", "y", "digit", "character")
NO_PIXELS = ("id", "index", "imageid", "")  # columns that number the rows
SIDES = {side * side for side in range(5, 129)}
PART = re.compile(r"(train|test|val|valid|validation)\b.*")


def parts(path: Path, form: Form) -> Parts:
    """The parts of a table, or of a folder of tables: train.csv and test.csv, data/train-00000-of-00001.parquet …"""
    if os.path.isfile(path):
        return {"": lambda: _table([path], path.name, form)} if path.suffix in _READERS else {}
    found: dict[str, list[Path]] = {}
    for folder in (path, path / "data"):
        for file in listed(folder, error=DataError):
            if file.suffix in _READERS and file.name != "labels.csv":
                match = PART.fullmatch(file.name)
                part = "" if match is None else "train" if match[1] == "train" else "test"
                found.setdefault(part, []).append(file)
    if "" in found and len(found) > 1:
        del found[""]  # a README's table, Kaggle's sample of an answer
    return {part: partial(_table, files, f"{path.name} {part}".rstrip(), form) for part, files in found.items()}


def _table(files: Sequence[Path], name: str, form: Form) -> Labelled:
    read = [_READERS[file.suffix](file, form) for file in files]
    first = read[0]
    if len(read) == 1:
        return Labelled(name, first.pictures, first.labels, first.classes, first.called)
    pictures = [picture for table in read for picture in table.pictures]
    labels = [label for table in read for label in table.labels]
    return Labelled(name, pictures, labels, first.classes, lambda i: f"{files[0].parent}, picture {i}")


def label_column(names: Sequence[str], form: Form, place: str) -> str:
    """The column that holds the labels: the one that was named, or the first of the usual names."""
    if form.label is not None:
        if form.label not in names:
            raise DataError(f"{place}: no column {form.label!r}; expected one of {', '.join(names[:10])} …")
        return form.label
    known = {name.lower(): name for name in reversed(names)}
    column = next((known[usual] for usual in LABELS if usual in known), None)
    if column is None:
        raise DataError(
            f"{place}: columns {', '.join(names[:6])} …; expected one called {', '.join(LABELS)}: name it with --label"
        )
    return column


def _csv(path: Path, form: Form) -> Labelled:
    """A row a picture: its label, and a column for each pixel; without a first line of names the label comes first.

    Or, under a first line of names, a column with the names of files that lie beside the table or below it.
    """
    try:
        text = read_bounded(path, MOST_BYTES, error=DataError).decode("utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)  # a table in Europe has semicolons
        rows = (row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row)
        top = list(islice(rows, 2))  # one row at a time: a cell of text takes fifty bytes
        first = top[0] if top else []
        named = any(not _is_number(cell) for cell in first[1:])
        if len(top) <= named:
            raise DataError(f"{path}: no rows; expected one for each picture")
        names = [cell.strip() for cell in first] if named else ["label", *(f"pixel{i}" for i in range(len(first) - 1))]
        label = label_column(names, form, str(path))
        columns, place = _pixels(names, label), names.index(label)
        of_files = _file_column(names, top[named], form, path)
        if of_files is None and len(columns) not in SIDES:
            raise DataError(
                f"{path}: {len(columns):,} columns beside the label {label!r}; expected one for each pixel of a square "
                f"picture, such as 784 for 28×28, or one with the names of pictures: --image"
            )
        told = [(_label(row[place].strip()), row[of_files or 0].strip()) for row in chain(top[named:], rows)]
        labels = [one for one, _ in told]
        if of_files is not None:
            beside = [inside(path.parent, file, error=DataError) for _, file in told]
            pictures = [read_bounded(file, MAX_BYTES, error=DataError) for file in beside]
            return Labelled(path.name, pictures, labels, called=lambda i: f"{path}, row {i + 1}")
        array = np.loadtxt(
            io.StringIO(text), np.float32, delimiter=delimiter, skiprows=int(named), usecols=columns, ndmin=2
        )
    except DataError:
        raise
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a table of comma-separated values in UTF-8 ({error})") from error
    except (ValueError, IndexError) as error:
        raise DataError(f"{path}: {error}; expected {len(names)} columns, a number in each but {label!r}") from error
    if len(labels) != len(array):
        raise DataError(f"{path}: {len(labels):,} labels for {len(array):,} rows of pixels; expected as many")
    if (array == np.rint(array)).all():
        array = array.astype(np.int64)
    return Labelled(path.name, as_pictures(array, str(path)), labels, called=lambda i: f"{path}, row {i + 1}")


def _label(cell: str) -> str:
    """What a label is called: 3.0 is 3, as tables have it that were saved from an array of floats."""
    return class_name(float(cell)) if "." in cell and _is_number(cell) and float(cell).is_integer() else cell


def _pixels(names: Sequence[str], label: str) -> list[int]:
    """Which columns are pixels, if any are."""
    return [i for i, name in enumerate(names) if name != label and name.lower() not in NO_PIXELS]


def _file_column(names: Sequence[str], row: Sequence[str], form: Form, path: Path) -> int | None:
    """Which column has the names of pictures: the one that was named, or the first that looks so."""
    if form.image is not None:
        if form.image not in names:
            raise DataError(f"{path}: no column {form.image!r}; expected one of {', '.join(names[:10])} …")
        return names.index(form.image)
    return next((k for k, cell in enumerate(row) if Path(cell.strip()).suffix.lower() in SUFFIXES), None)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _parquet(path: Path, form: Form) -> Labelled:
    """A row a picture: the bytes of a file, or a struct that holds them; classes are named as Hugging Face does."""
    with opened(str(path)) as file:
        schema = file.schema_arrow
        label = label_column([n for n in schema.names if n != form.image], form, str(path))
        image = form.image or next((f.name for f in schema if f.name != label and holds_bytes(f.type)), None)
        columns = [schema.names[i] for i in _pixels(schema.names, label)] if image is None else [image]
        if image not in schema.names and len(columns) not in SIDES:
            raise DataError(
                f"{path}: columns {', '.join(schema.names[:6])} …; expected one with the bytes of pictures, "
                f"--image, or one for each pixel of a square picture"
            )
        if file.metadata.num_rows > MOST_PICTURES:
            raise DataError(f"{path}: {file.metadata.num_rows:,} rows; expected at most {MOST_PICTURES:,}")
        table = file.read(columns=[*columns, label])
    if image is None:
        array = np.column_stack([table.column(name).to_numpy() for name in columns])
        labels = table.column(label).to_pylist()
        return Labelled(path.name, as_pictures(array, str(path)), labels, called=lambda i: f"{path}, row {i}")
    pictures = [value.get("bytes") if isinstance(value, dict) else value for value in table.column(image).to_pylist()]
    for i, picture in enumerate(pictures):
        if not isinstance(picture, bytes):
            raise DataError(f"{path}, row {i}: {type(picture).__name__}; expected the bytes of a picture")
    classes = _class_names(schema.metadata or {}, label)
    return Labelled(path.name, pictures, table.column(label).to_pylist(), classes, called=lambda i: f"{path}, row {i}")


def parquet() -> Any:
    """pyarrow's Parquet module. Raises MissingExtraError where it is not installed."""
    with extra("pyarrow", "bulk"):
        import pyarrow.parquet as pq
    return pq


@contextmanager
def opened(path: str, name: str = "", files: Any = None) -> Iterator[Any]:
    """An open Parquet file, of pyarrow's file system `files`. Raises DataError where it cannot be read."""
    opener = parquet()
    import pyarrow as pa

    try:
        with opener.ParquetFile(path, filesystem=files) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{name or path}: no Parquet file that can be read ({error})") from error


def holds_bytes(kind: Any) -> bool:
    """Whether a column of this type holds bytes, or a struct with a field "bytes"."""
    import pyarrow as pa

    inner = kind.field("bytes").type if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0 else kind
    return bool(pa.types.is_binary(inner) or pa.types.is_large_binary(inner))


def _class_names(metadata: dict[bytes, bytes], label: str) -> tuple[str, ...] | None:
    """What the labels stand for, where Hugging Face's metadata says it."""
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"][label]["names"]
        return tuple(str(name) for name in names)
    except (KeyError, TypeError, ValueError):
        return None


_READERS = {".csv": _csv, ".tsv": _csv, ".parquet": _parquet}
