"""The processor's vectors as numbers of a kernel: a numba type for LANES float32 values, and the operations on it.

numba leaves vectors to LLVM's vectoriser, which finds some loops and misses others. A kernel here says what it
means: a value of type `lanes` is one LLVM vector, and `tile`s of them are unrolled by Python while the code is
generated. LANES is the width of the processor that the code runs on: 16 with AVX-512, 8 with AVX2, else 4.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from lenet5.machine.native import LANES as LANES

FLOAT = ir.FloatType()
VECTOR = ir.VectorType(FLOAT, LANES)
INDEX = ir.IntType(64)

# tanh(x) = x·P(x²)/Q(x²) for |x| <= 7.9, fitted for the least relative error: 6e-9, under float32's own 6e-8.
_TANH_LIMIT = 7.9
_TANH_P = (0.9999999943485149, 0.1345061984989595, 0.0035789911635232597, 2.2023230694507658e-05, 1.542795221340149e-08)
_TANH_Q = (1.0, 0.4678394784988196, 0.02619223467698361, 0.0003423649132966159, 8.598771807372875e-07)


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"lanes{LANES}")


lanes_type = _Lanes()


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


class Index:
    """A 64-bit number of the code that is written: sums and products of it write code, comparisons give a condition."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def _other(self, other: Index | int) -> Any:
        return other.value if isinstance(other, Index) else ir.Constant(INDEX, other)

    def __add__(self, other: Index | int) -> Index:
        return self if other == 0 else Index(self.builder, self.builder.add(self.value, self._other(other)))

    def __sub__(self, other: Index | int) -> Index:
        return Index(self.builder, self.builder.sub(self.value, self._other(other)))

    def __mul__(self, other: Index | int) -> Index:
        return self if other == 1 else Index(self.builder, self.builder.mul(self.value, self._other(other)))

    def __floordiv__(self, other: int) -> Index:
        return Index(self.builder, self.builder.udiv(self.value, self._other(other)))

    def __mod__(self, other: int) -> Index:
        return Index(self.builder, self.builder.srem(self.value, self._other(other)))

    def compare(self, sign: str, other: Index | int) -> Any:
        """A condition; `sign` is one of == != < <= > >=."""
        return self.builder.icmp_signed(sign, self.value, self._other(other))


