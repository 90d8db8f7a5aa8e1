"""Look inside a digit: what each layer answers, and the drawing that F6 compares with Figure 3.

python examples/look_inside.py
"""

import lenet5
from lenet5 import datasets
from lenet5.codes import bitmap

drawn = datasets.load("drawn", "test", count=60)
digit = drawn.images[drawn.labels == 3][:1]  # one 3, uint8 (1, 28, 28)

network = lenet5.load("lenet5")
for name, values in network.activations(digit).items():
    print(f"{name:7}{values.shape[1:]!s:14} from {values.min():6.2f} to {values.max():6.2f}")

answer = network.classes[network.predict(digit)[0]]
f6 = network.activations(digit)["f6"][0].reshape(12, 7)  # 84 units, as 12 rows of 7 pixels
print(f"\nF6, and the code of {answer}:")
for ours, theirs in zip(f6, bitmap(answer), strict=True):
    print("".join(".#"[int(unit > 0)] for unit in ours), "".join(".#"[int(pixel > 0)] for pixel in theirs))

penalties = network.penalties(digit)[0]
print("\n" + " ".join(f"{name}: {penalty:.0f}" for name, penalty in zip(network.classes, penalties, strict=True)))
