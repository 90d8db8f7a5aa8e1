"""Loading of networks, by the name of a shipped one or the path of a file."""

from __future__ import annotations

import os
import reprlib
from typing import Any

from lenet5 import storage
from lenet5.ensemble import Ensemble
from lenet5.errors import WeightsError
from lenet5.network import LeNet5

# What an ensemble's metadata tells of each member: what it is, and what holds where nothing is told.
_OF_EACH: dict[str, tuple[Any, Any]] = {"member": (dict, {}), "member_sharpness": (int | float, 1.0)}


def load(name: str | os.PathLike[str] = "lenet5") -> LeNet5:
    """A shipped network by its name, or any network by the path of its file.

    Args:
        name: one of the shipped networks, or the path of a .safetensors file.

    Returns:
        A LeNet5; an Ensemble, which is used like one, where the file holds several networks.

    Raises:
        WeightsError: there is none, or the file is damaged.
    """
    architecture, members, metadata = storage.read(storage.find(name))
    try:
        if len(members) == 1 and "member_sharpness" not in metadata:  # which any ensemble's file has
            return LeNet5(architecture, members[0], metadata)
        # What is told of all together, less what is told of each; and of each its own.
        shared = {key: value for key, value in metadata.items() if key not in ("command", *_OF_EACH)}
        stories, sharpness = (_each(metadata, key, len(members)) for key in _OF_EACH)
        networks = [
            LeNet5(architecture, tensors, {**shared, **story, "sharpness": own})
            for tensors, story, own in zip(members, stories, sharpness, strict=True)
        ]
        return Ensemble(networks, metadata)
    except WeightsError as error:
        raise WeightsError(f"{name}: {error}") from error


def _each(metadata: dict[str, Any], key: str, count: int) -> list[Any]:
    """What is told under this key of each of `count` members. Raises WeightsError where it is not told of each."""
    kind, untold = _OF_EACH[key]
    values = metadata.get(key, [untold] * count)
    if not isinstance(values, list) or len(values) != count or not all(isinstance(value, kind) for value in values):
        raise WeightsError(f"{key} {reprlib.repr(values)}; expected one for each of {count} members, like {untold}")
    return values
