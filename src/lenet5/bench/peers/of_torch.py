"""PyTorch as a contender: as it is called, compiled, and with Table I spelled out.

The quickest C3 is one dense convolution whose kernels are zero where Table I has none. With a convolution of its own
for each map, from the maps that it sees, PyTorch does the same products as the paper, and takes longer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lenet5 import torch as in_torch
from lenet5.architecture import Architecture
from lenet5.bench.material import ADAM, J, Material
from lenet5.bench.tasks import ONLINE, Task
from lenet5.reference import dense


class _ByMaps(torch.nn.Module):
    """C3 as Table I is written: for each of its maps a convolution over the maps of S2 that it sees."""

    def __init__(self, c3: Any, architecture: Architecture) -> None:
        super().__init__()
        self.weight, self.bias, self.squash = c3.weight, c3.bias, c3.squash
        pairs = architecture.c3.pairs
        self._seen = [torch.tensor([s for m, s in pairs if m == map_]) for map_ in range(architecture.c3.maps)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernels = self.weight.split([len(seen) for seen in self._seen])
        maps = [
            torch.nn.functional.conv2d(x.index_select(1, seen), kernel[None], bias)
            for seen, kernel, bias in zip(self._seen, kernels, self.bias.split(1), strict=True)
        ]
        squashed: torch.Tensor = self.squash(torch.cat(maps, 1))
        return squashed


class Implementation:
    def __init__(self, material: Material, threads: int, compiled: bool = False, by_maps: bool = False) -> None:
        torch.set_num_threads(threads)
        if torch.get_num_interop_threads() != 1:  # it can be said only once in a process
            torch.set_num_interop_threads(1)
        self._material = material
        self._compile: Callable[[Any], Any] = torch.compile if compiled else lambda function: function
        self._first = in_torch.LeNet5.of(material.network).state_dict()
        self._module = in_torch.LeNet5.of(material.network)
        reading = in_torch.LeNet5.of(material.network)
        if by_maps:
            for module in (self._module, reading):
                module.c3 = _ByMaps(module.c3, material.network.architecture)
        else:
            _make_dense(reading, material)
        parameters = dict(self._module.named_parameters())
        self._parameters = list(parameters.values())
        self._rates = [torch.tensor(material.rates[name]) for name in parameters]
        self._shown = torch.tensor(material.shown)[:, None]
        self._labels = torch.tensor(material.labels)
        self._calls: dict[Task, Callable[[], object]] = {}
        self._reading = self._compile(lambda digits: reading(in_torch.pictures(digits)))

    def call(self, task: Task) -> Callable[[], object] | None:
        if task not in self._calls:
            self._calls[task] = self._make(task)
        return self._calls[task]

    def _make(self, task: Task) -> Callable[[], object]:
        if task.kind == "read":
            digits = torch.tensor(self._material.digits[: task.size])
            read: Callable[[], object] = torch.inference_mode()(lambda: self._reading(digits).argmin(1))
            return read
        return self._online() if task.kind == "online" else self._batches(task.size)

    def _online(self) -> Callable[[], object]:
        module, parameters, rates = self._module, self._parameters, self._rates
        pictures, labels = self._shown[:ONLINE].split(1), self._labels[:ONLINE].split(1)
        cost = self._compile(lambda picture, label: _map(module(picture), label))
        move = self._compile(_move)

        def online() -> None:  # eq. 18 after each picture
            for picture, label in zip(pictures, labels, strict=True):
                gradients = torch.autograd.grad(cost(picture, label), parameters)
                move(parameters, gradients, rates)

        return online

    def _batches(self, size: int) -> Callable[[], object]:
        module = self._module
        betas = ADAM["beta1"], ADAM["beta2"]
        adam = torch.optim.Adam(self._parameters, ADAM["rate"], betas, ADAM["epsilon"], fused=True)
        cost = self._compile(lambda pictures, labels: torch.nn.functional.cross_entropy(-module(pictures), labels))
        pieces = list(zip(self._shown.split(size), self._labels.split(size), strict=True))

        def batches() -> None:
            for pictures, labels in pieces:
                adam.zero_grad()
                cost(pictures, labels).backward()
                adam.step()

        return batches

    def penalties(self, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return np.asarray(self._reading(torch.tensor(digits)).numpy())

    def learned(self, task: Task) -> dict[str, NDArray[np.float32]]:
        self.reset()
        self._make(task)()
        return {name: tensor.detach().numpy().copy() for name, tensor in self._module.state_dict().items()}

    def reset(self) -> None:
        self._module.load_state_dict(self._first)


def _make_dense(module: in_torch.LeNet5, material: Material) -> None:
    """C3's kernels are made dense once for reading: its weights do not change any more."""
    net = material.network.architecture
    weight = dense(net.c3, material.network.tensors["c3.weight"], net.c1.maps)
    convolution = torch.nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2])
    convolution.load_state_dict({"weight": torch.tensor(weight), "bias": module.c3.bias.detach()})
    module.c3 = torch.nn.Sequential(convolution, module.c3.squash)


def _map(penalties: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Eq. 9 of one picture."""
    rubbish = penalties.new_full((1, 1), J)
    everything = torch.logsumexp(-torch.cat([penalties, rubbish], 1), 1)
    return (penalties.gather(1, label[:, None])[:, 0] + everything).sum()


def _move(parameters: list[torch.Tensor], gradients: Any, rates: list[torch.Tensor]) -> None:
    with torch.no_grad():
        torch._foreach_addcmul_(parameters, gradients, rates, value=-1.0)
