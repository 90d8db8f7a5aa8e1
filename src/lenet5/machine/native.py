"""Kernels as machine code: kept in the user's cache folder, loaded by LLVM, called by ctypes, all without numba.

What is not kept is compiled at its first use; the log `lenet5.kernels` tells so, and warns where nothing can be kept. A
kernel is called with the address of its arguments, a row of 64-bit words. The word of an array is the address of
NumPy's own description of it, PyArrayInterface; that of a number is the number.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import struct
import threading
import time
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from lenet5 import files
from lenet5.errors import LeNetError

# The processor that kernels are compiled for: this one, or what numba's own variables name instead.
CPU = os.environ.get("NUMBA_CPU_NAME", llvm.get_host_cpu_name())
FEATURES = os.environ.get("NUMBA_CPU_FEATURES", llvm.get_host_cpu_features().flatten())
LANES = 16 if "+avx512f" in FEATURES.split(",") else 8 if "+avx2" in FEATURES.split(",") else 4  # float32 in a vector

LOG = logging.getLogger("lenet5.kernels")
SYMBOL = "kernel"  # what each is called in its machine code

Code = Callable[[bytes], None]
# The kind of a number, int64, float64 or uint64, is how its word is packed.
_INTEGERS, _FLOATS = (bool, int, np.int64), (float, np.float32, np.float64)
_NUMBERS: dict[type, str] = {np.uint64: "Q", **dict.fromkeys(_INTEGERS, "q"), **dict.fromkeys(_FLOATS, "d")}
_tell_once = cache(LOG.log)
_LOCK = threading.Lock()  # one kernel is loaded or compiled at a time
_seconds: list[float] = []  # of compiling each kernel
_linked: list[Any] = []  # what keeps machine code in memory

_CALL = ctypes.CFUNCTYPE(None, ctypes.c_char_p)  # without Python's lock
_address = ctypes.pythonapi.PyCapsule_GetPointer
_address.restype, _address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


@cache
def kernel_folder() -> Path:
    """The folder for the machine code of these kernels (which call each other), this compiler and this processor."""
    digest = hashlib.sha256()
    for folder in ("kernels", "machine"):
        for source in sorted(Path(__file__).parents[1].joinpath(folder).glob("*.py")):
            digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    if (compiler := find_spec("numba")) and compiler.origin:  # which takes long to import for its version
        digest.update(Path(compiler.origin).with_name("_version.py").read_bytes())
    digest.update(f"{llvmlite.__version__} {CPU} {FEATURES}".encode())
    return files.cache_folder() / "kernels" / digest.hexdigest()[:16]


class Kernel:
    """A kernel as Python calls it, with arrays without gaps (in C's order), numbers, and tuples of these."""

    def __init__(self, module: str, name: str, *first: Any) -> None:
        self._module, self._name = module, name
        words: list[Any] = []
        self._descriptions: list[Any] = []  # which hold their arrays, and must live as long as their addresses are used
        self._kinds = _look(first, words, self._descriptions)
        self._words = _packing(words)(*words)
        self._ready: dict[Any, tuple[Code, Callable[..., bytes]]] = {}

    def bound(self, *first: Any) -> Kernel:
        """This kernel with its first arguments, which are looked at once."""
        return Kernel(self._module, self._name, *first)

    def __call__(self, *rest: Any) -> None:
        words: list[Any] = []
        descriptions: list[Any] = []  # which must live until the kernel has run
        kinds = _look(rest, words, descriptions)
        ready = self._ready.get(kinds)
        if ready is None:
            with _LOCK:
                run = _found(self._module, self._name, self._kinds + kinds)
            ready = self._ready[kinds] = run, _packing(words)
        run, pack = ready
        run(self._words + pack(*words))


def _packing(words: list[Any]) -> Callable[..., bytes]:
    """What makes bytes of words of these kinds."""
    return struct.Struct("".join(_NUMBERS[type(word)] for word in words)).pack


def _look(args: tuple[Any, ...], words: list[Any], descriptions: list[Any]) -> tuple[Any, ...]:
    """What kinds of arguments these are; their words and the descriptions of their arrays are added."""
    kinds: list[Any] = []
    for arg in args:
        kind: Any = _NUMBERS.get(type(arg))
        if kind is not None:
            words.append(arg)
        elif isinstance(arg, tuple):
            kind = _look(arg, words, descriptions)
        else:
            assert arg.flags.c_contiguous, arg.strides
            description = arg.__array_struct__
            descriptions.append(description)
            words.append(_address(description, None))
            kind = arg.dtype, arg.ndim
        kinds.append(kind)
    return tuple(kinds)


@cache
def _found(module: str, name: str, kinds: tuple[Any, ...]) -> Code:
    """A kernel's machine code for arguments of these kinds, as it is kept, or else compiled."""
    words = f"{module} {name} {kinds}"
    path = kernel_folder() / f"{name}-{hashlib.sha256(words.encode()).hexdigest()[:16]}.o"
    if path.exists():
        try:
            data = files.read_bounded(path, 1 << 26)
            if hashlib.sha256(data[32:]).digest() != data[:32]:
                raise LeNetError("its digest is not that of what it holds")
            return _link(data[32:])
        except (LeNetError, RuntimeError) as error:
            LOG.warning("%s is damaged, and its kernel is compiled anew: %s", path, error)
    _tell_once(logging.INFO, "compiling the kernels for this processor, once for this user: 5 to 40 seconds")
    LOG.debug("compiling %s", name)
    start = time.perf_counter()
    from lenet5.machine.compiled import machine_code

    code = machine_code(module, name, kinds)
    _seconds.append(time.perf_counter() - start)
    LOG.debug("compiled %s in %.1f seconds", name, _seconds[-1])
    try:
        files.make_folder(path.parent)
        files.write_atomically(path, hashlib.sha256(code).digest() + code)
    except LeNetError as error:  # a full disk, a folder of another user, a container that can only be read
        reason = getattr(error.__cause__, "strerror", error)
        _tell_once(
            logging.WARNING,
            f"the compiled kernels cannot be kept in {path.parent} ({reason}), and each start compiles them anew; "
            f"set LENET5_CACHE to a folder that can be written to, or run `lenet5 warm` as its owner",
        )
    return _link(code)


def compiling_seconds() -> float:
    """How long this process has been compiling kernels, all together."""
    return sum(_seconds)


@cache
def target() -> Any:
    """The processor that machine code is for, as LLVM knows it."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    kind = llvm.Target.from_triple(llvm.get_process_triple())
    return kind.create_target_machine(cpu=CPU, features=FEATURES, opt=3, reloc="pic", codemodel="jitdefault", jit=True)


@cache
def _linker() -> Any:
    return llvm.create_lljit_compiler(target(), suppress_errors=True)


def _link(code: bytes) -> Code:
    """Machine code, callable. Raises RuntimeError where it calls what is not there."""
    library = llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol(SYMBOL)
    _linked.append(library.link(_linker(), f"kernel{len(_linked)}"))
    return _CALL(_linked[-1][SYMBOL])
