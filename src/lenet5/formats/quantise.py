"""LeNet-5 in eight bits: whole numbers for weights, maps and sums, and the same arithmetic on every machine.

A value v is kept as a whole number q, v = scale·(q − zero). What the squash bounds needs no data to find its scale:
tanh lies within ±1.7159, the logistic within 0 and 1, and a sum far out on either side is as good as saturated. Only
layers that are not squashed are measured, on the pictures given. A picture's own bytes are already such numbers:
x = 0.005·(p − 20), paper −0.1 and ink 1.175 (II-B).

Each layer adds up whole numbers, multiplies by a fixed-point factor, and looks the squash up in a table:

    sum     = Σ weight·(q − zero) + bias                     int32
    place   = (sum·factor + half) >> SHIFT, limited          the sum in steps of STEPS
    q       = table[place]                                   int8

`Quantised.penalties` is that arithmetic in NumPy; the C header computes the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lenet5.architecture import SQUASHES, Architecture
from lenet5.ensemble import Ensemble, together
from lenet5.errors import PictureError
from lenet5.layers import KERNEL, POOL, Convolution, EuclideanRBF, FullConnection, Subsampling
from lenet5.network import LeNet5
from lenet5.reference import dense, fours, penalties, probabilities
from lenet5.scale import FRAME, INNER, SPAN

__all__ = ["INPUT", "LIMIT", "SHIFT", "Layer", "Quantised", "QuantisedEnsemble", "quantise", "squash_table"]

SHIFT = 24  # of the fixed-point factors
LIMIT = 127  # of every whole number, above and below
# Not in the paper: how far a sum is told apart before a squash; tanh(2·5/3) and 1/(1 + e^−7) are within
# one step of saturation.
REACH = {"tanh": 5.0, "logistic": 7.0}
INPUT = (SPAN / 255, 20)
CHUNK = 500  # pictures that are answered at a time

Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer in whole numbers.

    weight: (maps, sources, 5, 5), (maps, 1, 2, 2) or (units, below), −127 to 127; None for a maximum.
    bias: (maps,) int32, in steps of input_scale·weight_scale. weight_scale: (maps,).
    sum_scale: one step of the sum as it is looked up.
    """

    name: str
    squash: str
    weight: Whole | None
    weight_scale: NDArray[np.float64]
    bias: Whole
    input_scale: float
    input_zero: int
    sum_scale: float
    output_scale: float
    output_zero: int

    @property
    def factor(self) -> Whole:
        """(maps,): from the sum's step to `sum_scale`, in fixed point."""
        real = self.input_scale * self.weight_scale / self.sum_scale
        return np.asarray(np.rint(real * 2.0**SHIFT), np.int64)


