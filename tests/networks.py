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
from lenet5.reference import initial, losses

# Three letters, few maps, another connection table, one average.
SMALL = Architecture(
    "small",
    Convolution("c1", all_of(2, 1)),
    Subsampling("s2", "average"),
    Convolution("c3", ((0,), (0, 1), (1,))),
    Subsampling("s4"),
    Convolution("c5", all_of(4, 3)),
    FullConnection("f6", 84),
    EuclideanRBF("output", "ABC"),
)
SMALL_TANH = replace(SMALL, name="small-tanh", output=FullConnection("output", 3, "tanh"))
SMALL_LINEAR = replace(SMALL, name="small-none", output=FullConnection("output", 3, "none"))
SMALL_MAXIMUM = replace(SMALL_TANH, name="small-maximum", s4=Subsampling("s4", "maximum", "none"))
SMALL_RELU = Architecture(
    "small-relu",
    Convolution("c1", all_of(2, 1), "relu"),
    Subsampling("s2", "sum", "relu"),
    Convolution("c3", ((0,), (0, 1), (1,)), "relu"),
    Subsampling("s4", "maximum", "none"),
    Convolution("c5", all_of(4, 3), "relu"),
    FullConnection("f6", 84, "relu"),
    FullConnection("output", 3, "logistic"),
)
NETWORKS = [*ARCHITECTURES.values(), SMALL, SMALL_TANH, SMALL_LINEAR, SMALL_MAXIMUM, SMALL_RELU]
LEARNABLE = [(net, loss) for net in NETWORKS for loss in losses(net)]


def name(value: object) -> str:
    return value.name if isinstance(value, Architecture) else str(value)


def start(net: Architecture, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """First weights, with biases that are not zero and a signal that reaches the output."""
    tensors = initial(net, rng, gain=1.5)
    return {n: t + 0.1 * rng.standard_normal(t.shape) if "bias" in n else t for n, t in tensors.items()}
