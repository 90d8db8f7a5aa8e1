"""Both roads of the paper to a line of digits: the graph of its pieces, and a network slid over all of it.

    python benchmarks/both_roads.py        teaches such a network and compares both roads on LENET5_DATA

The other road is the space-displacement network (section VII). One network looks at every place of a line, four pixels
apart, and says which digit stands in the middle of what it sees, or that none does. It is taught with neighbours at
both sides of the digit in the middle, as the paper's was. A path through its answers may stay on a digit, but goes from
one digit to the next over a place that is none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets import load
from lenet5.datasets.dataset import split_by_writer
from lenet5.datasets.drawn.glyphs import abroad
from lenet5.ensemble import Ensemble
from lenet5.loading import load as load_network
from lenet5.network import LeNet5
from lenet5.pictures.normalise import bounding_box
from lenet5.pictures.opening import open_pages
from lenet5.reading.fields import KnownField, LineField
from lenet5.reading.pieces import Line
from lenet5.reading.reader import BEST, Reader
from lenet5.reading.school.lessons import NOTHING, Lessons
from lenet5.reading.school.outcomes import examples
from lenet5.reading.school.teach import Teaching, teach
from lenet5.reading.sliding import slid_over

ENDS = 0.15  # of the pictures, those that have no neighbour on one side: there a line ends
NOISE = 0.1  # of the pixels inverted, in the half of the pictures that has noise


def flanked(images: NDArray[np.uint8], labels: NDArray[np.int64], count: int, rng: np.random.Generator) -> Lessons:
    """A digit between two others, −1 to 4 pixels apart, or with none in the middle: then it is NOTHING (VII-B).

    At the ends of a line there is one other.
    """
    boxes = [bounding_box(image) or (0, 0, 28, 28) for image in images]
    shown = np.zeros((count, 28, 28), np.uint8)
    wanted = np.full(count, NOTHING, np.int64)
    for k in range(count):
        left, middle, right = (int(i) for i in rng.integers(len(images), size=3))
        width = boxes[middle][2]
        if rng.random() < 0.6:
            wanted[k] = labels[middle]
            at = 14 - width // 2 + int(rng.integers(-2, 3))
            _put(shown[k], images[middle], boxes[middle], at)
            ends = (at, at + width)
        else:
            # The middle falls between two digits, or on the edge of one.
            edge = 14 + int(rng.integers(-4, 5))
            ends = (edge, edge)
        if rng.random() > ENDS:
            _put(shown[k], images[left], boxes[left], ends[0] - int(rng.integers(-1, 5)) - boxes[left][2])
        if rng.random() > ENDS:
            _put(shown[k], images[right], boxes[right], ends[1] + int(rng.integers(-1, 5)))
        if rng.random() < 0.5:
            flipped = rng.random((28, 28)) < NOISE
            shown[k][flipped] = 255 - shown[k][flipped]
    return Lessons(shown, wanted, np.full(count, 1 / count))


def _put(field: NDArray[np.uint8], image: NDArray[np.uint8], box: tuple[int, int, int, int], left: int) -> None:
    """Draw a digit's box at a column of a field, as much of it as falls inside."""
    x, _, width, _ = box
    for column in range(max(0, left), min(28, left + width)):
        np.maximum(field[:, column], image[:, x + column - left], out=field[:, column])


def spell(line: Line, network: LeNet5, sharpness: float = 1.0) -> str:
    """The digits of a line, by the best path through the network's answers, the last of which is "none".

    sharpness: what its penalties are multiplied by.
    """
    penalties = sharpness * slid_over(line, network)[1].astype(np.float64)  # (places, classes)
    return _collapsed(_path(penalties + np.log(np.exp(-penalties).sum(axis=1, keepdims=True))))


def _path(costs: NDArray[np.float64]) -> list[int]:
    """The cheapest path: from a place's state to the same one, or to or from "none", which is the last."""
    places, states = costs.shape
    none = states - 1
    least = costs[0].copy()
    back = np.zeros((places, states), np.int64)
    for place in range(1, places):
        best = int(least.argmin())
        arrive = least.copy()
        back[place] = np.arange(states)
        over = least[none] < least[:none]
        arrive[:none][over] = least[none]
        back[place, :none][over] = none
        arrive[none], back[place, none] = least[best], best
        least = arrive + costs[place]
    path = [int(least.argmin())]
    for place in range(places - 1, 0, -1):
        path.append(int(back[place, path[-1]]))
    return path[::-1]


def _collapsed(path: list[int]) -> str:
    none = 10
    steps = zip([none, *path], path, strict=False)
    return "".join(str(state) for before, state in steps if state not in (none, before))


def compared() -> dict[str, float]:
    """Amounts of the development data read exactly, in percent, by both roads, each with one network.

    The sliding network is taught here; the graph has the first member of the shipped reader. Raises DataError
    without LENET5_DATA.
    """
    rng = np.random.default_rng(0)
    people, _ = split_by_writer(load("mnist", "train"), 5000)
    strange, of = abroad(12_000, rng)
    lessons = flanked(np.concatenate([people.images, strange]), np.concatenate([people.labels, of]), 120_000, rng)
    sliding = teach(lessons, Teaching(passes=12, pictures=100_000))
    network = load_network(BEST)
    reader = Reader(network.members[0] if isinstance(network, Ensemble) else network)
    amounts = examples("orand_car_a/strings.zip", "line")
    right = {"graph": 0, "space displacement": 0}
    for amount in amounts:
        (field,) = reader.fields(open_pages(amount.picture)[0], amount.layout)
        right["graph"] += reader.answer([field])[0].text == amount.truth
        field = field.field if isinstance(field, KnownField) else field
        if isinstance(field, LineField) and field.line.pieces:
            right["space displacement"] += spell(field.line, sliding, Teaching.sharpness) == amount.truth
    return {road: 100 * count / len(amounts) for road, count in right.items()}


if __name__ == "__main__":
    for _road, _share in compared().items():
        print(f"{_road}: {_share:.1f} % of the amounts exactly right")
