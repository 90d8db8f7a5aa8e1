"""A training that goes on from given weights, and what a training tells of itself in the file that it ends in."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lenet5 import storage
from lenet5.architecture import Architecture
from lenet5.codes import CHARACTERS, codes, farthest
from lenet5.ensemble import Ensemble
from lenet5.errors import TrainingError
from lenet5.layers import EuclideanRBF
from lenet5.loading import load
from lenet5.machine.native import LANES
from lenet5.network import LeNet5

RARE = -4.0  # the bias of an output unit that nothing speaks for yet


def single(start: str | os.PathLike[str] | LeNet5) -> LeNet5:
    """The network to go on from, by itself or by its name. Raises TrainingError for several in one."""
    network = start if isinstance(start, LeNet5) else load(start)
    if isinstance(network, Ensemble):
        raise TrainingError(f"start {start}: {len(network.members)} networks in one; give a single one, as lenet5-best")
    return network


def carry_over(start: LeNet5, network: LeNet5) -> None:
    """Give the network the weights of another of the same layers; a class of the same name keeps its output unit's.

    Raises TrainingError where a layer differs, naming it.
    """
    for mine, theirs in zip(network.architecture.layers[:-1], start.architecture.layers[:-1], strict=True):
        if mine != theirs:
            raise TrainingError(
                f"{mine.name} is {mine}, and in the network to start from {theirs}; start from one of the same layers"
            )
    if type(network.architecture.output) is not type(start.architecture.output):
        raise TrainingError(
            f"the output is {network.architecture.output}, and in the network to start from "
            f"{start.architecture.output}; start from one of the same kind"
        )
    same = [(k, start.classes.index(name)) for k, name in enumerate(network.classes) if name in start.classes]
    for name, tensor in network.tensors.items():
        if name.startswith(("output.", "rbf.")):
            for mine_, theirs_ in same:
                tensor[mine_] = start.tensors[name][theirs_]
        else:
            tensor[...] = start.tensors[name]


def with_classes(start: LeNet5, more: Sequence[str]) -> LeNet5:
    """The same network with outputs for more classes, which it does not know yet.

    An RBF unit gets the code of its character (Figure 3), or, where the class is none, the code that is farthest from
    all others. A unit of a full connection gets weights of 0 and a bias that makes it rare.
    Raises TrainingError for a class that is there already, or more classes than there are codes.
    """
    classes = (*start.classes, *more)
    if len(set(classes)) < len(classes):
        raise TrainingError(f"the classes {', '.join(more)} to add to {', '.join(start.classes)}; expected new ones")
    metadata = {**start.metadata, "classes": list(classes)}
    tensors, output = dict(start.tensors), start.architecture.output
    if not isinstance(output, EuclideanRBF):
        units = len(more)
        weight, bias = tensors["output.weight"], tensors["output.bias"]
        tensors["output.weight"] = np.concatenate([weight, np.zeros((units, weight.shape[1]), np.float32)])
        tensors["output.bias"] = np.concatenate([bias, np.full(units, RARE, np.float32)])
        return LeNet5(replace(start.architecture, output=replace(output, units=len(classes))), tensors, metadata)
    free = [c for c in reversed(CHARACTERS) if c not in (*output.characters, *more)]
    own = [name if name in CHARACTERS and name not in output.characters else None for name in more]
    if len(free) < own.count(None):
        raise TrainingError(f"{len(classes)} classes; expected at most {len(CHARACTERS)}, as many as there are codes")
    named = output.characters + "".join(name or free.pop(0) for name in own)
    known = tensors["rbf.codes"]
    for name in own:
        known = np.concatenate([known, codes(name) if name else farthest(known)[None]])
    return LeNet5(replace(start.architecture, output=EuclideanRBF(named)), tensors | {"rbf.codes": known}, metadata)


def for_classes(declared: Architecture, classes: tuple[str, ...]) -> Architecture:
    """The network with an output for each class.

    Raises TrainingError for one class alone, and where an RBF output has no code for one.
    """
    if len(classes) < 2:
        raise TrainingError(f"pictures of the class {', '.join(classes)} alone; expected two classes to tell apart")
    output = declared.output
    if not isinstance(output, EuclideanRBF):
        return replace(declared, output=replace(output, units=len(classes)))
    if not all(name in CHARACTERS and len(name) == 1 for name in classes):
        raise TrainingError(
            f"classes {', '.join(classes[:5])} …; the RBF output of {declared.name} has a code for each printable "
            f"ASCII character: name the classes so, or take the network lenet5-softmax: --network or --from"
        )
    return replace(declared, output=replace(output, characters="".join(classes)))


def identity(network: LeNet5) -> dict[str, Any]:
    """What names a network as another's parent: its digest, and the command that made it, where it is known."""
    known = {key: network.metadata[key] for key in ("command",) if key in network.metadata}
    return {"digest": storage.digest([member.tensors for member in getattr(network, "members", (network,))])} | known


def machine() -> dict[str, Any]:
    """What the bits of trained weights depend on besides recipe, data and seed."""
    versions = {name: version(name) for name in ("numba", "numpy")}
    return {"processor": processor(), "float32_lanes": LANES, "python": platform.python_version(), **versions}


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
