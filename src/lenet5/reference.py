"""LeNet-5 and its learning in plain NumPy, to read beside the paper: forward, loss, gradient, curvature, rates, step.

In the paper's order: squash, the layers of kind C, S, F and RBF, the losses, the seven layers put together, and a step.
Everything is float64, and slow; the compiled kernels are tested against it. One pass of learning, as in 1998:

    epsilon = rates(curvature(net, tensors, some, their_labels, "map"), eta=5e-5)
    for x, label in patterns:
        _, g = gradient(net, tensors, x[None], [label], "map")
        tensors = step(tensors, g, epsilon)

Going back, a layer serves two purposes. With `power=1` it carries the gradient: ∂E/∂a times the weight is
∂E/∂x, and times the input is ∂E/∂w. With `power=2` it carries the diagonal Gauss-Newton second derivative of
appendix C, which is the same with every factor squared (eqs. 25 and 27).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lenet5.architecture import SIDE, SQUASHES, Architecture
from lenet5.errors import PictureError, TrainingError
from lenet5.layers import KERNEL, POOL, Convolution, EuclideanRBF, FullConnection, Subsampling
from lenet5.scale import scale

__all__ = [
    "LOSSES", "curvature", "dense", "forward", "fours", "gradient", "loss", "losses", "penalties", "probabilities",
    "rates", "scale", "squash", "squash_slope", "step",
]  # fmt: skip

Array = NDArray[np.float64]
Sums = NDArray[Any]  # float32 or float64
Tensors = Mapping[str, Array]
Labels = NDArray[np.integer]
Back = tuple[Array, dict[str, Array]]  # the derivative by a layer's input, and by each of its tensors


def squash(name: str, a: Sums) -> Sums:
    """f(a), elementwise: A·tanh(S·a) (eq. 6, appendix A), or another of `architecture.SQUASHES`."""
    return np.asarray(SQUASHES[name].of(a))


def squash_slope(name: str, o: Array) -> Array:
    """f'(a) from the output o = f(a), elementwise."""
    return np.asarray(SQUASHES[name].slope_at(o))


def _einsum(subscripts: str, *operands: Array) -> Array:
    return np.asarray(np.einsum(subscripts, *operands, optimize=True))


# ---- C: convolution. x is (N, sources, H, W) and o is (N, maps, H−4, W−4). Compiled: kernels/convolution.py.


def _windows(x: Array) -> Array:
    """Every 5×5 window of every map, (N, maps, H−4, W−4, 5, 5)."""
    return sliding_window_view(x, (KERNEL, KERNEL), axis=(2, 3))


def dense(layer: Convolution, weight: Sums, sources: int) -> Sums:
    """(maps, sources, 5, 5), zero where the connection table has no connection; of `weight`'s type."""
    kernels = np.zeros((layer.maps, sources, KERNEL, KERNEL), weight.dtype)
    m, s = np.array(layer.pairs).T
    kernels[m, s] = weight.reshape(-1, KERNEL, KERNEL)
    return kernels


def convolve(layer: Convolution, tensors: Tensors, x: Array) -> Array:
    """o = f(Σ kernel · window + bias), over the maps that the connection table names (II-A, eq. 5)."""
    a = _einsum("nsyxij,msij->nmyx", _windows(x), dense(layer, tensors[f"{layer.name}.weight"], x.shape[1]))
    return squash(layer.squash, a + tensors[f"{layer.name}.bias"][:, None, None])


def convolve_back(layer: Convolution, tensors: Tensors, x: Array, o: Array, by_o: Array, power: int) -> Back:
    """A weight serves every place of its map, so its derivatives are summed over the places (eqs. 19, 23)."""
    by_a = by_o * squash_slope(layer.squash, o) ** power
    by_w = _einsum("nsyxij,nmyx->msij", _windows(x**power), by_a)
    # A pixel gave to the window that starts k before it through tap k, and takes from it through tap k.
    framed = np.pad(by_a, ((0, 0), (0, 0), (KERNEL - 1,) * 2, (KERNEL - 1,) * 2))
    turned = dense(layer, tensors[f"{layer.name}.weight"], x.shape[1])[:, :, ::-1, ::-1] ** power
    m, s = np.array(layer.pairs).T
    return _einsum("nmyxij,msij->nsyx", _windows(framed), turned), {
        f"{layer.name}.weight": by_w[m, s].reshape(tensors[f"{layer.name}.weight"].shape),
        f"{layer.name}.bias": by_a.sum((0, 2, 3)),
    }


