"""A picture moved, scaled, sheared and bent in one step: every pixel asks once where it came from.

A distortion of the plane and an elastic one are added up before the picture is sampled, so that it is blurred
by one interpolation only. The randomness of a picture comes from (seed, pass, index) alone: the same numbers
give the same picture, in whatever order and by however many threads.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from lenet5 import scale
from lenet5.architecture import SIDE
from lenet5.kernels.entries import NODES
from lenet5.machine.compiled import compiled
from lenet5.machine.lanes import LANES, fma, load, splat, store
from lenet5.scale import INNER

PAD = scale.FRAME
CENTRE = np.float32((SIDE - 1) / 2)
BACKGROUND, SPAN = np.float32(scale.BACKGROUND), np.float32(scale.SPAN)
INVERSE = np.float32(scale.BACKGROUND + scale.FOREGROUND)  # a grey level and its opposite add up to this

# The mean square of a cubic B-spline over the plane is (2416/5040)²: what the grid loses in amplitude.
NODE_AMPLITUDE = np.float32(np.sqrt(3.0) * 5040 / 2416)

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S27, S30, S31, S40 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(40)
LOW16, S16 = np.uint64(0xFFFF), np.uint64(16)
LOW24 = np.uint64(0xFFFFFF)
UNIT24, TWICE_24 = np.float32(2.0**-24), np.float32(2.0**-23)
ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
SIXTH, TWO_THIRDS = np.float32(1 / 6), np.float32(2 / 3)


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
def _weigh(spacing, offset, weights, first):
    """The cubic B-spline of every node at every pixel of a line.

    weights: float32 (nodes, 32), and first: int64 (32,), the first of the four nodes that reach a pixel.
    """
    weights[:] = np.float32(0)
    for x in range(SIDE):
        place = np.float32(x) / spacing + offset
        node = int(place)
        t = place - np.float32(node)
        s = ONE - t
        first[x] = node
        weights[node, x] = s * s * s * SIXTH
        weights[node + 1, x] = TWO_THIRDS - t * t * (ONE - HALF * t)
        weights[node + 2, x] = TWO_THIRDS - s * s * (ONE - HALF * s)
        weights[node + 3, x] = t * t * t * SIXTH


@compiled
def _bend(state, elastic, spacing, scratch, bends):
    """A smooth random displacement of every pixel: bends (2, 32, 32), in pixels, x first.

    A cubic B-spline over a grid of random nodes: what uniform noise under a Gaussian of sigma = spacing/sqrt(3)
    looks like, at the price of a few hundred products.
    """
    nodes, across, down, first, line = scratch
    amplitude = elastic * NODE_AMPLITUDE
    count = int(np.float32(SIDE - 1) / spacing) + 5
    for i in range(count):
        for j in range(count):
            bits = _next(state)
            nodes[0, i, j] = amplitude * (np.float32(bits >> S40) * TWICE_24 - ONE)
            nodes[1, i, j] = amplitude * (np.float32(bits & LOW24) * TWICE_24 - ONE)
    # The grid lies anywhere, so that over many pictures no pixel is nearer to a node than another.
    _weigh(spacing, _between(state, ZERO, ONE), across, first)
    _weigh(spacing, _between(state, ZERO, ONE), down, first)
    for axis in range(2):
        for y in range(SIDE):
            start = (axis * NODES + first[y]) * NODES
            for j in range(0, NODES, LANES):
                sums = splat(ZERO)
                for i in range(4):
                    sums = fma(splat(down[first[y] + i, y]), load(nodes, start + i * NODES + j), sums)
                store(line, j, sums)
            for x in range(0, SIDE, LANES):
                sums = splat(ZERO)
                for j in range(count):
                    sums = fma(splat(line[j]), load(across, j * SIDE + x), sums)
                store(bends, (axis * SIDE + y) * SIDE + x, sums)


@compiled
def _sample(padded, plane, bent, bends, out):
    """out (32, 32): the picture at the place where the plane, and the bend, say that each pixel came from.

    plane: (xx, xy, x0, yx, yy, y0), from a pixel of `out` to one of `padded`, both from their centres.
    Bilinear; what lies outside of the picture is background, as its border is.
    """
    xx, xy, x0, yx, yy, y0 = plane
    most = np.float32(SIDE - 1.001)
    for y in range(SIDE):
        v = np.float32(y) - CENTRE
        for x in range(SIDE):
            u = np.float32(x) - CENTRE
            px = xx * u + xy * v + (x0 + CENTRE)
            py = yx * u + yy * v + (y0 + CENTRE)
            if bent:
                px += bends[0, y, x]
                py += bends[1, y, x]
            px = min(max(px, ZERO), most)
            py = min(max(py, ZERO), most)
            left, top = int(px), int(py)
            fx, fy = px - np.float32(left), py - np.float32(top)
            at = top * SIDE + left
            a, b = padded[at], padded[at + 1]
            c, d = padded[at + SIDE], padded[at + SIDE + 1]
            above = a + fx * (b - a)
            below = c + fx * (d - c)
            out[y, x] = above + fy * (below - above)


@compiled
def _copy(out, picture):
    for y in range(SIDE):
        for x in range(SIDE):
            out[y, x] = picture[y, x]


@compiled
def _thicken(thickness, scratch, out):
    """Strokes grow (up to 1) or shrink (down to -1): each pixel moves towards the darkest, or the lightest,
    of itself and its four neighbours, by this share of the way."""
    _copy(scratch, out)
    share, sign = abs(thickness), np.float32(np.sign(thickness))  # the lightest is the darkest of the negative
    for y in range(1, SIDE - 1):
        for x in range(1, SIDE - 1):
            p = scratch[y, x]
            up, down = sign * scratch[y - 1, x], sign * scratch[y + 1, x]
            left, right = sign * scratch[y, x - 1], sign * scratch[y, x + 1]
            far = max(max(max(up, down), max(left, right)), sign * p)
            out[y, x] = p + share * (sign * far - p)


@compiled
def _spoil(state, noise, out):
    """Salt and pepper: each pixel is inverted with the probability `noise` (paper, section III-E)."""
    threshold = np.uint64(noise * np.float32(65536))
    bits = np.uint64(0)
    for y in range(SIDE):
        for x in range(SIDE):
            if x % 4 == 0:
                bits = _next(state)
            if (bits & LOW16) < threshold:
                out[y, x] = INVERSE - out[y, x]
            bits >>= S16


@compiled
def _backward(scale, squeeze, shear, radians, dx, dy, baseline):
    """Where a pixel came from, for `_sample`, when the picture was scaled, sheared and moved, then turned.

    Forward, from the centre (paper, Figure 7 as measured): x' = a·x + b·y + dx and y' = d·y + (1 - d)·baseline + dy
    with a = scale·squeeze, d = scale/squeeze, b = shear·d.
    """
    a, d = scale * squeeze, scale / squeeze
    b = shear * d
    cos, sin = np.float32(np.cos(radians)), np.float32(np.sin(radians))
    tx, ty = dx, (ONE - d) * baseline + dy
    # (u, v) turned back is (cos·u + sin·v, cos·v - sin·u) = (p, q); then y = (q - ty)/d, x = (p - tx - b·y)/a.
    k = b / (a * d)
    return (
        cos / a + k * sin, sin / a - k * cos, k * ty - tx / a,
        -sin / d, cos / d, -ty / d,
    )  # fmt: skip


def distort(images, indices, seed, pass_, ranges, out, room):
    """Distorted copies of some pictures.

    images: uint8 (N, 28, 28). indices: int64 (n,), which of them. seed, pass_: uint64.
    ranges: `entries.RANGES` (1,). out: float32 (n, 32, 32), written. For `room` see `entries.distortion_room`.
    """
    r = ranges[0]
    padded, square, bends, state, grid = room
    for n in range(len(indices)):
        index = indices[n]
        state[0] = _mix(_mix(_mix(seed + GOLDEN) + pass_) + np.uint64(index))
        _pad(images[index], padded)
        if _between(state, ZERO, ONE) < r.original:
            _copy(out[n], square)
            continue
        plane = _backward(
            np.float32(np.exp(_between(state, r.log_smallest, r.log_largest))),
            np.float32(np.exp(_between(state, -r.log_squeeze, r.log_squeeze))),
            _between(state, -r.shear, r.shear),
            _between(state, -r.rotation, r.rotation),
            _between(state, -r.shift, r.shift),
            _between(state, -r.shift, r.shift),
            r.baseline,
        )
        if r.elastic > ZERO:
            _bend(state, r.elastic, r.spacing, grid, bends)
        _sample(padded, plane, r.elastic > ZERO, bends, out[n])
        if r.thickness > ZERO:
            _thicken(_between(state, -r.thickness, r.thickness), bends[0], out[n])
        if r.noise > ZERO:
            _spoil(state, r.noise, out[n])


def transform(images, seed, how, out, room):
    """The same change for every picture.

    images: uint8 (N, 28, 28). seed: uint64, of the noise. out: float32 (N, 32, 32), written.
    how: float32 (8,): scale, squeeze, shear, radians, dx, dy, thickness, noise; about the centre.
    """
    padded, _, bends, state, _ = room
    plane = _backward(how[0], how[1], how[2], how[3], how[4], how[5], ZERO)
    for n in range(len(images)):
        _pad(images[n], padded)
        _sample(padded, plane, False, bends, out[n])
        if how[6] != ZERO:
            _thicken(how[6], bends[0], out[n])
        if how[7] > ZERO:
            state[0] = _mix(_mix(seed + GOLDEN) + np.uint64(n))
            _spoil(state, how[7], out[n])
