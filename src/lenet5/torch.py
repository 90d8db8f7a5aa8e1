"""The declared networks as PyTorch modules, with the same names and state.

    module = lenet5.torch.load("lenet5")
    penalties = module(lenet5.torch.pictures(digits))            # (N, 28, 28) uint8 -> (N, 10), the smallest wins
    loss = torch.nn.functional.cross_entropy(-penalties, labels)  # eq. 9 without its rubbish class
    network = module.network()                                    # back to lenet5.LeNet5, to save or to read with

`module.state_dict()` has the names and shapes of `Architecture.shapes()`, "c1.weight" to "rbf.codes"; of an ensemble,
each name begins with its member, "members.0.". A module can be scripted and exported. In `module.double()` its answers
are those of `lenet5.reference`, to float64's rounding.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lenet5 import ensemble, loading, network
from lenet5.architecture import SQUASHES, Architecture
from lenet5.errors import PictureError, WeightsError, extra
from lenet5.layers import KERNEL, POOL, Convolution, EuclideanRBF, FullConnection, Subsampling
from lenet5.scale import BACKGROUND, FRAME, SPAN

with extra("torch", "torch"):
    import torch
    from torch import Tensor, nn

__all__ = ["Ensemble", "LeNet5", "load", "pictures"]


class _Squash(nn.Module):
    """f(a), as `architecture.SQUASHES` has it (eq. 6); "softmax" is f(a) = a, before its sum."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.steps = list(SQUASHES["none" if name == "softmax" else name].value)
        self.steps = self.steps or [("plus", 0.0)]  # TorchScript asks an empty list what it holds
        if unknown := {operation for operation, _ in self.steps} - {"times", "plus", "tanh", "maximum"}:
            raise WeightsError(f"the squash {name!r} takes the step {unknown.pop()!r}, which lenet5.torch has not")

    def forward(self, a: Tensor) -> Tensor:
        for operation, c in self.steps:
            if operation == "times":
                a = c * a
            elif operation == "plus":
                a = a + c
            elif operation == "tanh":
                a = torch.tanh(a)
            else:
                a = torch.clamp(a, min=c)
        return a


