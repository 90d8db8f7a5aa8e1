"""How was a line of digits read? Its pieces, the graph of what they may be, the best path, the network slid over it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import SIDE
from lenet5.network import LeNet5
from lenet5.pictures.ink import find_ink
from lenet5.pictures.normalise import BOX, bounding_box
from lenet5.pictures.opening import PAGE_SIDE, open_pages, shrunk
from lenet5.reading.fields import LineField
from lenet5.reading.graph import candidates
from lenet5.reading.layout import cropped, line_ink
from lenet5.reading.pieces import Line, cut
from lenet5.reading.reader import Reader
from lenet5.server.networks import legible

__all__ = ["graph_of", "slid_over"]

WIDEST = 2048  # pixels that the network is slid over
STEP = 4  # pixels from one output to the next: two subsamplings (section VII)


def graph_of(reader: Reader, picture: Any) -> tuple[Line, dict[str, Any]] | None:
    """The line and its recognition graph as plain data (sections V and VI), or None where there is no ink."""
    ink = line_ink(find_ink(shrunk(open_pages(picture)[0], PAGE_SIDE)[0]).ink)
    box = bounding_box(ink, 0.5)
    if box is None:
        return None
    line = cut(cropped(ink)[0])
    found = candidates(line, reader.geometry)
    field = LineField(line, tuple(found), np.eye(3), (line.ink.shape[0], line.ink.shape[1]), reader.geometry, box)
    penalties = np.zeros((0, len(reader.classes)), np.float32)
    if found:
        penalties = reader.penalties(np.stack(field.images))
    probabilities = reader.calibration.probabilities(penalties)
    path = field.path(reader.calibration.on_path().probabilities(penalties)[:, :-1])
    chosen = {arc.candidate for arc in path}
    return line, {
        "width": line.ink.shape[1],
        "height": line.ink.shape[0],
        "slant": line.slant,
        "pieces": [[p.x, p.y, p.width, p.height] for p in line.pieces],
        "candidates": [
            {
                "first": c.first,
                "last": c.last,
                "box": c.box,
                "text": reader.classes[int(p[:-1].argmax())],
                "probability": float(p[:-1].max()),
                "rubbish": float(p[-1]),
                "chosen": k in chosen,
            }
            for k, (c, p) in enumerate(zip(found, probabilities, strict=True))
        ],
        "path": [{"kind": a.kind, "first": a.first, "last": a.last, "candidate": a.candidate} for a in path],
    }


def slid_over(net: LeNet5, line: Line) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """What the space-displacement network says every four pixels of the line (section VII).

    Returns the picture that it sees, uint8 (32, W), digits 20 pixels high; and x, text, penalties of each place.
    """
    scale = BOX / max(line.height, 1.0)
    width = min(WIDEST, max(1, round(line.ink.shape[1] * scale)))
    small = cv2.resize(line.ink, (width, max(1, round(line.ink.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    middle = round((line.top + line.bottom) / 2 * scale)
    seen = np.zeros((SIDE, width + SIDE), np.uint8)
    for row in range(SIDE):
        source = row - SIDE // 2 + middle
        if 0 <= source < len(small):
            seen[row, SIDE // 2 : SIDE // 2 + width] = np.rint(np.clip(small[source], 0, 1) * 255)
    penalties = net.slide(seen[None])[0, 0]  # (places, classes)
    return seen, {
        "width": seen.shape[1],
        "height": SIDE,
        "step": STEP,
        "classes": legible(net),
        "penalties": np.round(penalties, 3).tolist(),
    }
