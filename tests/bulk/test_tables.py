"""The output takes the form that its name says, keeps a source's columns and keys, and tells what made it."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pa: Any = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'lenet5[bulk]'")

import pyarrow.parquet as pq  # noqa: E402

from lenet5 import bulk  # noqa: E402
from lenet5.bulk import tables  # noqa: E402
from lenet5.errors import DataError  # noqa: E402
from lenet5.loading import load  # noqa: E402

FORMS = pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])


def read(source: Path, output: Path, model: str, **options: Any) -> list[bulk.Progress]:
    return list(bulk.read(source, output, model=model, workers=1, **options))


def rows(output: Path) -> list[dict[str, Any]]:
    if output.suffix == ".parquet":
        return list(pq.read_table(output).to_pylist())
    text = output.read_text("utf-8")
    if output.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture
def source(pictures: dict[str, bytes], tmp_path: Path) -> Path:
    """A table as people have it: some columns are named as ours."""
    count = len(pictures)
    columns = {
        "id": [1000 + k for k in range(count)],
        "scan": list(pictures.values()),
        "text": [f"Zeile {k}, „ß“" for k in range(count)],
        "source_text": pa.array([None] * count, pa.float64()),
        "day": [date(1998, 11, 1)] * count,
        "tags": [["a", str(k)] for k in range(count)],
        "sum": [b"\x00\xff"] * count,
    }
    pq.write_table(pa.table(columns), tmp_path / "in.parquet", row_group_size=7)
    return tmp_path / "in.parquet"


@FORMS
def test_columns_and_keys_are_kept(
    form: str, source: Path, pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    output = tmp_path / f"out.{form}"
    read(source, output, model, columns=bulk.Columns("scan", "id"))
    found = rows(output)
    assert sum(bool(row["error"]) for row in found) == 2
    assert [row["key"] for row in found] == [str(1000 + k) for k in range(len(pictures))]
    assert list(found[0])[-5:] == ["source_source_text", "source_text", "day", "tags", "sum"]


@FORMS
def test_a_job_goes_on_and_knows_when_it_is_done(form: str, source: Path, model: str, tmp_path: Path) -> None:
    output = tmp_path / f"out.{form}"
    job = bulk.read(source, output, model=model, workers=1)
    next(job)
    job.close()
    assert not output.exists()
    assert read(source, output, model)[-1].found == 7
    whole = output.read_bytes()
    (told,) = read(source, output, model)
    assert told.share == 1.0
    assert told.found == told.pictures == len(rows(output))
    assert output.read_bytes() == whole
    with pytest.raises(DataError, match="with other options"):
        read(source, output, model, accept=0.5)


@FORMS
def test_an_end_that_was_cut_short_is_made_up_for(
    form: str, source: Path, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / f"out.{form}"

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as cut:
        cut.setitem(tables.WRITERS, output.suffix, full)
        with pytest.raises(DataError, match="No space left"):
            read(source, output, model)
    assert not output.exists()
    (told,) = read(source, output, model)
    assert told.found == told.pictures == len(rows(output)) > 30


@FORMS
def test_it_tells_which_weights_were_used(form: str, source: Path, model: str, tmp_path: Path) -> None:
    output = tmp_path / f"out.{form}"
    read(source, output, model)
    if form == "parquet":
        about = json.loads(pq.read_metadata(output).metadata[b"lenet5"])
    else:
        about = json.loads((tmp_path / f"out.{form}.about.json").read_text())
    assert about["how"]["model"] == model
    assert about["how"]["digest"] == load(model).metadata["digest"]
    assert about["pictures"] == len(rows(output))


@pytest.mark.parametrize("name", ["out", "out.txt", "out.csv.gz"])
def test_another_name_is_refused_before_anything_is_read(name: str, model: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected a name that ends in \.parquet, \.csv, \.jsonl"):
        read(tmp_path / "not there", tmp_path / name, model)


def test_cells_of_each_form(source: Path, model: str, tmp_path: Path) -> None:
    for form in ("csv", "jsonl"):
        read(source, tmp_path / f"out.{form}", model, columns=bulk.Columns("scan"))
    table, line = (rows(tmp_path / f"out.{form}")[0] for form in ("csv", "jsonl"))
    assert b"\r" not in (tmp_path / "out.csv").read_bytes()
    assert (table["key"], table["id"], table["day"], table["sum"]) == ("in.parquet:0", "1000", "1998-11-01", "AP8=")
    assert json.loads(table["tags"]) == line["tags"] == ["a", "0"]
    assert (line["key"], line["id"], line["day"], line["sum"]) == ("in.parquet:0", 1000, "1998-11-01", "AP8=")
    assert line["source_source_text"] == table["source_source_text"] == "Zeile 0, „ß“"
    assert line["source_text"] is None
    assert line["confidence"] == pytest.approx(float(table["confidence"]))


def test_columns_that_are_not_there_or_differ(source: Path, model: str, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    with pytest.raises(DataError, match="no column 'name'; it has id, scan"):
        read(source, output, model, columns=bulk.Columns(key="name"))
    with pytest.raises(DataError, match="no bytes in 'text'"):
        read(source, output, model, columns=bulk.Columns("text"))
    (tmp_path / "some").mkdir()
    for k in range(2):
        table = pa.table({"image": [b""], "label": pa.array([k], [pa.int64(), pa.int32()][k])})
        pq.write_table(table, tmp_path / "some" / f"{k}.parquet")
    with pytest.raises(DataError, match=r"1\.parquet: columns label \(int32\); expected label \(int64\)"):
        read(tmp_path / "some", output, model)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="which alone have columns"):
        read(tmp_path / "folder", output, model, columns=bulk.Columns(key="name"))


def test_a_table_of_somebody_else_is_left_alone(source: Path, model: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("precious")
    with pytest.raises(DataError, match=r"mine\.csv was not made by lenet5, or is damaged .*; name another output"):
        read(source, tmp_path / "mine.csv", model)
    assert (tmp_path / "mine.csv").read_text() == "precious"


def test_a_csv_file_names_its_pictures(pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    lines = ["writer,file_name,text"]
    for k, (name, data) in enumerate(pictures.items()):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
        lines.append(f'{k},{name},"a, b"')
    lines.append("99,../../etc/passwd,")
    (tmp_path / "in.csv").write_text("\n".join(lines))
    told = read(tmp_path / "in.csv", tmp_path / "out.csv", model)
    found = {row["key"]: row for row in rows(tmp_path / "out.csv")}
    assert set(found) == {*pictures, "../../etc/passwd"}
    assert told[-1].share == 1.0
    assert {row["source_text"] for row in found.values()} == {"a, b", ""}
    assert "leads out of" in found["../../etc/passwd"]["error"]
    assert found["0/03.png"]["writer"] == "3"
    read(tmp_path / "in.csv", tmp_path / "out.jsonl", model, columns=bulk.Columns("file_name", "writer"))
    assert [row["key"] for row in rows(tmp_path / "out.jsonl")] == [*map(str, range(len(pictures))), "99"]
    between = (tmp_path / "in.csv").read_text().replace("a, b", "a; b").replace(",", ";")
    (tmp_path / "in.csv").write_text(between)
    read(tmp_path / "in.csv", tmp_path / "european.csv", model)
    assert {row["source_text"] for row in rows(tmp_path / "european.csv")} == {"a; b", ""}
    (tmp_path / "in.csv").write_text("writer,file_name\n1,a.png,more\n")
    with pytest.raises(DataError, match="3 cells in the row of '1'; expected 2"):
        read(tmp_path / "in.csv", tmp_path / "other.csv", model)
