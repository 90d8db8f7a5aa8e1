"""The three pictures of `docs/kernels.md`: python docs/pictures/kernels.py writes them beside itself.

They are drawn for light and dark: lines and words have the colour that the page's reader asked for.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
STYLE = """<style>
svg { color: #1f2328; font: 13px sans-serif }
@media (prefers-color-scheme: dark) {
svg { color: #e6edf3 } .paper { fill: #0d1117 } .a { fill: #1f6feb } .b { fill: #9e6a03 } .c { fill: #238636 }
}
text { fill: currentColor } .small { font-size: 11px } .middle { text-anchor: middle }
.line { stroke: currentColor; fill: none } .thin { stroke: currentColor; stroke-width: .5; fill: none }
</style>"""
COLOURS = """<style>.paper { fill: #ffffff } .a { fill: #a5d0ff } .b { fill: #f5cf7a } .c { fill: #9be3a8 }</style>"""
PAPER = '<rect width="100%" height="100%" class="paper"/>'
ARROW = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z" fill="currentColor"/></marker></defs>'
)


def box(x: float, y: float, width: float, height: float, kind: str = "line") -> str:
    shape = f'<rect x="{x}" y="{y}" width="{width}" height="{height}"'
    return f'{shape} class="{kind}"/>' + (f'{shape} class="thin"/>' if kind != "line" else "")


def text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{words}</text>'


def arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<path d="M{x} {y} L{to_x} {to_y}" class="line" marker-end="url(#tip)"/>'


def write(name: str, width: int, height: int, title: str, parts: list[str]) -> None:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    picture = (
        f'{head} role="img">\n<title>{title}</title>\n{COLOURS}{STYLE}{ARROW}\n{PAPER}\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
    (HERE / name).write_text(picture, "utf-8")


def rows() -> None:
    """A map of C3 for vectors of eight: the first strip read where it lies, the second packed."""
    side, lanes, cell = 10, 8, 16
    parts = [text(20, 24, "a map of C3: 10 rows of 10 units, each row 16 floats long")]
    for y in range(side):
        for x in range(16):
            kind = "a" if x < lanes else "b" if x < side else "line"
            parts.append(box(20 + x * cell, 40 + y * cell, cell, cell, kind))
    parts += [text(20, 222, "8 columns: ten vectors,", "small"), text(20, 236, "read where they lie", "small")]
    parts += [
        text(150, 222, "2 columns: a strip that", "small"),
        text(150, 236, "would waste six lanes of eight", "small"),
    ]
    parts += [arrow(290, 120, 370, 120), text(312, 110, "pack", "small")]
    # Two columns, ten rows: four parts of Q = 3 rows, side by side.
    left = 390
    parts.append(text(left, 24, "the strip, cut across into four parts, side by side: three vectors"))
    for q in range(3):
        for lane in range(lanes):
            part, x = divmod(lane, 2)
            row = q + 3 * part
            parts.append(box(left + lane * 44, 76 + q * 30, 44, 30, "b" if row < side else "line"))
            if row < side:
                parts.append(text(left + lane * 44 + 22, 95 + q * 30, f"{row}, {8 + x}", "small middle"))
    parts += [text(left, 66, "row, column", "small"), text(left, 186, "lanes without a unit: 4 of 24", "small")]
    parts += [text(left, 222, "10 + 3 vectors in place of 20", "")]
    write("kernels-rows.svg", 770, 250, "A map as rows, its last columns packed into whole vectors", parts)


def innermost() -> None:
    """Many pictures: the same unit of each in one vector."""
    parts = [text(20, 24, "eight pictures, each row by row")]
    for k in range(4):
        parts += [box(20 + 12 * k, 44 + 12 * k, 90, 90, "c" if k == 3 else "line")]
    parts += [box(56 + 30, 80 + 30, 12, 12, "a"), text(20, 196, "unit (y, x) of each picture", "small")]
    parts += [arrow(165, 116, 225, 116), text(168, 106, "gather", "small")]
    parts.append(text(240, 24, "one vector holds this unit of all eight"))
    for lane in range(8):
        parts += [box(240 + lane * 34, 96, 34, 34, "a"), text(257 + lane * 34, 118, str(lane), "small middle")]
    parts += [
        text(240, 152, "lane = picture", "small"),
        text(240, 168, "no lane is ever empty, no vector is shifted", "small"),
    ]
    parts += [text(560, 24, "one row of S2, never leaving the registers")]
    for k, words in enumerate(
        ("two rows of C1: Σ kernel · window + bias", "squash", "sum of 2×2 · coefficient + bias", "squash")
    ):
        parts += [box(560, 44 + 40 * k, 250, 28), text(685, 62 + 40 * k, words, "small middle")]
        if k:
            parts.append(arrow(685, 32 + 40 * k, 685, 43 + 40 * k))
    write("kernels-innermost.svg", 830, 220, "Many pictures: pictures innermost", parts)


def step() -> None:
    """One online step: forward, back, and each weight moved when it is last read."""
    names = ("input", "C1", "S2", "C3", "S4", "C5", "F6", "OUTPUT")
    parts = [text(20, 24, "forward: maps"), text(20, 120, "back: errors"), text(20, 214, "weights")]
    for k, name in enumerate(names):
        x = 20 + 98 * k
        parts += [box(x, 36, 76, 34, "a"), text(x + 38, 58, name, "middle")]
        if k < len(names) - 1:
            parts.append(arrow(x + 77, 53, x + 97, 53))
        if k:
            parts += [box(x, 132, 76, 34, "b"), text(x + 38, 154, name, "middle")]
            if k > 1:
                parts.append(arrow(x - 1, 149, x - 21, 149))
            if k < 5:
                parts += [box(x, 226, 76, 34, "c"), text(x + 38, 248, "gradient", "small middle")]
            else:
                parts += [box(x, 226, 76, 34, "c" if k < 7 else "line")]
                parts.append(text(x + 38, 248, "w −= ε·g" if k < 7 else "fixed codes", "small middle"))
            parts.append(arrow(x + 38, 167, x + 38, 225))
    parts += [arrow(20 + 98 * 7 + 38, 71, 20 + 98 * 7 + 38, 131), text(20 + 98 * 7 - 46, 106, "E (eq. 9)", "small")]
    parts += [text(118, 284, "C1 to S4: few weights, stepped together at the end", "small")]
    parts += [text(510, 284, "C5 and F6: each weight read once, and stepped", "small")]
    write("kernels-step.svg", 820, 300, "One online step", parts)


if __name__ == "__main__":
    rows()
    innermost()
    step()