# ---- S: subsampling. x is (N, maps, H, W) and o is (N, maps, ⌊H/2⌋, ⌊W/2⌋). Compiled: kernels/subsampling.py.


def fours(x: Sums) -> Sums:
    """A view of the four inputs of every unit, (N, maps, ⌊H/2⌋, ⌊W/2⌋, 2, 2)."""
    return sliding_window_view(x, (POOL, POOL), axis=(2, 3), writeable=True)[:, :, ::POOL, ::POOL]


def subsample(layer: Subsampling, tensors: Tensors, x: Array) -> Array:
    """o = f(coefficient · sum of four + bias) (II-B), or the largest of the four."""
    if not layer.trained:
        return np.asarray(fours(x).max((4, 5)))
    pooled = layer.share * _einsum("nmyxij->nmyx", fours(x))
    c, b = tensors[f"{layer.name}.coefficient"], tensors[f"{layer.name}.bias"]
    return squash(layer.squash, c[:, None, None] * pooled + b[:, None, None])


def subsample_back(layer: Subsampling, tensors: Tensors, x: Array, o: Array, by_o: Array, power: int) -> Back:
    """The coefficient's input is the sum as a whole, as in the authors' own code; the largest takes all."""
    by_x = np.zeros_like(x)
    if not layer.trained:
        first = fours(x).reshape(*o.shape, POOL**2).argmax(-1)  # of equals the first, row by row
        taken = (first[..., None] == np.arange(POOL**2)).reshape(*o.shape, POOL, POOL)
        fours(by_x)[...] = by_o[..., None, None] * taken
        return by_x, {}
    by_a = by_o * squash_slope(layer.squash, o) ** power
    pooled = layer.share * _einsum("nmyxij->nmyx", fours(x))
    factor = layer.share * tensors[f"{layer.name}.coefficient"][:, None, None]
    fours(by_x)[...] = (by_a * factor**power)[..., None, None]
    return by_x, {
        f"{layer.name}.coefficient": (by_a * pooled**power).sum((0, 2, 3)),
        f"{layer.name}.bias": by_a.sum((0, 2, 3)),
    }


# ---- F: full connection, at every place. x is (N, below, h, w) and a is (N, units, h, w). Compiled: `connect` and
# `connect_back` in kernels/full.py.


def weigh(layer: FullConnection, tensors: Tensors, x: Array) -> Array:
    """a_i = Σ_j w_ij x_j + bias_i, before the squash (eq. 5)."""
    a = _einsum("njyx,ij->niyx", x, tensors[f"{layer.name}.weight"])
    return a + tensors[f"{layer.name}.bias"][:, None, None]


def weigh_back(layer: FullConnection, tensors: Tensors, x: Array, by_a: Array, power: int) -> Back:
    """∂E/∂x_j = Σ_i ∂E/∂a_i w_ij and ∂E/∂w_ij = ∂E/∂a_i x_j; squared, eqs. 27 and 25."""
    return _einsum("niyx,ij->njyx", by_a, tensors[f"{layer.name}.weight"] ** power), {
        f"{layer.name}.weight": _einsum("niyx,njyx->ij", by_a, x**power),
        f"{layer.name}.bias": by_a.sum((0, 2, 3)),
    }


# ---- OUTPUT: Euclidean RBF, at every place. x is (N, 84, h, w) and y is (N, classes, h, w). Compiled: `distances` and
# `rbf_error` in kernels/output.py, which has the losses too.


def measure(tensors: Tensors, x: Array) -> Array:
    """y_i = Σ_j (x_j − w_ij)² (eq. 7)."""
    offsets = x[:, None] - tensors["rbf.codes"][:, :, None, None]
    return _einsum("nijyx,nijyx->niyx", offsets, offsets)


