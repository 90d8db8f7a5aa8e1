"""Handwriting that is drawn here with pen strokes, from a seed, without any file."""

from lenet5.datasets.drawn.glyphs import digits
from lenet5.datasets.drawn.paper import Look
from lenet5.datasets.drawn.rubbish import nothing
from lenet5.datasets.drawn.scenes import line, page

__all__ = ["Look", "digits", "line", "nothing", "page"]
