"""Read a folder of pictures into a table, and sum up what it holds. Stopped, it goes on where it was.

python examples/read_many_to_csv.py [FOLDER]
"""

# Needs: pip install 'lenet5[bulk]'
import csv
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

from lenet5 import bulk

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(str(files("lenet5"))) / "samples"
for progress in bulk.read(folder, "readings.csv", layout="auto", workers=1):
    print(f"{progress.pictures} pictures read, {progress.failed} could not be, {progress.left:.0f} s left")

with open("readings.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
for row in rows[:3]:
    print(row["key"], row["text"], row["confidence"])
print(Counter(row["reason"] or "accepted" for row in rows))
