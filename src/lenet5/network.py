"""LeNet-5 with its parameters: what it answers to pictures, and how it is saved.

`scale.py` says what a picture is.
"""

from __future__ import annotations

import math
import os
import reprlib
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5 import storage
from lenet5.architecture import NAMES, SIDE, Architecture, EuclideanRBF
from lenet5.errors import WeightsError
from lenet5.kernels.entries import FEW, bulk, bulk_room, forward_many, maps_room
from lenet5.kernels.plan import Plan, plan_for, zeros
from lenet5.machine import threads
from lenet5.reference import penalties, probabilities
from lenet5.scale import LOOKED_AT, PictureWarning, doubt, to_scale

Floats = NDArray[np.float32]


def checked(metadata: Mapping[str, Any] | None, architecture: Architecture) -> dict[str, Any]:
    """A copy of a network's metadata, whose classes and sharpness suit it. Raises WeightsError where they don't."""
    copy = dict(metadata or {})
    names, sharpness = copy.get("classes"), copy.get("sharpness", 1.0)
    if names is not None and not (
        isinstance(names, list | tuple)
        and len(names) == architecture.classes
        and all(isinstance(name, str) and name.isprintable() for name in names)  # a terminal obeys what is not
    ):
        raise WeightsError(
            f"classes {reprlib.repr(names)}; expected a name to print for each of {architecture.classes} outputs"
        )
    if isinstance(sharpness, bool) or not isinstance(sharpness, int | float) or not 0 < sharpness < math.inf:
        raise WeightsError(f"sharpness {reprlib.repr(sharpness)}; expected a number above 0")
    return copy


