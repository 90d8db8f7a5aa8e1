"""What can be learned without a file? Handwriting that is drawn here with pen strokes, from a seed."""

from lenet5.datasets.drawn.glyphs import digits
from lenet5.datasets.drawn.rubbish import nothing

__all__ = ["digits", "nothing"]
