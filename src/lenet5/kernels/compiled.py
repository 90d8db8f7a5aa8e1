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
from numba.np.arrayobj import populate_array

from lenet5.kernels.native import SYMBOL, target

__all__ = ["compiled", "inlined", "machine_code"]

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


def machine_code(module: str, name: str, kinds: tuple[Any, ...]) -> tuple[bytes, Any]:
    """The object code of a kernel for arguments of these kinds, and numba's function that calls it."""
    function = getattr(import_module(f"lenet5.kernels.{module}"), name)
    kernel = function if hasattr(function, "py_func") else compiled(function)
    arguments = _arguments(kinds)

    def called(words):
        kernel(*arguments(words))

    entry: Any = numba.cfunc(types.void(types.CPointer(types.int64)), nopython=True, error_model="numpy")(called)
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
    return target().emit_object(parsed), entry


def _type(kind: Any) -> Any:
    """numba's type of an argument."""
    if isinstance(kind, str):
        return {"q": types.int64, "d": types.float64, "Q": types.uint64}[kind]
    if not isinstance(kind[0], np.dtype):
        return types.BaseTuple.from_types([_type(part) for part in kind])
    element, dimensions = numba.from_dtype(kind[0]), kind[1]
    return types.Array(element, dimensions, "C") if dimensions else element


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
    if isinstance(kind, types.BaseTuple):
        return context.make_tuple(builder, kind, [_argument(context, builder, part, words) for part in kind])
    word = next(words)
    if isinstance(kind, types.Number):
        return builder.load(builder.bitcast(word, context.get_value_type(kind).as_pointer()))
    interface = builder.inttoptr(builder.load(word), INTERFACE.as_pointer())
    shape, data = (builder.load(builder.gep(interface, [PART(0), PART(k)])) for k in (SHAPE, DATA))
    if isinstance(kind, types.Record):
        return builder.bitcast(data, context.get_value_type(kind))
    array, size = context.make_array(kind)(context, builder), context.get_abi_sizeof(context.get_data_type(kind.dtype))
    sizes = [builder.load(builder.gep(shape, [WORD(k)])) for k in range(kind.ndim)]
    strides = [WORD(size)]
    for length in reversed(sizes[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    at = builder.bitcast(data, array.data.type)
    populate_array(array, data=at, shape=sizes, strides=strides, itemsize=WORD(size), meminfo=None)
    return array._getvalue()
