"""Who has the last word on a glyph? A judge that hears how far every member of a reader finds it from every digit.

    python -m lenet5.reading.judge --network lenet5-reader --out judge.safetensors

Members agree on digits, and differ on what is none: the mean of their distances forgets just that. The judge is one
hidden layer over all of their penalties, taught with lessons of its own that the members were not shown.
Not in the paper.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import WeightsError
from lenet5.files import read_bounded, write_atomically
from lenet5.network import LeNet5

__all__ = ["SHIPPED", "Judge", "heard", "main", "members_of", "over", "taught"]

SHIPPED = Path(__file__).with_name("judge.safetensors")
KEY = "lenet5"
LARGEST = 2**20  # bytes
NAMES = ("hidden.weight", "hidden.bias", "last.weight", "last.bias")

HIDDEN = 192  # units
PICTURES = 500_000  # that it is taught with
DISTORTED = (0.15, 0.5)  # how much of the members' distortions: pictures as they are read, and stranger ones
PASSES = 12
BATCH = 256
STEP = 3e-3

Floats = NDArray[np.float32]


class Judge:
    """A network for a reader: several networks, and a judge over what they say.

    tensors: "hidden.weight" (H, members·classes), "hidden.bias" (H,), "last.weight" (classes + 1, H), "last.bias"
    (classes + 1,), float32; the last of the outputs is "none of them". metadata: "of", which network it was taught
    with; "reading", its calibration. Raises WeightsError for tensors of other shapes, or of another network.
    """

    def __init__(self, network: LeNet5, tensors: Mapping[str, Floats], metadata: Mapping[str, Any]) -> None:
        self.network = network
        self.classes = network.classes
        self.metadata = dict(metadata)
        self.tensors = dict(tensors)
        inputs, outputs = len(members_of(network)) * len(self.classes), len(self.classes) + 1
        hidden = len(self.tensors.get("hidden.bias", ()))
        wanted = {
            "hidden.weight": (hidden, inputs), "hidden.bias": (hidden,),
            "last.weight": (outputs, hidden), "last.bias": (outputs,),
        }  # fmt: skip
        found = {name: np.shape(tensor) for name, tensor in self.tensors.items()}
        if found != wanted or not all(np.isfinite(tensor).all() for tensor in self.tensors.values()):
            raise WeightsError(f"a judge with tensors {found}; expected finite ones of {wanted}")
        if self.metadata.get("of") != named(network):
            raise WeightsError("a judge of another network; expected the one that it was taught with")

    def penalties(self, images: Any) -> Floats:
        """(N, classes): log of how much likelier none of the digits is than each; the smallest wins.

        The penalty of "none of them", j of eq. 9, is 0. Raises PictureError as a network does.
        """
        t = self.tensors
        hidden = np.tanh(heard(self.network, images) @ t["hidden.weight"].T + t["hidden.bias"])
        outputs = hidden @ t["last.weight"].T + t["last.bias"]
        return np.asarray(outputs[:, -1:] - outputs[:, :-1], dtype=np.float32)

    @classmethod
    def load(cls, path: str | os.PathLike[str], network: Any) -> Judge:
        """The judge of a network from a file. Raises WeightsError where it is damaged, or another network's."""
        if not isinstance(network, LeNet5):
            raise WeightsError(f"a judge over a {type(network).__name__}; expected a LeNet5 or an Ensemble")
        return cls(network, *_read(path))

    @classmethod
    def shipped(cls, network: Any) -> Judge | None:
        """The judge that comes with the package, or None where it is not that network's."""
        if not isinstance(network, LeNet5):
            return None
        tensors, metadata = _read(SHIPPED)
        return cls(network, tensors, metadata) if metadata.get("of") == named(network) else None

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it into one .safetensors file, without the network. Raises WeightsError where it can't be written."""
        from safetensors.numpy import save

        data = save({name: self.tensors[name] for name in NAMES}, {KEY: json.dumps(self.metadata, sort_keys=True)})
        return write_atomically(path, data, error=WeightsError)


def members_of(network: LeNet5) -> tuple[LeNet5, ...]:
    """The members of an ensemble; of one network, itself."""
    return tuple(getattr(network, "members", (network,)))


