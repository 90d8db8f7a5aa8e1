"""Train on a table as Kaggle has it: a label and 784 pixels a row. Kept is a file for `lenet5 read --model`.

python examples/train_on_a_csv.py [TRAIN.csv]
"""

import csv
import sys
from pathlib import Path

import lenet5
from lenet5 import datasets

table = Path(sys.argv[1] if len(sys.argv) > 1 else "digits.csv")
if not table.exists():  # something to try it with: 1,000 drawn digits
    drawn = datasets.load("drawn", "train", count=1000)
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["label", *(f"pixel{k}" for k in range(784))])
        rows.writerows([label, *image.reshape(-1)] for label, image in zip(drawn.labels, drawn.images, strict=True))

pictures = datasets.load(str(table))  # .npz, .npy, .parquet, IDX files and folders are read the same way
print(f"{len(pictures)} pictures of {', '.join(pictures.classes)}", *pictures.notes, sep="\n")

network = lenet5.train(pictures.images, pictures.labels, classes=pictures.classes, held_out=0.2, seed=0)
print(f"{network.metadata['result']['held_out_error']:.1f} % of the pictures that were held out are wrong")
network.save("from_a_csv.safetensors")
