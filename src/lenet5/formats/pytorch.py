"""Import of a plain LeNet-5 of PyTorch: two convolutions and three full connections, kept without a declaration.

    network = imported("theirs.safetensors", squash="relu", subsampling="maximum")

What such a file does not tell is given: the squash, the subsampling, and how pictures were normalised. What differs
from this package's networks by a factor goes into the weights: the scale of pictures (II-B), and the amplitude and the
slope of the squash (eq. 6). So the network answers as PyTorch did, to float32's rounding.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lenet5 import files
from lenet5.architecture import KERNEL, SQUASHES, Architecture, Convolution, FullConnection, Subsampling, all_of
from lenet5.errors import WeightsError, telling
from lenet5.network import LeNet5
from lenet5.scale import BACKGROUND, SPAN
from lenet5.storage import LARGEST

__all__ = ["Pooling", "SquashName", "imported"]

SquashName = Literal["none", "tanh", "logistic", "relu"]
Pooling = Literal["maximum", "average"]
Array = NDArray[Any]
LAYERS = ("c1", "c3", "c5", "f6", "output")
PLACES = 5 * 5  # of a map of S4, where pictures are 32×32
ASKED = (
    f"expected five weights and a bias for each: convolutions of {KERNEL}×{KERNEL} over 1 map and over all maps of the "
    f"first, a third over all of the second's or a full connection of {PLACES} times their number, and two full "
    f"connections; pictures are 32×32, or 28×28 with padding=2"
)


def imported(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    squash: SquashName,
    subsampling: Pooling,
    mean: float = 0.0,
    std: float = 1.0,
    classes: Sequence[str] | None = None,
) -> LeNet5:
    """A network that answers as a plain LeNet-5 of PyTorch does; its probabilities are the softmax of the last layer.

    Args:
        source: a .safetensors file with the module's `state_dict()`, or that dict. Names may be any: tensors are
            matched by their shapes.
        squash: after each of the four layers below the last; "tanh" is PyTorch's, "logistic" its sigmoid.
        subsampling: the 2×2 pooling after both convolutions and their squash. An average gets the coefficient 1 and the
            bias 0, which a later training changes.
        mean: that was subtracted from pixels of 0 to 1, 0 where none was. With another mean, pictures were framed by
            paper before that: `padding=2` would frame them by grey.
        std: by which they were divided then.
        classes: what each output is called; by default 0, 1, 2 …

    Raises:
        WeightsError: the file is damaged, or the tensors are no such network's; the message names them.
    """
    name = "the state dict" if isinstance(source, Mapping) else os.fspath(source)
    if squash not in SQUASHES or subsampling not in ("maximum", "average"):
        raise WeightsError(
            f"squash {squash!r}, subsampling {subsampling!r}; expected one of {', '.join(SQUASHES)}; maximum or average"
        )
    if not (np.isfinite([mean, std]).all() and std > 0):
        raise WeightsError(f"mean {mean!r}, std {std!r}; expected finite numbers, the second above 0")
    weights, biases = _matched(_numbers(source, name), name)
    # Pixels p are (p − mean)/std there, and BACKGROUND + SPAN·p here.
    gain = 1 / (SPAN * std)
    biases[0] = biases[0] + (-BACKGROUND * gain - mean / std) * weights[0].sum(axis=(1, 2, 3))
    weights[0] = gain * weights[0]
    amplitude = 1.0
    if squash == "tanh":  # amplitude·tanh(slope·a) here, tanh(a) there
        amplitude, slope = SQUASHES["tanh"].bounds[1], SQUASHES["tanh"].value[0][1]
        for k in range(4):
            weights[k], biases[k] = weights[k] / slope, biases[k] / slope
        for k in (1, 2, 3, 4) if subsampling == "maximum" else (3, 4):
            weights[k] = weights[k] / amplitude
    pooled = Subsampling(subsampling, "none")
    c1, c3, c5, f6, output = (len(weight) for weight in weights)
    declared = Architecture(
        "lenet5-pytorch",
        Convolution(all_of(c1, 1), squash),
        pooled,
        Convolution(all_of(c3, c1), squash),
        pooled,
        Convolution(all_of(c5, c3), squash),
        FullConnection(f6, squash),
        FullConnection(output, "softmax"),
    )
    shapes, tensors = declared.shapes(), dict[str, Array]()
    for layer, weight, bias in zip(LAYERS, weights, biases, strict=True):
        tensors |= {f"{layer}.weight": weight.reshape(shapes[f"{layer}.weight"]), f"{layer}.bias": bias}
    for layer, maps in (("s2", c1), ("s4", c3)) if pooled.trained else ():
        tensors |= {f"{layer}.coefficient": np.full(maps, 1 / amplitude), f"{layer}.bias": np.zeros(maps)}
    return LeNet5(declared, tensors, {} if classes is None else {"classes": list(classes)})


def _numbers(source: str | os.PathLike[str] | Mapping[str, Any], name: str) -> dict[str, Array]:
    """Every tensor in float64."""
    how = "write them by safetensors.torch.save_file(module.cpu().float().state_dict(), FILE)"
    with telling(WeightsError, f"{name}: no tensors that can be read; {how}"):
        if not isinstance(source, Mapping):
            from safetensors.numpy import load

            source = load(files.read_bounded(source, LARGEST, error=WeightsError))
        tensors = {str(key): np.asarray(tensor) for key, tensor in source.items()}
    for key, tensor in tensors.items():
        if tensor.dtype.kind not in "iuf" or not np.isfinite(tensor).all():
            raise WeightsError(f"{name}: {key!r} holds {tensor.dtype}, or what is not finite; expected finite numbers")
    return {key: tensor.astype(np.float64) for key, tensor in tensors.items()}


def _matched(tensors: dict[str, Array], name: str) -> tuple[list[Array], list[Array]]:
    """The weights of C1, C3, C5, F6 and the output, and the bias of each. Raises WeightsError naming what is left."""
    # "10.weight" after "9.weight"
    names = sorted(tensors, key=lambda key: [int(p) if p.isdecimal() else p for p in re.split(r"(\d+)", key)])
    told = ", ".join(f"{key} {tensors[key].shape}" for key in names) or "nothing"
    keys = [key for key in names if key.endswith("weight") and tensors[key].ndim in (2, 4)]
    bias_of = {key: f"{key.removesuffix('weight')}bias" for key in keys}
    if left := set(tensors) - set(keys) - set(bias_of.values()):
        raise WeightsError(f"{name}: {', '.join(sorted(left))} have no place in a plain LeNet-5; {ASKED}; found {told}")
    if len(keys) != len(LAYERS):
        raise WeightsError(f"{name}: {len(keys)} weights; {ASKED}; found {told}")
    first = sorted(keys, key=lambda key: -tensors[key].ndim)  # convolutions, then full connections, by their names
    for order in permutations(first):
        if not any(_misfit(order, k, tensors) for k in range(len(LAYERS))):
            weights = [tensors[key] for key in order]
            biases = [tensors.get(bias_of[key], np.zeros(len(tensors[key]))) for key in order]
            return weights, biases
    problem = next(problem for k in range(len(LAYERS)) if (problem := _misfit(first, k, tensors)))
    raise WeightsError(f"{name}: {problem}; {ASKED}; found {told}")


def _misfit(order: Sequence[str], k: int, tensors: dict[str, Array]) -> str:
    """What keeps the weight `k` of this order from being that of its layer; "" where it fits."""
    weight, below = tensors[order[k]], len(tensors[order[k - 1]]) if k else 1
    places = [(below, KERNEL, KERNEL)] if k < 3 else []
    allowed = [*places, *([(below * PLACES,)] if k == 2 else [(below,)] if k > 2 else [])]
    if weight.shape[1:] not in allowed:
        expected = " or ".join(str((len(weight), *shape)) for shape in allowed)
        return f"{order[k]} {weight.shape} as {LAYERS[k]}; expected {expected}"
    bias = tensors.get(f"{order[k].removesuffix('weight')}bias")
    if bias is not None and bias.shape != weight.shape[:1]:
        return f"{order[k].removesuffix('weight')}bias {bias.shape}; expected {weight.shape[:1]}"
    return ""
