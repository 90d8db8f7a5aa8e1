"""Digests of what the compiled kernels compute, to the last bit, for each of the four networks.

    python tests/kernels/bits.py            prints them for the instruction set that kernels are compiled for
    python tests/kernels/bits.py --keep     writes them into bits.json, where `test_bits.py` looks them up

Another instruction set is named to numba itself: see benchmarks/targets.sh.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import ARCHITECTURES, Architecture
from lenet5.machine.native import LANES
from lenet5.network import LeNet5
from lenet5.scale import scale
from lenet5.training.initial import initial
from lenet5.training.learners import MiniBatch, Online
from lenet5.training.recipe import Recipe

KEPT = Path(__file__).with_name("bits.json")
INSTRUCTIONS = {16: "AVX-512", 8: "AVX2"}.get(LANES, "other")


def digest(arrays: Iterable[NDArray[np.float32]]) -> str:
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()[:16]


def digests(architecture: Architecture) -> dict[str, str]:
    """What is computed: its digest. Pictures and first weights come from whole numbers, the same on every machine."""
    rng = np.random.default_rng(1998)
    coarse = rng.integers(0, 256, (1000, 7, 7), dtype=np.uint8)
    pictures = coarse.repeat(4, axis=1).repeat(4, axis=2)
    wide = rng.integers(0, 256, (1, 10, 15), dtype=np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    weights = initial(architecture, rng, gain=1.5)
    shown = scale(pictures[:83]).astype(np.float32)
    wanted = np.eye(architecture.classes, dtype=np.float32)[rng.integers(0, architecture.classes, len(shown))]
    rbf = "rbf.codes" in architecture.shapes()

    def some(chosen: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return shown[chosen], wanted[chosen]

    network = LeNet5(architecture, weights)
    found = {
        "penalties": digest([network.penalties(pictures)]),
        "penalties, few": digest([network.penalties(pictures[:3]), network.penalties(shown[:3])]),
        "penalties, wide": digest([network.slide(wide)]),
        "activations": digest(network.activations(pictures[:1]).values()),
    }
    recipe = Recipe(loss="map" if rbf else "cross_entropy")
    online = Online(recipe, network.plan, network.parameters)
    online.begin(0, np.arange(20), some)
    found["curvature"] = digest(network.plan.views(online.arrays()["rates"]).values())
    online.learn(*some(np.arange(3)), 0, 0.0)
    found["online"] = digest(network.tensors.values())
    for algorithm in ("adam", "muon"):
        network = LeNet5(architecture, weights)
        # 83: whole blocks of pictures, and a rest that goes one by one.
        recipe = Recipe(algorithm=algorithm, loss="mse" if algorithm == "muon" else recipe.loss, step=1e-3, batch=83)
        batch = MiniBatch(recipe, network.plan, network.parameters)
        batch.begin(0, np.arange(1), some)
        batch.learn(shown, wanted, 0, 0.0)
        found[f"mini-batch, {algorithm}"] = digest(network.tensors.values())
    return found


def main() -> None:
    found = {name: digests(architecture) for name, architecture in ARCHITECTURES.items()}
    if "--keep" in sys.argv:
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        KEPT.write_text(json.dumps({**kept, INSTRUCTIONS: found}, indent=1) + "\n")
    print(INSTRUCTIONS, json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
