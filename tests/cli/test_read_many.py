"""`lenet5 read-many` reads a folder into a table, and says what it can't do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lenet5 import datasets
from lenet5.architecture import LENET5
from lenet5.cli import main
from lenet5.datasets import drawn
from lenet5.network import LeNet5
from lenet5.training.initial import initial

pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install 'lenet5[bulk]'")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return LeNet5(LENET5, initial(LENET5, np.random.default_rng(0))).save(tmp_path / "net.safetensors")


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    from PIL import Image

    (tmp_path / "digits").mkdir()
    for k, picture in enumerate(datasets.load("drawn", "test", count=12).images):
        Image.fromarray(picture).save(tmp_path / "digits" / f"{k}.png")
    return tmp_path / "digits"


def lenet5(*arguments: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(a) for a in arguments])
    return int(end.value.code or 0)


def test_a_folder_is_read(model: Path, digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = digits.with_name("out.parquet")
    command = ("read-many", digits, out, "--model", model, "--workers", 1)
    assert lenet5(*command) == 0
    assert "12 pictures read; 0 could not be" in capsys.readouterr().err
    assert pq.read_table(out).num_rows == 12
    assert lenet5(*command) == 0
    assert "12 of them before this start" in capsys.readouterr().err


def test_it_tells_in_how_many_pictures_something_was_rejected(digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    lines = digits.with_name("lines")
    lines.mkdir()
    for k in range(2):
        picture, _ = drawn.line("20473", np.random.default_rng(k))
        Image.fromarray(picture).save(lines / f"{k}.png")
    out = digits.with_name("out.csv")
    for before in ("", ", 2 of them before this start"):
        assert lenet5("read-many", lines, out, "--workers", 1, "--accept", 1) == 0
        told = capsys.readouterr().err
        assert f"2 pictures read{before}; 0 could not be; in 2 something was rejected" in told
        assert "each was taken for one digit; --layout auto" in told
    out.unlink()
    assert lenet5("read-many", lines, out, "--workers", 1, "--layout", "line", "--accept", 0) == 0
    assert capsys.readouterr().err.strip().endswith("2 pictures read; 0 could not be")


def test_where_there_is_nothing_to_read_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert lenet5("read-many", tmp_path / "empty", tmp_path / "out.csv", "--workers", 1) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_picture_that_is_none_is_told_by_the_status(model: Path, digits: Path) -> None:
    (digits / "broken.png").write_bytes(b"no picture")
    assert lenet5("read-many", digits, digits.with_name("out.parquet"), "--model", model, "--workers", 1) == 1


def test_a_parquet_file_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "g.parquet").write_bytes(b"PAR1 and no more")
    assert lenet5("read-many", tmp_path / "g.parquet", tmp_path / "o.parquet") == 2
    assert "no Parquet file that can be read" in capsys.readouterr().err
    assert not (tmp_path / "o.parquet").exists()


def test_a_table_becomes_a_table(model: Path, digits: Path, tmp_path: Path) -> None:
    import pyarrow as pa

    pictures = [path.read_bytes() for path in sorted(digits.iterdir())]
    table = pa.table({"number": list(range(12)), "thumb": [b""] * 12, "scan": pictures, "town": ["Bern"] * 12})
    pq.write_table(table, tmp_path / "in.parquet")
    columns = ("--image-column", "scan", "--key-column", "number")
    out = tmp_path / "out.csv"
    assert lenet5("read-many", tmp_path / "in.parquet", out, *columns, "--model", model, "--workers", 1) == 0
    head, *lines = out.read_text().splitlines()
    assert head.endswith('"error","thumb","town"')
    assert [line.split(",")[0] for line in lines] == [f'"{k}"' for k in range(12)]


def test_an_output_without_a_form(model: Path, digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lenet5("read-many", digits, digits.with_name("out.xlsx"), "--model", model) == 2
    assert "ends in .parquet, .csv, .jsonl" in capsys.readouterr().err


def test_it_needs_a_source_and_an_output(tmp_path: Path) -> None:
    assert lenet5("read-many") == 2
    assert lenet5("read-many", tmp_path) == 2


def test_read_has_none_of_its_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--input", "--output", "--engine", "--workers"):
        assert lenet5("read", "x.png", option, "1") == 2
        assert "Unknown option" in capsys.readouterr().err
