"""Do PyTorch and ONNX Runtime answer what ours answers? Over MNIST's 10,000 test pictures, on one thread.

    python benchmarks/parity.py [NETWORK ...]

Penalties are to be within 1e-4 and every class the same; gradients, of loss (9) or of cross-entropy over 64 pictures,
within 1e-4 of autograd's, as shares of the largest of their tensor.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import lenet5
import lenet5.torch
from lenet5 import datasets, reference
from lenet5.architecture import EuclideanRBF
from lenet5.ensemble import Ensemble
from lenet5.formats import onnx

NETWORKS = ("lenet5", "lenet5-linear", "lenet5-softmax", "lenet5-maxpool", "lenet5-best", "lenet5-ensemble")
BLOCK, DERIVED, J = 500, 64, 10.0


def main() -> None:
    torch.set_num_threads(1)
    test = datasets.load("mnist", "test")
    print(f"{'':16}{'PyTorch':>10}{'ONNX':>10}   other classes   gradients")
    for name in sys.argv[1:] or NETWORKS:
        network = lenet5.load(name)
        ours = network.penalties(test.images)
        theirs = [_pytorch(name, test.images), _onnx(network, test.images)]
        apart = "".join(f"{float(np.abs(answers - ours).max()):10.1e}" for answers in theirs)
        others = sum(int((answers.argmin(1) != ours.argmin(1)).sum()) for answers in theirs)
        derived = "" if isinstance(network, Ensemble) else f"{_gradients(network, test):10.1e}"
        print(f"{name:16}{apart}{others:16}  {derived}", flush=True)


def _pytorch(name: str, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
    module = lenet5.torch.load(name)
    with torch.inference_mode():
        parts = [module(lenet5.torch.pictures(torch.tensor(part))).numpy() for part in _blocks(digits)]
    return np.concatenate(parts)


def _onnx(network: lenet5.LeNet5, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
    session = onnx.session(onnx.model(network).SerializeToString())
    return np.concatenate([session.run(["penalties"], {"pictures": part})[0] for part in _blocks(digits)])


def _blocks(digits: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [digits[start : start + BLOCK] for start in range(0, len(digits), BLOCK)]


def _gradients(network: lenet5.LeNet5, test: Any) -> float:
    """The largest difference of a derivative, as a share of the largest of its tensor (at least 1)."""
    module, labels = lenet5.torch.LeNet5.of(network), torch.tensor(test.labels[:DERIVED].astype(np.int64))
    pictures = lenet5.torch.pictures(torch.tensor(test.images[:DERIVED]))
    penalties, output = module(pictures), network.architecture.output
    if isinstance(output, EuclideanRBF):
        loss, right = "map", penalties.gather(1, labels[:, None])[:, 0]
        cost = right + torch.logsumexp(torch.cat([-penalties, torch.full_like(right, -J)[:, None]], 1), 1)
    elif output.squash == "logistic":
        loss, answers = "cross_entropy", module.activations(pictures)["output"]
        wanted = torch.nn.functional.one_hot(labels, answers.shape[1]).float()
        cost = torch.nn.functional.binary_cross_entropy(answers, wanted, reduction="none").sum(1)
    else:
        loss, cost = "cross_entropy", torch.nn.functional.cross_entropy(-penalties, labels, reduction="none")
    cost.mean().backward()
    tensors = {name: tensor.astype(np.float64) for name, tensor in network.tensors.items()}
    shown = reference.scale(test.images[:DERIVED]).astype(np.float32).astype(np.float64)
    _, ours = reference.gradient(network.architecture, tensors, shown, test.labels[:DERIVED], loss, j=J)
    return max(
        float(np.abs(parameter.grad.numpy() - ours[name]).max()) / max(1.0, float(np.abs(ours[name]).max()))
        for name, parameter in module.named_parameters()
    )


if __name__ == "__main__":
    main()
