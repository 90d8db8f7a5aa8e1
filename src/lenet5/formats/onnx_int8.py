"""LeNet-5 as an ONNX graph in eight bits: every value between layers is quantised and dequantised.

This is ONNX's own form ("QDQ"). A runtime that knows whole numbers puts convolutions together from the pairs. Any
other runtime computes the same in floats. Whole numbers, scales and zeros are those of `quantise`; maps and
weights are uint8, so that their zeros lie 128 higher: products of uint8 and int8 are added up in 16 bits by x86 without
VNNI, and overflow.
"""

from __future__ import annotations

import numpy as np

from lenet5.architecture import POOL, Convolution, FullConnection, Subsampling
from lenet5.formats.onnx_graph import Graph
from lenet5.formats.quantise import INPUT, Layer, Quantised, QuantisedEnsemble
from lenet5.network import LeNet5
from lenet5.scale import FRAME

UNSIGNED = 128  # what is added to an int8 number to keep it as uint8


class QuantisedGraph(Graph):
    """The graph of a network, or of an ensemble, whose layers are quantised."""

    def __init__(self, network: LeNet5, quantised: Quantised | QuantisedEnsemble) -> None:
        super().__init__(network, "uint8")
        self.quantised = quantised.members if isinstance(quantised, QuantisedEnsemble) else (quantised,)
        self.layers: dict[str, Layer] = {}

    def _begin(self, number: int) -> None:
        super()._begin(number)
        self.layers = {layer.name: layer for layer in self.quantised[number].layers}

    def _pictures(self) -> None:
        """Paper is 0 in the bytes of a picture, and so is its frame."""
        self.add("Unsqueeze", ["pictures", self.constant("1", [1], np.int64)], "pictures.maps")
        frame = self.constant("frame", [0, 0, FRAME, FRAME] * 2, np.int64)
        self.add("Pad", ["pictures.maps", frame, self.constant("paper", 0, np.uint8)], "pictures.framed")
        scale, zero = self.constant("input.scale", INPUT[0]), self.constant("input.zero", INPUT[1], np.uint8)
        self.add("DequantizeLinear", ["pictures.framed", scale, zero], "input")

    def _convolution(self, layer: Convolution, below: str, sources: int) -> None:
        self.add("Conv", [below, *self._weights(layer.name)], f"{layer.name}.sum")
        self._squash(layer.squash, f"{layer.name}.sum", layer.name)

    def _subsampling(self, layer: Subsampling, below: str, maps: int) -> None:
        name, window = layer.name, {"strides": [POOL, POOL]}
        if layer.trained:
            self.add("Conv", [below, *self._weights(name)], f"{name}.sum", group=maps, **window)
        else:
            self.add("MaxPool", [below], f"{name}.sum", kernel_shape=[POOL, POOL], **window)
        self._squash(layer.squash, f"{name}.sum", name)

    def _c5(self, layer: Convolution) -> None:
        self._full(layer, self.add("Flatten", ["s4"], "s4.row", axis=1))  # sums of whole numbers are exact

    def _full(self, layer: Convolution | FullConnection, below: str) -> None:
        self.add("Gemm", [below, *self._weights(layer.name)], f"{layer.name}.sum", transB=1)
        self._squash(layer.squash, f"{layer.name}.sum", layer.name)

    def _weights(self, name: str) -> list[str]:
        """Weights and biases of a layer, dequantised, each map with its own scale."""
        layer = self.layers[name]
        assert layer.weight is not None
        weight = layer.weight.reshape(len(layer.weight), -1) if name == "c5" else layer.weight
        scales, made = layer.weight_scale, []
        for part, whole, scale, zero, kind in (
            ("weight", weight, scales, UNSIGNED, np.uint8),
            ("bias", layer.bias, layer.input_scale * scales, 0, np.int32),
        ):
            inputs = [
                self.constant(f"{name}.{part}", whole + zero, kind),
                self.constant(f"{name}.{part}.scale", scale),
                self.constant(f"{name}.{part}.zero", np.full(len(scale), zero), kind),
            ]
            made.append(self.add("DequantizeLinear", inputs, f"{name}.{part}.real", axis=0))
        return made

    def _squash(self, squash: str, given: str, name: str) -> None:
        """The sum in steps, its squash, and that in steps; the last layer's penalties are not rounded."""
        layer = self.layers[name]
        if name == "output":
            super()._squash(squash, given, name)
        elif squash == "none":
            self._step(given, layer.output_scale, layer.output_zero, name)
        else:
            self._step(given, layer.sum_scale, 0, f"{name}.place")
            super()._squash(squash, f"{name}.place", f"{name}.squashed")
            self._step(f"{name}.squashed", layer.output_scale, layer.output_zero, name)

    def _step(self, given: str, scale: float, zero: int, name: str) -> None:
        """`given`, rounded to whole steps."""
        step = [self.constant(f"{name}.scale", scale), self.constant(f"{name}.zero", zero + UNSIGNED, np.uint8)]
        self.add("QuantizeLinear", [given, *step], f"{name}.whole")
        self.add("DequantizeLinear", [f"{name}.whole", *step], name)
