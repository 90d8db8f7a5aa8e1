"""How are numbers, tables and legends written in the page?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

__all__ = ["between", "figure", "fixed", "legend", "line", "plus_minus", "power", "table"]

NONE = "–"


def fixed(value: float | None, digits: int = 2) -> str:
    """A number with so many digits after the point."""
    return NONE if value is None else f"{value:.{digits}f}".replace("-", "−")


def power(value: float) -> str:
    """A small number, as 1.3·10⁻⁵ is written."""
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}·10{raised}"


def plus_minus(found: dict[str, Any] | None, digits: int = 2) -> str:
    """The mean and the standard deviation, where there is one."""
    if found is None:
        return NONE
    spread = "" if found["sd"] is None else f" ± {fixed(found['sd'], digits)}"
    return fixed(found["mean"], digits) + spread


def between(found: dict[str, Any] | None, digits: int = 2) -> str:
    """The 95 % interval of the mean."""
    if found is None or found["low"] is None:
        return NONE
    return f"{fixed(found['low'], digits)} to {fixed(found['high'], digits)}"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, text: Sequence[int] = (0,)) -> str:
    """A table of cells that are markup already; the columns in `text` are set flush left."""

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(f"<{tag}{' class=text' if k in text else ''}>{cell}</{tag}>" for k, cell in enumerate(row))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<figure><figcaption>{caption}</figcaption><div class="scroll"><table>'
        f"<thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table></div></figure>"
    )


def figure(drawing: str, caption: str, key: str = "") -> str:
    return f'<figure>{key}<div class="scroll">{drawing}</div><figcaption>{caption}</figcaption></figure>'


def line(kind: str) -> str:
    """A short piece of a curve, for legends."""
    return (
        f'<svg viewBox="0 0 30 10" aria-hidden="true"><path class="line {kind}" d="M1 5H29"/>'
        f'<circle class="mark {kind}" cx="15" cy="5" r="2.4"/></svg>'
    )


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """(kind, label) of each curve."""
    return '<ul class="legend">' + "".join(f"<li>{line(kind)}{escape(label)}</li>" for kind, label in entries) + "</ul>"
