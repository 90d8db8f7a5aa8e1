"""The output of a bulk job: its columns, and the three forms of its file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from lenet5.datasets.tables import parquet

KEY = b"lenet5"  # of a Parquet file's metadata
# What a row has of a Reading, by Arrow's names of types, and the parts of its box.
OF_A_READING = {
    "page": "int32", "text": "string", "confidence": "float", "rejected": "bool", "reason": "string",
    "left_out": "string",
}  # fmt: skip
BOX = ("x", "y", "width", "height")


def schema(carried: Any = ()) -> Any:
    """The columns: one row for each reading, or one row with the error of a picture that could not be read.

    carried: a schema of the source's own columns, which come last. Where a name is ours already, "source_" is put
    before it, as often as it takes.
    """
    parquet()
    import pyarrow as pa

    kinds = {**OF_A_READING, **dict.fromkeys(BOX, "int32"), "error": "string"}
    own = [pa.field(name, pa.type_for_alias(kind)) for name, kind in kinds.items()]
    fields = [pa.field("key", pa.string(), nullable=False), *own]
    taken = {field.name for field in fields} | {field.name for field in carried}
    ours = {field.name for field in fields}
    for field in carried:
        name = field.name
        while name in ours or (name != field.name and name in taken):
            name = f"source_{name}"
        taken.add(name)
        fields.append(field.with_name(name).with_nullable(True))
    return pa.schema(fields)


def _as_parquet(file: BinaryIO, tables: Iterable[Any], columns: Any) -> None:
    with parquet().ParquetWriter(file, columns) as writer:
        for table in tables:
            writer.write_table(table.replace_schema_metadata(columns.metadata))


def _as_csv(file: BinaryIO, tables: Iterable[Any], columns: Any) -> None:
    """UTF-8, lines that end in a line feed, text in quotes; nothing at all for what is not there."""
    import pyarrow as pa
    import pyarrow.csv as pc

    t = pa.types
    as_text = (t.is_nested, t.is_binary, t.is_large_binary, t.is_fixed_size_binary)
    plain = {field.name: not any(is_(field.type) for is_ in as_text) for field in columns}
    flat = pa.schema([field if plain[field.name] else pa.field(field.name, pa.string()) for field in columns])
    with pc.CSVWriter(file, flat) as writer:
        for table in tables:
            cells = [table[name] if plain[name] else pa.array(map(_cell, table[name].to_pylist())) for name in plain]
            writer.write_table(pa.table(cells, flat))


def _as_lines(file: BinaryIO, tables: Iterable[Any], columns: Any) -> None:
    """A JSON object a line, in UTF-8."""
    for table in tables:
        for batch in table.to_batches(max_chunksize=1024):
            for row in batch.to_pylist():
                file.write(json.dumps(row, ensure_ascii=False, default=_plain).encode() + b"\n")


# By the end of an output's name: each writes tables, one after the other, into a file with these columns.
WRITERS = {".parquet": _as_parquet, ".csv": _as_csv, ".jsonl": _as_lines}


def _cell(value: Any) -> str | None:
    """What has no place in a cell of text: bytes in Base64, what is nested as JSON."""
    if value is None:
        return None
    return _plain(value) if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
