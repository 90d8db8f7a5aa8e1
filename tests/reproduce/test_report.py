"""Is every number of the page in its data, does the page need nothing else, and does it judge the paper fairly?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lenet5.reproduce import report
from lenet5.reproduce.choices import PUBLISHED
from lenet5.reproduce.paper import MISTAKES, PAPER
from lenet5.reproduce.plan import EXPERIMENTS, Plan
from lenet5.reproduce.report import page
from lenet5.reproduce.statements import statements
from lenet5.reproduce.statistics import spread

NUMBER = re.compile(r"(?<![\w.])−?\d[\d,]*(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(?!\w)")
PLAIN = str.maketrans({"−": "-", ",": "", **dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))})


class Text(HTMLParser):
    """What can be read in a page: no style, no ticks of axes, no numbers of sections."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        left_out = tag == "style" or (dict(attrs).get("class") or "").split(" ")[0] in ("tick", "number")
        self.skipping += left_out or (self.skipping > 0 and tag in ("style", "text", "span"))

    def handle_endtag(self, tag: str) -> None:
        self.skipping -= self.skipping > 0 and tag in ("style", "text", "span")

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.found.append(data)


def leaves(data: Any) -> Iterator[Any]:
    match data:
        case dict():
            for key, value in data.items():
                yield key
                yield from leaves(value)
        case list():
            yield float(len(data))
            for value in data:
                yield from leaves(value)
        case _:
            yield data


def test_every_number_in_the_page_is_in_the_data(made: dict[str, Any]) -> None:
    values = [float(v) for v in leaves(made) if isinstance(v, int | float)]
    named = " ".join(v for v in leaves(made) if isinstance(v, str))
    in_names = {float(n.translate(PLAIN)) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", named)}
    text = Text()
    text.feed(page(made, lambda index: ""))
    seen = NUMBER.findall(" ".join(text.found))
    assert len(seen) > 200
    # Constants of the text: 95 % intervals, tables and figures of the paper, sections such as 10⁻⁵.
    constants = {95.0, 5.0, 6.0, 7.0, 8.0, 10.0}
    for written in seen:
        plain = written.translate(PLAIN)
        mantissa, _, exponent = plain.partition("·10")
        digits = len(mantissa.partition(".")[2])
        number, scale = float(mantissa), 10.0 ** int(exponent or 0)
        close = any(abs(value / scale - number) <= 0.5001 * 10.0**-digits for value in values)
        assert close or number in constants | in_names, f"{written} is not in the data"


def test_the_page_needs_nothing_else(made: dict[str, Any]) -> None:
    html = page(made, lambda index: f"data:,{index}")
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
    assert "url(" not in html
    assert "@import" not in html
    assert "@media print" in html
    assert "prefers-color-scheme: dark" in html


def test_every_experiment_has_its_section(made: dict[str, Any], plan: Plan) -> None:
    assert set(EXPERIMENTS) <= set(made)
    html = page(made, lambda index: "")
    # Statements of the paper are about MNIST, and this is about drawn digits.
    assert len(re.findall("<section", html)) == len(EXPERIMENTS)
    assert "stand here for orientation only" in html


def test_what_the_plan_leaves_out_is_left_out(plan: Plan, work: Path) -> None:
    few = Plan(**{**asdict(plan), "experiments": ("results",)})
    html = page(report.collect(few, work, "lenet5 reproduce"), lambda index: "")
    assert len(re.findall("<section", html)) == 1


def test_names_cannot_break_out_of_the_page(made: dict[str, Any]) -> None:
    name = "<script>alert(1)</script>"
    hostile = json.loads(json.dumps(made).replace('"1998"', json.dumps(name)).replace('"drawn"', json.dumps(name)))
    html = page(hostile, lambda index: "")
    assert "<script" not in html
    assert "&lt;script" in html


def test_the_files_are_the_same_report(made: dict[str, Any], tmp_path: Path) -> None:
    html, data = report.write(made, tmp_path / "out")
    assert json.loads(data.read_text(encoding="utf-8")) == made
    pictures = re.findall(r'<img src="data:image/png;base64,[^"]+" alt="test picture (\d+)"', html.read_text("utf-8"))
    misread = made["mistakes"]["1998-distorted"]["pictures"]
    assert {int(index) for index in pictures} == {row["index"] for row in misread}


def test_choices_are_judged_on_writers_held_out(made: dict[str, Any]) -> None:
    found = made["choices"]
    assert found["pictures"] + found["held_out"] == made["plan"]["count"]
    rows = {(row["question"], row["answer"]): row for row in found["choices"]}
    literal = rows[PUBLISHED, "eq. 8, 2.4/F: the paper to the letter"]
    assert literal["change"] == {"loss": "mse", "step": 1.0, "initialisation": "2.4/F"}
    # The published step is ten times the recipe's, and so are the steps that it makes.
    assert rows["published step times", "1"]["steps"][1] == pytest.approx(10 * found["base"]["steps"][1], rel=1e-4)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((0.85, 0.90, 0.84, 0.89, 0.96), "reproduced"), ((0.5, 0.51, 0.52), "higher"), ((1.8, 1.81, 1.82), "lower")],
)
def test_a_published_error_is_compared_with_a_single_run(values: tuple[float, ...], verdict: str) -> None:
    (row, _) = statements({"results": {"1998": {"test": spread(values), "train": spread(values)}}})
    assert (row["paper"], row["verdict"]) == (0.95, {"higher": "lower", "lower": "higher"}.get(verdict, verdict))


def test_the_papers_mistakes_are_mistakes() -> None:
    assert all(true != answer for true, answer in MISTAKES.values())
    assert len(PAPER["figure_5"]["test"]) == 21


def test_the_papers_mistakes_stand_in_mnist(data_folder: Path) -> None:
    from lenet5.datasets import load

    labels = load("mnist", "test").labels
    assert {index: labels[index] for index in MISTAKES} == {index: true for index, (true, _) in MISTAKES.items()}
