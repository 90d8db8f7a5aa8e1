"""LeNet-5 as nodes and constants of an ONNX graph.

The graph computes what the network computes, layer by layer, in the paper's names; of an ensemble, each member's names
begin with its number, "0/c1". No constant is multiplied into the weights, which would be rounded a second time. A pair
that the connection table leaves out has a kernel of zeros.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import lenet5
from lenet5.architecture import SIDE, SQUASHES, Architecture
from lenet5.codes import NONE
from lenet5.ensemble import Ensemble
from lenet5.errors import WeightsError, extra
from lenet5.layers import POOL, Convolution, EuclideanRBF, FullConnection, Subsampling
from lenet5.network import LeNet5
from lenet5.reference import dense
from lenet5.scale import BACKGROUND, FRAME, INNER, SPAN

OPSET, IR = 17, 8
QUARTERS = 4
OPERATIONS = {"times": "Mul", "plus": "Add", "tanh": "Tanh", "maximum": "Max"}  # of a squash
TOLD = ("reading", "data", "command", "result")  # of the weights' own metadata
Pictures = Literal["uint8", "float32"]


def assemble(graph: Graph, activations: bool = False) -> Any:
    """An `onnx.ModelProto` of a graph's nodes and constants, checked by onnx."""
    with extra("onnx", "onnx"):
        import onnx
        from onnx import TensorProto, helper
    graph.build()
    net = graph.network.architecture
    outputs = {
        "class": (TensorProto.INT64, list[int]()),
        "probabilities": (TensorProto.FLOAT, [net.classes]),
        "penalties": (TensorProto.FLOAT, [net.classes]),
    }
    for row in net.count() if activations else ():
        size = [row.maps, row.height, row.width] if row.height > 1 else [row.maps]
        outputs |= {f"{member}{row.name}": (TensorProto.FLOAT, size) for member in graph.members}
    side, kind = (INNER, TensorProto.UINT8) if graph.pictures == "uint8" else (SIDE, TensorProto.FLOAT)
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
    helper.set_model_props(made, _told(graph.network))
    onnx.checker.check_model(made, full_check=True)
    return made


def _told(network: LeNet5) -> dict[str, str]:
    """The file's metadata, each value as JSON: the classes, which of them is none, and what the weights tell."""
    told: dict[str, Any] = {"classes": network.classes} | ({"none": NONE} if NONE in network.classes else {})
    told |= {name: network.metadata[name] for name in TOLD if name in network.metadata}
    return {name: json.dumps(value) for name, value in told.items()}


