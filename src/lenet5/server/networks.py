"""The networks of a server: the shipped ones, files named at its start, and those trained here."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lenet5 import storage
from lenet5.architecture import KERNEL, POOL, SIDE, SQUASHES, TABLE_I, EuclideanRBF
from lenet5.codes import NONE
from lenet5.ensemble import Ensemble
from lenet5.errors import LeNetError, WeightsError
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.scale import BACKGROUND, FOREGROUND, FRAME

MOST = 64  # networks that are added while the server runs


def shown_classes(network: LeNet5) -> tuple[str, ...]:
    """The names of its classes as they are shown: the space, which stands for no digit, as ␣."""
    return tuple("␣" if name == NONE else name for name in network.classes)


def described(name: str, network: LeNet5) -> dict[str, Any]:
    """A network as the page knows it: layers, counts with their formulas, squashes, and where each tensor begins."""
    architecture = network.architecture
    tensors, offset = [], 0
    for tensor, array in network.tensors.items():
        tensors.append({"name": tensor, "shape": array.shape, "offset": offset})
        offset += array.size
    told = {
        "name": name,
        "architecture": architecture.to_dict(),
        "classes": shown_classes(network),
        "counts": [asdict(row) for row in architecture.count()],
        "parameters": architecture.parameters(),
        "connections": sum(row.connections for row in architecture.count()),
        "squashes": {name: {**asdict(f), "bounds": f.bounds} for name, f in SQUASHES.items()},
        "scale": {"paper": BACKGROUND, "ink": FOREGROUND, "frame": FRAME},
        "rbf": isinstance(architecture.output, EuclideanRBF),
        "table_i": architecture.c3.table == TABLE_I,
        "kernel": KERNEL,
        "pool": POOL,
        "side": SIDE,
        "tensors": tensors,
        "metadata": {k: v for k, v in network.metadata.items() if k not in ("architecture", "classes")},
    }
    return dict(json.loads(json.dumps(told), parse_constant=lambda _: None))  # JSON has no infinity: null stands for it


class UnknownNetworkError(LeNetError):
    """There is no network of this name."""


class Networks:
    """Networks by name. Each member of an ensemble has a name: lenet5-ensemble-1, lenet5-ensemble-2 …

    ensembles: the names of each ensemble's members, by the name of the ensemble. given: all names of the start.

    Safe to use from several threads. Raises WeightsError where a file can't be read.
    """

    def __init__(self, extra: tuple[Path, ...] = ()) -> None:
        self._networks: dict[str, LeNet5] = {}
        self._lock = threading.Lock()
        self.ensembles: dict[str, list[str]] = {}
        named = storage.shipped()
        for path in extra:
            if path.stem in named:
                raise WeightsError(f"{path} and {named[path.stem]} are both called {path.stem!r}; rename one of them")
            named[path.stem] = path
        for name, path in named.items():
            network = load(path)
            if isinstance(network, Ensemble):
                members = {f"{name}-{number}": member for number, member in enumerate(network.members, 1)}
                self.ensembles[name] = list(members)
                self._networks |= members
            else:
                self._networks[name] = network
        self.given = frozenset(self._networks) | frozenset(self.ensembles)
        self._most = len(self._networks) + MOST

    def names(self) -> list[str]:
        with self._lock:
            return list(self._networks)

    @property
    def default(self) -> str:
        names = self.names()
        return "lenet5" if "lenet5" in names or not names else names[0]

    def get(self, name: str) -> LeNet5:
        """The network of this name. Raises UnknownNetworkError, which lists the names."""
        with self._lock:
            if name not in self._networks:
                known = ", ".join(self._networks) or "none"
                raise UnknownNetworkError(f"no network {name[:80]!r}; there is: {known}")
            return self._networks[name]

    def put(self, name: str, network: LeNet5) -> None:
        """Add a network, or replace the one of this name. Raises LeNetError where there are too many."""
        with self._lock:
            if name not in self._networks and len(self._networks) >= self._most:
                raise LeNetError(f"{MOST} networks were added already; no room for {name!r}: start the server again")
            self._networks[name] = network

    def forget(self, name: str) -> None:
        with self._lock:
            self._networks.pop(name, None)
