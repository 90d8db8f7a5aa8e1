"""How does LeNet-5 become an ONNX file that a phone, a browser or a server runs?

    write("lenet5.onnx", network)                       uint8 (N, 28, 28), 0 for paper to 255 for ink
    write("lenet5.onnx", network, pictures="float32")   float32 (N, 32, 32) in the paper's scale (II-B)

Outputs: "class" int64 (N,), "probabilities" and "penalties" float32 (N, classes), and with `activations` every
layer's, "c1" (N, 6, 28, 28) to "output" (N, classes). Opset 17, IR 8, any number of pictures.

The graph computes what the network computes, layer by layer. Two constants are multiplied into the weights before
them: the slope of a tanh, and the scale of uint8 pictures, whose frame of paper is then a frame of zeros. A pair that
the connection table leaves out has a kernel of zeros.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import lenet5
from lenet5 import files
from lenet5.architecture import KERNEL, POOL, SIDE, SQUASHES, Convolution, EuclideanRBF, FullConnection, Subsampling
from lenet5.errors import MissingExtraError, WeightsError
from lenet5.network import BACKGROUND, FOREGROUND, FRAMED, LeNet5

__all__ = ["IR", "OPSET", "Check", "check", "dense", "model", "write"]

OPSET, IR = 17, 8
CLOSE = 2e-6  # of the largest penalty: what two orders of summing float32 numbers may differ by

Pictures = Literal["uint8", "float32"]


@dataclass(frozen=True)
class Check:
    """What comparing a file with its network on `pictures` pictures gave."""

    pictures: int
    disagreements: int
    """How many pictures were given another class."""
    largest: float
    """The largest difference of a penalty."""
    penalty: float
    """The largest penalty."""

    @property
    def passed(self) -> bool:
        return self.disagreements == 0 and self.largest <= max(1e-4, CLOSE * self.penalty)


def write(
    path: str | os.PathLike[str],
    network: LeNet5,
    *,
    pictures: Pictures = "uint8",
    activations: bool = False,
) -> Check:
    """Write the network as an ONNX file, once ONNX Runtime has answered with it as the network does.

    Raises MissingExtraError without onnx or onnxruntime, and WeightsError where the answers differ or the file
    cannot be written; then nothing is written.
    """
    data = model(network, pictures=pictures, activations=activations).SerializeToString()
    found = check(data, network, pictures)
    if not found.passed:
        raise WeightsError(
            f"not written: ONNX Runtime gives {found.disagreements} of {found.pictures} pictures another class, and "
            f"penalties up to {found.largest:g} apart; please report this, with the versions of onnx and onnxruntime"
        )
    files.write_atomically(Path(path), data, error=WeightsError)
    return found


def check(data: bytes, network: LeNet5, pictures: Pictures, count: int = 256) -> Check:
    """Let ONNX Runtime and the network answer to the same `count` pictures of noise and strokes of all weights.

    Raises MissingExtraError without onnxruntime.
    """
    session = _session(data)
    digits = _probes(count)
    given = digits if pictures == "uint8" else scaled(digits)
    classes, penalties = session.run(["class", "penalties"], {"pictures": given})
    ours = network.penalties(given)
    # A tie is no disagreement: the class must be one whose penalty is smallest but for rounding.
    largest = float(np.abs(penalties - ours).max())
    chosen = np.take_along_axis(ours, classes[:, None], axis=1)[:, 0]
    disagreements = int((chosen > ours.min(axis=1) + 2 * largest).sum())
    return Check(count, disagreements, largest, float(ours.max()))


def scaled(digits: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 (N, 28, 28) -> float32 (N, 32, 32) in the paper's scale (II-B)."""
    frame = (SIDE - FRAMED) // 2
    ink = BACKGROUND + (FOREGROUND - BACKGROUND) / np.float32(255) * digits.astype(np.float32)
    return np.pad(ink, ((0, 0), (frame, frame), (frame, frame)), constant_values=BACKGROUND)


def _probes(count: int) -> NDArray[np.uint8]:
    """Digits as the project's own pen draws them, and for every eighth one noise."""
    from lenet5 import datasets

    rng = np.random.default_rng(0)
    digits = datasets.load("drawn", "test", count=count).images.copy()
    digits[::8] = rng.integers(0, 256, digits[::8].shape, dtype=np.uint8)
    return digits


def _session(data: bytes) -> Any:
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise MissingExtraError("onnxruntime", "onnx") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def dense(layer: Convolution, weight: NDArray[np.float32], sources: int) -> NDArray[np.float32]:
    """(maps, sources, 5, 5), zeros where the connection table has no connection."""
    kernels = np.zeros((layer.maps, sources, KERNEL, KERNEL), np.float32)
    m, s = np.array(layer.pairs).T
    kernels[m, s] = weight.reshape(-1, KERNEL, KERNEL)
    return kernels


def model(network: LeNet5, *, pictures: Pictures = "uint8", activations: bool = False) -> Any:
    """The network as an `onnx.ModelProto`. Raises MissingExtraError without onnx."""
    try:
        import onnx
        from onnx import helper
    except ModuleNotFoundError as error:
        raise MissingExtraError("onnx", "onnx") from error
    graph = _Graph(network, pictures)
    graph.build()
    sizes = {row.name: (row.maps, row.height, row.width) for row in network.architecture.count()}
    classes = network.architecture.classes
    outputs = [
        helper.make_tensor_value_info("class", onnx.TensorProto.INT64, ["N"]),
        helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, ["N", classes]),
        helper.make_tensor_value_info("penalties", onnx.TensorProto.FLOAT, ["N", classes]),
    ]
    for name, size in sizes.items() if activations else ():
        shape = size if name in ("c1", "s2", "c3", "s4") else size[:1]
        outputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", *shape]))
    side, kind = (FRAMED, onnx.TensorProto.UINT8) if pictures == "uint8" else (SIDE, onnx.TensorProto.FLOAT)
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            network.architecture.name,
            [helper.make_tensor_value_info("pictures", kind, ["N", side, side])],
            outputs,
            [onnx.numpy_helper.from_array(array, name) for name, array in graph.constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="lenet5",
        producer_version=lenet5.__version__,
    )
    helper.set_model_props(made, {"classes": " ".join(network.classes)})
    onnx.checker.check_model(made, full_check=True)
    return made


