"""Is the public face the documented one, and does importing it cost nothing?"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lenet5

PACKAGE = Path(lenet5.__file__).parent
PUBLIC = {
    "load",
    "train",
    "LeNet5",
    "teach",
    "Reader",
    "Reading",
    "Architecture",
    "ARCHITECTURES",
    "__version__",
    "LeNetError",
    "ArchitectureError",
    "PictureError",
    "PictureWarning",
    "DataError",
    "WeightsError",
    "TrainingError",
    "ReadingError",
    "MissingExtraError",
}
HEAVY = ["numba", "llvmlite", "cv2", "PIL", "safetensors", "requests", "platformdirs", "cyclopts", "rich", "torch"]


def imported(code: str) -> set[str]:
    """The heavy modules that are there after running `code` in a process of its own."""
    show = f"{code}\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    return set(subprocess.run([sys.executable, "-c", show], check=True, capture_output=True, text=True).stdout.split())


def test_the_public_names_are_the_documented_ones() -> None:
    assert set(lenet5.__all__) == PUBLIC == set(dir(lenet5))
    for name in PUBLIC:
        assert getattr(lenet5, name) is not None


def test_every_public_name_says_what_it_is() -> None:
    for name in PUBLIC - {"__version__", "ARCHITECTURES"}:
        assert getattr(lenet5, name).__doc__


def sections(thing: object) -> dict[str, str]:
    """The parts of a docstring in Google's style: "" for its head, then "Args" and so on."""
    parts = re.split(r"^(Args|Attributes|Returns|Raises):\n", inspect.getdoc(thing) or "", flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def explained(text: str) -> set[str]:
    return set(re.findall(r"^    (\w+): ", text, re.MULTILINE))


def test_every_public_function_says_what_it_takes_and_gives() -> None:
    """In Google's style, each argument by its name, methods too."""
    things = {name: getattr(lenet5, name) for name in PUBLIC}
    classes = {name: thing for name, thing in things.items() if inspect.isclass(thing)}
    functions = {name: thing for name, thing in things.items() if inspect.isfunction(thing)}
    for name, cls in classes.items():
        methods = {key: getattr(cls, key) for key, of in vars(cls).items() if not isinstance(of, property)}
        functions |= {f"{name}.{k}": m for k, m in methods.items() if k[0] != "_" and inspect.isroutine(m)}
        if not issubclass(cls, Exception):
            told = sections(cls)
            assert explained(told.get("Args") or told["Attributes"]) == set(inspect.signature(cls).parameters), name
    assert {"load", "train", "teach", "Reader.read", "Architecture.from_dict"} <= set(functions)
    for name, function in functions.items():
        given, told = set(inspect.signature(function).parameters) - {"self"}, sections(function)
        if len(given) > 1:  # what takes one thing, or nothing, says so in its first line
            assert explained(told["Args"]) == given, name
            assert told["Returns"], name


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_first_line_of_a_module_says_what_is_in_it(path: Path) -> None:
    first = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]
    assert first.endswith((".", ":"))
    assert "?" not in first


def test_text_is_read_and_written_in_utf_8_on_every_system() -> None:
    """Where a call names no encoding, Windows takes another."""
    for path in PACKAGE.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            given = {word.arg for word in call.keywords} | {ast.unparse(value) for value in call.args}
            if name in ("read_text", "write_text") or (name == "open" and isinstance(call.func, ast.Name)):
                binary = any(value in given for value in ("'rb'", "'wb'", "'xb'"))
                assert binary or given & {"encoding", "'utf-8'"}, f"{path}:{call.lineno}"


def test_every_system_can_hold_the_files_of_the_package() -> None:
    names = [str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*") if "__pycache__" not in path.parts]
    assert len({name.casefold() for name in names}) == len(names)
    parts = {part for name in names for part in Path(name).parts}
    assert not any(re.search(r'[<>:"|?*\\]|[. ]$', part) for part in parts)
    assert not {part.split(".")[0].casefold() for part in parts} & {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(lenet5, "lenet6")


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert imported("import lenet5") == set()


def test_declaring_and_counting_imports_nothing_heavy() -> None:
    assert imported("import lenet5; lenet5.ARCHITECTURES['lenet5'].count()") == set()


def test_the_summary_compiles_nothing() -> None:
    code = "from lenet5.cli import app; app(['summary'], result_action='return_value')"
    quiet = f"import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()): {code}"
    assert not {"numba", "cv2"} & imported(quiet)
