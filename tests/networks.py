"""Which networks are tested? The four that are declared, and small ones with other parts and numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import (
    ARCHITECTURES,
    Architecture,
    Convolution,
    EuclideanRBF,
    FullConnection,
    Subsampling,
    all_of,
)
from lenet5.reference import losses
from lenet5.training.initial import initial

# Three letters, few maps, another connection table, one average.
SMALL = Architecture(
    "small",
    Convolution(all_of(2, 1)),
    Subsampling("average"),
    Convolution(((0,), (0, 1), (1,))),
    Subsampling(),
    Convolution(all_of(4, 3)),
    FullConnection(84),
    EuclideanRBF("ABC"),
)
SMALL_TANH = replace(SMALL, name="small-tanh", output=FullConnection(3, "tanh"))
SMALL_LINEAR = replace(SMALL, name="small-none", output=FullConnection(3, "none"))
SMALL_MAXIMUM = replace(SMALL_TANH, name="small-maximum", s4=Subsampling("maximum", "none"))
SMALL_RELU = Architecture(
    "small-relu",
    Convolution(all_of(2, 1), "relu"),
    Subsampling("sum", "relu"),
    Convolution(((0,), (0, 1), (1,)), "relu"),
    Subsampling("maximum", "none"),
    Convolution(all_of(4, 3), "relu"),
    FullConnection(84, "relu"),
    FullConnection(3, "logistic"),
)
NETWORKS = [*ARCHITECTURES.values(), SMALL, SMALL_TANH, SMALL_LINEAR, SMALL_MAXIMUM, SMALL_RELU]
LEARNABLE = [(net, loss) for net in NETWORKS for loss in losses(net)]


def name(value: object) -> str:
    return value.name if isinstance(value, Architecture) else str(value)


def start(net: Architecture, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """First weights, with biases that are not zero and a signal that reaches the output."""
    tensors = initial(net, rng, gain=1.5)
    return {n: t + 0.1 * rng.standard_normal(t.shape) if "bias" in n else t for n, t in tensors.items()}
