"""Recipes: everything that decides a training run, and the named ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from numbers import Integral, Real
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from lenet5.architecture import Architecture, EuclideanRBF
from lenet5.datasets.distortions import DISTORTIONS
from lenet5.errors import TrainingError
from lenet5.network import LeNet5
from lenet5.training.initial import initial

# Appendix C and III-B: the global step η of each pass; the last one stays.
MANY = 10_000  # pictures from which on any start will do
ETA_1998 = (5e-4,) * 2 + (2e-4,) * 3 + (1e-4,) * 3 + (5e-5,) * 4 + (1e-5,)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, but for the network, the data and the seed.

    Raises:
        TrainingError: a value is out of its range.
    """

    algorithm: Literal["sdlm", "adam", "muon"] = "sdlm"
    """sdlm: online, stochastic diagonal Levenberg-Marquardt (appendix C). adam, muon: mini-batches."""
    loss: Literal["mse", "map", "cross_entropy"] = "map"
    """mse is eq. 8, map is eq. 9, cross_entropy is eq. 9 without the rubbish class."""
    j: float = 5.0
    """The penalty of the rubbish class in eq. 9. Not in the paper: no value is given."""
    sharpness: float = 1.0
    """Multiplies the RBF's penalties before map and cross_entropy see them. Not in the paper: there it is 1."""
    passes: int = 20
    """Passes over the training pictures (III-B)."""
    initialisation: Literal["2.4/F", "1/sqrt(F)", "2.4/sqrt(F)", "centred"] = "1/sqrt(F)"
    """Weights start uniform within ± this, F a unit's inputs. The paper says 2.4/F, which never learns. centred:
    ±sqrt(3/F), and logistic units in the middle of their slope."""
    gain: float = 1.0
    """Multiplies the range of the first weights."""
    coefficient: float = 0.5
    """What the coefficients of S2 and S4 start from. Not in the paper."""
    schedule: Literal["1998", "cosine", "constant"] = "1998"
    """How the step falls from pass to pass: as published, along half a cosine to nothing, or not at all."""
    step: float = 0.1
    """sdlm: multiplies the schedule's η. adam, muon: the learning rate."""
    mu: float = 0.02
    """Keeps a step finite where the curvature is small (eq. 21)."""
    curvature_pictures: int = 500
    """How many pictures the curvature is estimated on before each pass."""
    batch: int = 64
    """adam, muon: pictures in a mini-batch."""
    decay: float = 0.0
    """adam, muon: of the weights, per unit of learning rate."""
    distortion: str = "none"
    """What is done to each picture anew in each pass: none, or the name of a Distortion."""
    strength: float = 1.0
    """Multiplies the ranges of the distortion."""
    fade: float = 0.0
    """The last share of the passes, over which the distortion falls to nothing."""
    smoothing: float = 0.0
    """cross_entropy: the share of the wanted answer that is spread over all classes."""
    teacher: str = "none"
    """Whose answers are learned besides the labels: none, or a network as `lenet5.load` takes it. Not in the paper."""
    trust: float = 0.9
    """The teacher's share of the wanted answer; the label has the rest."""
    versions: int = 30
    """With a teacher: how many distorted versions there are of each picture, so that its answers can be kept."""
    average: float = 0.0
    """The network that is kept is a running average of the weights with this memory per update; 0 is none."""

    def __post_init__(self) -> None:
        for names, kind, fits, expected in _NUMBERS:
            for name in names.split():
                value = getattr(self, name)
                right = isinstance(value, kind) and not isinstance(value, bool) and fits(value)
                _expect(right, name, value, expected)
        _expect(not self.fade or self.teacher == "none", "fade", self.fade, "0 with a teacher, whose versions stay")
        for name, allowed in _CHOICES.items():
            _expect(getattr(self, name) in allowed, name, getattr(self, name), f"one of {', '.join(allowed)}")

    @classmethod
    def suited(cls, architecture: Architecture, pictures: int = MANY, start: bool = False) -> str:
        """The name of the recipe where nobody names one: for a network, so many pictures, a start from weights."""
        if start:
            return "fine-tune"
        if isinstance(architecture.output, EuclideanRBF):
            return "1998"
        return "plain" if pictures >= MANY else "plain-centred"

    def to_dict(self) -> dict[str, Any]:
        """The recipe as plain data, for JSON."""
        return asdict(self)

    def network(self, architecture: Architecture, seed: int) -> LeNet5:
        """The network that a training begins with: first weights by the seed, and for an RBF output the sharpness.

        Raises TrainingError for a seed below 0.
        """
        if seed < 0:
            raise TrainingError(f"seed {seed}; expected a whole number from 0 on")
        rng = np.random.default_rng([seed, 0])
        tensors = initial(architecture, rng, self.initialisation, self.gain, self.coefficient)
        rbf = isinstance(architecture.output, EuclideanRBF)
        return LeNet5(architecture, tensors, {"sharpness": self.sharpness} if rbf else {})


