"""LeNet-5 as an ONNX file that a phone, a browser or a server runs.

    write("lenet5.onnx", network)                       uint8 (N, 28, 28), 0 for paper to 255 for ink
    write("lenet5.onnx", network, pictures="float32")   float32 (N, 32, 32) in the paper's scale (II-B)
    write("lenet5.onnx", network, quantised=quantise(network, digits))    in eight bits, uint8 (N, 28, 28)
    write("lenet5.onnx", ensemble)                      its members and their mean, in one file

Outputs: "class" int64 (N,), "probabilities" and "penalties" float32 (N, classes), and with `activations` every
layer's, "c1" (N, 6, 28, 28) to "output" (N, classes); of an ensemble every member's, "0/c1" and so on. Opset 17, IR 8,
any number of pictures.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from lenet5 import datasets, files
from lenet5.ensemble import Ensemble
from lenet5.errors import WeightsError, extra
from lenet5.formats.onnx_graph import Graph, Pictures, assemble
from lenet5.formats.onnx_int8 import QuantisedGraph
from lenet5.formats.quantise import Quantised, QuantisedEnsemble
from lenet5.network import LeNet5
from lenet5.scale import scale

__all__ = ["Check", "check", "model", "session", "write"]

# Of the largest penalty: what two orders of summing float32 numbers may differ by, and what a value that lies
# between two whole numbers and is rounded the other way may do.
CLOSE, CLOSE_INT8 = 2e-6, 0.01


@dataclass(frozen=True)
class Check:
    """What comparing a file with its network on `pictures` pictures gave."""

    pictures: int
    disagreements: int
    """How many pictures were given a class whose penalty is not the smallest, but for `allowed`."""
    largest: float
    """The largest difference of a penalty."""
    allowed: float
    """The largest difference that rounding explains."""

    @property
    def passed(self) -> bool:
        return self.disagreements == 0 and self.largest <= self.allowed


def write(
    path: str | os.PathLike[str],
    network: LeNet5,
    *,
    pictures: Pictures = "uint8",
    activations: bool = False,
    quantised: Quantised | QuantisedEnsemble | None = None,
) -> Check:
    """Write the network as an ONNX file, once ONNX Runtime has answered with it as the network does.

    Raises MissingExtraError without onnx or onnxruntime, and WeightsError where the answers differ or the file cannot
    be written; then nothing is written.
    """
    data = model(network, pictures=pictures, activations=activations, quantised=quantised).SerializeToString()
    found = check(data, quantised or network, pictures)
    if not found.passed:
        raise WeightsError(
            f"not written: ONNX Runtime gives {found.disagreements} of {found.pictures} pictures another class, and "
            f"penalties up to {found.largest:g} apart; please report this, with the versions of onnx and onnxruntime"
        )
    files.write_atomically(path, data, error=WeightsError)
    return found


def model(
    network: LeNet5,
    *,
    pictures: Pictures = "uint8",
    activations: bool = False,
    quantised: Quantised | QuantisedEnsemble | None = None,
) -> Any:
    """The network as an `onnx.ModelProto`. Raises MissingExtraError without onnx, WeightsError for other pictures."""
    if pictures not in get_args(Pictures):
        raise WeightsError(f"pictures={pictures!r}; expected one of {', '.join(get_args(Pictures))}")
    if quantised is None:
        return assemble(Graph(network, pictures), activations)
    if pictures != "uint8":
        raise WeightsError(f"pictures={pictures!r} in eight bits; expected 'uint8'")
    return assemble(QuantisedGraph(network, quantised), activations)


def check(data: bytes, network: LeNet5 | Quantised | QuantisedEnsemble, pictures: Pictures = "uint8") -> Check:
    """Let ONNX Runtime and the network answer to the same pictures, drawn digits and some noise.

    Raises MissingExtraError without onnxruntime.
    """
    answering = session(data)
    digits = _probes()
    given: NDArray[Any] = digits if pictures == "uint8" else scale(digits).astype(np.float32)
    classes, penalties = answering.run(["class", "penalties"], {"pictures": given})
    ours = network.penalties(given)
    close = CLOSE if isinstance(network, LeNet5) else CLOSE_INT8
    allowed = max(1e-4, close * _largest(network, given))
    chosen = np.take_along_axis(ours, classes[:, None], axis=1)[:, 0]
    disagreements = int((chosen > ours.min(axis=1) + allowed).sum())
    return Check(len(digits), disagreements, float(np.abs(penalties - ours).max()), allowed)


def session(data: bytes, threads: int = 1) -> Any:
    """An ONNX Runtime session on so many threads of the processor. Raises MissingExtraError without onnxruntime."""
    with extra("onnxruntime", "onnx"):
        import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads  # they wait by spinning, for long where others are at work
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _largest(network: LeNet5 | Quantised | QuantisedEnsemble, pictures: NDArray[Any]) -> float:
    """The largest penalty; of an ensemble, what rounding it and another member's largest moves a share by."""
    if isinstance(network, Ensemble | QuantisedEnsemble):
        return 2 * max(_largest(m, pictures) * m.sharpness for m in network.members)
    return float(network.penalties(pictures).max())


def _probes() -> NDArray[np.uint8]:
    """Digits as the project's own pen draws them, and every eighth one noise."""
    rng = np.random.default_rng(0)
    digits = datasets.load("drawn", "test", count=256).images.copy()
    digits[::8] = rng.integers(0, 256, digits[::8].shape, dtype=np.uint8)
    return digits
