"""The reader's networks taught: the network of 1998 with one more code, on what readers meet.

    python -m lenet5.reading.school.teach --out lenet5-reader.safetensors

It needs MNIST, UNIPEN's characters as a file of strokes (`benchmarks/strokes_of_unipen.py` makes it), and the digits of
NSYSU's students among the pictures of `field`. A member that is taught is kept beside the file to write, and found
there again by the same command, until all are taught.

Of the codes of Figure 3 it knows the ten digits' and the space's, which stands for what is no digit: the rubbish class
of eq. 9, whose penalty is no constant j but a distance like the others. The calibration is then fitted on writers and
hands that were not learned from.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import LENET5, EuclideanRBF
from lenet5.codes import DIGITS, NONE
from lenet5.datasets import load as load_data
from lenet5.datasets.dataset import Dataset, split_by_writer
from lenet5.datasets.distortions import Distortion
from lenet5.datasets.drawn.glyphs import abroad
from lenet5.datasets.mnist import ENVIRONMENT
from lenet5.datasets.strokes import Strokes, read_strokes
from lenet5.ensemble import Ensemble
from lenet5.errors import LeNetError
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.pictures.ink import find_ink
from lenet5.pictures.normalise import normalise
from lenet5.pictures.opening import open_pages
from lenet5.reading.answers import Calibration, Network
from lenet5.reading.glyph import the_glyph
from lenet5.reading.reader import Reader
from lenet5.reading.school.lessons import NOTHING, Lessons, lessons, some_written
from lenet5.reading.school.outcomes import examples
from lenet5.scale import BACKGROUND, SPAN
from lenet5.training.learners import MiniBatch
from lenet5.training.recipe import Recipe

MODULE = "lenet5.reading.school.teach"
READER = replace(LENET5, name="lenet5-reader", output=EuclideanRBF(DIGITS + NONE))
BLOCK = 2048  # pictures made ready at a time

# What else may become of a glyph on its way from the pen to the network.
HAND = Distortion(
    scale=(0.86, 1.1), squeeze=0.18, shear=0.28, shift=1.2, rotation=9.0, elastic=0.75, thickness=0.6, original=0.1
)


STUDENTS = ("field/pictures.zip", "nsysu-digits")
STROKES = Path("unipen", "characters.npz")
HELD_OUT = 1 / 5  # of UNIPEN's characters, by whole writers
DATA = (
    "MNIST's training part without 5,000 pictures of held-out writers; UNIPEN train_r01_v07 (International Unipen "
    "Foundation, CC BY 4.0), four of its writers in five; 132 of NSYSU-digits (SageLabTW, ODbL); and what the project "
    "draws"
)
NO_DIGIT = 0.001
SURE = 0.7  # a wrong answer is worse than two that are not given


@dataclass(frozen=True)
class Teaching:
    """`members` networks, each taught in passes of `pictures`, drawn anew; the rest as in a training recipe."""

    members: int = 10
    passes: int = 90
    pictures: int = 120_000
    algorithm: Literal["adam", "muon"] = "muon"
    sharpness: float = 0.1
    step: float = 4e-3
    batch: int = 128
    decay: float = 0.02
    average: float = 0.999
    fade: float = 0.2
    size: float = 1.0
    """Of the lessons: 1 is about a million pictures."""
    lessons: int = 0
    """The seed of the lessons; `seed` is the first member's."""
    seed: int = 1

    def recipe(self) -> Recipe:
        own = ("algorithm", "sharpness", "passes", "step", "batch", "decay", "average")
        return Recipe(loss="cross_entropy", schedule="cosine", **{name: getattr(self, name) for name in own})


