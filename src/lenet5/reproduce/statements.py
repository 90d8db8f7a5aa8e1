"""The paper's statements: its number, ours, and whether they agree.

The paper reports one run. Its number counts as reproduced where it lies in the 95 % interval of one more run of ours,
widened by the uncertainty that the paper states, or that reading a figure has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lenet5.reproduce.choices import PUBLISHED
from lenet5.reproduce.paper import PAPER
from lenet5.reproduce.statistics import Spread

READING = {"figure_5": 0.03, "figure_6": 0.01}  # how well the figures can be read, in percent


def statements(made: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each statement that the experiments in `made` say something about.

    {"statement": its name, "of": which network or picture set, "paper": its number, "ours": ours, "low", "high": the
    interval that was compared with, "verdict": "reproduced", "lower", "higher", "true" or "false"}.
    """
    return [*_errors(made), *_sizes(made), *_curve(made), *_choices(made), *_input(made), *_invariance(made)]


def _compare(statement: str, of: str, paper: float, ours: Spread, slack: float) -> dict[str, Any]:
    low, high = ours["one_low"], ours["one_high"]
    low, high = (ours["mean"] if low is None else low) - slack, (ours["mean"] if high is None else high) + slack
    verdict = "reproduced" if low <= paper <= high else "lower" if ours["mean"] < paper else "higher"
    compared = {"paper": paper, "ours": ours["mean"], "low": low, "high": high}
    return {"statement": statement, "of": of, **compared, "verdict": verdict}


def _holds(statement: str, of: str, paper: Any, ours: Any, holds: bool) -> dict[str, Any]:
    return {"statement": statement, "of": of, "paper": paper, "ours": ours, "verdict": "true" if holds else "false"}


def _errors(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, published in PAPER["results"].items():
        if found := made.get("results", {}).get(name):
            yield _compare("test error", name, published["test"], found["test"], PAPER["uncertainty"])
            if "train" in published:
                yield _compare("training error", name, published["train"], found["train"], READING["figure_5"])


def _sizes(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for found in made.get("sizes", []):
        if published := PAPER["figure_6"].get(str(found["pictures"])):
            of = str(found["pictures"])
            yield _compare("test error at size", of, published["test"], found["test"], PAPER["uncertainty"])
            yield _compare("training error at size", of, published["train"], found["train"], READING["figure_6"])


def _curve(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not (curve := made.get("curve", {}).get("1998")):
        return
    means = [found["mean"] for found in curve["test"]]
    end = means[-1]
    # The first pass from which on the error stays within the paper's uncertainty of where it ends.
    moving = [p for p, mean in enumerate(means, start=1) if abs(mean - end) > PAPER["uncertainty"]]
    stable = max(moving, default=0) + 1
    yield _holds("stable from pass", "1998", PAPER["stable_from_pass"], stable, stable <= PAPER["stable_from_pass"])
    rise = end - min(means)
    yield _holds("no overtraining", "1998", 0.0, rise, rise <= PAPER["uncertainty"])


def _choices(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not (found := made.get("choices")):
        return
    rows = [{"question": "", "answer": "1998", **found["base"]}, *found["choices"]]
    for row in rows:
        if row["question"] in ("", PUBLISHED) and row["steps"]:
            (low, high), (ours_low, ours_high) = PAPER["steps"], row["steps"]
            close = 0.5 <= ours_low / low <= 2 and 0.5 <= ours_high / high <= 2
            yield _holds("first steps", row["answer"], [low, high], [ours_low, ours_high], close)
    literal = found["choices"][-1]
    if literal["held_out"]:
        error = literal["held_out"]["mean"]
        yield _holds("learns to the letter", literal["answer"], PAPER["results"]["1998"]["test"], error, error < 50)


def _input(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if found := made.get("input"):
        published = PAPER["input"]
        yield _holds("input mean", "32×32", published["mean"], found["mean"], abs(found["mean"]) < 0.1)
        yield _holds("input variance", "32×32", published["variance"], found["variance"], 0.5 < found["variance"] < 2)


def _invariance(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The errors at the limits of what the network is said to withstand."""
    if not (found := made.get("robustness")):
        return
    for name, curves in found["curves"].items():
        for change, limit in PAPER["invariance"].items():
            amounts = found["amounts"][change]
            ends = [1 / limit, limit] if change == "scale" else [-limit, limit]
            errors = [curves[change][amounts.index(end)]["mean"] for end in ends]
            # The paper says so of single characters. Here it means: more pictures are read right than wrong.
            yield _holds(f"withstands {change}", name, ends, errors, max(errors) < 50)