def measure_back(tensors: Tensors, x: Array, by_y: Array) -> Array:
    """∂E/∂x_j = Σ_i ∂E/∂y_i · 2 (x_j − w_ij)."""
    return _einsum("niyx,nijyx->njyx", by_y, 2 * (x[:, None] - tensors["rbf.codes"][:, :, None, None]))


# ---- Losses: E (N,), its slope and its Gauss-Newton curvature for every pattern. They take z (N, classes),
# what the output layer holds before its own squash, RBF distances y or weighted sums a, and t (N, classes), 1
# for the right class D and 0 for the others. The slope is by z. The curvature is by z where z is a weighted
# sum; for RBF units it is by F6's outputs, and one constant.

Loss = Callable[[Array, Array, float], tuple[Array, Array, Array | float]]


def _log_sum_exp(z: Array) -> Array:
    return np.asarray(np.logaddexp.reduce(z, axis=1, keepdims=True))


def distance(y: Array, t: Array, j: float) -> tuple[Array, Array, float]:
    """E = y_D, the distance to the code of the right class (eq. 8); ∂²y/∂x² = 2."""
    return (y * t).sum(1), t, 2.0


def map_criterion(y: Array, t: Array, j: float) -> tuple[Array, Array, float]:
    """E = y_D + log(e^−j + Σ_i e^−y_i), D among the i (eq. 9)."""
    log_sum = np.logaddexp(-j, _log_sum_exp(-y))
    # Not in the paper: the exact curvature can be negative; the authors' own code takes 1 in its place.
    return (y * t).sum(1) + log_sum[:, 0], t - np.exp(-y - log_sum), 1.0


def softmax_cross_entropy(a: Array, t: Array, j: float) -> tuple[Array, Array, Array]:
    """E = −log p_D, where p = softmax(a); slope p − t; curvature p(1 − p), the diagonal of ∂²E/∂a²."""
    log_p = a - _log_sum_exp(a)
    p = np.exp(log_p)
    return -(log_p * t).sum(1), p - t, p * (1 - p)


def logistic_cross_entropy(a: Array, t: Array, j: float) -> tuple[Array, Array, Array]:
    """E = −Σ_i t log o + (1 − t) log(1 − o), every unit for itself; slope o − t; curvature o(1 − o)."""
    o = squash("logistic", a)
    return (np.logaddexp(0, a) - t * a).sum(1), o - t, o * (1 - o)


def squared_error(name: str) -> Loss:
    """E = ½ Σ_i (o_i − target_i)², targets as the squash has them: ±1 for tanh; curvature f'²."""
    wrong, right = SQUASHES[name].targets

    def loss(a: Array, t: Array, j: float) -> tuple[Array, Array, Array]:
        o = squash(name, a)
        error, slope = o - (wrong + (right - wrong) * t), squash_slope(name, o)
        return 0.5 * (error**2).sum(1), error * slope, slope**2

    return loss


# (loss, output layer). Not in the paper: every row but the first two.
LOSSES: dict[tuple[str, str], Loss] = {
    ("mse", "rbf"): distance,
    ("map", "rbf"): map_criterion,
    ("cross_entropy", "rbf"): lambda y, t, j: map_criterion(y, t, np.inf),  # eq. 9 without its rubbish class
    ("cross_entropy", "softmax"): softmax_cross_entropy,
    ("cross_entropy", "logistic"): logistic_cross_entropy,
    **{("mse", name): squared_error(name) for name in SQUASHES},
}


def _kind(architecture: Architecture) -> str:
    """What LOSSES calls the output layer."""
    return "rbf" if isinstance(architecture.output, EuclideanRBF) else architecture.output.squash


def losses(architecture: Architecture) -> tuple[str, ...]:
    """The names of the losses that this network can learn by."""
    return tuple(loss for loss, kind in LOSSES if kind == _kind(architecture))


# ---- The seven layers.


