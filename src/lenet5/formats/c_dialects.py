"""What a C header holds for floats, and what for whole numbers: tables, squashes, and which output layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import KERNEL, SQUASHES, Architecture, EuclideanRBF
from lenet5.errors import WeightsError
from lenet5.formats.quantise import LIMIT, SHIFT, Layer, Quantised, squash_table
from lenet5.network import LeNet5
from lenet5.scale import BACKGROUND, SPAN

# The steps of a squash in C.
STEPS = {"times": "{c} * {x}", "plus": "({x} + {c})", "tanh": "tanhf({x})", "maximum": "fmaxf({x}, {c})"}
Tables = dict[str, NDArray[Any]]


def noise(number: int) -> NDArray[np.uint8]:
    """The self-test's picture `number`, from 1 on: the high bytes of a linear congruential generator, (28, 28)."""
    state, pixels = number, []
    for _ in range(28 * 28):
        state = (state * 1664525 + 1013904223) % 2**32
        pixels.append(state >> 24)
    return np.array(pixels, np.uint8).reshape(28, 28)


class Dialect(ABC):
    """How one kind of number is written."""

    name: ClassVar[str]
    """That of its file of C too: `c_float.h`, `c_int8.h`."""
    bytes: ClassVar[int]
    """Of one unit that is kept."""

    def __init__(self, net: Architecture) -> None:
        self.net = net

    @abstractmethod
    def tables(self) -> Tables:
        """Everything that goes to flash: name to array, of the type that C shall keep it in."""

    @abstractmethod
    def sums(self, pictures: NDArray[np.uint8]) -> NDArray[Any]:
        """What the self-test compares, (N, classes)."""

    @abstractmethod
    def squash(self, name: str) -> str:
        """The C function lenet5_`name`."""

    @abstractmethod
    def placed(self, total: str, layer: str) -> str:
        """What is squashed of a sum, an expression of C, of the map or unit m of a layer."""

    @abstractmethod
    def numbers(self) -> dict[str, str]:
        """The numbers in the layers, but for the tables: name, with what it is given, to an expression of C."""

    def functions(self) -> str:
        """The kinds of numbers, the squashes, which layer has which, and the layers."""
        net = self.net
        used = {layer.squash for layer in (net.c1, net.c3, net.c5, net.f6)}
        used |= {layer.squash for layer in (net.s2, net.s4) if layer.trained}
        named = self.numbers()
        for x in (net.c1, net.c3, net.c5, net.f6):
            named[f"{x.name.upper()}_SQUASH(a, m)"] = f"lenet5_{x.squash}({self.placed('a', x.name)})"
        for layer in (net.s2, net.s4):
            name, how = layer.name, "lenet5_maximum(four)"
            if layer.trained:
                total = f"lenet5_subsample(four, lenet5_{name}_coefficient[m], lenet5_{name}_bias[m])"
                how = f"lenet5_{layer.squash}({self.placed(total, name)})"
            named[f"{name.upper()}(four, m)"] = how
        output = "rbf"
        if not isinstance(net.output, EuclideanRBF):
            output = "full"
            named["SCORE(a)"] = f"({_score(net.output.squash)})"
        lines = [*(f"#define LENET5_{name} {what}" for name, what in named.items()), "", in_file(self.name)]
        lines += [self.squash(name) for name in sorted(used)]
        return "\n".join([*lines, "", in_file(output) + in_file("layers")])

    def connections(self) -> Tables:
        """Where the kernels of each map of C3 begin, and which map of S2 each of them sees."""
        first = np.cumsum([0, *(len(sources) for sources in self.net.c3.table)])
        return {"c3_first": first.astype(np.int16), "c3_source": np.array([s for _, s in self.net.c3.pairs], np.uint8)}


class Floats(Dialect):
    """float32; C1 takes the bytes of a picture as they are, its weights and biases are scaled for it (II-B)."""

    name, bytes = "float", 4

    def __init__(self, network: LeNet5) -> None:
        super().__init__(network.architecture)
        self.network = network

    def tables(self) -> Tables:
        tables: Tables = self.connections()
        for name, tensor in self.network.tensors.items():
            tables[name.replace(".", "_")] = tensor
        kernels = self.network.tensors["c1.weight"].astype(np.float64)
        tables["c1_weight"] = (SPAN / 255 * kernels).astype(np.float32)
        tables["c1_bias"] = (self.network.tensors["c1.bias"] + BACKGROUND * kernels.sum(axis=(1, 2))).astype(np.float32)
        for layer in (self.net.s2, self.net.s4):
            if layer.trained:
                tables[f"{layer.name}_coefficient"] = tables[f"{layer.name}_coefficient"] * np.float32(layer.share)
        if "rbf_codes" in tables:
            tables["rbf_codes"] = np.rint(tables["rbf_codes"]).astype(np.int8)
        return tables

    def sums(self, pictures: NDArray[np.uint8]) -> NDArray[Any]:
        return self.network.penalties(pictures)

    def squash(self, name: str) -> str:
        return f"static inline float lenet5_{name}(float a) {{ return {_in_c(name)}; }}"

    def placed(self, total: str, layer: str) -> str:
        return total

    def numbers(self) -> dict[str, str]:
        same = "(fabsf((penalty) - (expected)) <= 1e-3f + 1e-5f * fabsf(expected))"
        told = {"PENALTY(sum, c)": "(sum)", "SAME(penalty, sum, expected)": same}
        return {"F6_ONE": "1.0f", "F6_ZERO": "0.0f", **told}