def teach(
    matter: Lessons,
    how: Teaching,
    told: Callable[[int, float, float], None] = lambda *_: None,
    network: LeNet5 | None = None,
) -> LeNet5:
    """A network taught, a new READER or another; `told` hears of each pass: its number, mean loss, seconds."""
    network = network or how.recipe().network(READER, how.seed)
    learner = MiniBatch(how.recipe(), network.plan, network.parameters)
    wanted = np.eye(network.architecture.classes, dtype=np.float32)  # of NOTHING, which is −1, the last
    for pass_ in range(how.passes):
        start, cost = time.perf_counter(), 0.0
        rng = np.random.default_rng([how.seed, 1, pass_])
        rows = rng.choice(len(matter.labels), how.pictures, p=matter.share)
        hand = HAND.times(min(1.0, (how.passes - 1 - pass_) / max(1.0, how.fade * how.passes)))
        learner.begin(pass_, rows[:1], lambda r: (np.zeros((0, 32, 32), np.float32), wanted[r]))
        for at in range(0, how.pictures, BLOCK):
            some = rows[at : at + BLOCK]
            shown = _dimmed(hand.apply(matter.images, some, seed=how.seed, pass_=pass_), rng)
            loss, _ = learner.learn(shown, wanted[matter.labels[some]], pass_, at / how.pictures)
            cost += loss
        told(pass_, cost / how.pictures, time.perf_counter() - start)
    network.parameters[...] = learner.arrays()["average"]
    return network