def named(network: LeNet5) -> str:
    """A network's name for its judge: the SHA-256 of all its tensors."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.tensors.items()):
        digest.update(name.encode() + np.ascontiguousarray(tensor, np.float32).tobytes())
    return digest.hexdigest()


def heard(network: LeNet5, images: Any) -> Floats:
    """(N, members·classes): what every member says of every picture, log(1 + penalty)."""
    said = [np.log1p(np.maximum(member.penalties(images), 0)) for member in members_of(network)]
    return np.concatenate(said, axis=1, dtype=np.float32)


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Floats], dict[str, Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = read_bounded(path, LARGEST, error=WeightsError)
    try:
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return tensors, dict(json.loads(header["__metadata__"][KEY]))
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(f"{path}: not a whole file of a judge ({error}); make or fetch it anew") from error


def taught(
    said: Floats, wanted: NDArray[np.int64], rng: np.random.Generator, passes: int = PASSES
) -> dict[str, Floats]:
    """The tensors of a judge that has learned `wanted` (N,), the number of an output, from `said` (N, inputs).

    The mean cross-entropy, by Adam; the step grows for a third of the time and then falls to nothing.
    """
    middle, spread = said.mean(axis=0), said.std(axis=0) + np.float32(1e-3)
    inputs, outputs = (said - middle) / spread, int(wanted.max()) + 1
    sizes = {"hidden": (HIDDEN, inputs.shape[1]), "last": (outputs, HIDDEN)}
    t: dict[str, Floats] = {}
    for name, shape in sizes.items():
        t[f"{name}.weight"] = (rng.uniform(-1, 1, shape) / np.sqrt(shape[1])).astype(np.float32)
        t[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    mean, square = ({name: np.zeros_like(tensor) for name, tensor in t.items()} for _ in range(2))
    total, done = passes * (len(inputs) // BATCH), 0
    for _ in range(passes):
        order = rng.permutation(len(inputs))
        for at in range(0, len(inputs) - BATCH + 1, BATCH):
            some = order[at : at + BATCH]
            done += 1
            rate = STEP * min(3 * done / total, 1.5 * (1 - done / total))
            for name, slope in _slopes(t, inputs[some], wanted[some]).items():
                mean[name] += 0.1 * (slope - mean[name])
                square[name] += 0.001 * (slope**2 - square[name])
                size = np.sqrt(square[name] / (1 - 0.999**done)) + 1e-8
                t[name] -= (rate * mean[name] / (1 - 0.9**done) / size).astype(np.float32)
    # Inputs are brought to a common scale by the first layer itself.
    t["hidden.weight"] /= spread
    t["hidden.bias"] -= t["hidden.weight"] @ middle
    return t


def _slopes(t: dict[str, Floats], inputs: Floats, wanted: NDArray[np.int64]) -> dict[str, Floats]:
    """The gradient of the mean cross-entropy of a batch."""
    hidden = np.tanh(inputs @ t["hidden.weight"].T + t["hidden.bias"])
    outputs = hidden @ t["last.weight"].T + t["last.bias"]
    error = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(len(wanted)), wanted] -= 1
    error /= len(wanted)
    back = (error @ t["last.weight"]) * (1 - hidden**2)
    return {
        "hidden.weight": back.T @ inputs, "hidden.bias": back.sum(axis=0),
        "last.weight": error.T @ hidden, "last.bias": error.sum(axis=0),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Teach a judge over a network, calibrate it, save it."""
    import argparse

    from lenet5.datasets import load as load_data
    from lenet5.datasets.writers import split_by_writer
    from lenet5.loading import load
    from lenet5.reading.lessons import lessons

    parser = argparse.ArgumentParser(prog="python -m lenet5.reading.judge", description=__doc__)
    parser.add_argument("--network", default="lenet5-reader", help="shipped weights by name, or a .safetensors file")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors file to write")
    given = parser.parse_args(arguments)
    train, held_out = split_by_writer(load_data("mnist", "train"), 5000)
    matter = lessons(train, np.random.default_rng([0, 2]))
    judge = over(load(given.network), matter, held_out)
    judge.metadata["command"] = f"python -m lenet5.reading.judge --network {given.network}"
    print(judge.metadata["reading"], file=sys.stderr)
    judge.save(given.out)
    return 0


def over(network: LeNet5, matter: Any, held_out: Any, seed: int = 0) -> Judge:
    """A judge over a network, taught with these lessons, calibrated on unseen hands."""
    from lenet5.reading.lessons import NOTHING
    from lenet5.reading.teach import BLOCK, HAND, Teaching, calibrated, dimmed, unseen

    rng = np.random.default_rng([seed, 4])
    rows = rng.choice(len(matter.labels), PICTURES, p=matter.share)
    said = []
    for number, at in enumerate(range(0, PICTURES, BLOCK)):
        hand = HAND.times(DISTORTED[number % 2])
        shown = hand.apply(matter.images, rows[at : at + BLOCK], seed=seed + 100, pass_=number)
        said.append(heard(network, dimmed(shown, rng)))
    labels = matter.labels[rows]
    wanted = np.where(labels == NOTHING, len(network.classes), labels)
    how = Teaching()
    judge = Judge(network, taught(np.concatenate(said), wanted, rng), {"of": named(network)})
    # Among the candidates of a line what is none is as common as among the lessons: no prior, no temperature.
    calibration = replace(calibrated(judge, unseen(held_out, how), how), on_paths=(0.0, 1.0))
    judge.metadata |= {
        "reading": vars(calibration),
        "seed": seed,
        "data": "MNIST's training part without 5,000 pictures of held-out writers, and what the project draws",
    }
    return judge


if __name__ == "__main__":
    raise SystemExit(main())
