"""Do corrected readings become samples, and does whatever is no correction say so?"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from draw_samples import samples
from PIL import Image

import lenet5
from lenet5 import Reader
from lenet5.datasets.drawn.paper import Look
from lenet5.datasets.drawn.scenes import line, page
from lenet5.errors import DataError
from lenet5.reading.graph import Candidate, Costs
from lenet5.reading.pieces import Line, Piece
from lenet5.reading.school.corrections import aligned, samples_of


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader("lenet5-best")


def written(folder: Path, *records: dict[str, Any] | str) -> Path:
    """A file of corrections beside the pictures of the samples, and of a line of four digits."""
    for name, picture in samples().items():
        Image.fromarray(picture).save(folder / name)
    Image.fromarray(line("2604", np.random.default_rng(1))[0]).save(folder / "row.png")
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    (folder / "mine.jsonl").write_text("\n".join(lines), "utf-8")
    return folder / "mine.jsonl"


def labels(found: lenet5.datasets.Dataset) -> list[str]:
    return [found.classes[label] for label in found.labels]


def test_a_line_is_cut_by_its_text_whatever_the_network_thinks(tmp_path: Path, reader: Reader) -> None:
    (reading,) = reader.read(written(tmp_path, "{}").parent / "row.png", "line")
    record = {"path": "row.png", **reading.to_dict(), "text": "2,604"}
    found = samples_of(written(tmp_path, record), reader)
    assert labels(found) == ["2", "6", "0", "4"]
    assert found.notes == ()
    # Of a digit that the reader takes for another one too, the owner's word counts.
    found = samples_of(written(tmp_path, {**record, "text": "2694"}), reader)
    assert labels(found) == ["2", "6", "9", "4"]


def test_a_text_of_another_line_is_left_out_and_told(tmp_path: Path) -> None:
    reader = Reader()
    good = {"path": "digit_7.png", "text": "7"}
    found = samples_of(written(tmp_path, good, {"path": "row.png", "text": "26041998"}), reader)
    assert labels(found) == ["7"]
    assert sum(int(note.split()[2]) for note in found.notes) == 8
    with pytest.raises(DataError, match="no sample in 1 corrections; left out: 2 of the characters"):
        samples_of(written(tmp_path, {"path": "row.png", "text": "26"}), reader)


def test_one_character_nothing_at_all_and_pictures_in_the_file_itself(tmp_path: Path, reader: Reader) -> None:
    path = written(tmp_path, "{}")
    url = "data:image/png;base64," + base64.b64encode((tmp_path / "digit_4.png").read_bytes()).decode()
    records = {"path": url, "text": "4"}, {"path": "digit_7.png", "box": None, "text": ""}
    found = samples_of(written(tmp_path, *records), reader)
    assert labels(found) == ["4"]
    assert found.notes == (
        "left out: 1 of the characters, where nothing is to be read: the network has no class for it",
    )
    assert labels(samples_of(path, Reader())) == ["4", " "]


def test_names_and_texts_may_have_any_space(tmp_path: Path, reader: Reader) -> None:
    path = written(tmp_path, json.dumps({"path": "a\u2028b.png", "text": "2\u00a06\n04"}, ensure_ascii=False))
    (tmp_path / "row.png").rename(tmp_path / "a\u2028b.png")
    assert labels(samples_of(path, reader)) == ["2", "6", "0", "4"]


def test_cells_have_boxes_of_their_own(tmp_path: Path, reader: Reader) -> None:
    path = written(tmp_path, "{}")
    (reading,) = reader.read(tmp_path / "boxes_0314159.png", "line")
    told = {"path": "boxes_0314159.png", **reading.to_dict(), "text": "0314_5?"}
    assert labels(samples_of(written(tmp_path, told), reader)) == ["0", "3", "1", "4", "5"]
    with pytest.raises(DataError, match="for 7 characters in cells; expected one for each"):
        samples_of(written(tmp_path, {**told, "text": "031"}), reader)
    assert path.exists()


@pytest.mark.parametrize(("before", "behind"), [(0, 2), (1, 1), (2, 0)])
def test_a_number_that_does_not_fill_its_boxes_is_learned_as_it_was_read(
    tmp_path: Path, reader: Reader, before: int, behind: int
) -> None:
    text = before * " " + "20427" + behind * " "
    picture, _ = page([text], np.random.default_rng(3), size=50, look=Look(), boxed=True, tilt=0.0)
    Image.fromarray(picture).save(tmp_path / "form.png")
    (reading,) = reader.read(tmp_path / "form.png", "line")
    assert len(reading.characters) == 7
    told = {"path": "form.png", **reading.to_dict(), "text": "20427"}
    assert labels(samples_of(written(tmp_path, told), reader)) == ["2", "0", "4", "2", "7"]


def test_a_picture_that_is_not_beside_its_corrections_is_told_where_it_should_be(
    tmp_path: Path, reader: Reader
) -> None:
    with pytest.raises(DataError, match="a path begins at the folder of mine"):
        samples_of(written(tmp_path, {"path": "elsewhere/a.png", "text": "7"}), reader)


def test_pictures_are_named_by_what_they_read(tmp_path: Path, reader: Reader) -> None:
    known = samples()
    for name, of in (("7.png", "digit_7.png"), ("1998_2.png", "line_1998.png"), ("4.png", "digit_4.png")):
        Image.fromarray(known[of]).save(tmp_path / name)
    assert sorted(labels(samples_of(tmp_path, reader))) == sorted("1998" + "4" + "7")
    Image.fromarray(known["digit_3.png"]).save(tmp_path / "star.png")
    assert "star" in labels(samples_of(tmp_path, reader, ["star"]))
    with pytest.raises(DataError, match=r"a, r, s, t in 'star', which the network does not know.*--add"):
        samples_of(tmp_path, reader)


def test_folders_of_classes_are_data_as_any(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "7").mkdir()
    Image.fromarray(samples()["digit_7.png"]).save(tmp_path / "7" / "a.png")
    assert labels(samples_of(tmp_path, reader)) == ["7"]


SEVEN = {"path": "digit_7.png", "text": "7"}


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([], "no corrections; expected a line of JSON"),
        (["[]"], r"line 1: no corrected reading \(not an object\)"),
        (
            [SEVEN, '{"path": "digit_7.png"}'],
            "line 2: no corrected reading .*text.*expected JSON with path, box and text",
        ),
        (['{"path": "digit_7.png", "text": 7}'], "expected text"),
        ([{**SEVEN, "box": [1, 2, 3]}], r"box \[1, 2, 3\]; expected \[x, y, width, height\] in whole pixels"),
        ([{**SEVEN, "box": [9000, 2, 3, 3]}], r"the box \[9000, 2, 3, 3\] in a picture of .*; expected one inside"),
        ([{**SEVEN, "page": 1}], "page 1; the picture has 1, from 0"),
        ([{**SEVEN, "path": "none.png"}], "line 1: .*none.png"),
        ([SEVEN, {**SEVEN, "text": "1"}], r"line 2: '1', and .*line 1 says '7'; give one of them"),
    ],
)
def test_what_is_no_correction_says_so(tmp_path: Path, reader: Reader, records: list[Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        samples_of(written(tmp_path, *records), reader)


def test_the_share_of_the_paths_by_hand() -> None:
    ink = np.zeros((10, 20), np.float32)
    pieces = tuple(Piece(x, 0, np.ones((10, 8), np.uint8), 80) for x in (0, 10))
    two = Line(ink, 0.0, 0.0, pieces, 10.0, 0.0, 10.0, 2.0)
    blank = np.zeros((28, 28), np.uint8)
    found = [Candidate(0, 1, (0, 0, 8, 10), blank, 0.0), Candidate(1, 2, (10, 0, 8, 10), blank, 0.0)]
    sure = np.array([[0.9, 0.1], [0.9, 0.1]])
    shares = aligned(two, found, sure, [0, 1], Costs())
    assert shares is not None
    np.testing.assert_allclose(shares, np.eye(2), atol=1e-9)
    # Of one digit in two pieces as good as each other, nobody knows which it is.
    free = Costs(leave_out=0.0, leave_out_large=0.0, leave_out_other=0.0)
    half = aligned(two, found, sure, [0], free)
    assert half is not None
    np.testing.assert_allclose(half, [[0.5], [0.5]])
    assert aligned(two, found, sure, [0, 0, 0], Costs()) is None