def forward(architecture: Architecture, tensors: Tensors, x: Array) -> dict[str, Array]:
    """What every layer answers to pictures in the paper's scale (II-B).

    x: float64 (N, H, W), H and W at least 32. Returns "input", "c1" … "f6", "output", of the shapes written
    below for 32×32; a larger picture has maps of c5, f6 and output, one place every four pixels (VII). The
    "output" is RBF distances (the smallest wins) or squashed outputs (the largest wins); "output.sum" is the
    same before the squash. Raises PictureError for other shapes.
    """
    if x.ndim != 3 or min(x.shape[1:]) < SIDE:
        raise PictureError(f"pictures of shape {x.shape}; expected (N, H, W), H and W at least {SIDE}")
    net, o = architecture, {"input": x[:, None]}  # (N, 1, 32, 32)
    o["c1"] = convolve(net.c1, tensors, o["input"])  # (N, 6, 28, 28)
    o["s2"] = subsample(net.s2, tensors, o["c1"])  # (N, 6, 14, 14)
    o["c3"] = convolve(net.c3, tensors, o["s2"])  # (N, 16, 10, 10)
    o["s4"] = subsample(net.s4, tensors, o["c3"])  # (N, 16, 5, 5)
    o["c5"] = convolve(net.c5, tensors, o["s4"])  # (N, 120, 1, 1)
    o["f6"] = squash(net.f6.squash, weigh(net.f6, tensors, o["c5"]))  # (N, 84, 1, 1)
    if isinstance(net.output, EuclideanRBF):
        z = answer = measure(tensors, o["f6"])
    else:
        z = weigh(net.output, tensors, o["f6"])
        softmax = net.output.squash == "softmax"
        answer = np.exp(z - _log_sum_exp(z)) if softmax else squash(net.output.squash, z)
    one_place = z.shape[2:] == (1, 1)
    o["output.sum"] = z[:, :, 0, 0] if one_place else z  # (N, 10)
    o["output"] = answer[:, :, 0, 0] if one_place else answer  # (N, 10)
    return o


def penalties(architecture: Architecture, sums: Sums, axis: int = 1) -> Sums:
    """One penalty a class, the smallest wins: the RBF units' distances (eq. 7), or −log p of a full output.

    p is the softmax, or the logistic outputs divided by their sum.

    Args:
        architecture: whose output it is.
        sums: what the output layer holds before its squash, `forward`'s "output.sum"; float32 or float64.
        axis: where the classes are.

    Returns:
        An array like `sums`.
    """
    kind = _kind(architecture)
    if kind == "rbf":
        return sums
    score = sums
    if kind == "logistic":
        score = -np.logaddexp(0.0, -sums)
    elif kind != "softmax":  # Not in the paper: outputs that are no probabilities become some by a softmax of them.
        score = squash(kind, sums)
    highest = score.max(axis, keepdims=True)
    return np.asarray(np.log(np.exp(score - highest).sum(axis, keepdims=True)) + highest - score)


def probabilities(penalties: Sums, sharpness: float = 1.0) -> Sums:
    """e^−penalty over its sum: the posterior of eq. 9, without its rubbish class where `penalties` has none.

    Args:
        penalties: float32 or float64, classes last, infinite where a class is out of the question.
        sharpness: multiplies them first.

    Returns:
        An array like `penalties`, whose classes sum to 1.
    """
    penalties = penalties * sharpness
    share = np.exp(penalties.min(-1, keepdims=True) - penalties)
    return np.asarray(share / share.sum(-1, keepdims=True))


def _begin(
    net: Architecture, tensors: Tensors, x: Array, labels: Labels, loss: str, j: float
) -> tuple[dict[str, Array], Array, Array, Array | float]:
    """What every layer answers, and each pattern's loss with its slope and curvature."""
    if loss not in losses(net):
        raise TrainingError(f"no loss {loss!r} for {net.name}; expected one of {', '.join(losses(net))}")
    if len(labels) == 0 or np.min(labels) < 0 or np.max(labels) >= net.classes:
        raise TrainingError(f"labels {labels}; expected at least one, each 0 to {net.classes - 1}")
    o = forward(net, tensors, x)
    return o, *LOSSES[loss, _kind(net)](o["output.sum"], np.eye(net.classes)[labels], j)


