"""`python -m lenet5.datasets.drawn FOLDER`: draw the example pictures again."""

from __future__ import annotations

import sys

from lenet5.datasets.drawn.samples import save_samples
from lenet5.errors import LeNetError

if len(sys.argv) != 2:
    sys.exit("usage: python -m lenet5.datasets.drawn FOLDER")
try:
    save_samples(sys.argv[1])
except LeNetError as error:
    sys.exit(f"error: {error}")