class _Graph:
    """Nodes and constants, as they are made from the first layer to the last."""

    def __init__(self, network: LeNet5, pictures: Pictures) -> None:
        self.network, self.pictures = network, pictures
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}

    def build(self) -> None:
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
            self._full_output(net.output)
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
        name, slope = layer.name, _slope(layer.squash)
        kernels = dense(layer, self.network.tensors[f"{name}.weight"], sources).astype(np.float64)
        bias = self.network.tensors[f"{name}.bias"].astype(np.float64)
        frame = 0
        if name == "c1" and self.pictures == "uint8":
            bias = bias + float(BACKGROUND) * kernels.sum((1, 2, 3))
            kernels = kernels * ((float(FOREGROUND) - float(BACKGROUND)) / 255)
            frame = (SIDE - FRAMED) // 2
        weight = self.constant(f"{name}.weight", slope * kernels)
        shift = self.constant(f"{name}.bias", slope * bias)
        self.add("Conv", [below, weight, shift], f"{name}.sum", pads=[frame] * 4)
        self._squash(layer.squash, name)

    def _subsampling(self, layer: Subsampling, below: str, maps: int) -> None:
        name = layer.name
        window = {"kernel_shape": [POOL, POOL], "strides": [POOL, POOL]}
        if not layer.trained:
            self.add("MaxPool", [below], name, **window)
            return
        slope, count = _slope(layer.squash), 1 if layer.kind == "average" else POOL**2
        coefficient = self.network.tensors[f"{name}.coefficient"].astype(np.float64)
        bias = self.network.tensors[f"{name}.bias"].astype(np.float64)
        self.add("AveragePool", [below], f"{name}.mean", **window)
        by = self.constant(f"{name}.coefficient", slope * count * coefficient.reshape(1, maps, 1, 1))
        self.add("Mul", [f"{name}.mean", by], f"{name}.scaled")
        plus = self.constant(f"{name}.bias", slope * bias.reshape(1, maps, 1, 1))
        self.add("Add", [f"{name}.scaled", plus], f"{name}.sum")
        self._squash(layer.squash, name)

    def _full(self, layer: Convolution | FullConnection, below: str) -> None:
        """C5, which sees all of S4 at once, F6, and a full output."""
        name, slope = layer.name, _slope(layer.squash)
        weight = self.network.tensors[f"{name}.weight"].astype(np.float64)
        weight_name = self.constant(f"{name}.weight", slope * weight.reshape(len(weight), -1))
        bias = self.constant(f"{name}.bias", slope * self.network.tensors[f"{name}.bias"].astype(np.float64))
        self.add("Gemm", [below, weight_name, bias], f"{name}.sum", transB=1)
        self._squash(layer.squash, name)

    def _squash(self, squash: str, name: str) -> None:
        """The output `name` from `name`.sum, which the slope of a tanh has been multiplied into."""
        f = SQUASHES.get(squash)
        if squash == "softmax":
            self.add("Softmax", [f"{name}.sum"], name, axis=1)
        elif f is None:
            self.add("Identity", [f"{name}.sum"], name)
        elif squash == "logistic":
            self.add("Sigmoid", [f"{name}.sum"], name)
        else:
            self.add("Tanh", [f"{name}.sum"], f"{name}.tanh")
            self.add("Mul", [f"{name}.tanh", self.constant("amplitude", f.amplitude)], name)

    def _rbf(self) -> None:
        """y_i = Σ_j (x_j − w_ij)² (eq. 7), from the differences: |x|² − 2wx + |w|² would cancel."""
        self.add("Unsqueeze", ["f6", "1"], "f6.row")  # (N, 1, 84)
        self.add("Sub", ["f6.row", self.constant("rbf.codes", self.network.tensors["rbf.codes"])], "apart")
        self.add("Mul", ["apart", "apart"], "apart.squared")  # (N, 10, 84)
        self.add("ReduceSum", ["apart.squared", self.constant("2", [2], np.int64)], "penalties", keepdims=0)
        self.add("Identity", ["penalties"], "output")

    def _full_output(self, layer: FullConnection) -> None:
        """A full connection, and −log p of its answers: p is the softmax, or the logistic outputs over their sum."""
        self._full(layer, "f6")
        if layer.squash == "softmax":
            score = "output.sum"
        elif layer.squash == "logistic":
            self.add("Neg", ["output.sum"], "output.negative")
            self.add("Softplus", ["output.negative"], "output.softplus")
            score = self.add("Neg", ["output.softplus"], "output.log")
        else:
            score = "output"
        self.add("LogSoftmax", [score], "log.probabilities", axis=1)
        self.add("Neg", ["log.probabilities"], "penalties")


def _slope(squash: str) -> float:
    """What is multiplied into the weights before a squash, so that the graph's operation is a bare tanh."""
    f = SQUASHES.get(squash)
    return f.slope if f is not None and squash != "logistic" else 1.0
