"""Train on a folder of pictures of your own: one folder for each class, LABEL/name.png.

python examples/train_on_your_folder.py [FOLDER]
"""

import sys
from dataclasses import replace
from pathlib import Path

from PIL import Image

from lenet5 import ARCHITECTURES, datasets
from lenet5.architecture import EuclideanRBF
from lenet5.training import Run, recipe

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
if not folder.exists():  # something to try it with: 300 drawn digits, of three classes
    drawn = datasets.load("drawn", "train", count=1000)
    for k, (image, label) in enumerate(zip(drawn.images, drawn.labels, strict=True)):
        if label in (3, 4, 7):
            (folder / str(label)).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / str(label) / f"{k}.png")

pictures = datasets.load(str(folder))  # every picture becomes 28×28, as MNIST's were made
print(f"{len(pictures)} pictures of {', '.join(pictures.classes)}")

# One output for each class, with the drawing of its character from Figure 3.
own = replace(ARCHITECTURES["lenet5"], name="own", output=EuclideanRBF("".join(pictures.classes)))
run = Run(own, replace(recipe("1998"), passes=8), pictures, seed=0)
for _ in run.go():
    pass
network = run.trained()
wrong = (network.predict(pictures.images) != pictures.labels).mean()
print(f"{100 * wrong:.1f} % of the pictures that it learned from are wrong")
network.save("own.safetensors")
