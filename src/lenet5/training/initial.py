"""The first weights of a network that has learnt nothing (appendix A)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import KERNEL, POOL, Architecture, Convolution, EuclideanRBF, Subsampling
from lenet5.codes import codes
from lenet5.errors import TrainingError
from lenet5.reference import dense, squash

Array = NDArray[np.float64]

# Weights start uniform between −range and range; F is the number of a unit's inputs.
SCHEMES: dict[str, Callable[[Array], Array]] = {
    "2.4/F": lambda F: 2.4 / F,  # appendix A to the letter
    # Not in the paper: the authors' own later code; 2.4/F leaves hardly any signal at F6 (PAPER.md).
    "1/sqrt(F)": lambda F: 1 / np.sqrt(F),
    "2.4/sqrt(F)": lambda F: 2.4 / np.sqrt(F),
    # Not in the paper: weights of variance 1/F, and logistic units start in the middle of their slope; see `_centre`.
    "centred": lambda F: np.sqrt(3 / F),
}


def initial(
    architecture: Architecture,
    rng: np.random.Generator,
    scheme: str = "1/sqrt(F)",
    gain: float = 1.0,
    coefficient: float = 0.5,
) -> dict[str, Array]:
    """Every tensor of a network that has learnt nothing, float64, in the order of `Architecture.shapes()`.

    Weights are uniform within ±gain times one of SCHEMES, biases are 0 but for "centred", the RBF codes are
    Figure 3's. `coefficient` is for the sum of an S unit's four inputs; an average gets four times that, the same
    function.
    Raises TrainingError for an unknown scheme.
    """
    if scheme not in SCHEMES:
        raise TrainingError(f"no initialisation {scheme!r}; expected one of {', '.join(SCHEMES)}")
    layers = {layer.name: layer for layer in architecture.layers}
    tensors = {}
    for name, shape in architecture.shapes().items():
        layer, part = layers.get(name.split(".")[0]), name.split(".")[1]
        if part == "weight":
            fan_in = np.full(shape[0], float(np.prod(shape[1:])))
            if isinstance(layer, Convolution) and len(shape) == 3:  # one kernel for each connected pair
                fan_in = np.array([float(KERNEL**2 * len(layer.table[m])) for m, _ in layer.pairs])
            # Not in the paper, which has tanh alone: a logistic's slope at 0 is ¼, and takes four times the range.
            flat = getattr(layer, "squash", "none") in ("logistic", "softmax")
            limit = gain * SCHEMES[scheme](fan_in) * (4 if flat else 1)
            tensors[name] = limit.reshape(-1, *(1,) * (len(shape) - 1)) * rng.uniform(-1, 1, shape)
        elif isinstance(layer, Subsampling) and part == "coefficient":
            # Not in the paper: 0.5 is 1/√4, from the authors' own later code.
            tensors[name] = np.full(shape, coefficient / layer.share)
        elif part == "bias":
            tensors[name] = np.zeros(shape)  # Not in the paper.
        elif isinstance(architecture.output, EuclideanRBF):
            tensors[name] = codes(architecture.output.characters).astype(np.float64)
    if scheme == "centred":
        _centre(architecture, tensors)
    return tensors


def _centre(architecture: Architecture, tensors: dict[str, Array]) -> None:
    """Start logistic units in the middle of their slope: biases take back the ½ that the units below answer to 0.

    Else that ½ pushes them out of it, and each layer tells pictures apart less than the one below: F6 a hundredth as
    well as C1, where few pictures never move it. Coefficients get the four times that weights get, and a logistic
    output starts at 1 / classes.
    """
    rest = 0.0  # what the layer below answers to a sum of 0
    for layer in architecture.layers:
        if isinstance(layer, EuclideanRBF) or (isinstance(layer, Subsampling) and not layer.trained):
            continue
        if isinstance(layer, Subsampling):
            coefficients = tensors[f"{layer.name}.coefficient"]
            coefficients *= 4 if layer.squash == "logistic" else 1
            sums = POOL**2 * layer.share * coefficients
        elif isinstance(layer, Convolution):
            sums = dense(layer, tensors[f"{layer.name}.weight"], 1 + max(s for _, s in layer.pairs)).sum((1, 2, 3))
        else:
            sums = tensors[f"{layer.name}.weight"].sum(1)
        tensors[f"{layer.name}.bias"] -= rest * sums
        rest = 0.0 if layer.squash == "softmax" else float(squash(layer.squash, np.zeros(())))
    if getattr(architecture.output, "squash", "") == "logistic":
        tensors["output.bias"] -= np.log(architecture.classes - 1)
