"""Several networks that answer together, by the mean of their probabilities, used like one network."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5 import storage
from lenet5.errors import ArchitectureError
from lenet5.network import LeNet5, checked
from lenet5.reference import probabilities


class Ensemble(LeNet5):
    """Networks of one architecture that answer together; used like one.

    Its penalties are −log of the mean of the members' probabilities. `tensors` holds every member's, named
    "0/c1.weight" and so on.

    Args:
        members: the networks.
        metadata: what is known of their making.

    Raises:
        ArchitectureError: the members are not alike, answer different classes, are ensembles, or there are none.
    """

    def __init__(self, members: Sequence[LeNet5], metadata: Mapping[str, Any] | None = None) -> None:
        if not members or any(member.architecture != members[0].architecture for member in members):
            raise ArchitectureError(
                f"members {[member.architecture.name for member in members]}; expected one or more of one architecture"
            )
        for member in members:
            if isinstance(member, Ensemble):
                raise ArchitectureError(
                    f"{member!r} among the members; expected single networks: give its own members, `ensemble.members`"
                )
            if member.classes != members[0].classes:
                raise ArchitectureError(f"classes {members[0].classes} and {member.classes}; expected the same of all")
        self.members = tuple(members)
        self.architecture = members[0].architecture
        # Each member has applied its own sharpness before probabilities are averaged.
        named = {"classes": list(members[0].classes)} if "classes" in members[0].metadata else {}
        self.metadata = checked({**named, **(metadata or {}), "sharpness": 1.0}, self.architecture)
        each = ((f"{k}/{name}", tensor) for k, one in enumerate(members) for name, tensor in one.tensors.items())
        self.tensors = MappingProxyType(dict(each))

    @property
    def parameters(self) -> NDArray[np.float32]:
        """Each member has its own. Raises AttributeError."""
        raise AttributeError("an ensemble has no parameters of its own: take those of each of its `members`")

    def penalties(self, images: Any) -> NDArray[np.float32]:
        """(N, classes): −log of the mean probability; the smallest wins. Raises PictureError as a network does."""
        return together([member.probabilities(images) for member in self.members])

    def slide(self, images: Any) -> NDArray[np.float32]:
        """Penalties at every place of larger pictures, (N, rows, columns, classes), as of one network."""
        return together([probabilities(member.slide(images), member.sharpness) for member in self.members])

    def activations(self, images: Any) -> dict[str, NDArray[np.float32]]:
        """What every unit of every member answers: as of one network, with the members as a first axis."""
        found = [member.activations(images) for member in self.members]
        return {name: np.stack([member[name] for member in found]) for name in found[0]}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write all members into one .safetensors file. Raises WeightsError where it can't be written."""
        sharpness = [member.sharpness for member in self.members]
        metadata = {**self.metadata, "member_sharpness": sharpness}
        return storage.write(path, self.architecture, [member.tensors for member in self.members], metadata)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, for a pool of processes."""
        return Ensemble, (self.members, self.metadata)

    def __repr__(self) -> str:
        return f"<Ensemble of {len(self.members)} {self.architecture.name}>"


def together(probabilities: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """−log of the members' mean probability, classes last."""
    mean = np.mean(probabilities, axis=0)
    return np.asarray(-np.log(np.maximum(mean, np.finfo(np.float32).tiny)), np.float32)