class Emit:
    """Writes LLVM code for vectors: what the generators of tiles are made of."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context = context
        self.builder = builder

    def data(self, kind: Any, array: Any) -> Any:
        """The address of the first element of a numba array."""
        return self.context.make_array(kind)(self.context, self.builder, array).data

    def at(self, base: Any, index: Index | int) -> Any:
        return self.builder.gep(base, [self.index(index).value])

    def index(self, value: Index | int) -> Index:
        return value if isinstance(value, Index) else Index(self.builder, ir.Constant(INDEX, value))

    def number(self, base: Any, index: Index | int) -> Index:
        """A number of an array of 64-bit numbers."""
        return Index(self.builder, self.builder.load(self.at(base, index)))

    def choose(self, condition: Any, a: Index, b: Index | int) -> Index:
        """a where the condition holds, else b."""
        return Index(self.builder, self.builder.select(condition, a.value, self.index(b).value))

    def constant(self, value: float) -> Any:
        return ir.Constant(VECTOR, [float(value)] * LANES)

    def load(self, base: Any, index: Any) -> Any:
        pointer = self.builder.bitcast(self.at(base, index), VECTOR.as_pointer())
        return self.builder.load(pointer, align=4)

    def store(self, value: Any, base: Any, index: Any) -> None:
        pointer = self.builder.bitcast(self.at(base, index), VECTOR.as_pointer())
        self.builder.store(value, pointer, align=4)

    def splat(self, scalar: Any) -> Any:
        one = self.builder.insert_element(ir.Constant(VECTOR, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return self.builder.shuffle_vector(one, ir.Constant(VECTOR, ir.Undefined), mask)

    def broadcast(self, base: Any, index: Any) -> Any:
        return self.splat(self.builder.load(self.at(base, index)))

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """a·b + c, fused where the processor can."""
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.fmuladd.v{LANES}f32")
        return self.builder.call(function, [a, b, c])

    def wide(self, value: Any) -> Any:
        """A vector in float64."""
        return self.builder.fpext(value, ir.VectorType(ir.DoubleType(), LANES))

    def maximum(self, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def total(self, value: Any) -> Any:
        """The sum of the lanes, halves added to halves."""
        width = LANES
        while width > 1:
            width //= 2
            kind = ir.VectorType(ir.IntType(32), width)
            low, high = ir.Constant(kind, list(range(width))), ir.Constant(kind, list(range(width, 2 * width)))
            value = self.builder.fadd(
                self.builder.shuffle_vector(value, value, low), self.builder.shuffle_vector(value, value, high)
            )
        return self.builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    def pick(self, a: Any, b: Any, lanes: list[int]) -> Any:
        """The lanes of a (0 to LANES−1) and of b (LANES to 2·LANES−1) that `lanes` names."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), lanes)
        return self.builder.shuffle_vector(a, b, mask)

    def first(self, value: Any, count: Index) -> Any:
        """The first `count` lanes, zero in the others."""
        b, lanes = self.builder, ir.VectorType(INDEX, LANES)
        one = b.insert_element(ir.Constant(lanes, ir.Undefined), count.value, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        counts = b.shuffle_vector(one, ir.Constant(lanes, ir.Undefined), zeros)
        keep = b.icmp_signed("<", ir.Constant(lanes, list(range(LANES))), counts)
        return b.select(keep, value, self.constant(0.0))

    def transpose(self, rows: list[Any]) -> list[Any]:
        """LANES vectors, so that lane i of vector k becomes lane k of vector i."""
        rows, half = list(rows), LANES // 2
        while half:
            for k in range(LANES):
                if not k & half:
                    a, b = rows[k], rows[k + half]
                    rows[k] = self.pick(a, b, [LANES + i - half if i & half else i for i in range(LANES)])
                    rows[k + half] = self.pick(a, b, [LANES + i if i & half else i + half for i in range(LANES)])
            half //= 2
        return rows

    def tanh(self, x: Any) -> Any:
        limit, lower = self.constant(_TANH_LIMIT), self.constant(-_TANH_LIMIT)
        x = self.maximum(self.minimum(x, limit), lower)
        t = self.builder.fmul(x, x)
        top, bottom = (self._polynomial(coefficients, t) for coefficients in (_TANH_P, _TANH_Q))
        return self.builder.fdiv(self.builder.fmul(x, top), bottom)

    def _polynomial(self, coefficients: tuple[float, ...], t: Any) -> Any:
        value = self.constant(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            value = self.fma(value, t, self.constant(coefficient))
        return value

    @contextmanager
    def loop(self, count: Index | int) -> Iterator[Index]:
        """A loop over 0 .. count−1 at run time: `with emit.loop(n) as i`."""
        with cgutils.for_range(self.builder, self.index(count).value) as loop:
            yield Index(self.builder, loop.index)

    def cells(self, count: int, value: Any = None) -> list[Any]:
        """Local vectors that a run-time loop can change; LLVM keeps them in registers."""
        value = self.constant(0.0) if value is None else value
        cells = [cgutils.alloca_once(self.builder, value.type) for _ in range(count)]
        for cell in cells:
            self.builder.store(value, cell)
        return cells

    def local(self, count: int) -> Any:
        """The address of room for so many vectors."""
        return self.builder.bitcast(cgutils.alloca_once(self.builder, ir.ArrayType(VECTOR, count)), FLOAT.as_pointer())

    def add_to(self, cell: Any, a: Any, b: Any) -> None:
        """cell += a·b"""
        self.builder.store(self.fma(a, b, self.builder.load(cell)), cell)


class _Fields:
    """A record as an emitter sees it: a field is read where it is named, an array of numbers as a list of them."""

    def __init__(self, emit: Emit, kind: Any, record: Any) -> None:
        self._emit, self._kind, self._record = emit, kind, record

    def __getattr__(self, name: str) -> Any:
        kind, offset = self._kind.typeof(name), self._kind.offset(name)
        if isinstance(kind, types.NestedArray):
            size = kind.dtype.bitwidth // 8
            return [self._read(kind.dtype, offset + k * size) for k in range(kind.nitems)]
        return self._read(kind, offset)

    def _read(self, kind: Any, offset: int) -> Any:
        b = self._emit.builder
        place = cgutils.get_record_member(b, self._record, offset, self._emit.context.get_data_type(kind))
        return _ready(self._emit, kind, b.load(place))


def tile(result: Any, emitter: Callable[..., Any]) -> Any:
    """An operation for kernels whose code `emitter(emit, *values)` writes.

    Arrays arrive as the address of their first element, integers as an Index, floats as float32, tuples as lists of
    these, and records with their fields as attributes.
    """

    def typed(context: Any, *kinds: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            emit = Emit(context, builder)
            ready = (_ready(emit, kind, value) for kind, value in zip(signature.args, values, strict=True))
            answer = emitter(emit, *ready)
            if answer is None:
                return context.get_dummy_value()
            return answer.value if isinstance(answer, Index) else answer

        return result(*map(_wanted, kinds)), generate

    signature = inspect.signature(emitter)  # `emit` stands where numba expects its context
    typed.__signature__ = signature.replace(return_annotation=inspect.Signature.empty)  # type: ignore[attr-defined]
    return intrinsic(typed)


def _wanted(kind: Any) -> Any:
    """What a value of this kind is turned into before an emitter gets it."""
    if isinstance(kind, types.BaseTuple):
        return types.BaseTuple.from_types([_wanted(inner) for inner in kind])
    if isinstance(kind, types.Integer | types.Boolean):
        return types.int64
    return types.float32 if isinstance(kind, types.Float) else kind


def _ready(emit: Emit, kind: Any, value: Any) -> Any:
    if isinstance(kind, types.BaseTuple):
        return [_ready(emit, inner, emit.builder.extract_value(value, k)) for k, inner in enumerate(kind)]
    if isinstance(kind, types.Record):
        return _Fields(emit, kind, value)
    if isinstance(kind, types.Integer):
        return Index(emit.builder, value)
    return emit.data(kind, value) if isinstance(kind, types.Array) else value


def tiles(sizes: tuple[int, ...], make: Callable[[int], Callable[..., None]]) -> Any:
    """An operation that does a part of `left`, its first value, and returns how much: written in several sizes.

    It does sizes[0] where tiles of that size leave no rest, else the first of the others that fits; the last is 1.
    `make(size)(emit, *values)` writes the code for each.
    """
    emitters = [make(size) for size in sizes]

    def some(emit: Emit, left: Any, *values: Any) -> Any:
        size = emit.index(sizes[-1])
        for number in sizes[-2:0:-1]:
            size = emit.choose(left.compare(">=", number), emit.index(number), size)
        size = emit.choose((left % sizes[0]).compare("==", 0), emit.index(sizes[0]), size)
        for number, emitter in zip(sizes, emitters, strict=True):
            with emit.builder.if_then(size.compare("==", number)):
                emitter(emit, *values)
        return size

    emit, *rest = inspect.signature(emitters[0]).parameters.values()
    left = inspect.Parameter("left", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    some.__signature__ = inspect.Signature([emit, left, *rest])  # type: ignore[attr-defined]
    return tile(types.int64, some)


def pixels_at(emit: Emit, array: Any, index: Any) -> Any:
    """LANES values from `index` on, of uint8 or float32, as float32."""
    if array.type.pointee == FLOAT:
        return emit.load(array, index)
    bytes_ = ir.VectorType(ir.IntType(8), LANES)
    loaded = emit.builder.load(emit.builder.bitcast(emit.at(array, index), bytes_.as_pointer()), align=1)
    return emit.builder.uitofp(loaded, VECTOR)


def _transpose(emit: Emit, out: Any, o: Any, o_row: Any, source: Any, s: Any, s_row: Any) -> None:
    rows = [emit.load(source, s + s_row * k) for k in range(LANES)]
    for k, row in enumerate(emit.transpose(rows)):
        emit.store(row, out, o + o_row * k)


load = tile(lanes_type, lambda emit, array, index: emit.load(array, index))  # the LANES values from index on
pixels = tile(lanes_type, pixels_at)  # pixels(array, index): the same of uint8 or float32
store = tile(types.void, lambda emit, array, index, value: emit.store(value, array, index))
splat = tile(lanes_type, lambda emit, scalar: emit.splat(scalar))  # the same value in every lane
add = tile(lanes_type, lambda emit, a, b: emit.builder.fadd(a, b))
sub = tile(lanes_type, lambda emit, a, b: emit.builder.fsub(a, b))
mul = tile(lanes_type, lambda emit, a, b: emit.builder.fmul(a, b))
fma = tile(lanes_type, lambda emit, a, b, c: emit.fma(a, b, c))  # a·b + c
total = tile(types.float32, lambda emit, a: emit.total(a))  # the sum of the lanes
first = tile(lanes_type, lambda emit, value, count: emit.first(value, count))  # the first `count` lanes, zero elsewhere
transpose = tile(types.void, _transpose)  # out[o + i·o_row + k] = source[s + k·s_row + i], i and k from 0 to LANES − 1
