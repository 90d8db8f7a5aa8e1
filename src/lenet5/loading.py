"""Which network is meant by a name, or by the path of a file?"""

from __future__ import annotations

import os

from lenet5.ensemble import Ensemble
from lenet5.formats import weights
from lenet5.network import LeNet5

__all__ = ["load"]


def load(name: str | os.PathLike[str] = "lenet5") -> LeNet5:
    """A shipped network by its name, or any network by the path of its .safetensors file.

    Raises WeightsError where there is none, or the file is damaged.
    """
    architecture, members, metadata = weights.read(weights.find(name))
    if len(members) == 1:
        return LeNet5(architecture, members[0], metadata)
    sharpness = metadata.get("member_sharpness", [1.0] * len(members))
    networks = [
        LeNet5(architecture, tensors, {**metadata, "sharpness": own})
        for tensors, own in zip(members, sharpness, strict=True)
    ]
    return Ensemble(networks, metadata)
