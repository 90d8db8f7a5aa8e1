"""The house has floors, which README draws: whoever is above knows those below, and nobody looks up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "lenet5"
README = (ROOT / "README.md").read_text("utf-8")
PLAN = README.split("## How it is built", 1)[1].split("\n## ", 1)[0]
MODULES = {
    ".".join(("lenet5", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def floors() -> dict[str, int]:
    """The number of the floor of every room that README's plan names, 0 for the topmost."""
    rows = [row.strip() for row in PLAN.splitlines() if row.startswith("    ")]
    return {
        word.removesuffix("/").removesuffix(".py"): number
        for number, row in enumerate(rows)
        for word in row.split("  ", 1)[0].split()
    }


FLOORS = floors()
MOST_LINES = 27_240  # in all: what is added should be paid for by what becomes simpler


def room(module: str) -> str:
    """The folder or file of the root that a module belongs to; "" for the package's own front door."""
    return (*module.split(".")[1:], "")[0]


def imported(module: str, *, when_run: bool = False) -> Iterator[str]:
    """Each module of this package that a module imports; `when_run` leaves out what is imported inside functions."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    late = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if when_run and (node in late or node in for_types):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "lenet5")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import; name the module in full"
            if node.module and node.module.split(".")[0] == "lenet5":
                inside = [f"{node.module}.{alias.name}" for alias in node.names]
                yield from (name if name in MODULES else node.module for name in inside)


def test_every_room_stands_on_a_floor_of_the_plan() -> None:
    rooms = {room(module) for module in MODULES} - {"", "__main__"}
    assert rooms == set(FLOORS)


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) not in ("", "__main__")])
def test_nobody_looks_up(module: str) -> None:
    here = FLOORS[room(module)]
    # `lenet5` itself holds the version and the lazily found public names: no floor.
    above = [name for name in imported(module) if room(name) and FLOORS[room(name)] < here]
    assert not above, f"{module} imports {above}, which stand above it"


def test_no_circle_of_imports() -> None:
    under = {module: {name for name in imported(module, when_run=True) if name != module} for module in MODULES}
    while leaves := [module for module, names in under.items() if not names]:
        for leaf in leaves:
            del under[leaf]
        for names in under.values():
            names.difference_update(leaves)
    assert not under, f"these import each other: {sorted(under)}"


def test_the_reader_needs_nothing_of_its_school() -> None:
    users = [m for m in MODULES if m.startswith("lenet5.reading.") and not m.startswith("lenet5.reading.school")]
    assert not [m for m in users if any(name.startswith("lenet5.reading.school") for name in imported(m))]


def test_files_can_be_held_in_the_head() -> None:
    longest = {module: path.read_text("utf-8").count("\n") for module, path in MODULES.items()}
    long = {module: lines for module, lines in longest.items() if lines > 400}
    assert not long
    assert sum(longest.values()) < MOST_LINES
    assert len(list(PACKAGE.glob("*.py"))) <= 15
