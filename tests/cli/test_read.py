"""Does `lenet5 read` read what it is given, in every form that it offers, and end with the right status?"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet5.cli import main
from lenet5.datasets import drawn
from lenet5.reading import Reader
from lenet5.reading.school.corrections import read_corrections
from server.expected import EXAMPLES
from systems import posix, too_deep


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture of a line, one of nothing, and a file that is no picture."""
    picture, _ = drawn.line("4071", np.random.default_rng(3), gap=0.3)
    (tmp_path / "deep").mkdir()
    Image.fromarray(picture).save(tmp_path / "deep" / "line.png")
    Image.new("L", (60, 60), 255).save(tmp_path / "blank.png")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["read", *map(str, arguments)])
    return int(stop.value.code or 0)


def test_a_line_is_printed_with_its_path(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(folder / "deep" / "line.png", "--accept", 0)
    path, text, _ = capsys.readouterr().out.split()[:3]
    assert path.endswith("line.png")
    assert text == "4071"
    assert status == 0


@posix
def test_a_name_gives_the_terminal_no_orders(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "two\nlines \x1b[31mred\x9b.png"
    (folder / "deep" / "line.png").rename(folder / name)
    (folder / "\x1b]0;title\x07.png").write_text("no picture")
    run(folder, "--accept", 0)
    said = capsys.readouterr()
    assert r"two\nlines \x1b[31mred\x9b.png  4071  " in said.out
    assert r"\x1b]0;title\x07.png is no picture" in said.err
    run(folder / name, "--accept", 0, "--json")
    assert json.loads(capsys.readouterr().out)["path"] == str(folder / name)


def test_of_several_pages_each_reading_has_its_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = Image.open(folder / "deep" / "line.png")
    page.save(folder / "two.tif", save_all=True, append_images=[page])
    run(folder / "two.tif", "--layout", "line")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{folder / 'two.tif'}, page 1  ")
    assert second.startswith(f"{folder / 'two.tif'}, page 2  ")


def test_a_point_that_is_no_part_of_the_answer_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, _ = drawn.line("12.50", np.random.default_rng(1), gap=0.3)
    Image.fromarray(picture).save(tmp_path / "price.png")
    run(tmp_path / "price.png")
    assert [w for w in capsys.readouterr().out.split()[1:] if not w.startswith("0")] == ["1250", "left", "out:", "."]
    run(tmp_path / "price.png", "--csv")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["left_out"] == "."


def test_only_characters_that_are_asked_for_are_answered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = folder / "deep" / "line.png"
    run(line, "--accept", 0, "--characters", "0123456789-.")
    assert capsys.readouterr().out.split()[1] == "4071"
    assert run(line, "--characters", "numbers and letters") == 2
    assert "expected one of digits, capitals" in capsys.readouterr().err


def test_a_folder_is_read_to_its_depths_and_a_blank_picture_is_told_by_the_status(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "--json") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(line["path"]).name for line in lines] == ["blank.png", "line.png"]
    assert lines[0]["rejected"]
    assert lines[0]["reason"] == "blank"
    answer = {"text", "confidence", "box", "rejected", "reason", "characters", "left_out"}
    assert set(lines[1]) == {"path", "page", "row", *answer}


@posix
def test_a_folder_that_cannot_be_listed_is_told_and_the_others_are_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with too_deep(folder):
        assert run(folder) == 2
    said = capsys.readouterr()
    assert "4071" in said.out
    assert "File name too long; the pictures in this folder are left out" in said.err


def test_a_pattern_becomes_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(f"{folder}/**/*.png", "--csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {Path(row["path"]).name for row in rows} == {"blank.png", "line.png"}
    assert {"text", "confidence", "rejected", "row", "x", "y", "width", "height"} <= set(rows[0])


def test_what_cannot_be_opened_is_told_and_the_rest_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder / "notes.txt", folder / "none.png", folder / "deep" / "line.png", "--json") == 2
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert ["error" in line for line in lines] == [True, True, False]
    assert "no picture" in err
    assert "No such file" in err


def test_answers_are_drawn_into_copies(folder: Path) -> None:
    run(folder / "deep", "--annotate", folder / "marked")
    with Image.open(folder / "marked" / "line.png.png") as copy, Image.open(folder / "deep" / "line.png") as original:
        assert copy.size == original.size
        assert np.any(np.asarray(copy.convert("RGB")) != np.asarray(original.convert("RGB")))


def test_pictures_of_one_name_get_a_copy_each(folder: Path) -> None:
    for sub in ("0", "1", "1/0"):
        (folder / "many" / sub).mkdir(parents=True, exist_ok=True)
        Image.open(folder / "deep" / "line.png").save(folder / "many" / sub / "line.png")
    run(folder / "many", "--annotate", folder / "marked")
    names = sorted(path.name for path in (folder / "marked").iterdir())
    assert names == ["0_line.png.png", "1_line.png.png", "line.png.png"]


def test_names_that_differ_in_case_alone_get_a_copy_each_on_every_system(folder: Path) -> None:
    """To macOS and Windows they are one name."""
    for name in ("a/line.png", "b/LINE.PNG"):
        (folder / "many" / name).parent.mkdir(parents=True)
        (folder / "many" / name).write_bytes((folder / "deep" / "line.png").read_bytes())
    run(folder / "many", "--annotate", folder / "marked")
    assert sorted(path.name for path in (folder / "marked").iterdir()) == ["b_LINE.PNG.png", "line.png.png"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_has_the_line_ends_of_its_system(folder: Path, end: str) -> None:
    program = f"import sys; sys.stdout.reconfigure(newline={end!r}); from lenet5.cli import main; main()"
    command = [sys.executable, "-c", program, "read", str(folder / "blank.png"), "--csv"]
    said = subprocess.run(command, stdout=subprocess.PIPE).stdout.decode()
    assert said.count("\n") == 2
    assert [line.rstrip("\r") + end for line in said.split("\n")[:2]] == said.splitlines(keepends=True)


def test_no_picture_is_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = folder / "deep" / "line.png"
    before = picture.read_bytes()
    assert run(picture, "--explain", folder / "deep" / ".." / "deep" / "line.png") == 2
    assert "is one of the pictures" in capsys.readouterr().err
    assert picture.read_bytes() == before
    assert run("") == 2
    assert "an empty name" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_stdout_that_takes_nothing_is_told_of(folder: Path) -> None:
    run(folder / "deep" / "line.png")  # so that no kernel is compiled below, which is told of too
    command = [sys.executable, "-c", "from lenet5.cli import main; main()", "read", str(folder / "deep" / "line.png")]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (2, "lenet5: cannot write to stdout: No space left on device\n")
    closed = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], stderr=subprocess.PIPE, text=True)
    assert (closed.returncode, closed.stderr) == (0, "")