def _learn(
    net: Architecture, tensors: Tensors, x: Array, labels: Labels, loss: str, j: float, power: int
) -> tuple[float, dict[str, Array]]:
    """The mean loss, and by every trainable tensor its gradient (power 1) or curvature (power 2)."""
    o, each, slope, second = _begin(net, tensors, x, labels, loss, j)
    d = (slope if power == 1 else second * np.ones_like(slope))[:, :, None, None] / len(x)  # (N, 10, 1, 1)
    by: dict[str, Array] = {}
    if isinstance(net.output, FullConnection):
        d, by = weigh_back(net.output, tensors, o["f6"], d, power)  # (N, 84, 1, 1)
    else:
        d = measure_back(tensors, o["f6"], d) if power == 1 else d[:, :1] * np.ones_like(o["f6"])
    d, by_f6 = weigh_back(net.f6, tensors, o["c5"], d * squash_slope(net.f6.squash, o["f6"]) ** power, power)
    d, by_c5 = convolve_back(net.c5, tensors, o["s4"], o["c5"], d, power)  # (N, 16, 5, 5)
    d, by_s4 = subsample_back(net.s4, tensors, o["c3"], o["s4"], d, power)  # (N, 16, 10, 10)
    d, by_c3 = convolve_back(net.c3, tensors, o["s2"], o["c3"], d, power)  # (N, 6, 14, 14)
    d, by_s2 = subsample_back(net.s2, tensors, o["c1"], o["s2"], d, power)  # (N, 6, 28, 28)
    d, by_c1 = convolve_back(net.c1, tensors, o["input"], o["c1"], d, power)  # (N, 1, 32, 32)
    return float(each.mean()), by_c1 | by_s2 | by_c3 | by_s4 | by_c5 | by_f6 | by


def loss(architecture: Architecture, tensors: Tensors, x: Array, labels: Labels, name: str, j: float = 10) -> float:
    """The mean loss over the patterns: what learning makes smaller. Arguments and errors as for `gradient`."""
    return float(_begin(architecture, tensors, x, labels, name, j)[1].mean())


def gradient(
    architecture: Architecture, tensors: Tensors, x: Array, labels: Labels, loss: str, j: float = 10
) -> tuple[float, dict[str, Array]]:
    """The mean loss over the patterns, and its derivative by every trainable tensor.

    Args:
        architecture: the network's declaration.
        tensors: its parameters, float64, named and shaped by `architecture.shapes()`.
        x: float64 (N, 32, 32) in the paper's scale.
        labels: integers (N,), 0 to classes − 1.
        loss: one of `losses(architecture)`.
        j: the penalty of eq. 9's rubbish class, used by "map" alone.

    Returns:
        (mean loss, {name: derivative in the tensor's shape}).

    Raises:
        TrainingError: another loss or label.
    """
    return _learn(architecture, tensors, x, labels, loss, j, power=1)


def curvature(
    architecture: Architecture, tensors: Tensors, x: Array, labels: Labels, loss: str, j: float = 10
) -> dict[str, Array]:
    """h_kk: the diagonal Gauss-Newton second derivative of the mean loss by every trainable parameter.

    Summed over the connections that share a weight, averaged over the patterns, never negative (eqs. 23-27). Arguments,
    shapes and errors as for `gradient`.
    """
    return _learn(architecture, tensors, x, labels, loss, j, power=2)[1]


def rates(h: Tensors, eta: float, mu: float = 0.02) -> dict[str, Array]:
    """ε_k = η / (μ + h_kk): each parameter's own step (eq. 21). h: as `curvature` gives it."""
    return {name: eta / (mu + h_k) for name, h_k in h.items()}


def step(tensors: Tensors, gradient: Tensors, rates: Mapping[str, Sums]) -> dict[str, Array]:
    """w_k − ε_k ∂E/∂w_k for every trained parameter (eq. 18); the fixed codes stay. Gives new arrays."""
    return {name: w - rates[name] * gradient[name] if name in gradient else w for name, w in tensors.items()}
