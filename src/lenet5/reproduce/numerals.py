"""How numbers are written, in the report and on the terminal."""

from __future__ import annotations

from typing import Any

__all__ = ["NONE", "between", "fixed", "plus_minus", "power"]

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
    """The mean and, where there is one, the standard deviation of a `Spread`."""
    if found is None:
        return NONE
    deviation = "" if found["sd"] is None else f" ± {fixed(found['sd'], digits)}"
    return fixed(found["mean"], digits) + deviation


def between(found: dict[str, Any] | None, digits: int = 2) -> str:
    """The 95 % interval of the mean of a `Spread`."""
    if found is None or found["low"] is None:
        return NONE
    return f"{fixed(found['low'], digits)} to {fixed(found['high'], digits)}"
