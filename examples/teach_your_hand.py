"""Teach the network a hand of yours: pictures named by their right answers, or corrected readings.

python examples/teach_your_hand.py [FOLDER or CORRECTIONS.jsonl]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import lenet5
from lenet5 import datasets
from lenet5.datasets.distortions import transform

mine = Path(sys.argv[1] if len(sys.argv) > 1 else "mine")
if not mine.exists():  # something to try it with: 30 drawn digits of somebody who writes them lying on their backs
    mine.mkdir()
    drawn = datasets.load("drawn", count=30)
    for k, image in enumerate(transform(drawn.images, rotation=-55)):
        paper = np.clip((1.175 - image) / 1.275 * 255, 0, 255).astype(np.uint8)
        Image.fromarray(paper).save(mine / f"{drawn.labels[k]}_{k}.png")

network = lenet5.teach(mine, "lenet5-best")
network.save("mine.safetensors")

taught = network.metadata["taught"]
print(f"{taught['samples']} samples, held out in turn: {taught['before']:.0f} % wrong before", end=", ")
print(f"{taught['after']:.0f} % after {taught['passes']} passes")
print(f"{taught['same']:.0f} % of drawn pictures are answered as before")
for name in sorted(mine.iterdir())[:3]:
    (reading,) = lenet5.Reader("mine.safetensors").read(name, layout="digit")
    print(name.name, "reads", reading.text or "nothing")