class LeNet5:
    """A network of seven layers with its parameters.

    Args:
        architecture: the declaration.
        tensors: name to array, named and shaped by `architecture.shapes()`; copied to float32.
        metadata: what is known of its making; `save` keeps it. Two keys matter here: "classes" names each output, and
            "sharpness", a number above 0, multiplies penalties before they become probabilities.

    Raises:
        WeightsError: a tensor is missing, too many or of another shape, or one of these two keys is wrong.
    """

    _unlooked = LOOKED_AT  # calls of `predict` whose pictures will be looked at

    def __init__(
        self, architecture: Architecture, tensors: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
    ) -> None:
        self._mine = threading.local()  # kernels with their first arguments, of each thread
        self._classes, self._rbf = architecture.classes, isinstance(architecture.output, EuclideanRBF)
        self.architecture = architecture
        self.metadata = checked(metadata, architecture)
        self.plan = plan_for(architecture)
        # All tensors lie in one array, as the kernels want it; `tensors` are views of it, which can be written to but
        # not replaced: the kernels would not see that.
        self._parameters = zeros(int(self.plan["parameters"]))
        self.tensors: Mapping[str, Floats] = MappingProxyType(self.plan.views(self._parameters))
        if set(tensors) != set(self.tensors):
            raise WeightsError(f"tensors {sorted(map(str, tensors))}; {architecture.name} needs {sorted(self.tensors)}")
        for name, view in self.tensors.items():
            given = np.asarray(tensors[name])
            if given.shape != view.shape:
                raise WeightsError(f"{name!r} has shape {given.shape}; expected {view.shape}")
            if given.dtype.kind not in "biuf":
                raise WeightsError(f"{name!r} is of type {given.dtype}; expected numbers")
            view[...] = given

    @property
    def parameters(self) -> Floats:
        """Every weight and bias in one array, as the kernels take it. Writing to it changes the network."""
        return self._parameters

    @property
    def classes(self) -> tuple[str, ...]:
        """A name for each output, from the metadata, or else the RBF units' characters, or else 0, 1, 2 …"""
        names = self.metadata.get("classes")
        if names is None and isinstance(self.architecture.output, EuclideanRBF):
            names = self.architecture.output.characters
        return tuple(names) if names is not None else tuple(str(k) for k in range(self.architecture.classes))

    @property
    def sharpness(self) -> float:
        """What multiplies penalties before they become probabilities. The metadata has it, or it is 1."""
        return float(self.metadata.get("sharpness", 1.0))

    def predict(self, images: Any) -> NDArray[np.int64]:
        """The class of each picture, the one with the smallest penalty (II-C).

        Warns once, with PictureWarning, of pictures that look black on white, normalised, or turned over.

        Args:
            images: (N, 28, 28) or (N, 32, 32), as `lenet5.scale` takes them; bool and whole numbers of 0 to 255 are
                taken as uint8 is, and one more axis of length 1 is passed over.

        Returns:
            int64 (N,), 0 to classes − 1.

        Raises:
            PictureError: other arrays.
        """
        answers = np.asarray(self.penalties(images).argmin(axis=1), np.int64)
        if self._unlooked:
            self._unlooked -= 1
            if found := doubt(images):
                self._unlooked = 0
                warnings.warn(found, PictureWarning, stacklevel=2)
        return answers

    def penalties(self, images: Any) -> Floats:
        """One penalty a class, the smallest wins: the RBF units' distances y_i (eq. 7), or −log p of each class.

        Args:
            images: as for `predict`.

        Returns:
            float32 (N, classes), from 0 on.

        Raises:
            PictureError: arrays that are not pictures.
        """
        array, low, gain = to_scale(images, square=True)
        if len(array) < FEW:
            return self._penalties(self._few(array, low, gain))
        return self._penalties(self._bulk(array, low, gain))

    def probabilities(self, images: Any) -> Floats:
        """e^−penalty over its sum: the posterior of eq. 9 without its rubbish class.

        Penalties are multiplied by `sharpness` first, with which the network was trained.

        Args:
            images: as for `predict`.

        Returns:
            float32 (N, classes), each row summing to 1.

        Raises:
            PictureError: arrays that are not pictures.
        """
        return probabilities(self.penalties(images), self.sharpness)

    def slide(self, images: Any) -> Floats:
        """Penalties at every place of larger pictures, one every four pixels (section VII).

        The network is applied to the whole picture at once. Its answer at a place is its answer to the 32×32 window
        there.

        Args:
            images: (N, H, W) of at least 32×32, uint8, or float in the paper's scale; no frame is added.

        Returns:
            float32 (N, (H−32)//4 + 1, (W−32)//4 + 1, classes).

        Raises:
            PictureError: arrays that are not pictures, or smaller ones.
        """
        array, low, gain = to_scale(images, square=False)
        height, width = array.shape[1:]
        outputs = self._forward(plan_for(self.architecture, height, width), array, low, gain)
        places = ((height - SIDE) // 4 + 1, (width - SIDE) // 4 + 1)
        return self._penalties(outputs).reshape(len(array), *places, self.architecture.classes)

    def activations(self, images: Any) -> dict[str, Floats]:
        """What every unit of every layer answers, squashed; the output holds distances where it is an RBF.

        Args:
            images: as for `predict`.

        Returns:
            {"input": (N, 1, 32, 32), "c1": (N, 6, 28, 28), "s2": (N, 6, 14, 14), "c3": (N, 16, 10, 10),
            "s4": (N, 16, 5, 5), "c5": (N, 120), "f6": (N, 84), "output": (N, classes)}, float32.

        Raises:
            PictureError: arrays that are not pictures.
        """
        array, low, gain = to_scale(images, square=True)
        kept = np.zeros((len(array), self.plan["floats"]), np.float32)
        outputs, plan = np.empty((1, self._classes), np.float32), self.plan
        for picture, maps in zip(array[:, None], kept, strict=True):
            forward_many(plan.plans, plan.table, self.parameters, low, gain, outputs, maps, picture)
        found = {}
        for name in ("input", *NAMES):
            layer = self.plan[name]
            start = layer["start"]
            if name in ("c5", "f6", "output"):
                found[name] = kept[:, start : start + layer["units"]].copy()
            else:
                shape = (len(array), layer["maps"], layer["height"], layer["row"])
                maps = kept[:, start : start + layer["maps"] * layer["size"]].reshape(shape)
                found[name] = np.ascontiguousarray(maps[..., : layer["width"]])
        return found

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the network as a .safetensors file, whole or not at all.

        Args:
            path: of the file.

        Returns:
            The same path.

        Raises:
            WeightsError: the file cannot be written, or the network has values that are not finite.
        """
        return storage.write(path, self.architecture, [self.tensors], self.metadata)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, for a pool of processes: made anew, so that `tensors` are views of `parameters` there too."""
        return LeNet5, (self.architecture, {n: np.array(t) for n, t in self.tensors.items()}, self.metadata)

    def __repr__(self) -> str:
        return f"<LeNet5 {self.architecture.name}, {self.architecture.parameters():,} parameters>"

    def _penalties(self, outputs: Floats) -> Floats:
        """Penalties from RBF distances, or from a full output's weighted sums; classes last."""
        return outputs if self._rbf else penalties(self.architecture, outputs, axis=-1)

    def _forward(self, plan: Plan, array: NDArray[Any], low: Any, gain: Any) -> Floats:
        """What the output layer says (N, places, classes), one picture of any size at a time."""
        spots = int(plan["down"] * plan["across"])
        outputs = np.empty((len(array), spots * self._classes), np.float32)

        def some(start: int) -> None:
            part, mine = slice(start, start + PIECE), self._mine.__dict__
            if mine.get("wide", (None,))[0] is not plan:  # wide pictures are large, so room for one size is kept
                mine["wide"] = plan, forward_many.bound(plan.plans, plan.table, self.parameters), maps_room(plan)
            _, forward, room = mine["wide"]
            forward(low, gain, outputs[part], room, array[part])

        threads.run(some, range(0, len(array), PIECE))
        return outputs.reshape(len(array), spots, self._classes)

    def _few(self, array: NDArray[Any], low: Any, gain: Any) -> Floats:
        """What the output layer says (N, classes), one picture at a time in this thread, and no time lost around it."""
        mine: dict[Any, Any] = self._mine.__dict__
        kind = gain, array.shape
        if kind not in mine:  # the pictures are copied to where the kernel is told once to find them
            plan, maps = self.plan, mine.setdefault("maps", maps_room(self.plan))
            pictures, outputs = np.empty_like(array), np.empty((len(array), self._classes), np.float32)
            fixed = plan.plans, plan.table, self.parameters, low, gain, outputs, maps, pictures
            mine[kind] = forward_many.bound(*fixed), pictures, outputs
        forward, pictures, outputs = mine[kind]
        pictures[...] = array
        forward()
        return np.array(outputs)

    def _bulk(self, array: NDArray[Any], low: Any, gain: Any) -> Floats:
        """What the output layer says (N, classes), many pictures at a time."""
        outputs, plan = np.empty((len(array), self.architecture.classes), np.float32), self.plan

        def some(start: int) -> None:
            part, mine = slice(start, start + PIECE), self._mine.__dict__
            if "bulk" not in mine:
                mine["bulk"] = bulk.bound(plan.plans, plan.table, self.parameters, bulk_room(plan))
            mine["bulk"](array[part], low, gain, outputs[part])

        threads.run(some, range(0, len(array), PIECE))
        return outputs


PIECE = 64  # pictures that one thread takes at a time
