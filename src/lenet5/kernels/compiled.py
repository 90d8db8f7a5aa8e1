"""Kernels: how they are compiled, and where their machine code is kept.

Every kernel is compiled by numba at its first use and kept in the user's cache folder, once for a user and not
once for a project. The log `lenet5.kernels` tells when that begins, and warns where nothing can be kept.

The folder's name is a digest of the sources of all kernels and of the versions of numba and llvmlite: kernels call
each other across files, which numba's own check of one file's date would miss. numba writes a cache file under a
temporary name and renames it, so that two processes can start together.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import event
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.runtime import rtsys

from lenet5 import files

__all__ = ["compiled", "compiling_seconds", "inlined", "kernel_folder"]

LOG = logging.getLogger("lenet5.kernels")


@cache
def kernel_folder() -> Path:
    """The folder that holds the machine code of this version of the kernels for this user."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    digest.update(f"{numba.__version__} {llvmlite.__version__}".encode())
    return files.cache_folder() / "kernels" / digest.hexdigest()[:16]


class _Locator(_CacheLocator):
    """Tells numba to keep a kernel in `kernel_folder`."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._file = file
        self._line = function.__code__.co_firstlineno

    def get_cache_path(self) -> str:
        return str(kernel_folder())

    def get_source_stamp(self) -> str:
        return kernel_folder().name  # the digest of every source

    def get_disambiguator(self) -> str:
        return f"{Path(self._file).stem}-{self._line}"

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Locator:
        return cls(function, file)


class _Implementation(CompileResultCacheImpl):
    _locator_classes = [_Locator]  # noqa: RUF012 (numba's own name and type)


class _Cache(FunctionCache):
    _impl_class = _Implementation

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            # Not numba's own `load_overload`: that makes ready to compile first, which takes longer than all the rest.
            rtsys.initialize(target_context)
            return self._load_overload(sig, target_context)
        except Exception:  # a damaged file can raise anything when it is unpickled; it is compiled and kept anew
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:  # a full disk, a folder of another user, a container that can only be read
            _tell_once(
                logging.WARNING,
                f"the compiled kernels cannot be kept in {kernel_folder()} ({error.strerror}), and each start compiles "
                f"them anew; set LENET5_CACHE to a folder that can be written to, or run `lenet5 warm` as its owner",
            )


@cache
def _tell_once(level: int, words: str) -> None:
    LOG.log(level, words)


class _Watch(event.Listener):
    """Tells that kernels are being compiled, and adds up how long that takes. numba compiles one at a time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._starts: list[float] = []  # of a kernel, and of those that it calls

    def on_start(self, event: event.Event) -> None:
        if self._is_ours(event):
            _tell_once(logging.INFO, "compiling the kernels for this processor, once for this user")
            LOG.debug("compiling %s", event.data["dispatcher"].__name__)
            self._starts.append(time.perf_counter())

    def on_end(self, event: event.Event) -> None:
        if self._is_ours(event):
            start = self._starts.pop()
            self.seconds += 0 if self._starts else time.perf_counter() - start

    def _is_ours(self, event: event.Event) -> bool:
        return isinstance(event.data["dispatcher"]._cache, _Cache)


_WATCH = _Watch()
event.register("numba:compile", _WATCH)


def compiling_seconds() -> float:
    """How long this process has been compiling kernels, all together."""
    return _WATCH.seconds


def compiled(function: Callable[..., Any]) -> Any:
    """`function` as a kernel: compiled at its first call, without Python's lock, kept between processes."""
    kernel = numba.njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function)
    kernel._cache = _Cache(function)
    return kernel


def inlined(function: Callable[..., Any]) -> Any:
    """`function` as a part of the kernels that call it: compiled with them, and never by itself."""
    return numba.njit(nogil=True, error_model="numpy", inline="always")(function)
