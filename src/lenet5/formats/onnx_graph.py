"""Which nodes and constants is LeNet-5 made of as an ONNX graph?

The graph computes what the network computes, layer by layer, in the paper's names. Two constants are multiplied into
the weights before them: the slope of a tanh, and the scale of uint8 pictures, whose frame of paper is then a frame of
zeros. A pair that the connection table leaves out has a kernel of zeros.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import lenet5
from lenet5.architecture import POOL, SIDE, SQUASHES, Convolution, EuclideanRBF, FullConnection, Subsampling
from lenet5.errors import MissingExtraError
from lenet5.formats.dense import dense
from lenet5.network import BACKGROUND, FOREGROUND, FRAMED, LeNet5

__all__ = ["IR", "OPSET", "Graph", "Pictures", "assemble", "slope_of"]

OPSET, IR = 17, 8
FRAME = (SIDE - FRAMED) // 2
Pictures = Literal["uint8", "float32"]


def assemble(graph: Graph, activations: bool = False) -> Any:
    """An `onnx.ModelProto` of a graph's nodes and constants, checked by onnx."""
    try:
        import onnx
        from onnx import TensorProto, helper
    except ModuleNotFoundError as error:
        raise MissingExtraError("onnx", "onnx") from error
    graph.build()
    net = graph.network.architecture
    outputs = {
        "class": (TensorProto.INT64, list[int]()),
        "probabilities": (TensorProto.FLOAT, [net.classes]),
        "penalties": (TensorProto.FLOAT, [net.classes]),
    }
    for row in net.count() if activations else ():
        size = [row.maps, row.height, row.width] if row.height > 1 else [row.maps]
        outputs[row.name] = (TensorProto.FLOAT, size)
    side, kind = (FRAMED, TensorProto.UINT8) if graph.pictures == "uint8" else (SIDE, TensorProto.FLOAT)
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            net.name,
            [helper.make_tensor_value_info("pictures", kind, ["N", side, side])],
            [helper.make_tensor_value_info(name, kind, ["N", *size]) for name, (kind, size) in outputs.items()],
            [onnx.numpy_helper.from_array(array, name) for name, array in graph.constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="lenet5",
        producer_version=lenet5.__version__,
    )
    helper.set_model_props(made, {"classes": " ".join(graph.network.classes)})
    onnx.checker.check_model(made, full_check=True)
    return made


