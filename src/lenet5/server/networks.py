"""Which networks does the server know? The shipped ones, files named at the start, and what was trained here."""

from __future__ import annotations

import threading
from pathlib import Path

from lenet5.errors import LeNetError
from lenet5.formats import weights
from lenet5.network import LeNet5, load

__all__ = ["Networks", "UnknownNetworkError"]

MOST = 64  # networks in memory


class UnknownNetworkError(LeNetError):
    """There is no network of this name."""


class Networks:
    """Networks by name, each loaded when it is first asked for. Safe to use from several threads."""

    def __init__(self, extra: tuple[Path, ...] = ()) -> None:
        self._paths = weights.shipped() | {path.stem: path for path in extra}
        self._loaded: dict[str, LeNet5] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        with self._lock:
            return list(dict.fromkeys([*self._paths, *self._loaded]))

    @property
    def default(self) -> str:
        names = self.names()
        return "lenet5" if "lenet5" in names or not names else names[0]

    def get(self, name: str) -> LeNet5:
        """Raises UnknownNetworkError, naming those there are."""
        with self._lock:
            if name in self._loaded:
                return self._loaded[name]
            if name not in self._paths:
                known = ", ".join(self._paths | self._loaded) or "none"
                raise UnknownNetworkError(f"no network {name[:80]!r}; there is: {known}")
            self._loaded[name] = load(self._paths[name])
            return self._loaded[name]

    def put(self, name: str, network: LeNet5) -> None:
        """Know this network by this name from now on. Raises LeNetError where there are too many."""
        with self._lock:
            if name not in self._loaded and len(self._loaded) >= MOST:
                raise LeNetError(f"{MOST} networks are in memory; no room for {name!r}: forget one first")
            self._loaded[name] = network

    def forget(self, name: str) -> None:
        with self._lock:
            self._loaded.pop(name, None)