# Numbers by their names: of what kind they are, which fit, and what is said of others.
_NUMBERS: tuple[tuple[str, type, Callable[[Any], bool], str], ...] = (
    ("passes curvature_pictures batch versions", Integral, lambda n: n >= 1, "a whole number from 1 on"),
    ("sharpness gain step mu strength", Real, lambda x: 0 < x < math.inf, "a number above 0"),
    ("fade smoothing average trust", Real, lambda x: 0 <= x <= 1, "a number from 0 to 1"),
    ("j", Real, lambda x: x > 0, "a number above 0 (the paper: j is positive)"),
    ("coefficient", Real, math.isfinite, "a finite number"),
    ("decay", Real, lambda x: 0 <= x < math.inf, "a number from 0 on"),
)
_CHOICES = {name: get_args(kind) for name, kind in get_type_hints(Recipe).items() if get_origin(kind) is Literal}
_CHOICES["distortion"] = tuple(DISTORTIONS)


def _expect(condition: bool, name: str, value: object, expected: str) -> None:
    if not condition:
        raise TrainingError(f"recipe: {name} is {value!r}; expected {expected}")


def eta(recipe: Recipe, pass_: int, part: float = 0.0) -> float:
    """The global step in pass `pass_` (from 0), `part` of the way through it."""
    if recipe.schedule == "1998":
        base = ETA_1998[min(pass_, len(ETA_1998) - 1)]
        return base * recipe.step if recipe.algorithm == "sdlm" else base / ETA_1998[0] * recipe.step
    base = ETA_1998[0] if recipe.algorithm == "sdlm" else 1.0
    if recipe.schedule == "constant":
        return base * recipe.step
    return base * recipe.step * 0.5 * (1 + math.cos(math.pi * min(1.0, (pass_ + part) / recipe.passes)))


_1998 = Recipe()
_PLAIN = Recipe(algorithm="adam", loss="cross_entropy", passes=20, schedule="cosine", step=5e-3)
_ALONE = replace(
    _PLAIN, sharpness=0.05, smoothing=0.05, passes=150, step=3e-3, batch=128, decay=0.02, distortion="mild", fade=0.1
)
RECIPES: dict[str, Recipe] = {
    # The recipe of 1998, with the choices that the paper leaves open made on held-out writers (PAPER.md).
    "1998": _1998,
    # The same, on pictures distorted anew in each pass.
    "1998-distorted": replace(_1998, distortion="affine-1998"),
    # Every published value to the letter: it does not learn, as PAPER.md tells.
    "1998-literal": replace(_1998, loss="mse", initialisation="2.4/F", step=1.0),
    # Mini-batches, for the networks whose output is a full connection.
    "plain": _PLAIN,
    # The same for any number of pictures: from the start of plain, logistic networks learn nothing of a few hundred.
    "plain-centred": replace(_PLAIN, initialisation="centred", coefficient=1.0),
    # The same 60,000 parameters and the same codes, trained as well as we know how; chosen on held-out writers.
    # First by themselves, on any data; then taught by seven that were, which know MNIST's digits.
    "best-alone": _ALONE,
    # From trained weights on to a few hundred pictures or more of other hands, or of other classes.
    "fine-tune": replace(_ALONE, passes=20, step=1e-3, batch=64),
    "best": replace(_ALONE, algorithm="muon", step=6e-3, fade=0.0, smoothing=0.0, teacher="lenet5-teacher", trust=1.0),
}


def recipe(name: str) -> Recipe:
    """The named recipe.

    Args:
        name: one of RECIPES.

    Raises:
        TrainingError: there is none of this name.
    """
    if name not in RECIPES:
        raise TrainingError(f"no recipe {name!r}; expected one of {', '.join(RECIPES)}")
    return RECIPES[name]
