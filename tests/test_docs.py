"""Does every block of Python in the documentation run, and does every shipped file have its card?"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lenet5 import storage

ROOT = Path(__file__).parent.parent
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.exists()]
BLOCK = re.compile(r"^```python(?: requires=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(
    not {"lenet5", "lenet5-reader"} <= set(storage.shipped()), reason="the pages read with the shipped weights"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": page.stem}
    text = page.read_text("utf-8")
    for block in BLOCK.finditer(text):
        needed, code = block.groups()
        if needed and importlib.util.find_spec(needed) is None:
            continue  # the extra that the page names is not installed here
        line = text.count("\n", 0, block.start(2))
        exec(compile("\n" * line + code, str(page), "exec"), names)  # the documentation is our own


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_runs_from_the_first_cell_to_the_last(path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install 'lenet5[plot]'").use("Agg")
    notebook = json.loads(path.read_text("utf-8"))
    assert notebook["nbformat"] == 4
    names: dict[str, Any] = {"__name__": path.stem}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []  # pictures of real data must not be kept in it by chance
            exec("".join(cell["source"]), names)


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
