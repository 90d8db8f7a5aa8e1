"""Train the network of 1998 on digits that the package draws itself, and keep its weights.

python examples/train_on_drawn_digits.py
"""

from dataclasses import replace

from lenet5 import ARCHITECTURES, datasets
from lenet5.training import PassRecord, Run, recipe

train = datasets.load("drawn", "train", count=2000)
test = datasets.load("drawn", "test", count=500)
short = replace(recipe("1998"), passes=4)  # the recipe of 1998 has 20 passes, for 60,000 pictures

run = Run(ARCHITECTURES["lenet5"], short, train, test, seed=0)
for event in run.go():
    if isinstance(event, PassRecord):
        print(f"pass {event.pass_}: {event.held_out_error:.1f} % of the test pictures are wrong")

path = run.trained().save("drawn.safetensors")
print(f"kept in {path}; load it with lenet5.load({str(path)!r})")
