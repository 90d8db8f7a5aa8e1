"""How is a picture moved, scaled, sheared and bent? Every pixel asks where it came from, once for everything.

A distortion of the plane and an elastic one are added up before the picture is sampled, so that it is blurred
by one interpolation only. The randomness of a picture comes from (seed, pass, index) alone: the same numbers
give the same picture, in whatever order and by however many threads.
"""

from __future__ import annotations

import numpy as np

from lenet5.kernels.compiled import compiled

__all__ = ["FIELDS", "distort", "transform"]

SIDE = 32
INNER = 28
PAD = 2
CENTRE = np.float32((SIDE - 1) / 2)
BACKGROUND, SPAN = np.float32(-0.1), np.float32(1.275)  # paper, section II-B: from -0.1 to 1.175
INVERSE = np.float32(-0.1 + 1.175)  # a grey level and its opposite add up to this

# The ranges that `distort` reads from its `parameters`, in this order.
FIELDS = (
    "log_smallest", "log_largest", "log_squeeze", "shear", "shift", "rotation",
    "elastic", "spacing", "thickness", "noise", "original", "baseline",
)  # fmt: skip

NODES = 16  # of the elastic grid, along each side, at most
# The mean square of a cubic B-spline over the plane is (2416/5040)²: what the grid loses in amplitude.
NODE_AMPLITUDE = np.float32(np.sqrt(3.0) * 5040 / 2416)

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S27, S30, S31, S32, S40 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32), np.uint64(40)
LOW16, S16 = np.uint64(0xFFFF), np.uint64(16)
LOW24 = np.uint64(0xFFFFFF)
UNIT24 = np.float32(2.0**-24)


@compiled
def _mix(z):
    """The finaliser of splitmix64: every bit of z touches every bit of the result."""
    z = (z ^ (z >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return z ^ (z >> S31)


@compiled
def _next(state):
    """64 random bits; state: uint64 (1,)."""
    state[0] += GOLDEN
    return _mix(state[0])


@compiled
def _between(state, low, high):
    """A float32 that is uniform in [low, high)."""
    return low + (high - low) * (np.float32(_next(state) >> S40) * UNIT24)


@compiled
def _pad(picture, padded):
    """uint8 (28, 28) -> float32 (1024,) in the paper's scale, with two pixels of background around it."""
    padded[:] = BACKGROUND
    step = SPAN / np.float32(255)
    for y in range(INNER):
        start = (y + PAD) * SIDE + PAD
        for x in range(INNER):
            padded[start + x] = BACKGROUND + np.float32(picture[y, x]) * step


@compiled
def _bend(state, elastic, spacing, nodes, bends):
    """A smooth random displacement of every pixel: bends (2, 32, 32), in pixels, x first.

    A cubic B-spline over a grid of random nodes; like uniform noise under a Gaussian of σ = spacing/√3.
    """
    amplitude = elastic * NODE_AMPLITUDE
    count = min(NODES, int((SIDE - 1) / spacing) + 5)
    for i in range(count):
        for j in range(count):
            bits = _next(state)
            u, v = np.float32(bits >> S40), np.float32(bits & LOW24)
            nodes[0, i, j] = amplitude * (np.float32(2) * UNIT24 * u - np.float32(1))
            nodes[1, i, j] = amplitude * (np.float32(2) * UNIT24 * v - np.float32(1))
    # The grid lies anywhere, so that no pixel is nearer to a node than another, over many pictures.
    across, down = _between(state, np.float32(0), np.float32(1)), _between(state, np.float32(0), np.float32(1))
    weights = nodes[2:4].reshape(-1)[: 2 * 4 * SIDE].reshape(2, SIDE, 4)
    for i in range(SIDE):
        _spline(np.float32(i) / spacing + across, weights[0, i])
        _spline(np.float32(i) / spacing + down, weights[1, i])
    row = nodes[4]
    for axis in range(2):
        for y in range(SIDE):
            top = int(np.float32(y) / spacing + down)
            w = weights[1, y]
            for j in range(count):
                n = nodes[axis, top : top + 4, j]
                row[0, j] = w[0] * n[0] + w[1] * n[1] + w[2] * n[2] + w[3] * n[3]
            for x in range(SIDE):
                left = int(np.float32(x) / spacing + across)
                w = weights[0, x]
                bends[axis, y, x] = (
                    w[0] * row[0, left] + w[1] * row[0, left + 1] + w[2] * row[0, left + 2] + w[3] * row[0, left + 3]
                )
