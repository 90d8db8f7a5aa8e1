"""What is a convolution's kernel for every map and every source? Zeros where nothing is connected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import KERNEL, Convolution
from lenet5.network import LeNet5

__all__ = ["dense"]


def dense(layer: Convolution, network: LeNet5, sources: int) -> NDArray[np.float32]:
    """(maps, sources, 5, 5), zeros where the connection table has no connection."""
    kernels = np.zeros((layer.maps, sources, KERNEL, KERNEL), np.float32)
    m, s = np.array(layer.pairs).T
    kernels[m, s] = network.tensors[f"{layer.name}.weight"].reshape(-1, KERNEL, KERNEL)
    return kernels
