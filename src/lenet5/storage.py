"""The file of weights: writing, reading, and its format.

A file is a safetensors file. Its tensors are float32, named and shaped by `Architecture.shapes()`: "c1.weight" to
"output.bias" or "rbf.codes"; of an ensemble, each name begins with the member's number, "0/c1.weight". Its metadata
is one string, "lenet5", that holds JSON: format (this file's version), architecture, members, and whatever is known
of the network's making: classes, recipe, data, seed, command, result.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5 import files
from lenet5.architecture import Architecture, architecture
from lenet5.errors import ArchitectureError, WeightsError

FORMAT = 1
LARGEST = 64 * 2**20  # bytes; the largest file of weights that is opened
KEY = "lenet5"
# Metadata that is true of the very weights it was written for, and of no others.
OF_THESE_WEIGHTS = (
    "command", "data", "held_out_error", "machine", "member", "recipe", "result", "seed", "sharpness_fitted",
    "unipen_error", "version",
)  # fmt: skip

Tensors = dict[str, NDArray[np.float32]]
Named = Mapping[str, Any]  # tensors, or what is told of them


def shipped() -> dict[str, Path]:
    """Name and path of every file of weights that comes with the package."""
    found = (files.PACKAGE / "weights").glob("*.safetensors")
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}


def find(name: str | os.PathLike[str]) -> Path:
    """The file of a shipped network's weights by its name, or the path that was given. Raises WeightsError."""
    known = shipped()
    if str(name) not in known and not os.path.exists(str(name)):
        if str(name).endswith(".safetensors"):
            raise WeightsError(f"no such file: {name}; give the path of one that is there, or a shipped network's name")
        raise WeightsError(
            f"no network {str(name)!r}; expected one of {', '.join(known) or 'none shipped'}, or the path of a "
            f".safetensors file"
        )
    return known.get(str(name), Path(str(name)))


def declaration(name: str | os.PathLike[str]) -> Architecture:
    """The declared network of this name, or that of a .json file that declares one, or of a .safetensors file."""
    return read(name)[0] if os.fspath(name).endswith(".safetensors") else architecture(name)


def write(path: str | os.PathLike[str], architecture: Architecture, members: list[Named], metadata: Named) -> Path:
    """Write the tensors of one network, or of the several of an ensemble. Raises WeightsError; see files."""
    from safetensors.numpy import save

    header = {**_honest(metadata, members), "format": FORMAT, "architecture": architecture.to_dict()}
    header["members"] = len(members)
    tensors = {
        # safetensors writes rubbish for an array that is not contiguous.
        _name(member, len(members), name): np.ascontiguousarray(tensor, np.float32)
        for member, named in enumerate(members)
        for name, tensor in named.items()
    }
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise WeightsError(f"{name!r} has values that are not finite; such weights could not be read again")
    try:
        story = json.dumps(header, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise WeightsError(f"metadata that is no JSON ({error}); expected text, numbers, lists and dicts") from error
    data = save(tensors, {KEY: story})
    return files.write_atomically(path, data, error=WeightsError)


def read(path: str | os.PathLike[str]) -> tuple[Architecture, list[Tensors], dict[str, Any]]:
    """The architecture, the tensors of each member, and the metadata of a file of weights.

    Raises WeightsError where the file is missing, too large, cut short, not a file of weights, made by a later
    version, or does not hold what its own architecture asks for.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = files.read_bounded(path, LARGEST, error=WeightsError)
    header = _header(path, data)
    if header.get("format") != FORMAT:
        raise WeightsError(
            f"{path}: weights of format {header.get('format')!r}; this version reads format {FORMAT}: "
            f"update lenet5, or make the weights anew"
        )
    try:
        architecture = Architecture.from_dict(header["architecture"])
        members = int(header["members"])
    except (ArchitectureError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise WeightsError(f"{path}: metadata that does not describe a network ({error}); make it anew") from error
    if not 1 <= members <= 64:
        raise WeightsError(f"{path}: {members} members; expected 1 to 64")
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise WeightsError(f"{path}: damaged weights ({error}); make or fetch the file anew") from error
    shapes = architecture.shapes()
    wanted = {_name(m, members, name): shape for m in range(members) for name, shape in shapes.items()}
    _check(path, architecture, tensors, wanted)
    each = [{name: tensors[_name(m, members, name)] for name in shapes} for m in range(members)]
    return architecture, each, header | {"digest": digest(each)}


def kept(data: bytes, key: str) -> Any:
    """The JSON under a key of a safetensors file's metadata. Raises ValueError, KeyError or TypeError for no such."""
    length = int.from_bytes(data[:8], "little")
    if not 0 < length <= len(data) - 8:
        raise ValueError("no header of the length that its first eight bytes name")
    return json.loads(json.loads(data[8 : 8 + length])["__metadata__"][key])


def digest(members: Sequence[Named]) -> str:
    """The SHA-256 of all weights, by which a network is known whatever is told of it."""
    whole = hashlib.sha256()
    for tensors in members:
        for name in sorted(tensors):
            whole.update(name.encode() + np.ascontiguousarray(tensors[name], "<f4").tobytes())
    return whole.hexdigest()


def _honest(metadata: Named, members: Sequence[Named]) -> dict[str, Any]:
    """The metadata without what was measured of other weights, which are named as the parent instead."""
    now, before = digest(members), metadata.get("digest", "")
    told = {**metadata, "digest": now}
    if before and before != now:
        parent = {"digest": before} | {key: metadata[key] for key in ("command",) if key in metadata}
        told = {key: value for key, value in told.items() if key not in OF_THESE_WEIGHTS} | {"parent": parent}
    return told


def _name(member: int, members: int, name: str) -> str:
    return name if members == 1 else f"{member}/{name}"


def _header(path: str | os.PathLike[str], data: bytes) -> dict[str, Any]:
    """The metadata under "lenet5"."""
    try:
        header = kept(data, KEY)
        if not isinstance(header, dict):
            raise ValueError("the metadata is no object")
        return header
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(
            f"{path}: not a whole file of LeNet-5 weights ({error}); expected a .safetensors file that "
            f"`lenet5 train` or LeNet5.save wrote; `lenet5 import` makes one of a plain PyTorch LeNet-5"
        ) from error


def _check(path: Any, architecture: Architecture, tensors: Tensors, wanted: dict[str, tuple[int, ...]]) -> None:
    found = {name: tensor.shape for name, tensor in tensors.items()}
    if found != wanted:
        name = sorted(set(found.items()) ^ set(wanted.items()))[0][0]
        raise WeightsError(
            f"{path}: weights of another architecture: {name!r} has shape {found.get(name, 'nothing')}, and "
            f"{architecture.name} needs {wanted.get(name, 'no such tensor')}"
        )
    for name, tensor in tensors.items():
        if tensor.dtype != np.float32:
            raise WeightsError(f"{path}: {name!r} holds {tensor.dtype}; expected float32")
        if not np.isfinite(tensor).all():
            raise WeightsError(f"{path}: {name!r} holds values that are not finite; the training diverged")
