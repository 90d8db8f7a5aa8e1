"""A chart of a benchmark: a row for each task, a mark for each contender, microseconds a picture on a scale of tens."""

from __future__ import annotations

import io
from typing import Any

from lenet5.bench.peers import OURS, PEERS
from lenet5.bench.run import Result
from lenet5.errors import extra

with extra("matplotlib", "plot"):
    from matplotlib import rc_context
    from matplotlib.figure import Figure

VERBS = {"read": "read", "online": "learn", "batch": "learn in"}
INK, GREY, LINE = "#1f2328", "#59636e", "#d1d9e0"
# Okabe and Ito's colours, which people with any colour vision tell apart; the shapes differ too.
COLOURS = ("#d55e00", "#8c959f", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b59f00")
_looks = zip(PEERS, "oXsD^vPh", COLOURS, strict=True)
STYLE: dict[str, dict[str, Any]] = {name: {"marker": marker, "color": colour} for name, marker, colour in _looks}


def chart(result: Result, kind: str) -> bytes:
    """The chart as the content of an svg, png or pdf file.

    Its ground is white, so that it can be read on light and dark pages. The same result gives the same bytes.
    """
    tasks = list(result.times)
    figure = Figure(figsize=(8.4, 1.6 + 0.46 * len(tasks)), facecolor="white", layout="constrained")
    axes = figure.subplots()
    for name in PEERS:
        rows = [row for row, task in enumerate(tasks) if name in result.times[task]]
        times = [1e6 * (result.per_picture(tasks[row], name) or 0) for row in rows]
        if rows:
            size, above = (90, 3) if name == OURS else (52, 2)
            axes.scatter(times, rows, size, label=name, zorder=above, edgecolor="white", linewidth=0.8, **STYLE[name])
        for row, time in zip(rows, times, strict=True):
            if name == OURS:
                label = f"{time:,.0f} µs" if time >= 10 else f"{time:.1f} µs"
                axes.text(time, row - 0.2, label, ha="center", color="#b04e00", size=8.5)
    axes.set(xscale="log", ylim=(len(tasks) - 0.5, -0.7), xlabel="microseconds a picture; left is faster")
    axes.set_yticks(range(len(tasks)), [f"{VERBS[task.kind]} {task.label}" for task in tasks])
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.margins(x=0.06)
    axes.grid(axis="both", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0, colors=INK)
    axes.xaxis.label.set_color(GREY)
    axes.spines[:].set_visible(False)
    threads = f"{result.threads} thread{'s' if result.threads > 1 else ''}"
    axes.set_title(f"LeNet-5 of 1998 on {threads}", loc="left", color=INK, weight="bold")
    axes.set_title(result.machine["processor"], loc="right", color=GREY, size=9)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, labelcolor=INK)
    drawing = io.BytesIO()
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    with rc_context({"svg.hashsalt": "lenet5", "savefig.bbox": "tight", "savefig.pad_inches": 0.15}):
        figure.savefig(drawing, format=kind, dpi=160, metadata=undated)
    return drawing.getvalue()