class _Convolution(nn.Module):
    """One 5×5 kernel for each connected pair; where the table leaves out a pair, the dense kernel is zero (II-A)."""

    def __init__(self, layer: Convolution, sources: int) -> None:
        super().__init__()
        pairs = layer.pairs
        self.maps, self.sources = layer.maps, sources
        self.partial = len(pairs) < layer.maps * sources
        shape = (layer.maps, sources) if layer.name == "c5" else (len(pairs),)
        self.weight = nn.Parameter(torch.empty(*shape, KERNEL, KERNEL))
        self.bias = nn.Parameter(torch.empty(layer.maps))
        self.squash = _Squash(layer.squash)
        places = torch.tensor([m * sources + s for m, s in pairs])
        self.register_buffer("places", places, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        kernels = self.weight
        if self.partial:
            empty = kernels.new_zeros(self.maps * self.sources, kernels.size(-2), kernels.size(-1))
            kernels = empty.index_copy(0, self.places, kernels)
        kernels = kernels.reshape(self.maps, self.sources, kernels.size(-2), kernels.size(-1))
        if x.size(-1) == kernels.size(-1):  # C5 sees all of S4: a full connection (II-B)
            # A sum for each row of the kernels, then the sum of these: one of all 400 products is less exact.
            rows, weights = x.movedim(2, 0).flatten(2), kernels.movedim(2, 0).flatten(2)
            sums = torch.bmm(rows, weights.transpose(1, 2)).sum(0)
            return self.squash(sums + self.bias)[:, :, None, None]
        return self.squash(nn.functional.conv2d(x, kernels, self.bias))


class _Subsampling(nn.Module):
    """Each 2×2, summed or averaged, times a coefficient, plus a bias, squashed (II-B)."""

    def __init__(self, layer: Subsampling, maps: int) -> None:
        super().__init__()
        self.count = POOL**2 * layer.share
        self.coefficient = nn.Parameter(torch.empty(maps))
        self.bias = nn.Parameter(torch.empty(maps))
        self.squash = _Squash(layer.squash)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.count * nn.functional.avg_pool2d(x, 2)
        return self.squash(self.coefficient[:, None, None] * pooled + self.bias[:, None, None])


class _FullConnection(nn.Module):
    """a_i = Σ_j w_ij x_j + bias_i, and its squash (eq. 5)."""

    def __init__(self, layer: FullConnection, below: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(layer.units, below))
        self.bias = nn.Parameter(torch.empty(layer.units))
        self.squash = _Squash(layer.squash)

    def sums(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight, self.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.squash(self.sums(x))


class _FullOutput(_FullConnection):
    """The output as a full connection; its penalties are −log p."""

    def __init__(self, layer: FullConnection, below: int) -> None:
        super().__init__(layer, below)
        self.kind = layer.squash

    def forward(self, x: Tensor) -> Tensor:
        a = self.sums(x)
        return torch.softmax(a, 1) if self.kind == "softmax" else self.squash(a)

    def penalties(self, x: Tensor) -> Tensor:
        a = self.sums(x)
        if self.kind == "softmax":
            score = a
        elif self.kind == "logistic":
            score = nn.functional.logsigmoid(a)
        else:
            score = self.squash(a)
        return -torch.log_softmax(score, 1)


class _RBF(nn.Module):
    """y_i = Σ_j (x_j − w_ij)², the distance to fixed codes (eq. 7)."""

    def __init__(self, layer: EuclideanRBF, below: int) -> None:
        super().__init__()
        self.register_buffer("codes", torch.empty(layer.units, below))

    def forward(self, x: Tensor) -> Tensor:
        apart = x[:, None] - self.codes
        return apart.square().sum(2, dtype=torch.float64).to(x.dtype)


class LeNet5(nn.Module):
    """A declared network as a module; it has the paper's layers and `lenet5.LeNet5`'s arguments.

    tensors: name to array, named and shaped by `architecture.shapes()`.
    metadata: what is known of its making, handed on by `network`.
    Raises WeightsError where the tensors are not the architecture's.
    """

    def __init__(
        self, architecture: Architecture, tensors: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__()
        a = self.architecture = architecture
        self.metadata = dict(metadata or {})
        self.c1 = _Convolution(a.c1, 1)
        self.s2 = _Subsampling(a.s2, a.c1.maps) if a.s2.trained else nn.MaxPool2d(POOL)
        self.c3 = _Convolution(a.c3, a.c1.maps)
        self.s4 = _Subsampling(a.s4, a.c3.maps) if a.s4.trained else nn.MaxPool2d(POOL)
        self.c5 = _Convolution(a.c5, a.c3.maps)
        self.f6 = _FullConnection(a.f6, a.c5.maps)
        # The state calls the codes "rbf.codes", as the files of weights do.
        if isinstance(a.output, EuclideanRBF):
            self.rbf = _RBF(a.output, a.f6.units)
        else:
            self.output = _FullOutput(a.output, a.f6.units)
        state = {name: torch.tensor(np.asarray(tensor, np.float32)) for name, tensor in tensors.items()}
        try:
            self.load_state_dict(state)
        except RuntimeError as error:
            raise WeightsError(f"tensors that are not those of {a.name}: {error}") from error

    @classmethod
    def of(cls, network: network.LeNet5) -> LeNet5:
        """The module with the parameters of a network; they are copied."""
        return cls(network.architecture, network.tensors, network.metadata)

    @torch.jit.unused
    def network(self) -> network.LeNet5:
        """The network with this module's parameters as they are now; they are copied."""
        tensors = {name: tensor.detach().cpu().float().numpy() for name, tensor in self.state_dict().items()}
        return network.LeNet5(self.architecture, tensors, self.metadata)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 1, 32, 32) in the paper's scale -> penalties (N, classes): RBF distances, or −log p; the smallest wins.

        Raises PictureError for another shape.
        """
        f6 = self._maps(pictures)[-1]
        return self.rbf(f6) if hasattr(self, "rbf") else self.output.penalties(f6)

    @torch.jit.export
    def activations(self, pictures: Tensor) -> dict[str, Tensor]:
        """What every unit of every layer answers, "c1" (N, 6, 28, 28) to "output" (N, classes), squashed."""
        c1, s2, c3, s4, c5, f6 = self._maps(pictures)
        output = self.rbf(f6) if hasattr(self, "rbf") else self.output(f6)
        return {"c1": c1, "s2": s2, "c3": c3, "s4": s4, "c5": c5, "f6": f6, "output": output}

    def _maps(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        if pictures.dim() != 4 or pictures.size(1) != 1 or pictures.size(2) != 32 or pictures.size(3) != 32:
            raise PictureError(f"pictures of shape {pictures.shape}; expected (N, 1, 32, 32)")
        c1 = self.c1(pictures)  # (N, 6, 28, 28)
        s2 = self.s2(c1)  # (N, 6, 14, 14)
        c3 = self.c3(s2)  # (N, 16, 10, 10)
        s4 = self.s4(c3)  # (N, 16, 5, 5)
        c5 = self.c5(s4).flatten(1)  # (N, 120)
        return c1, s2, c3, s4, c5, self.f6(c5)  # (N, 84)


class Ensemble(nn.Module):
    """Modules that answer together, as `lenet5.ensemble.Ensemble` does."""

    def __init__(self, members: Sequence[LeNet5], metadata: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.metadata = dict(metadata or {})
        self.most = -math.log(np.finfo(np.float32).tiny)  # the largest penalty, as ours has it
        self.sharpness = [float(member.metadata.get("sharpness", 1.0)) for member in members]

    @classmethod
    def of(cls, network: ensemble.Ensemble) -> Ensemble:
        """The module with the parameters of an ensemble; they are copied."""
        return cls([LeNet5.of(member) for member in network.members], network.metadata)

    @torch.jit.unused
    def network(self) -> ensemble.Ensemble:
        """The ensemble with this module's parameters as they are now; they are copied."""
        return ensemble.Ensemble([member.network() for member in self.members], self.metadata)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 1, 32, 32) in the paper's scale -> penalties (N, classes): −log of the mean probability.

        Raises PictureError for another shape.
        """
        logs = []
        for number, member in enumerate(self.members):
            logs.append(torch.log_softmax(-self.sharpness[number] * member(pictures), 1))
        return (math.log(len(logs)) - torch.logsumexp(torch.stack(logs), 0)).clamp(max=self.most)


def load(name: str | os.PathLike[str] = "lenet5") -> LeNet5 | Ensemble:
    """The module of a shipped network, or of a file of weights. Raises WeightsError as `lenet5.load` does."""
    loaded = loading.load(name)
    return Ensemble.of(loaded) if isinstance(loaded, ensemble.Ensemble) else LeNet5.of(loaded)


def pictures(digits: Tensor) -> Tensor:
    """Pictures as a module wants them: (N, 28, 28) uint8, 0 for paper to 255 for ink -> (N, 1, 32, 32) float32.

    Scaled to −0.1 and 1.175 and framed by two pixels of paper (II-B). Raises PictureError for others.
    """
    if digits.dim() != 3 or digits.shape[1:] != (28, 28) or digits.dtype != torch.uint8:
        raise PictureError(f"pictures {digits.dtype} of shape {tuple(digits.shape)}; expected uint8 (N, 28, 28)")
    scaled = BACKGROUND + SPAN / 255 * digits[:, None].float()
    return nn.functional.pad(scaled, (FRAME,) * 4, value=BACKGROUND)