@dataclass(frozen=True, eq=False)
class Quantised:
    """A network in whole numbers. codes: (classes, 84) of ±1, or None where the output is a full connection."""

    architecture: Architecture
    layers: tuple[Layer, ...]
    codes: Whole | None
    sharpness: float

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """uint8 (N, 28, 28) -> (N,), the class with the smallest penalty."""
        return np.asarray(np.argmin(self.penalties(images), axis=1))

    def penalties(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (N, 28, 28) -> (N, classes), as `LeNet5.penalties`. Raises PictureError for others."""
        sums, last = self.sums(images), self.layers[-1]
        if self.codes is not None:
            return np.asarray(sums.astype(np.float32) * np.float32(last.output_scale**2))
        real = sums * (last.input_scale * last.weight_scale)
        return np.asarray(penalties(self.architecture, real), np.float32)

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (N, 28, 28) -> (N, classes), as `LeNet5.probabilities`."""
        return probabilities(self.penalties(images), self.sharpness)

    def sums(self, images: NDArray[np.uint8]) -> Whole:
        """What the output units add up, (N, classes): Σ(q − zero − one·code)² (eq. 7), or weighted sums."""
        if images.dtype != np.uint8 or images.shape[1:] != (INNER, INNER):
            raise PictureError(f"pictures {images.dtype} of shape {images.shape}; expected uint8 (N, 28, 28)")
        parts = [self._answer(images[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
        return np.concatenate([np.zeros((0, self.architecture.classes), np.int64), *parts])

    @property
    def one(self) -> int:
        """The 1 of the codes, in steps of F6."""
        return round(1 / self.layers[5].output_scale)

    def _answer(self, images: NDArray[np.uint8]) -> Whole:
        q = np.pad(images, ((0, 0), (FRAME,) * 2, (FRAME,) * 2))[:, None].astype(np.int64)  # (N, 1, 32, 32)
        for layer in self.layers[:6]:
            q = _forward(layer, q)
        if self.codes is None:
            return _sum(self.layers[6], q)
        apart = (q - self.layers[5].output_zero)[:, None] - self.one * self.codes  # (N, classes, 84)
        return np.asarray((apart**2).sum(axis=2))


@dataclass(frozen=True, eq=False)
class QuantisedEnsemble:
    """An ensemble whose members are in whole numbers; what they answer together is worked out in floats."""

    members: tuple[Quantised, ...]

    @classmethod
    def of(cls, ensemble: Ensemble, pictures: NDArray[np.uint8]) -> QuantisedEnsemble:
        """Each member, as `quantise` makes it."""
        return cls(tuple(quantise(member, pictures) for member in ensemble.members))

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """uint8 (N, 28, 28) -> (N,), the class with the smallest penalty."""
        return np.asarray(np.argmin(self.penalties(images), axis=1))

    def penalties(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (N, 28, 28) -> (N, classes), as `Ensemble.penalties`."""
        return together([member.probabilities(images) for member in self.members])


def _forward(layer: Layer, q: Whole) -> Whole:
    if layer.weight is None:
        return np.asarray(fours(q).max(axis=(4, 5)))
    shape = (-1,) + (1,) * (q.ndim - 2 if layer.weight.ndim == 4 else 0)
    if layer.name == "c5":
        q, shape = q.reshape(len(q), -1), (-1,)
    product = _sum(layer, q) * layer.factor.reshape(shape)
    place = ((product + (1 << (SHIFT - 1))) >> SHIFT).clip(-LIMIT, LIMIT)
    return np.asarray(squash_table(layer)[place + LIMIT])


def _sum(layer: Layer, q: Whole) -> Whole:
    """Σ weight·(q − zero) + bias; in float64 products of whole numbers and their sums are exact."""
    assert layer.weight is not None
    x, weight = (q - layer.input_zero).astype(np.float64), layer.weight.astype(np.float64)
    if weight.ndim == 2 or layer.name == "c5":
        total = x @ weight.reshape(len(weight), -1).T
        return np.asarray(total.astype(np.int64) + layer.bias)
    if weight.shape[-1] == POOL:
        total = fours(x).sum(axis=(4, 5)) * weight[:, 0, :1, :1]
    else:
        windows = sliding_window_view(x, (KERNEL, KERNEL), axis=(2, 3))
        total = np.moveaxis(np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3))), 3, 1)
    return np.asarray(total.astype(np.int64) + layer.bias[:, None, None])


def squash_table(layer: Layer) -> Whole:
    """What the squash gives for every place, −127 to 127 first to last."""
    value = SQUASHES[layer.squash].of(np.arange(-LIMIT, LIMIT + 1) * layer.sum_scale)
    return np.asarray(np.rint(value / layer.output_scale) + layer.output_zero, np.int64)


def quantise(network: LeNet5, pictures: NDArray[np.uint8]) -> Quantised:
    """The network in eight bits. pictures: uint8 (N, 28, 28), on which layers without a squash are measured."""
    net, layers = network.architecture, []
    scale, zero = INPUT
    below = 1
    for declared in net.layers:
        if isinstance(declared, EuclideanRBF):
            break
        layer = _layer(declared, network, below, scale, zero, pictures)
        layers.append(layer)
        scale, zero = layer.output_scale, layer.output_zero
        below = below if isinstance(declared, Subsampling) else getattr(declared, "maps", 0)
    codes = network.tensors.get("rbf.codes")
    whole = None if codes is None else np.rint(codes).astype(np.int64)
    return Quantised(net, tuple(layers), whole, network.sharpness)


def _layer(
    declared: Convolution | Subsampling | FullConnection,
    network: LeNet5,
    below: int,
    scale: float,
    zero: int,
    pictures: NDArray[np.uint8],
) -> Layer:
    name, squash = declared.name, declared.squash
    if isinstance(declared, Subsampling) and not declared.trained:
        nothing = np.zeros(0)
        return Layer(name, squash, None, nothing, nothing.astype(np.int64), scale, zero, scale, scale, zero)
    weight = _weight(declared, network, below)
    weight_scale = np.abs(weight).reshape(len(weight), -1).max(axis=1).astype(np.float64) / LIMIT
    weight_scale[weight_scale == 0] = 1.0
    whole = np.rint(weight / weight_scale.reshape(-1, *(1,) * (weight.ndim - 1))).astype(np.int64)
    bias = np.rint(network.tensors[f"{name}.bias"] / (scale * weight_scale)).astype(np.int64)
    if squash in REACH:
        low, high = SQUASHES[squash].bounds
        sum_scale, output_scale = REACH[squash] / LIMIT, (high - low) / (2 * LIMIT)
        output_zero = -round((low + high) / 2 / output_scale)
    else:
        sum_scale = output_scale = float(np.abs(network.activations(pictures)[name]).max()) / LIMIT or 1.0
        output_zero = 0
    return Layer(name, squash, whole, weight_scale, bias, scale, zero, sum_scale, output_scale, output_zero)


def _weight(declared: Convolution | Subsampling | FullConnection, network: LeNet5, below: int) -> NDArray[np.float32]:
    if isinstance(declared, Subsampling):
        coefficient = network.tensors[f"{declared.name}.coefficient"]
        return np.broadcast_to((np.float32(declared.share) * coefficient)[:, None, None, None], (below, 1, POOL, POOL))
    if isinstance(declared, Convolution):
        return dense(declared, network.tensors[f"{declared.name}.weight"], below)
    return network.tensors[f"{declared.name}.weight"]
