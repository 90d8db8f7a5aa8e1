"""The documentation is true: its code runs and prints what it shows, its commands exist, its links lead somewhere."""

from __future__ import annotations

import glob
import importlib.util
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclopts import CycloptsError

from lenet5 import storage
from lenet5.cli import app, main

ROOT = Path(__file__).parent.parent
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "examples" / "README.md",
    ROOT / "benchmarks" / "NOTES.md",
]
BLOCK = re.compile(r"^```(\w+)(?: requires=(\w+))?\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)")

pytestmark = pytest.mark.skipif(
    not {"lenet5", "lenet5-reader"} <= set(storage.shipped()), reason="the pages read with the shipped weights"
)


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> Iterator[tuple[str, str | None, int]]:
    """Code, what the page says that it prints, and the line; of blocks whose extra is installed here."""
    text = page.read_text("utf-8")
    for block in BLOCK.finditer(text):
        kind, needed, code, shown = block.groups()
        if kind == language and (needed is None or importlib.util.find_spec(needed)):
            yield code, shown, text.count("\n", 0, block.start(3))


def having(language: str) -> list[Path]:
    return [page for page in PAGES if f"```{language}" in page.read_text("utf-8")]


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
@pytest.mark.parametrize("page", having("python"), ids=named)
def test_every_block_of_python_runs_and_prints_what_is_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": page.stem}
    for code, shown, line in blocks(page, "python"):
        capsys.readouterr()
        exec(compile("\n" * line + code, str(page), "exec"), names)  # the documentation is our own
        assert shown is None or capsys.readouterr().out == shown


def squeezed(text: str) -> str:
    """Whatever the width of a table's columns is."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


@pytest.mark.parametrize("page", having("console"), ids=named)
def test_every_command_with_an_answer_gives_it(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("src", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for code, _, _ in blocks(page, "console"):
        for part in re.split(r"^\$ lenet5 ", code, flags=re.MULTILINE)[1:]:
            command, _, answer = part.partition("\n")
            arguments = [match for word in shlex.split(command) for match in sorted(glob.glob(word)) or [word]]
            with pytest.raises(SystemExit) as ended:
                main(arguments)
            assert ended.value.code == 0
            said = squeezed(capsys.readouterr().out)
            # "…" stands for lines that the page leaves out.
            for piece in answer.split("…\n"):
                assert squeezed(piece) in said, command


@pytest.mark.parametrize("page", having("sh"), ids=named)
def test_every_command_that_takes_long_is_one_that_the_command_line_knows(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, _, _ in blocks(page, "sh"):
        for line in code.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                monkeypatch.setenv(*words[1].split("=", 1))
            if words[:1] == ["lenet5"]:
                try:
                    app.parse_args(words[1:], exit_on_error=False, print_error=False)
                except CycloptsError as error:
                    pytest.fail(f"{line}: {error}")


def anchors(page: Path) -> set[str]:
    """What the links to a page's headings are called, by the rule of the code hosts."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_place_that_paper_names_is_there() -> None:
    places = re.findall(r"\[`([\w.]+)`\]\((src/[^)]+)\)", (ROOT / "PAPER.md").read_text("utf-8"))
    assert len(places) > 40
    for name, path in places:
        module = importlib.import_module(path.removeprefix("src/").removesuffix(".py").replace("/", "."))
        found: Any = module
        first, *rest = name.split(".")
        assert first == path.split("/")[-1].removesuffix(".py")
        for part in rest:
            assert hasattr(found, part), f"{path} has no {name}"
            found = getattr(found, part)


def test_the_front_is_for_people() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    prose = re.sub(r"```.*?```|^    .*?$|`[^`]*`|\]\([^)]*\)", " ", text, flags=re.MULTILINE | re.DOTALL)
    words, numbers = len(re.findall(r"\w+", prose)), len(re.findall(r"\d[\d.,]*", prose))
    assert numbers <= words / 20
    assert len(re.findall(r"!\[[^\]]+\]\((?!http)", text)) >= 2


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_runs_and_keeps_its_pictures(path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install 'lenet5[plot]'").use("Agg")
    notebook = json.loads(path.read_text("utf-8"))
    assert notebook["nbformat"] == 4
    names: dict[str, Any] = {"__name__": path.stem}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            code = "".join(cell["source"])
            assert any("image/png" in output.get("data", {}) for output in cell["outputs"])
            assert "mnist" not in code  # only pictures of the package's own pen are kept
            exec(code, names)


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_short_and_runs(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = script.read_text("utf-8")
    assert code.count("\n") <= 40
    for needed in re.findall(r"^# Needs: .*lenet5\[(\w+)\]", code, re.MULTILINE):
        pytest.importorskip({"bulk": "pyarrow", "onnx": "onnxruntime", "plot": "matplotlib"}.get(needed, needed))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [script.name])
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out.strip()


CARDS = Path("benchmarks", "cards")


def check_cards(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / CARDS / "make_cards.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_every_shipped_file_has_its_card() -> None:
    done = check_cards(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_card_is_of_the_file_that_was_measured_with_or_without_data(tmp_path: Path) -> None:
    for part in (CARDS, Path("docs", "models")):
        shutil.copytree(ROOT / part, tmp_path / part)
    done = check_cards(tmp_path, LENET5_DATA="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "for want of data" in done.stdout
    measured = json.loads((tmp_path / CARDS / "measured.json").read_text("utf-8"))
    measured["lenet5"]["sha256"] = "0" * 64
    (tmp_path / CARDS / "measured.json").write_text(json.dumps(measured), "utf-8")
    done = check_cards(tmp_path, LENET5_DATA="")
    assert done.returncode == 1
    assert "lenet5 is not the file that was measured" in done.stdout
