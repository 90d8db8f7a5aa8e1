"""How do the weights move after a mini-batch? (Adam; not in the paper)

The gradients of a batch's shards are added in their order, so that the sum is the same for any number of threads.
"""

from __future__ import annotations

import numpy as np

from lenet5.kernels.compiled import compiled

__all__ = ["adam", "follow"]


@compiled
def adam(weights, gradients, count, first, second, trained, rate, decay, step, beta1, beta2):
    """One step on the mean gradient of `count` pictures; gradients (shards, parameters) are cleared.

    first, second: running means of the gradient and of its square; step: 1 at the first call; decay: of the
    weights, per unit of rate.
    """
    one = np.float32(1)
    share = one / np.float32(count)
    tilt1, tilt2 = one / np.float32(1 - beta1**step), one / np.float32(1 - beta2**step)
    b1, b2, lr, fall = np.float32(beta1), np.float32(beta2), np.float32(rate), np.float32(1 - rate * decay)
    for k in range(1, gradients.shape[0]):
        for i in range(trained):
            gradients[0, i] += gradients[k, i]
            gradients[k, i] = 0.0
    for i in range(trained):
        g = gradients[0, i] * share
        gradients[0, i] = 0.0
        first[i] = b1 * first[i] + (one - b1) * g
        second[i] = b2 * second[i] + (one - b2) * g * g
        weights[i] = fall * weights[i] - lr * (first[i] * tilt1) / (np.sqrt(second[i] * tilt2) + np.float32(1e-8))


@compiled
def follow(average, weights, share):
    """average += share·(weights − average)"""
    part = np.float32(share)
    for i in range(average.shape[0]):
        average[i] += part * (weights[i] - average[i])
