"""The report as one HTML page for the browser and for paper.

The words stand in `templates/`, a file for each section. Whatever comes from the data is escaped by Jinja. Style,
charts and pictures are inside the page, so that it opens without a network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from lenet5.reproduce import drawings
from lenet5.reproduce.statistics import NONE, between, fixed, plus_minus, power

__all__ = ["page"]

SECTIONS = {
    "results": "What error does it reach?",
    "curve": "How does it get there?",
    "sizes": "What are more pictures worth?",
    "rejection": "What if it may stay silent?",
    "robustness": "What does it withstand?",
    "mistakes": "What does it read wrongly?",
    "choices": "Which open choices matter?",
    "statements": "What of the paper reproduces?",
}


def page(report: dict[str, Any], picture: Callable[[int], str]) -> str:
    """The report as HTML. `picture(index)` is the data address of a test picture, or empty."""
    templates = PackageLoader("lenet5.reproduce")
    environment = Environment(loader=templates, autoescape=True, trim_blocks=True, undefined=StrictUndefined)
    filters = (between, commonest, fixed, plus_minus, power, zip)
    environment.filters |= {each.__name__: each for each in filters} | {"thousands": "{:,}".format}
    made = {name: asks for name, asks in SECTIONS.items() if report.get(name)}
    values = {"report": report, "paper": report["paper"], "sections": made, "picture": picture}
    return environment.get_template("page.html").render(values, drawings=drawings, title=drawings.title, NONE=NONE)


def commonest(answers: list[str | None]) -> str:
    """The wrong answer that most networks give; None stands for a right one."""
    return Counter(sorted(answer for answer in answers if answer is not None)).most_common(1)[0][0]
