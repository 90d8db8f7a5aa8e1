"""How does a benchmark look? One row of dots for each task: microseconds a picture, on a scale of tens."""

from __future__ import annotations

import math
from html import escape

from lenet5.bench.peers import OURS, PEERS
from lenet5.bench.run import Result

__all__ = ["svg"]

_LEFT, _RIGHT, _TOP, _ROW, _WIDTH = 120, 20, 46, 34, 760
_COLOURS = ("#c0392b", "#7f8c8d", "#2471a3", "#1e8449", "#b9770e", "#6e2c00", "#d4ac0d", "#7d3c98")
_COLOUR = dict(zip(PEERS, _COLOURS, strict=True))


def svg(result: Result) -> str:
    """The picture, as the text of an SVG file."""
    values = [
        1e6 * seconds
        for task, found in result.times.items()
        for name in found
        if (seconds := result.per_picture(task, name)) is not None
    ]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    height = _TOP + _ROW * len(result.times) + 52

    def x(microseconds: float) -> float:
        return _LEFT + (math.log10(microseconds) - low) / max(1, high - low) * (_WIDTH - _LEFT - _RIGHT)

    parts = [_legend(result), *_grid(low, high, height, [x(10.0**k) for k in range(low, high + 1)])]
    for row, (task, found) in enumerate(result.times.items()):
        y = _TOP + _ROW * (row + 0.5)
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 4:.0f}" text-anchor="end">{escape(task.label)}</text>')
        for name in sorted(found, key=lambda name: name == OURS):
            place = x(1e6 * (result.per_picture(task, name) or 1.0))
            label = f"{name}: {1e6 * (result.per_picture(task, name) or 0):.3g} µs"
            parts.append(
                f'<circle cx="{place:.1f}" cy="{y:.0f}" r="{7 if name == OURS else 5}" fill="{_COLOUR[name]}">'
                f"<title>{escape(label)}</title></circle>"
            )
    threads = f"{result.threads} thread{'s' if result.threads > 1 else ''}"
    caption = f"microseconds a picture, {threads}, {result.machine['processor']}; left is faster"
    parts.append(f'<text x="{_LEFT}" y="{height - 10}">{escape(caption)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" fill="#333"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _grid(low: int, high: int, height: int, places: list[float]) -> list[str]:
    bottom = height - 48
    return [
        f'<path d="M{place:.1f} {_TOP}V{bottom}" stroke="#ddd"/>'
        f'<text x="{place:.1f}" y="{bottom + 16}" text-anchor="middle">{10.0**k:g}</text>'
        for k, place in zip(range(low, high + 1), places, strict=True)
    ]


def _legend(result: Result) -> str:
    names = [name for name in PEERS if any(name in found for found in result.times.values())]
    step = (_WIDTH - _LEFT - _RIGHT + 100) / max(1, len(names))
    return "".join(
        f'<circle cx="{20 + k * step:.0f}" cy="20" r="5" fill="{_COLOUR[name]}"/>'
        f'<text x="{30 + k * step:.0f}" y="24">{escape(name)}</text>'
        for k, name in enumerate(names)
    )
