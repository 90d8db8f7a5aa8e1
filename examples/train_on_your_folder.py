"""Train on a folder of pictures of your own: one folder for each class, LABEL/name.png.

python examples/train_on_your_folder.py [FOLDER]
"""

import sys
from pathlib import Path

from PIL import Image

import lenet5
from lenet5 import datasets

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
if not folder.exists():  # something to try it with: 300 drawn digits, of three classes
    drawn = datasets.load("drawn", "train", count=1000)
    for k, (image, label) in enumerate(zip(drawn.images, drawn.labels, strict=True)):
        if label in (3, 4, 7):
            (folder / str(label)).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / str(label) / f"{k}.png")

pictures = datasets.load(str(folder))  # every picture becomes 28×28, as MNIST's were made
print(f"{len(pictures)} pictures of {', '.join(pictures.classes)}")

# lenet5 would have the drawings of Figure 3 as its outputs, for classes of one character; this one takes any names.
network = lenet5.train(pictures.images, pictures.labels, classes=pictures.classes, network="lenet5-softmax")
held_out = network.metadata["result"]["held_out_error"]
print(f"{held_out:.1f} % of the pictures that were held out are wrong")
network.save("own.safetensors")
