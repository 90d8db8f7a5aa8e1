"""lenet5-ascii taught: the network of 1998 with all codes of Figure 3, for every printable character of ASCII.

    python -m lenet5.reading.school.characters --out lenet5-ascii.safetensors

The space's code stands for what is no character. UNIPEN's characters, as a file of strokes, and MNIST are needed, as by
`teach`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import LENET5, EuclideanRBF
from lenet5.codes import NONE
from lenet5.datasets import drawn
from lenet5.datasets import load as load_data
from lenet5.datasets.dataset import Dataset, split_by_writer
from lenet5.datasets.strokes import Strokes
from lenet5.errors import LeNetError
from lenet5.reading.alphabet import SIGNS
from lenet5.reading.school.composed_lines import line_lessons
from lenet5.reading.school.doodles import doodles
from lenet5.reading.school.lessons import NOTHING, Lessons, printed, some_written
from lenet5.reading.school.teach import HELD_OUT, Teaching, asked, making, teach, unipen
from lenet5.training.calibration import fitted_sharpness

MODULE = "lenet5.reading.school.characters"
ASCII = replace(LENET5, name="lenet5-ascii", output=EuclideanRBF(SIGNS + NONE))
USUAL = Teaching(members=1, passes=60, pictures=150_000, sharpness=0.3, step=6e-3, size=1.0)


def lessons(mnist: Dataset, strokes: Strokes, rng: np.random.Generator, size: float = 1.0) -> Lessons:
    """All that is taught; `size` 1 is about 400,000 pictures.

    strokes: every character but the space, by many writers. mnist: digits by others.
    """

    def n(count: int) -> int:
        return max(20, int(count * size))

    hands = some_written(strokes, SIGNS, n(220_000), rng)
    people = (mnist.images, np.array([SIGNS.index(c) for c in mnist.classes])[mnist.labels])
    sources, shares = (hands, people), (0.8, 0.2)
    noughts = [np.flatnonzero(labels == SIGNS.index("0")) for _, labels in sources]

    def pick(digit: int | None) -> tuple[NDArray[np.uint8], int]:
        k = int(rng.choice(len(sources), p=shares))
        images, labels = sources[k]
        # Of a digit that is asked for there is one: the nought, in which amounts end.
        row = int(rng.integers(len(labels))) if digit is None else int(rng.choice(noughts[k]))
        return images[row], int(labels[row])

    line_images, line_labels = line_lessons(n(5_000), pick, rng)
    right = line_labels != NOTHING
    nothing = drawn.nothing(n(40_000), int(rng.integers(2**31)))
    # Its other kinds are letters, signs, and pieces of digits that may be signs.
    kinds = [nothing.classes.index(kind) for kind in ("scribble", "doodle", "digits")]
    nothing = nothing.take(np.flatnonzero(np.isin(nothing.labels, kinds)))
    drawings = doodles(n(10_000), rng)
    return Lessons.of(
        (*hands, 0.66),
        (*people, 0.04),
        (*printed(SIGNS, n(30_000), rng), 0.04),
        (line_images[right], line_labels[right], 0.08),
        (line_images[~right], NOTHING, 0.10),
        (nothing.images, NOTHING, 0.04),
        (drawings, NOTHING, 0.04),
    )


def main(arguments: list[str] | None = None) -> int:
    """Teach and save."""
    out, path, how = asked(MODULE, __doc__, USUAL, arguments)

    def told(pass_: int, loss: float, seconds: float) -> None:
        print(f"pass {pass_ + 1} of {how.passes}: loss {loss:.3f}, {seconds:.0f} s", file=sys.stderr, flush=True)

    try:
        matter, unseen = material(how, path)
        network = teach(matter, how, told, how.recipe().network(ASCII, how.seed))
        penalties = network.penalties(unseen.images)
        network.metadata.update(_about(penalties, unseen.labels, how))
        network.save(out)
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def material(how: Teaching, path: Path | None = None) -> tuple[Lessons, Dataset]:
    """The lessons, and what `held_out` gives. Raises DataError where data is missing."""
    train, _ = split_by_writer(load_data("mnist", "train"), 5000)
    learned, _ = split_by_writer(unipen(path), HELD_OUT)
    matter = lessons(train, learned, np.random.default_rng([how.lessons, 6]), how.size)
    print(f"{len(matter.labels):,} lessons", file=sys.stderr, flush=True)
    return matter, held_out(how, path)


def held_out(how: Teaching = USUAL, path: Path | None = None) -> Dataset:
    """Every character by UNIPEN's writers that are held out, each with another pen."""
    _, others = split_by_writer(unipen(path), HELD_OUT)
    return others.pictures(np.random.default_rng([how.lessons, 7])).with_classes(SIGNS)


def _about(penalties: NDArray[np.float32], labels: NDArray[np.int64], how: Teaching) -> dict[str, Any]:
    sharpness, best = fitted_sharpness(penalties, labels), penalties[:, : len(SIGNS)].argmin(axis=1)
    return {
        **making(MODULE, how, USUAL),
        "sharpness": sharpness,
        "reading": {"rubbish": 0.0, "temperature": round(1 / sharpness, 3), "accept": 0.5},
        "held_out_error": round(100 * float((best != labels).mean()), 3),
    }


if __name__ == "__main__":
    raise SystemExit(main())
