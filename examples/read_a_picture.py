"""Read the digits in a picture, with a confidence for each line.

python examples/read_a_picture.py [PICTURE]
"""

import sys
from importlib.resources import files

import lenet5

sample = files("lenet5") / "samples" / "page_123_456_789.png"
picture = sys.argv[1] if len(sys.argv) > 1 else str(sample)

reader = lenet5.Reader(accept=0.8)  # answers that are less sure are rejected
for reading in reader.read(picture):
    verdict = f"rejected: {reading.reason}" if reading.rejected else "accepted"
    print(f"{reading.text:10} {reading.confidence:.2f} {verdict:20} at {reading.box}")