@posix
def test_who_reads_no_further_is_no_error_and_no_end(folder: Path) -> None:
    command = [sys.executable, "-c", "from lenet5.cli import main; main()", "read", str(folder / "deep" / "line.png")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reading:
        assert reading.stdout is not None
        assert reading.stderr is not None
        reading.stdout.close()
        assert (reading.stderr.read(), reading.wait()) == ("", 141)


def test_the_ink_can_be_told_and_who_would_invert_hears_how(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = Image.open(folder / "deep" / "line.png")
    Image.fromarray(255 - np.asarray(page)).save(folder / "board.png")
    run(folder / "board.png", "--ink", "light", "--accept", 0)
    assert capsys.readouterr().out.split()[1] == "4071"
    run(folder / "board.png", "--ink", "dark", "--accept", 0)
    assert capsys.readouterr().out.split()[1] != "4071"
    assert run(folder / "board.png", "--invert") == 2
    assert "--ink light" in capsys.readouterr().err


def test_a_picture_may_come_from_standard_input_or_as_a_data_url(folder: Path, tmp_path: Path) -> None:
    data = (folder / "deep" / "line.png").read_bytes()
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    command = [sys.executable, "-m", "lenet5", "read", "--accept", "0", "--annotate", str(tmp_path / "copies")]
    for name in ("-", "/dev/stdin", url):  # a name for standard input on every system
        done = subprocess.run([*command, name], input=data, capture_output=True)
        assert done.stdout.split()[1] == b"4071"
        assert len(done.stdout) < 100
    nothing = subprocess.run([*command, "-"], input=b"", capture_output=True)
    assert nothing.returncode == 2
    assert b"standard input is empty" in nothing.stderr


def test_an_address_is_told_whole_and_a_picture_that_needs_an_extra_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("https://a.example/*.png?x=1", "--json") == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["path"] == "https://a.example/*.png?x=1"
    assert "https://a.example/*.png?x=1 is an address" in err
    (folder / "IMG_2.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(99))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert run(folder) == 2
    assert "IMG_2.HEIC needs" in capsys.readouterr().err


def test_every_step_is_explained_in_one_file(folder: Path) -> None:
    run(folder / "deep" / "line.png", "--explain", folder / "how.html")
    page = (folder / "how.html").read_text("utf-8")
    for step in ("picture", "ink", "pieces", "candidates", "answer"):
        assert f"<figcaption>{step}</figcaption>" in page
    assert page.count("data:image/png;base64,") >= 5
    assert "http" not in page


def test_a_place_that_takes_no_explanation_is_told_before_anything_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "notes.txt").write_text("a file, and no folder")
    for place in (folder, folder / "notes.txt" / "how.html"):
        assert run(folder / "deep" / "line.png", "--explain", place) == 2
        assert capsys.readouterr().out == ""
    run(folder / "deep" / "line.png", "--explain", folder / "new" / "how.html")
    assert (folder / "new" / "how.html").exists()


def test_two_forms_at_once_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--json", "--csv") == 2
    assert "choose one" in capsys.readouterr().err


def test_the_samples_say_what_their_names_say() -> None:
    from importlib.resources import files

    reader = Reader()
    for path in sorted((files("lenet5") / "samples").iterdir(), key=str):
        readings = reader.read(str(path))
        assert [r.text for r in readings] == path.name.removesuffix(".png").split("_")[1:]
        assert not any(r.rejected for r in readings)


@posix
def test_what_a_shell_hands_over_by_a_pipe_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    end, other = os.pipe()
    os.write(other, (EXAMPLES / "digit_7.png").read_bytes())
    os.close(other)
    assert run(f"/dev/fd/{end}") == 0
    os.close(end)
    assert capsys.readouterr().out.split()[1] == "7"
    assert run(f"/dev/fd/{end}") == 2
    assert "cannot be opened" in capsys.readouterr().err


@posix
def test_a_name_of_any_bytes_is_explained_too(folder: Path) -> None:
    picture = os.fsencode(folder) + b"/na\xffme.png"
    try:
        with open(picture, "wb") as file:
            file.write((folder / "deep" / "line.png").read_bytes())
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    command = [sys.executable, "-c", "from lenet5.cli import main; main()", "read", picture, "--explain"]
    subprocess.run([*command, folder / "how.html"], stdout=subprocess.DEVNULL, check=True)
    assert "na\\udcffme.png" in (folder / "how.html").read_text("utf-8")


@posix
def test_readings_of_files_of_any_name_are_corrections(folder: Path, tmp_path: Path) -> None:
    """A name may be in another encoding, as may what is printed."""
    named = os.fsencode(folder) + b"/sept-\xe9t\xe9.png"
    try:
        shutil.copy(EXAMPLES / "digit_7.png", os.fsdecode(named))
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    command = [sys.executable, "-c", "from lenet5.cli import main; main()", "read", "--json", named]
    for encoding in ("utf-8", "cp1252", "ascii"):
        told = subprocess.run(
            command, env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, check=True
        )
        (tmp_path / "corrections.jsonl").write_bytes(told.stdout)
        (correction,) = read_corrections(tmp_path / "corrections.jsonl")
        assert (correction.text, os.fsencode(correction.path)) == ("7", named)


def test_pictures_that_could_not_be_opened_do_not_keep_the_readings_from_being_corrections(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "cut short.png").write_bytes((folder / "blank.png").read_bytes()[:40])
    assert run(folder, "--json") == 2
    (folder / "corrections.jsonl").write_text(capsys.readouterr().out, encoding="utf-8")
    assert [correction.text for correction in read_corrections(folder / "corrections.jsonl")] == ["", "4071"]


@pytest.mark.parametrize("ending", ["JFIF", "pnm", "jpe"])
def test_pictures_of_a_folder_are_found_by_every_ending_of_their_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    picture = Image.open(EXAMPLES / "digit_4.png").convert("RGB")
    picture.save(tmp_path / f"four.{ending}", format="PPM" if ending == "pnm" else "JPEG")
    assert run(tmp_path, "--layout", "digit") == 0
    assert capsys.readouterr().out.split()[-2] == "4"
