"""How kernels are compiled: by numba to LLVM's language, and by LLVM to machine code that needs nothing of numba."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lenet5.machine.native import SYMBOL, target

WORD, PART, ADDRESS = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
# NumPy's PyArrayInterface: two, nd, typekind, itemsize, flags, shape, strides, data.
INTERFACE = ir.LiteralStructType([PART, PART, ir.IntType(8), PART, PART, WORD.as_pointer(), WORD.as_pointer(), ADDRESS])
SHAPE, DATA = 5, 7


def compiled(function: Callable[..., Any]) -> Any:
    """`function` as a kernel that other kernels call."""
    return numba.njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """`function` as a part of the kernels that call it: compiled with them, and never by itself."""
    return numba.njit(nogil=True, error_model="numpy", inline="always")(function)


def machine_code(module: str, name: str, kinds: tuple[Any, ...]) -> bytes:
    """The object code of a kernel for arguments of these kinds."""
    function = getattr(import_module(module), name)
    kernel = function if hasattr(function, "py_func") else inlined(function)
    # What is inlined is compiled once, with its caller. numba inlines no call of `*arguments`: each is written out.
    scope = {"kernel": kernel, "arguments": _arguments(kinds), "carray": numba.carray}
    exec(f"def called(words):\n    a = arguments(words)\n    kernel({_taken(kinds, 'a')})", scope)
    signature = types.void(types.CPointer(types.int64))
    entry: Any = numba.cfunc(signature, nopython=True, error_model="numpy")(scope["called"])
    parsed = llvm.parse_assembly(entry.inspect_llvm())
    parsed.get_function(entry.native_name).name = SYMBOL
    # numba makes code for errors that kernels do not raise, and for memory that they do not ask for. Once all functions
    # but one are the module's own, LLVM sees that none of it can be reached, and takes it out.
    for value in (*parsed.functions, *parsed.global_variables):
        if not value.is_declaration and value.name != SYMBOL:
            value.linkage = llvm.Linkage.internal
    passes = llvm.create_new_module_pass_manager()
    for _ in range(2):  # errors of kernels that a kernel calls go first
        passes.add_ipsccp_pass()
        passes.add_simplify_cfg_pass()
        passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_dead_prototype_pass()
    passes.run(parsed, llvm.create_pass_builder(target(), llvm.create_pipeline_tuning_options()))
    return target().emit_object(parsed)


def _taken(kinds: Any, place: str) -> str:
    """The arguments of these kinds at a place of `called`, as a kernel takes them."""

    def one(kind: Any, here: str) -> str:
        if not isinstance(kind, tuple):
            return here
        if isinstance(kind[0], np.dtype):
            return f"carray({here}[0], {here}[1])" if kind[1] else f"carray({here}[0], 1)[0]"
        return f"({_taken(kind, here)},)"

    return ", ".join(one(kind, f"{place}[{k}]") for k, kind in enumerate(kinds))


def _type(kind: Any) -> Any:
    """numba's type of an argument; of an array, those of the address of its elements and of its shape."""
    if not isinstance(kind, tuple):
        return {"q": types.int64, "d": types.float64, "Q": types.uint64}[kind]
    if isinstance(kind[0], np.dtype):
        return types.Tuple([types.CPointer(numba.from_dtype(kind[0])), types.UniTuple(types.int64, kind[1])])
    return types.Tuple([_type(part) for part in kind])


def _arguments(kinds: Any) -> Any:
    """An operation that makes arguments of these kinds of a row of words."""

    @intrinsic
    def arguments(context: Any, words: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            places = (builder.gep(values[0], [WORD(k)]) for k in count())
            return _argument(context, builder, signature.return_type, places)

        return _type(kinds)(words), generate

    return arguments


def _argument(context: Any, builder: Any, kind: Any, words: Any) -> Any:
    if isinstance(kind, types.Number):
        return builder.load(builder.bitcast(next(words), context.get_value_type(kind).as_pointer()))
    if not isinstance(kind[0], types.CPointer):
        return context.make_tuple(builder, kind, [_argument(context, builder, part, words) for part in kind])
    interface = builder.inttoptr(builder.load(next(words)), INTERFACE.as_pointer())
    shape, data = (builder.load(builder.gep(interface, [PART(0), PART(k)])) for k in (SHAPE, DATA))
    sizes = [builder.load(builder.gep(shape, [WORD(k)])) for k in range(len(kind[1]))]
    start = builder.bitcast(data, context.get_value_type(kind[0]))
    return context.make_tuple(builder, kind, [start, context.make_tuple(builder, kind[1], sizes)])
