"""Both roads of the paper to a line of digits: the graph of its pieces, and a network slid over all of it.

python benchmarks/both_roads.py        teaches such a network and compares both roads on LENET5_DATA
"""

from __future__ import annotations

import numpy as np

from lenet5.datasets import load
from lenet5.datasets.drawn.abroad import abroad
from lenet5.datasets.writers import split_by_writer
from lenet5.ensemble import Ensemble
from lenet5.loading import load as load_network
from lenet5.pictures.opening import open_pages
from lenet5.reading.fields import KnownField, LineField
from lenet5.reading.reader import BEST, Reader
from lenet5.reading.school.displacement import flanked, spell
from lenet5.reading.school.outcomes import examples
from lenet5.reading.school.teach import Teaching, teach

__all__ = ["compared"]


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
