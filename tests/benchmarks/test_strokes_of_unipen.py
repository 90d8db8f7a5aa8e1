"""A distribution in UNIPEN's format becomes a file of strokes."""

from __future__ import annotations

from pathlib import Path

import pytest
from strokes_of_unipen import main, unipen

from lenet5.datasets.strokes import read_strokes
from lenet5.errors import DataError

PATH = """.WRITER_ID ann b
.COORD T X Y
.PEN_DOWN
0 10 90
1 40 90
2 20 30
.PEN_UP
.DT 990
.PEN_UP
3 0 0
.PEN_DOWN
4 15 60
5 35 60
.PEN_DOWN
6 7 7
"""
MARKS = """.VERSION 1.0
.INCLUDE a/form.doc
.INCLUDE a/path.dat
.SEGMENT CHARACTER 0-2 OK "7"
.SEGMENT WORD 0-3 OK "7."
.SEGMENT CHARACTER 0,2 ? "+"
.SEGMENT CHARACTER 3 ? "\\""
.SEGMENT CHARACTER 1 ? "x"
.SEGMENT CHARACTER 9 ? "y"
.SEGMENT CHARACTER 0:2-2:1 ? "z"
"""


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    for name, text in (("include/a/path.dat", PATH), ("data/1a/a.dat", MARKS)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_marked_components_become_characters(distribution: Path) -> None:
    strokes = unipen(distribution)
    # The pen's way between two strokes is a component too; without points it is none.
    assert strokes.labels.tolist() == ["7", "+", '"']
    seven, bar = strokes.polylines(0)
    assert seven.tolist() == [[0, 0], [500, 0], [167, 1000]]  # Y goes upwards there
    assert bar.tolist() == [[83, 500], [417, 500]]
    assert len(set(strokes.writers.tolist())) == 1


def test_the_command_writes_the_file(distribution: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = distribution / "characters.npz"
    assert main([str(distribution), "--out", str(out)]) == 0
    assert "3 characters by 1 writers" in capsys.readouterr().err
    assert len(read_strokes(out)) == 3


def test_a_folder_without_characters_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match="no characters"):
        unipen(tmp_path)
    assert main([str(tmp_path), "--out", str(tmp_path / "x.npz")]) == 2
    assert not (tmp_path / "x.npz").exists()


def test_an_include_that_leads_out_is_refused(distribution: Path) -> None:
    (distribution / "data/1a/b.dat").write_text(".INCLUDE ../../../etc/passwd\n")
    with pytest.raises(DataError, match="leads out"):
        unipen(distribution)


def test_the_real_sample_is_read(data_folder: Path) -> None:
    sample = data_folder / "unipen" / "sample"
    if not sample.is_dir():
        pytest.skip("no unipen/sample in LENET5_DATA")
    strokes = unipen(sample)
    assert "".join(strokes.labels[:20]) == "98765432109876543210"
    assert len(set(strokes.writers.tolist())) == 4
