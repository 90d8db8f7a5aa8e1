"""The same pictures behind an address of fsspec give the same rows; an address is never taken for a path."""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

pa: Any = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'lenet5[bulk]'")
fsspec: Any = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'lenet5[fsspec]'")

import pyarrow.parquet as pq  # noqa: E402

from lenet5 import bulk  # noqa: E402
from lenet5.bulk import kinds  # noqa: E402
from lenet5.bulk.places import place  # noqa: E402
from lenet5.errors import DataError, LeNetError, MissingExtraError  # noqa: E402
from systems import posix, too_deep  # noqa: E402


@pytest.fixture
def memory() -> Any:
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def read(source: str | Path, output: Path, model: str) -> list[dict[str, Any]]:
    list(bulk.read(source, output, model=model, workers=1))
    return list(pq.read_table(output).to_pylist())


def local(root: Path, pictures: dict[str, bytes]) -> Path:
    for name, data in pictures.items():
        (root / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "in" / name).write_bytes(data)
    return root / "in"


def test_a_folder_gives_the_same(memory: Any, pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    for name, data in {**pictures, "notes.txt": b"no picture"}.items():
        memory.pipe(f"/bucket/digits/{name}", data)
    here = read(local(tmp_path, pictures), tmp_path / "here.parquet", model)
    there = read("memory://bucket/digits", tmp_path / "there.parquet", model)
    assert {row["key"] for row in there if row["error"]} == {"1/broken.png", "2/text.jpg"}
    assert [{**row, "error": None} for row in there] == [{**row, "error": None} for row in here]


@posix
def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    with too_deep(tmp_path), pytest.raises(DataError, match="cannot be read: File name too long"):
        list(place(str(tmp_path)).walk())


def test_tars_and_parquet_files_give_the_same(
    memory: Any, pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    with tarfile.open(source / "a.tar", "w") as tar:
        for name, data in pictures.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    table = pa.table({"image": list(pictures.values()), "label": list(range(len(pictures)))})
    pq.write_table(table, source / "b.parquet", row_group_size=7)
    for path in source.iterdir():
        memory.pipe(f"/bucket/{path.name}", path.read_bytes())
    here = read(source, tmp_path / "here.parquet", model)
    assert len(here) == 2 * len(pictures)
    assert read("memory://bucket", tmp_path / "there.parquet", model) == here
    assert read(f"file://{source}", tmp_path / "again.parquet", model) == here
    assert [row["label"] for row in here] == [None] * len(pictures) + list(range(len(pictures)))


def test_what_goes_on_after_a_stop_is_the_same(
    memory: Any, pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    for name, data in pictures.items():
        memory.pipe(f"/in/{name}", data)
    job = bulk.read("memory://in", tmp_path / "out.jsonl", model=model, workers=1)
    next(job)
    job.close()
    told = list(bulk.read("memory://in", tmp_path / "out.jsonl", model=model, workers=1))
    assert told[-1].found == 7
    assert told[-1].pictures == len(pictures)


def test_names_inside_a_chain_of_addresses() -> None:
    found = place("memory://a")
    assert found.inner("b.tar").name == "memory://a/b.tar"
    assert found.inner("b.csv").beside().name == "memory://a"


def test_a_picture_is_read_to_a_bound(memory: Any, model: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(kinds, "MAX_BYTES", 100)
    memory.pipe("/in/a.png", bytes(101))
    (row,) = read("memory://in", tmp_path / "out.parquet", model)
    assert "longer than the 100 bytes" in row["error"]


def test_an_address_that_fails_ends_the_job_and_leaves_no_row(
    memory: Any, pictures: dict[str, bytes], model: str, tmp_path: Path, monkeypatch: Any
) -> None:
    for name, data in pictures.items():
        memory.pipe(f"/in/{name}", data)

    def broken(*_: Any, **__: Any) -> Any:
        raise ConnectionError("the line is dead")

    with monkeypatch.context() as cut:
        cut.setattr(type(memory), "_open", broken)
        with pytest.raises(DataError, match="the line is dead"):
            read("memory://in", tmp_path / "out.parquet", model)
    assert len(read("memory://in", tmp_path / "out.parquet", model)) == len(pictures)


def test_an_address_is_never_a_path(memory: Any, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "out.parquet"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"^memory://nothing/here: nothing there"):
        read("memory://nothing/here", output, model)
    with pytest.raises(DataError, match="nosuch://x"):
        read("nosuch://x", output, model)
    with pytest.raises(DataError, match="expected a file of this machine"):
        list(bulk.read(tmp_path, "s3://bucket/out.parquet", model=model))
    assert not list(tmp_path.iterdir())


def test_what_is_missing_is_named(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(LeNetError, match="s3fs"):
        read("s3://bucket/x", tmp_path / "out.parquet", model)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"s3://bucket/x needs .*lenet5\[fsspec\]"):
        read("s3://bucket/x", tmp_path / "out.parquet", model)
