"""Is a picture called right, rejected, unanswered or wrong as the module says, and are sets measured so?"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet5.datasets import drawn
from lenet5.reading.readings import Reading
from lenet5.reading.school import evaluate
from lenet5.reading.school.outcomes import Example, Tally, judged, sampled


def reading(text: str, x: int, y: int, *, sure: float = 1.0, rejected: bool = False) -> Reading:
    """A reading 40 pixels wide and 20 high."""
    return Reading(text, sure, (x, y, 40, 20), rejected, "unsure" if rejected else "", ())


def verdict(truth: str, *readings: Reading) -> str:
    return judged(Example("picture", b"", truth, "page"), readings).verdict


def test_readings_side_by_side_make_one_row_of_the_truth() -> None:
    row = (reading("12", 0, 0), reading("34", 100, 3))
    assert verdict("1234", *row) == "right"
    assert verdict("12/34", *row) == "wrong"
    assert verdict("12/34", reading("12", 0, 0), reading("34", 0, 30)) == "right"


def test_what_is_rejected_is_no_answer_and_harms_none() -> None:
    assert verdict("12", reading("12", 0, 0, rejected=True)) == "right, rejected"
    assert verdict("12", reading("13", 0, 0, rejected=True)) == "unanswered"
    assert verdict("12", reading("12", 0, 0), reading("7", 0, 40, rejected=True)) == "right"
    assert verdict("12") == "unanswered"


def test_rows_given_in_part_are_unanswered_where_each_is_right_and_wrong_where_one_is_missing() -> None:
    first, second = reading("12", 0, 0), reading("9", 0, 30, rejected=True)
    assert verdict("12/34", first, second) == "unanswered"
    assert verdict("12/34/56", first, second) == "wrong"
    assert verdict("13/34", first, second) == "wrong"


def test_where_there_is_nothing_only_silence_is_right() -> None:
    assert verdict("") == "right"
    assert verdict("", reading("", 0, 0, rejected=True), reading("8", 0, 30, rejected=True)) == "right"
    assert verdict("", reading("8", 0, 0)) == "wrong"


def test_signs_of_empty_cells_are_passed_over_and_unread_cells_are_not() -> None:
    assert verdict("12", reading("1_2", 0, 0)) == verdict("12", reading("1 2", 0, 0)) == "right"
    assert verdict("12/3", reading("12", 0, 0), reading("___", 0, 30), reading("3", 0, 60)) == "right"
    assert verdict("", reading("___", 0, 0)) == "right"
    assert verdict("12", reading("1?2", 0, 0)) == "wrong"


def test_a_tally_counts_and_tells_what_was_lost_and_won() -> None:
    one = judged(Example("a", b"", "1", "digit", "wrong"), [reading("1", 0, 0, sure=0.95)])
    two = judged(Example("b", b"", "2", "digit", "right"), [reading("3", 0, 0, sure=0.92)])
    three = judged(Example("c", b"", "4", "digit", "right"), [reading("5", 0, 0, sure=0.6)])
    found = Tally("set", "digit", (one, two, three))
    assert found.share("wrong") == pytest.approx(200 / 3)
    assert [o.path for o in found.sure] == ["a", "b"]
    assert found.wrong_of_sure == 50
    assert found.since("wrong") == (1, 1)
    assert found.since("right") == (0, 2)


def test_a_sample_is_spread_over_the_whole_set_and_the_same_each_time() -> None:
    everything = [Example(str(k), b"", "", "digit") for k in range(100)]
    some = sampled(everything, 10)
    assert [int(e.path) // 10 for e in some] == list(range(10))
    assert some == sampled(everything, 10)
    assert sampled(everything, None) == sampled(everything, 200) == everything


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of development data with a set `field` of three drawn lines, one of them labelled wrongly."""
    rng = np.random.default_rng(7)
    rows = io.StringIO()
    table = csv.writer(rows)
    table.writerow(("path", "label", "layout", "source", "licence", "at_59c9c70"))
    (tmp_path / "data" / "field").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "data" / "field" / "pictures.zip", "w") as archive:
        for name, label, before in (("407", "407", "wrong"), ("71", "71", "right"), ("38", "99", "right")):
            file = io.BytesIO()
            Image.fromarray(drawn.line(name, rng, gap=0.3)[0]).save(file, "PNG")
            archive.writestr(f"images/{name}.png", file.getvalue())
            table.writerow((f"images/{name}.png", label, "line", "drawn", "none", before))
        archive.writestr("labels.csv", rows.getvalue())
    monkeypatch.setenv("LENET5_DATA", str(tmp_path / "data"))
    return tmp_path


def test_the_command_lists_every_picture_and_writes_what_it_shows(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = evaluate.main(["--sets", "field", "--list", "--json", str(data / "out.json")])
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines() if "\t" in line]
    assert [(line[2], line[3], line[-1]) for line in lines] == [
        ("images/407.png", "407", "right"),
        ("images/71.png", "71", "right"),
        ("images/38.png", "99", "wrong"),
    ]
    told = json.loads((data / "out.json").read_text("utf-8"))
    values = {m["what"].removeprefix("field: "): m["value"] for m in told["measured"]}
    assert values["of those read wrongly at 59c9c70, right now"] == 1
    assert values["of those read right at 59c9c70, lost"] == 1
    assert values["wrong answers given"] == 1
    assert len(told["sets"][0]["outcomes"]) == 3
    assert status == 1


def test_a_set_that_is_missing_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--sets", "dida"]) == 2
    assert "digits.zip is missing" in capsys.readouterr().err
