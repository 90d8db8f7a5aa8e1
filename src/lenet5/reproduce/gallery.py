"""Which pictures are read wrongly, how, and which of them did the network of 1998 misread too?"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from lenet5.reproduce.markup import plus_minus

__all__ = ["mistakes"]

Row = dict[str, Any]
SHOWN = 120  # pictures of one network, beside the paper's own


def mistakes(report: dict[str, Any], picture: Callable[[int], str]) -> str:
    """The paper's own mistakes and what became of them, then the others, each under its picture."""
    if not (found := report.get("mistakes")):
        return ""
    # The paper's 82 are of the network that was trained on distorted pictures.
    name = "1998-distorted" if "1998-distorted" in found else next(iter(found))
    study = found[name]
    seeds = study["wrong"]["n"]
    others = [row for row in study["pictures"] if row["paper"] is None]
    parts = [_counts(report, found)]
    if study["of_the_papers"] is not None:
        ours = {row["index"]: row for row in study["pictures"]}
        then = report["paper"]["mistakes"]
        tiles = [_tile(row["index"], row, ours.get(row["index"]), seeds, picture) for row in then]
        parts.append(
            f"<h3>The paper’s {len(then)}, of its Figure 8</h3>"
            f"<p>True class and answer of {report['paper']['year']}; and where any of our networks trained on "
            f"distorted pictures misreads it too, the commonest wrong answer and how many of the {seeds} give a wrong "
            f"one. Faded: all of ours read it.</p>"
            f'<ul class="pictures">{"".join(tiles)}</ul>'
        )
    tiles = [_tile(row["index"], None, row, seeds, picture) for row in others[:SHOWN]]
    more = f" The first {SHOWN} of {len(others)}; all are in the data." if len(others) > SHOWN else ""
    parts.append(
        f"<h3>Those that only ours misread</h3>"
        f"<p>True class, commonest wrong answer, and how many of the {seeds} networks give a wrong one.{more}</p>"
        f'<ul class="pictures">{"".join(tiles)}</ul>'
    )
    return "".join(parts)


def _counts(report: dict[str, Any], found: dict[str, Any]) -> str:
    told = []
    for name, study in found.items():
        line = f"<b>{escape(name)}</b>: {plus_minus(study['wrong'], 1)} wrong"
        if study["of_the_papers"] is not None:
            line += (
                f", {plus_minus(study['of_the_papers'], 1)} of them among the paper’s "
                f"{len(report['paper']['mistakes'])}, {plus_minus(study['same_answer'], 1)} with the same answer"
            )
        told.append(f"<li>{line}</li>")
    return f"<ul>{''.join(told)}</ul>"


def _tile(index: int, then: Row | None, ours: Row | None, seeds: int, picture: Callable[[int], str]) -> str:
    source = picture(index)
    image = f'<img src="{source}" alt="test picture {index}" width="28" height="28">' if source else ""
    said = []
    if then is not None:
        said.append(f"{then['true']} as {then['answer']}")
    if ours is not None:
        wrong = [answer for answer in ours["answers"] if answer is not None]
        common = max(sorted(set(wrong)), key=wrong.count)
        count = f", {ours['times']}/{seeds}" if seeds > 1 else ""
        said.append(f"{ours['true']} as <b>{common}</b>{count}" if then is None else f"now <b>{common}</b>{count}")
    kind = ' class="right"' if ours is None else ""
    return f"<li{kind}>{image}#{index}<br>{'<br>'.join(said)}</li>"
