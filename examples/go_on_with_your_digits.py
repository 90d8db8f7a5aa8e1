"""Go on from shipped weights with pictures of your own hand, and see what it brought.

python examples/go_on_with_your_digits.py
"""

import lenet5
from lenet5 import datasets

digits = datasets.load("drawn", "train", count=600)  # or datasets.load("my_digits/"), a folder for each class
own, judged = digits.take(slice(0, 400)), digits.take(slice(400, 600))

before = lenet5.load("lenet5-best")
after = lenet5.train(own.images, own.labels, classes=own.classes, start=before, seed=0)

for name, network in (("before", before), ("after", after)):
    wrong = (network.predict(judged.images) != judged.labels).mean()
    print(f"{name}: {100 * wrong:.1f} % of {len(judged)} others are wrong")

print(after.save("my_hand.safetensors"), "remembers its parent:", after.metadata["parent"]["digest"][:12])