class Graph:
    """Nodes and constants, as they are made from the first layer to the last."""

    def __init__(self, network: LeNet5, pictures: Pictures) -> None:
        self.network, self.pictures = network, pictures
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}

    def build(self) -> None:
        """All layers, in the paper's order, and what is made of the penalties."""
        net = self.network.architecture
        self._pictures()  # (N, 1, 28, 28) or (N, 1, 32, 32)
        self._convolution(net.c1, "input", 1)  # (N, 6, 28, 28)
        self._subsampling(net.s2, "c1", net.c1.maps)  # (N, 6, 14, 14)
        self._convolution(net.c3, "s2", net.c1.maps)  # (N, 16, 10, 10)
        self._subsampling(net.s4, "c3", net.c3.maps)  # (N, 16, 5, 5)
        self._full(net.c5, self.add("Flatten", ["s4"], "s4.row", axis=1))  # (N, 120)
        self._full(net.f6, "c5")  # (N, 84)
        if isinstance(net.output, EuclideanRBF):
            self._rbf()  # (N, 10)
        else:
            self._full(net.output, "f6")  # (N, 10)
            self._minus_log(net.output.squash)
        self.add("ArgMin", ["penalties"], "class", axis=1, keepdims=0)
        # What multiplies penalties before they become probabilities; see LeNet5.probabilities.
        sharpness = float(self.network.metadata.get("sharpness", 1.0))
        self.add("Mul", ["penalties", self.constant("sharpness", -sharpness)], "scores")
        self.add("Softmax", ["scores"], "probabilities", axis=1)

    def add(self, operation: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operation, inputs, [output], name=f"{output}:{operation}", **attributes))
        return output

    def constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        self.constants[name] = np.ascontiguousarray(value, dtype)
        return name

    def _pictures(self) -> None:
        if self.pictures == "uint8":
            self.add("Cast", ["pictures"], "ink", to=1)
        given = "ink" if self.pictures == "uint8" else "pictures"
        self.add("Unsqueeze", [given, self.constant("1", [1], np.int64)], "input")

    def _convolution(self, layer: Convolution, below: str, sources: int) -> None:
        name, slope = layer.name, slope_of(layer.squash)
        kernels = dense(layer, self.network, sources).astype(np.float64)
        bias = self.network.tensors[f"{name}.bias"].astype(np.float64)
        frame = 0
        if name == "c1" and self.pictures == "uint8":
            bias = bias + float(BACKGROUND) * kernels.sum((1, 2, 3))
            kernels = kernels * ((float(FOREGROUND) - float(BACKGROUND)) / 255)
            frame = FRAME
        weight = self.constant(f"{name}.weight", slope * kernels)
        shift = self.constant(f"{name}.bias", slope * bias)
        self.add("Conv", [below, weight, shift], f"{name}.sum", pads=[frame] * 4)
        self._squash(layer.squash, f"{name}.sum", name)

    def _subsampling(self, layer: Subsampling, below: str, maps: int) -> None:
        name = layer.name
        window = {"kernel_shape": [POOL, POOL], "strides": [POOL, POOL]}
        if not layer.trained:
            self.add("MaxPool", [below], name, **window)
            return
        slope, count = slope_of(layer.squash), 1 if layer.kind == "average" else POOL**2
        coefficient = self.network.tensors[f"{name}.coefficient"].astype(np.float64)
        bias = self.network.tensors[f"{name}.bias"].astype(np.float64)
        self.add("AveragePool", [below], f"{name}.mean", **window)
        by = self.constant(f"{name}.coefficient", slope * count * coefficient.reshape(1, maps, 1, 1))
        self.add("Mul", [f"{name}.mean", by], f"{name}.scaled")
        plus = self.constant(f"{name}.bias", slope * bias.reshape(1, maps, 1, 1))
        self.add("Add", [f"{name}.scaled", plus], f"{name}.sum")
        self._squash(layer.squash, f"{name}.sum", name)

    def _full(self, layer: Convolution | FullConnection, below: str) -> None:
        """C5, which sees all of S4 at once, F6, and a full output."""
        name, slope = layer.name, slope_of(layer.squash)
        weight = self.network.tensors[f"{name}.weight"].astype(np.float64)
        weight_name = self.constant(f"{name}.weight", slope * weight.reshape(len(weight), -1))
        bias = self.constant(f"{name}.bias", slope * self.network.tensors[f"{name}.bias"].astype(np.float64))
        self.add("Gemm", [below, weight_name, bias], f"{name}.sum", transB=1)
        self._squash(layer.squash, f"{name}.sum", name)

    def _squash(self, squash: str, given: str, name: str) -> None:
        """The tensor `name` from the sum `given`, which the slope of a tanh has been multiplied into."""
        f = SQUASHES.get(squash)
        if squash == "softmax":
            self.add("Softmax", [given], name, axis=1)
        elif f is None:
            self.add("Identity", [given], name)
        elif squash == "logistic":
            self.add("Sigmoid", [given], name)
        else:
            self.add("Tanh", [given], f"{name}.tanh")
            self.add("Mul", [f"{name}.tanh", self.constant("amplitude", f.amplitude)], name)

    def _rbf(self) -> None:
        """y_i = Σ_j (x_j − w_ij)² (eq. 7), from the differences: |x|² − 2wx + |w|² would cancel."""
        self.add("Unsqueeze", ["f6", "1"], "f6.row")  # (N, 1, 84)
        self.add("Sub", ["f6.row", self.constant("rbf.codes", self.network.tensors["rbf.codes"])], "apart")
        self.add("Mul", ["apart", "apart"], "apart.squared")  # (N, 10, 84)
        self.add("ReduceSum", ["apart.squared", self.constant("2", [2], np.int64)], "penalties", keepdims=0)
        self.add("Identity", ["penalties"], "output")

    def _minus_log(self, squash: str) -> None:
        """−log p of each class: p is the softmax, or the logistic outputs over their sum."""
        score = "output.sum" if squash == "softmax" else "output"
        if squash == "logistic":
            self.add("Neg", ["output.sum"], "output.negative")
            self.add("Softplus", ["output.negative"], "output.softplus")
            score = self.add("Neg", ["output.softplus"], "output.log")
        self.add("LogSoftmax", [score], "log.probabilities", axis=1)
        self.add("Neg", ["log.probabilities"], "penalties")


def slope_of(squash: str) -> float:
    """What is multiplied into the weights before a squash, so that the graph's operation is a bare tanh."""
    f = SQUASHES.get(squash)
    return f.slope if f is not None and squash != "logistic" else 1.0