class Graph:
    """Nodes and constants, as they are made from the first layer to the last.

    members: what the names of each member begin with; of one network it is nothing.
    """

    def __init__(self, network: LeNet5, pictures: Pictures) -> None:
        self.network, self.pictures = network, pictures
        self.networks = network.members if isinstance(network, Ensemble) else (network,)
        self.members = [f"{number}/" for number in range(len(self.networks))] if len(self.networks) > 1 else [""]
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self._member = ""

    def build(self) -> None:
        """What each member answers, and what they answer together."""
        self._pictures()  # (N, 1, 32, 32)
        for number in range(len(self.members)):
            self._begin(number)
            self._layers(self.network.architecture)
        self._member = ""
        if len(self.members) > 1:
            self.add("Mean", [f"{member}probabilities" for member in self.members], "probabilities")
            least = self.constant("least", np.finfo(np.float32).tiny)
            self.add("Log", [self.add("Max", ["probabilities", least], "probabilities.positive")], "log")
            self.add("Neg", ["log"], "penalties")
        self.add("ArgMin", ["penalties"], "class", axis=1, keepdims=0)

    def add(self, operation: str, inputs: list[str], output: str, *others: str, **attributes: Any) -> str:
        """A node of the member at hand; it gives back its first output's name."""
        from onnx import helper

        named, made = ([self._named(name) for name in names] for names in (inputs, (output, *others)))
        self.nodes.append(helper.make_node(operation, named, made, name=f"{made[0]}:{operation}", **attributes))
        return output

    def constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        """A constant of the member at hand."""
        self.constants[self._named(name)] = np.ascontiguousarray(value, dtype)
        return name

    def _named(self, name: str) -> str:
        """All members see the same pictures."""
        return name if name == "input" else f"{self._member}{name}"

    def _begin(self, number: int) -> None:
        """From now on it is about this member."""
        self.network, self._member = self.networks[number], self.members[number]

    def _pictures(self) -> None:
        axis = self.constant("1", [1], np.int64)
        if self.pictures == "float32":
            self.add("Unsqueeze", ["pictures", axis], "input")
            return
        gain = self.constant("gain", SPAN / 255)
        frame, paper = self.constant("frame", [0, 0, FRAME, FRAME] * 2, np.int64), self.constant("paper", BACKGROUND)
        self.add("Cast", [self.add("Unsqueeze", ["pictures", axis], "pictures.maps")], "ink", to=1)
        self.add("Add", [self.add("Mul", ["ink", gain], "ink.scaled"), paper], "unframed")
        self.add("Pad", ["unframed", frame, paper], "input")

    def _layers(self, net: Architecture) -> None:
        """All layers, in the paper's order, and what is made of the penalties."""
        self._convolution(net.c1, "input", 1)  # (N, 6, 28, 28)
        self._subsampling(net.s2, "c1", net.c1.maps)  # (N, 6, 14, 14)
        self._convolution(net.c3, "s2", net.c1.maps)  # (N, 16, 10, 10)
        self._subsampling(net.s4, "c3", net.c3.maps)  # (N, 16, 5, 5)
        self._c5(net.c5)  # (N, 120)
        self._full(net.f6, "c5")  # (N, 84)
        if isinstance(net.output, EuclideanRBF):
            self._rbf()  # (N, 10)
        else:
            self._full(net.output, "f6")  # (N, 10)
            self._minus_log(net.output.squash)
        # What multiplies penalties before they become probabilities; see LeNet5.probabilities.
        self.add("Mul", ["penalties", self.constant("sharpness", -self.network.sharpness)], "scores")
        self.add("Softmax", ["scores"], "probabilities", axis=1)

    def _convolution(self, layer: Convolution, below: str, sources: int) -> None:
        name = layer.name
        weight = self.constant(f"{name}.weight", dense(layer, self.network.tensors[f"{name}.weight"], sources))
        self.add("Conv", [below, weight, self._of(name, "bias")], f"{name}.sum")
        self._squash(layer.squash, f"{name}.sum", name)

    def _subsampling(self, layer: Subsampling, below: str, maps: int) -> None:
        name = layer.name
        window = {"kernel_shape": [POOL, POOL], "strides": [POOL, POOL]}
        if not layer.trained:
            self.add("MaxPool", [below], name, **window)
            return
        count = np.float32(POOL**2 * layer.share)  # a power of two: the product is exact
        coefficient, bias = (self.network.tensors[f"{name}.{part}"] for part in ("coefficient", "bias"))
        by = self.constant(f"{name}.coefficient", count * coefficient.reshape(1, maps, 1, 1))
        plus = self.constant(f"{name}.bias", bias.reshape(1, maps, 1, 1))
        self.add("Mul", [self.add("AveragePool", [below], f"{name}.mean", **window), by], f"{name}.scaled")
        self.add("Add", [f"{name}.scaled", plus], f"{name}.sum")
        self._squash(layer.squash, f"{name}.sum", name)

    def _c5(self, layer: Convolution) -> None:
        """C5 sees all of S4 at once; its 400 products in quarters, for one sum of all is less exact and no quicker."""
        weight = self.network.tensors["c5.weight"].reshape(layer.maps, -1)
        parts = np.array_split(weight, QUARTERS, axis=1)
        sizes = self.constant("s4.quarters", [part.shape[1] for part in parts], np.int64)
        quarters = [f"s4.quarter{i}" for i in range(QUARTERS)]
        self.add("Split", [self.add("Flatten", ["s4"], "s4.row", axis=1), sizes], *quarters, axis=1)
        total = self._of("c5", "bias")
        for i, (quarter, part) in enumerate(zip(quarters, parts, strict=True)):
            weights = self.constant(f"c5.weight{i}", part)
            total = self.add("Gemm", [quarter, weights, total], f"c5.sum{i}", transB=1)
        self._squash(layer.squash, total, "c5")

    def _full(self, layer: FullConnection, below: str) -> None:
        """F6, and a full output."""
        name = layer.name
        self.add("Gemm", [below, self._of(name, "weight"), self._of(name, "bias")], f"{name}.sum", transB=1)
        self._squash(layer.squash, f"{name}.sum", name)

    def _of(self, name: str, part: str) -> str:
        """A tensor of the network, as it is."""
        return self.constant(f"{name}.{part}", self.network.tensors[f"{name}.{part}"])

    def _squash(self, squash: str, given: str, name: str) -> None:
        """The tensor `name` from the sum `given`."""
        if squash == "softmax":
            self.add("Softmax", [given], name, axis=1)
            return
        steps = [step for step in SQUASHES[squash].value if step != ("plus", 0.0)]
        for k, (operation, c) in enumerate(steps):
            if operation not in OPERATIONS:
                raise WeightsError(f"not written: the squash {squash!r} takes the step {operation!r}, unknown to ONNX")
            number = [] if operation == "tanh" else [self.constant(f"{squash}.{k}", c)]
            made = name if k == len(steps) - 1 else f"{name}.{k}"
            given = self.add(OPERATIONS[operation], [given, *number], made)
        if not steps:
            self.add("Identity", [given], name)

    def _rbf(self) -> None:
        """y_i = Σ_j (x_j − w_ij)² (eq. 7), from the differences: |x|² − 2wx + |w|² would cancel."""
        self.add("Unsqueeze", ["f6", self.constant("1", [1], np.int64)], "f6.row")  # (N, 1, 84)
        self.add("Sub", ["f6.row", self._of("rbf", "codes")], "apart")
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
