"""What does each section of the report say? One function for each, from the report's data to markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from lenet5.reproduce.charts import Axis, Line, interval, lines
from lenet5.reproduce.gallery import mistakes
from lenet5.reproduce.markup import NONE, between, figure, fixed, legend, plus_minus, power, table

__all__ = ["SECTIONS", "title"]

Report = dict[str, Any]
Picture = Callable[[int], str]
ERRORS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)  # ticks of logarithmic axes of errors, in percent

TITLES = {"1998": "the recipe of 1998", "1998-distorted": "the same, on distorted pictures"}


def title(name: str) -> str:
    return TITLES.get(name, name)


def _kinds(report: Report) -> dict[str, str]:
    """The class of each network's curves: its colour everywhere in the page."""
    plan = report["plan"]
    return {name: f"c{k % 4}" for k, name in enumerate((*plan["recipes"], *plan["networks"]))}


def _drawn(label: str, kind: str, x: list[float], found: list[dict[str, Any]]) -> Line:
    means, lows, highs = ([f[field] for f in found] for field in ("mean", "low", "high"))
    return Line(label, kind, x, means, lows, highs)


def _errors(values: Iterable[float]) -> Axis:
    """A logarithmic axis that holds these errors; an error of 0 is drawn at its lower end."""
    held = [v for v in values if v > 0] or [1.0]
    low = max((t for t in ERRORS if t <= min(held)), default=ERRORS[0])
    high = min((t for t in ERRORS if t >= max(held)), default=ERRORS[-1])
    high = high if high > low else 10 * low
    return Axis(low, high, tuple(t for t in ERRORS if low <= t <= high), "error, %", logarithmic=True)


def results(report: Report, _: Picture) -> str:
    if not (found := report.get("results")):
        return ""
    rows = []
    for name, study in found.items():
        then = report["paper"]["results"].get(name, {})
        rows.append(
            [
                escape(title(name)),
                f"{then['test']:g}" if "test" in then else NONE,
                plus_minus(study["test"], 3),
                between(study["test"], 3),
                f"{then['train']:g}" if "train" in then else NONE,
                plus_minus(study.get("train"), 3),
                plus_minus(study.get("seconds"), 0),
            ]
        )
    first = next(iter(found.values()))
    return table(
        f"Errors in percent after the last pass, on {first['pictures']:,} test pictures: mean ± standard deviation "
        "between seeds, and the 95 % interval of the mean. The training error is counted during the pass, as the "
        f"paper does; the paper gives ±{report['paper']['uncertainty']:g} for its test errors. Seconds are those of "
        "one training on one core, beside whatever else ran.",
        ["", "paper", "test", "interval", "paper", "training", "seconds"],
        rows,
    )