def _dimmed(shown: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Some of the pictures fainter, or with fuller strokes, as pens and scaling leave them."""
    gain = np.where(rng.random(len(shown)) < 0.5, rng.uniform(0.6, 1.7, len(shown)), 1.0).astype(np.float32)
    paper, full = np.float32(BACKGROUND), np.float32(SPAN)
    ink = (shown - paper) * gain[:, None, None]
    return np.ascontiguousarray(np.minimum(ink, full) + paper, dtype=np.float32)


def calibrated(network: Network, digits: Dataset, how: Teaching) -> Calibration:
    """The calibration that fits digits which the network has not learned from, distorted half as much as its lessons.

    Rubbish is put where it takes NO_DIGIT of them; the temperature is the one under which their labels are likeliest.
    What is less probable than SURE is not accepted. Among the candidates of a line what is none is as common as among
    the lessons: there the network is taken at its word.
    """
    rows = np.arange(len(digits))
    shown = HAND.times(0.5).apply(digits.images, rows, seed=how.seed)
    penalties = Reader(network).penalties(shown)
    rubbish = round(float(np.quantile(penalties.min(axis=1), 1 - NO_DIGIT)), 2)
    best = min(
        (Calibration(rubbish, round(t, 3)) for t in np.geomspace(0.5, 20, 60).tolist()),
        key=lambda c: -float(np.log(c.probabilities(penalties)[rows, digits.labels] + 1e-9).mean()),
    )
    return replace(best, accept=SURE, on_paths=(0.0, 1 / how.sharpness))


def asked(
    module: str, about: str | None, usual: Teaching, arguments: list[str] | None
) -> tuple[Path, Path | None, Teaching]:
    """What a command line asks for: the file to write, UNIPEN's characters, and how to teach."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors file to write")
    parser.add_argument("--strokes", type=Path, help=f"UNIPEN's characters; by default {STROKES} in {ENVIRONMENT}")
    for name, default in vars(usual).items():
        if name != "members" or default > 1:
            parser.add_argument(f"--{name}", type=type(default), default=default)
    given = vars(parser.parse_args(arguments))
    return given.pop("out"), given.pop("strokes"), replace(usual, **given)


def making(module: str, how: Teaching, usual: Teaching) -> dict[str, Any]:
    """What a network's metadata tells of how it was taught."""
    flags = [f"--{name} {value}" for name, value in vars(how).items() if value != getattr(usual, name)]
    command = " ".join([f"python -m {module}", *flags])
    return {"recipe": vars(how), "data": DATA, "command": command, "seed": how.seed}


def main(arguments: list[str] | None = None) -> int:
    """Teach, calibrate, save."""
    out, path, how = asked(MODULE, __doc__, Teaching(), arguments)
    try:
        train, held_out = split_by_writer(load_data("mnist", "train"), 5000)
        learned, others = split_by_writer(unipen(path), HELD_OUT)
        matter = lessons(train, learned, students(), np.random.default_rng([how.lessons, 2]), how.size)
        taught = int((matter.labels != NOTHING).sum())
        print(f"{len(matter.labels):,} lessons, {taught:,} of them digits", file=sys.stderr, flush=True)
        # The members learn from the same lessons, from other first weights and in another order.
        network = Ensemble([_member(matter, replace(how, seed=how.seed + k), out, k) for k in range(how.members)])
        calibration = calibrated(network, unseen(held_out, how), how)
        errors = {"held_out_error": _error(network, held_out), "unipen_error": _error(network, written(others, how))}
        network.metadata |= {"reading": calibration.to_dict(), **making(MODULE, how, Teaching()), **errors}
        print(f"% wrong of other writers: {errors}; {calibration}", file=sys.stderr)
        network.save(out)
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    for k in range(how.members):
        _kept(out, k).unlink(missing_ok=True)
    return 0


def unipen(path: Path | None = None) -> Strokes:
    """UNIPEN's characters, from a file, or where they are among the development data."""
    return read_strokes(path or Path(os.environ.get(ENVIRONMENT, "."), STROKES))


def students() -> Dataset:
    """The digits of NSYSU's students among what people photographed, as the reader's networks get to see them."""
    chosen = [e for e in examples(STUDENTS[0]) if STUDENTS[1] in e.path]
    glyphs = [normalise(the_glyph(find_ink(open_pages(e.picture)[0]).ink)[0], steep=True) for e in chosen]
    return Dataset("students", np.stack(glyphs), np.array([int(e.truth) for e in chosen]), tuple(DIGITS))


def _kept(out: Path, member: int) -> Path:
    return out.with_suffix(f".{member}.safetensors")


def _member(matter: Lessons, how: Teaching, out: Path, number: int) -> LeNet5:
    """One member, taught, or found as it was kept when the same lessons had taught it before."""
    digest = hashlib.sha256(matter.images.tobytes() + matter.share.tobytes()).hexdigest()
    path, about = _kept(out, number), {"recipe": vars(replace(how, members=1)), "lessons": digest}
    if path.exists() and (kept := load(path)).metadata.items() >= about.items():
        return kept

    def told(pass_: int, loss: float, seconds: float) -> None:
        words = f"member {number + 1} of {how.members}, pass {pass_ + 1} of {how.passes}"
        print(f"{words}: loss {loss:.3f}, {seconds:.0f} s", file=sys.stderr, flush=True)

    network = teach(matter, how, told)
    network.metadata.update(about)
    network.save(path)
    return load(path)


def _error(network: Network, digits: Dataset) -> float:
    """Percent that the reader would take for another digit; what it takes for none counts by its best guess."""
    return round(100 * float((Reader(network).penalties(digits.images).argmin(axis=1) != digits.labels).mean()), 3)


def written(strokes: Strokes, how: Teaching) -> Dataset:
    """3,000 digits by UNIPEN's writers that are held out, each with another pen."""
    images, labels = some_written(strokes, DIGITS, 3000, np.random.default_rng([how.lessons, 4]))
    return Dataset("unipen, held out of other writers", images, labels, tuple(DIGITS))


def unseen(held_out: Dataset, how: Teaching) -> Dataset:
    """Digits to calibrate on: held-out writers of MNIST, and hands that were not drawn for the lessons.

    UNIPEN's are left out: one label in a hundred is wrong there, and what is surely right is what is wanted.
    """
    images, labels = abroad(5000, np.random.default_rng([how.lessons, 3]))
    images = np.concatenate([held_out.images, images])
    return Dataset("unseen hands", images, np.concatenate([held_out.labels, labels]), held_out.classes)


if __name__ == "__main__":
    raise SystemExit(main())