class Int8(Dialect):
    """Whole numbers, as `quantise` has them; what a layer's zero adds to its sums is put into its biases."""

    name, bytes = "int8", 1

    def __init__(self, quantised: Quantised) -> None:
        super().__init__(quantised.architecture)
        self.quantised = quantised

    def tables(self) -> Tables:
        tables = self.connections()
        for layer in self.quantised.layers:
            if layer.weight is not None:
                tables |= self._layer(layer)
        for layer in self.quantised.layers[:6]:  # of one squash all have the same table
            if layer.squash != "none":
                tables[f"{layer.squash}_table"] = squash_table(layer).astype(np.int8)
        if self.quantised.codes is not None:
            tables["rbf_codes"] = self.quantised.codes.astype(np.int8)
        else:
            last = self.quantised.layers[-1]
            tables["output_scale"] = (last.input_scale * last.weight_scale).astype(np.float32)
        return tables

    def _layer(self, layer: Layer) -> Tables:
        name, weight = layer.name, layer.weight
        assert weight is not None
        seen = weight.reshape(len(weight), -1)
        bias = (layer.bias - layer.input_zero * seen.sum(axis=1)).astype(np.int32)
        tables: Tables = {f"{name}_bias": bias}
        if name in ("s2", "s4"):
            tables[f"{name}_coefficient"] = seen[:, 0].astype(np.int8)
        elif name == "c3":
            pairs = np.array(self.net.c3.pairs)
            tables["c3_weight"] = weight[pairs[:, 0], pairs[:, 1]].reshape(-1, KERNEL * KERNEL).astype(np.int8)
        else:
            tables[f"{name}_weight"] = seen.astype(np.int8)
        if name != "output":
            tables[f"{name}_factor"] = layer.factor.astype(np.int32)
        return tables

    def sums(self, pictures: NDArray[np.uint8]) -> NDArray[Any]:
        return self.quantised.sums(pictures).astype(np.int32)

    def squash(self, name: str) -> str:
        value = "(int8_t)place" if name == "none" else f"lenet5_{name}_table[{LIMIT} + place]"
        return f"static inline int8_t lenet5_{name}(int place) {{ return {value}; }}"

    def placed(self, total: str, layer: str) -> str:
        return f"lenet5_place({total}, lenet5_{layer}_factor[m])"

    def numbers(self) -> dict[str, str]:
        numbers, scale = {"SHIFT": str(SHIFT)}, "lenet5_output_scale[c]"
        if self.quantised.codes is not None:
            f6 = self.quantised.layers[5]
            numbers |= {"F6_ONE": str(self.quantised.one), "F6_ZERO": f"({f6.output_zero})"}
            scale = literal(f6.output_scale**2)
        told = {"PENALTY(sum, c)": f"((float)(sum) * {scale})", "SAME(penalty, sum, expected)": "((sum) == (expected))"}
        return numbers | told


def in_file(name: str) -> str:
    """The text of one of the files of C beside this one."""
    return Path(__file__).with_name(f"c_{name}.h").read_text("utf-8")


def literal(value: Any) -> str:
    """A number that C reads back to the bit: nine digits are enough for a float32."""
    if isinstance(value, float | np.floating):
        digits = f"{np.float32(value):.9g}"
        return f"{digits}f" if set(digits) & set(".e") else f"{digits}.0f"
    return str(int(value))


def _score(squash: str) -> str:
    """log p of a full output's weighted sum a, but for a constant; see LeNet5.penalties."""
    logistic = "a < 0 ? a - log1pf(expf(a)) : -log1pf(expf(-a))"
    return {"softmax": "a", "logistic": logistic}.get(squash) or _in_c(squash)


def _in_c(squash: str) -> str:
    """f(a) as an expression of C. Raises WeightsError for a step that it has no words for."""
    text = "a"
    for operation, c in SQUASHES[squash].value:
        if operation not in STEPS:
            raise WeightsError(f"not written: the squash {squash!r} takes the step {operation!r}, which C has not")
        if (operation, c) != ("plus", 0.0):
            text = STEPS[operation].format(x=text, c=literal(c))
    return text