def curve(report: Report, _: Picture) -> str:
    if not (found := report.get("curve")):
        return ""
    figure_5, kinds = report["paper"]["figure_5"], _kinds(report)
    drawn = [
        Line("paper, test", "t0", [*range(1, len(figure_5["test"]) + 1)], figure_5["test"]),
        Line("paper, training", "t1", [*range(1, len(figure_5["train"]) + 1)], figure_5["train"]),
    ]
    for name, parts in found.items():
        for part, label in (("test", "test"), ("train", "training")):
            kind = kinds[name] + (" train" if part == "train" else "")
            drawn.append(_drawn(f"{title(name)}, {label}", kind, [*range(1, len(parts[part]) + 1)], parts[part]))
    last = max(len(line.x) for line in drawn)
    every = 1 if last <= 21 else -(-last // 21)
    across = Axis(1, last, tuple(range(1, last + 1, every)), "pass")
    picture = lines(drawn, across, _errors(y for line in drawn for y in line.y))
    name, parts = next(iter(found.items()))
    rows = [
        [
            str(k + 1),
            *(
                cell
                for part in ("test", "train")
                for cell in (fixed(figure_5[part][k]) if k < len(figure_5[part]) else NONE, plus_minus(parts[part][k]))
            ),
        ]
        for k in range(len(parts["test"]))
    ]
    return figure(
        picture,
        "Error after each pass, in percent; bands are 95 % intervals of the mean. The paper's curves are read off its "
        "Figure 5. The axis is logarithmic. Training errors are of the pictures as they were shown, "
        "so of distorted ones where those are learned from.",
        legend((line.kind, line.label) for line in drawn),
    ) + table(
        f"The same in numbers, {escape(title(name))}.",
        ["pass", "paper, test", "test", "paper, training", "training"],
        rows,
    )


def sizes(report: Report, _: Picture) -> str:
    if not (found := report.get("sizes")):
        return ""
    published = report["paper"]["figure_6"]
    rows = []
    for size in found:
        then = published.get(str(size["pictures"]), {})
        rows.append(
            [
                f"{size['pictures']:,}",
                fixed(then.get("test")),
                plus_minus(size["test"], 3),
                between(size["test"], 3),
                fixed(then.get("train")),
                plus_minus(size["train"], 3),
            ]
        )
    return table(
        "Errors in percent with part of the training pictures, drawn at random with each seed; the paper's are read "
        "off its Figure 6. It does not say how many passes were made over the smaller sets; here they are the same.",
        ["pictures", "paper", "test", "interval", "paper", "training"],
        rows,
    )


def rejection(report: Report, _: Picture) -> str:
    if not (found := report.get("rejection")):
        return ""
    kinds = _kinds(report)
    drawn = [_drawn(title(name), kinds[name], study["rejected"], study["error"]) for name, study in found.items()]
    across = Axis(0, 5, (0, 1, 2, 3, 4, 5), "rejected, % of the pictures")
    picture = lines(drawn, across, _errors(y for line in drawn for y in line.y))
    targets = list(next(iter(found.values()))["needed"])
    rows = []
    for name, study in found.items():
        needed = [study["needed"][target] for target in targets]
        rows.append([escape(title(name)), *(cell for n in needed for cell in (plus_minus(n), between(n)))])
    others = report["paper"]["rejected_for_half_a_percent"]
    then = ", ".join(f"{escape(name)} {share:g}" for name, share in others.items())
    return (
        figure(
            picture,
            "Error among the pictures that are answered, when those are rejected whose best two classes are closest: "
            "the paper's score, the difference of the two smallest penalties.",
            legend((line.kind, line.label) for line in drawn),
        )
        + table(
            "Percent of the test pictures to reject for an error of no more than so much among the others.",
            ["", *(head for t in targets for head in (f"for {t} %", "interval"))],
            rows,
        )
        + f'<p class="note">The paper’s Figure 10 has no bar for LeNet-5. For 0.5 % it gives, in percent: {then}.</p>'
    )


CHANGES = {
    "shift_x": "pixels to the right",
    "shift_y": "pixels down",
    "scale": "times as large",
    "rotation": "degrees, clockwise",
    "squeeze": "times as wide, as much less high",
    "shear": "pixels to the left for each up",
    "noise": "share of the pixels inverted",
}


def robustness(report: Report, _: Picture) -> str:
    if not (found := report.get("robustness")):
        return ""
    kinds, up = _kinds(report), Axis(0, 100, (0, 25, 50, 75, 100), "error, %")
    panels = []
    for change, label in CHANGES.items():
        amounts = found["amounts"][change]
        drawn = [_drawn(title(n), kinds[n], amounts, curves[change]) for n, curves in found["curves"].items()]
        ticks = tuple(amounts[1::2]) if len(amounts) > 10 else tuple(a for a in amounts if a not in (0.02, 0.15))
        across = Axis(amounts[0], amounts[-1], ticks, label, logarithmic=change in ("scale", "squeeze"))
        panels.append(lines(drawn, across, up, width=320, height=220))
    limits = report["paper"]["invariance"]
    return figure(
        f'<div class="panels">{"".join(f"<div>{panel}</div>" for panel in panels)}</div>',
        f"Error on {found['pictures']:,} test pictures, all changed alike. Neither recipe of 1998 trains on rotated "
        f"or noisy pictures. The paper’s section III-E estimates that LeNet-5 withstands a scale of about a factor "
        f"{limits['scale']:g}, vertical shifts of about half a character’s height ({limits['shift_y']:g} pixels) and "
        f"rotations of up to {limits['rotation']:g}°.",
        legend((kinds[name], title(name)) for name in found["curves"]),
    )


def choices(report: Report, _: Picture) -> str:
    if not (found := report.get("choices")):
        return ""
    across = Axis(-0.6, 0.6, (), "")
    base = found["base"]
    rows = [["<b>all as in the recipe</b>", "", plus_minus(base["held_out"]), "", NONE, _steps(base["steps"])]]
    before = None
    for row in found["choices"]:
        difference = row["difference"]
        drawn = "" if difference is None else interval(difference, across, "c0")
        matters = {True: "yes", False: "not seen", None: NONE}[row["matters"]]
        diverged = f" ({row['diverged']} ran away)" if row["diverged"] else ""
        rows.append(
            [
                escape(row["question"]) if row["question"] != before else "",
                f"{escape(row['usual'])} → {escape(row['answer'])}",
                plus_minus(row["held_out"]) + diverged,
                drawn,
                matters,
                _steps(row["steps"]),
            ]
        )
        before = row["question"]
    return table(
        f"One choice changed at a time. Error in percent on {found['held_out']:,} pictures of writers that none of the "
        f"{found['pictures']:,} training pictures is from; the difference from the recipe is taken seed by seed, its "
        "line is the 95 % interval, and an arrow lies beyond the scale. It matters where the interval leaves out zero. "
        "The test pictures were not looked at. Steps are those of the first pass; the paper's go from "
        f"{power(report['paper']['steps'][0])} to {power(report['paper']['steps'][1])}.",
        ["open choice", "", "held out", "difference", "matters", "steps"],
        rows,
        text=(0, 1, 3),
    )


def _steps(ends: list[float] | None) -> str:
    return NONE if ends is None else f"{power(ends[0])} to {power(ends[1])}"


NAMES = {
    "test error": "error on the test pictures, %",
    "training error": "error on the training pictures, %",
    "test error at size": "test error with so many training pictures, %",
    "training error at size": "training error with so many training pictures, %",
    "stable from pass": "the test error is stable from about pass",
    "no overtraining": "no overtraining: rise of the test error",
    "first steps": "steps in the first pass",
    "learns to the letter": "first weights within 2.4/F learn: held-out error, %",
    "input mean": "mean of the input about",
    "input variance": "variance of the input about",
    "withstands scale": "withstands a scale of: error, %",
    "withstands shift_y": "withstands a vertical shift of: error, %",
    "withstands rotation": "withstands a rotation by: error, %",
}
VERDICTS = {
    "reproduced": ("good", "reproduced"),
    "lower": ("", "ours is lower"),
    "higher": ("", "ours is higher"),
    "true": ("good", "holds"),
    "false": ("bad", "does not hold"),
}


def account(report: Report, _: Picture) -> str:
    if not (found := report.get("statements")):
        return ""
    rows = []
    for row in found:
        kind, verdict = VERDICTS[row["verdict"]]
        small = row["statement"] == "first steps"
        rows.append(
            [
                NAMES[row["statement"]],
                escape(row["of"]),
                _value(row["paper"], small),
                _value(row["ours"], small),
                f"{fixed(row['low'])} to {fixed(row['high'])}" if "low" in row else "",
                f'<span class="{kind}">{verdict}</span>',
            ]
        )
    return table(
        "Published statements and what became of them. An error counts as reproduced where a single run of ours may "
        "well give the paper’s: within the 95 % interval of one more run, widened by the "
        f"±{report['paper']['uncertainty']:g} that the paper states for test errors, or by how well a figure can be "
        "read. The error is stable where it stays within that of its end, and steps agree where both ends are within a "
        "factor of two; what it withstands is read here as less than half misread.",
        ["the paper says", "of", "paper", "ours", "one run", ""],
        rows,
        text=(0, 1),
    )


def _value(value: Any, small: bool) -> str:
    if isinstance(value, list):
        return ",<br>".join(power(v) if small else f"{v:.3g}".replace("-", "−") for v in value)
    return f"{value:.3g}".replace("-", "−")


SECTIONS: tuple[tuple[str, Callable[[Report, Picture], str]], ...] = (
    ("What error does it reach?", results),
    ("How does it get there?", curve),
    ("What are more pictures worth?", sizes),
    ("What if it may stay silent?", rejection),
    ("What does it withstand?", robustness),
    ("What does it read wrongly?", mistakes),
    ("Which open choices matter?", choices),
    ("What of the paper reproduces?", account),
)
