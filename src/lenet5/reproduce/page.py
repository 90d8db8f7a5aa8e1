"""How is a report read? One page for the browser and for paper, made of the report's data alone.

Everything is inside of it: style, charts and pictures; it opens without a network.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from importlib import resources
from typing import Any

from lenet5.reproduce import sections
from lenet5.reproduce.markup import fixed, plus_minus

__all__ = ["page"]

Report = dict[str, Any]


def page(report: Report, picture: Callable[[int], str]) -> str:
    """The report as HTML. `picture(index)` is the data address of a test picture, or empty."""
    style = (resources.files("lenet5.reproduce") / "style.css").read_text(encoding="utf-8")
    made = [(asks, body) for asks, make in sections.SECTIONS if (body := make(report, picture))]
    title = f"LeNet-5: the results of {report['paper']['year']}, with error bars"
    contents = "".join(f'<li><a href="#s{k}">{escape(asks)}</a></li>' for k, (asks, _) in enumerate(made, start=1))
    body = "".join(
        f'<section id="s{k}"><h2><span class="number">{k}</span>{escape(asks)}</h2>{text}</section>'
        for k, (asks, text) in enumerate(made, start=1)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body><header><h1>{title}</h1>"
        f'<p class="subtitle">{_subtitle(report)}</p>{_lead(report)}</header>'
        f"<nav><ol>{contents}</ol></nav><main>{body}</main>{_footer(report)}</body></html>\n"
    )


def _subtitle(report: Report) -> str:
    plan = report["plan"]
    seeds = f"{plan['seeds']} seeds" if plan["seeds"] > 1 else "one seed"
    some = f", only {plan['count']:,} pictures of it" if plan["count"] else ""
    passes = f", only {plan['passes']} passes" if plan["passes"] else ""
    other = "" if plan["data"] == "mnist" else " The paper's numbers are for MNIST and stand here for orientation only."
    return f"Every number over {seeds}, beside the paper's. Data: {escape(plan['data'])}{some}{passes}.{other}"


def _lead(report: Report) -> str:
    """The numbers that matter most, large."""
    cards = []
    for name, found in report.get("results", {}).items():
        then = report["paper"]["results"].get(name, {}).get("test")
        beside = "" if then is None else f"; the paper: {then:g} %"
        mean, _, sd = plus_minus(found["test"], 2).partition(" ± ")
        number = f"{mean}<small> ± {sd}</small> %" if sd else f"{mean} %"
        cards.append(f"<div><strong>{number}</strong>test error, {escape(sections.title(name))}{beside}</div>")
    for name, found in report.get("rejection", {}).items():
        cards.append(
            f"<div><strong>{fixed(found['needed']['0.5']['mean'])} %</strong>to reject for 0.5 % error, "
            f"{escape(sections.title(name))}</div>"
        )
    return f'<div class="lead">{"".join(cards)}</div>' if cards else ""


def _footer(report: Report) -> str:
    about = report["about"]
    return (
        f"<footer><p>Made {about['made']} by <code>{escape(about['command'])}</code> with lenet5 {about['lenet5']}, "
        f"Python {about['python']}, NumPy {about['numpy']}, on {about['cores']} cores of {escape(about['machine'])}. "
        "Every number on this page is in <code>reproduce.json</code> beside it.</p>"
        "<p>Paper: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, “Gradient-Based Learning Applied to Document "
        f"Recognition”, Proceedings of the IEEE, {report['paper']['year']}.</p></footer>"
    )
