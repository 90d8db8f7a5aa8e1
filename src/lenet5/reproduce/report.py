"""The report: one dictionary, written as JSON, and one HTML page for the browser and for paper, made from it alone.

The page's words stand in `templates/`, a file for each section. Whatever comes from the data is escaped by Jinja.
Style, charts and pictures are inside the page, so that it opens without a network.
"""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

import lenet5
from lenet5 import files
from lenet5.datasets import load
from lenet5.errors import DataError
from lenet5.pictures.saving import address
from lenet5.reference import scale
from lenet5.reproduce import drawings, experiments
from lenet5.reproduce.paper import MISTAKES, PAPER
from lenet5.reproduce.plan import Plan
from lenet5.reproduce.statements import statements
from lenet5.reproduce.statistics import NONE, between, fixed, plus_minus, power
from lenet5.training.going_on import processor

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


def collect(plan: Plan, work: Path, command: str) -> dict[str, Any]:
    """The data of the report, once the jobs of a plan are finished in `work`; plain data for JSON."""
    made = {**experiments.summary(plan, work), "input": _input(plan)}
    return {
        "about": {
            "lenet5": lenet5.__version__,
            "command": command,
            "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": processor(),
            "cores": os.cpu_count(),
        },
        "plan": asdict(plan),
        "paper": {**PAPER, "mistakes": [{"index": i, "true": t, "answer": a} for i, (t, a) in MISTAKES.items()]},
        **made,
        "statements": statements(made) if plan.data == "mnist" else [],
    }


def write(report: dict[str, Any], out: Path) -> tuple[Path, Path]:
    """Write `reproduce.json` and `reproduce.html` into the folder `out`; (page, data) are their paths.

    The pictures in the page are taken from the data set that the report is about, if it can be had.
    Raises DataError where the folder cannot be written.
    """
    files.make_folder(out, error=DataError)
    data = json.dumps(report, indent=1, ensure_ascii=False)
    plan = report["plan"]
    tests = max((study["pictures"] for study in report.get("results", {}).values()), default=None)
    test = load(plan["data"], "test", count=tests) if "mistakes" in report else None
    pictures = np.zeros(0, np.uint8) if test is None else test.images
    html = page(json.loads(data), lambda index: address(255 - pictures[index]) if index < len(pictures) else "")
    files.write_atomically(out / "reproduce.json", data.encode(), error=DataError)
    files.write_atomically(out / "reproduce.html", html.encode(), error=DataError)
    return out / "reproduce.html", out / "reproduce.json"


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


def _input(plan: Plan) -> dict[str, float]:
    """Mean and variance of the training pictures' pixels as the network sees them: in the paper's scale, 32×32."""
    images = load(plan.data, "train", count=plan.count).images
    grey = scale(np.arange(256, dtype=np.uint8).reshape(1, 16, 16)).reshape(-1)  # (256,)
    pixels = np.bincount(images.reshape(-1), minlength=256)
    pixels[0] += len(images) * (32 * 32 - 28 * 28)  # the frame
    mean = float(np.average(grey, weights=pixels))
    return {"mean": mean, "variance": float(np.average((grey - mean) ** 2, weights=pixels))}
