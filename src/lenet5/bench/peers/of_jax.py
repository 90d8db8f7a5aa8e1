"""JAX as a contender: compiled, online as a scan over the pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp
from numpy.typing import NDArray

from lenet5.architecture import KERNEL, SQUASHES
from lenet5.bench.material import ADAM, J, Material
from lenet5.bench.tasks import ONLINE, Task
from lenet5.scale import BACKGROUND, FRAME, SPAN

Tensors = dict[str, Any]
Means = tuple[Tensors, Tensors, Any]  # Adam's: of the gradient, of its square, and how many steps


class Implementation:
    """Threads are those of the processors that the process may use."""

    _tensors: Tensors
    _means: Means

    def __init__(self, material: Material, threads: int) -> None:
        self._material = material
        net = material.network.architecture
        self._pairs = np.array(net.c3.pairs).T
        self._shape = (net.c3.maps, net.c1.maps, KERNEL, KERNEL)
        self._first = {name: jnp.asarray(tensor) for name, tensor in material.network.tensors.items()}
        self._rates = {name: jnp.asarray(rate) for name, rate in material.rates.items()}
        self._shown, self._labels = jnp.asarray(material.shown)[:, None], jnp.asarray(material.labels)
        self._dense = self._first | {"c3.weight": self._densed(self._first)}
        self._penalties = jax.jit(lambda digits: _forward(self._dense, _scaled(digits)))
        self._classes = jax.jit(lambda digits: _forward(self._dense, _scaled(digits)).argmin(1))
        self._online_pass = jax.jit(self._online, donate_argnums=0)
        self._batch_step = jax.jit(self._batch, donate_argnums=(0, 1, 2, 3))
        self.reset()

    def _densed(self, tensors: Tensors) -> Any:
        m, s = self._pairs
        return jnp.zeros(self._shape, jnp.float32).at[m, s].set(tensors["c3.weight"])

    def _answer(self, tensors: Tensors, pictures: Any) -> Any:
        return _forward(tensors | {"c3.weight": self._densed(tensors)}, pictures)

    def call(self, task: Task) -> Callable[[], object] | None:
        if task.kind == "read":
            digits = jnp.asarray(self._material.digits[: task.size])
            return lambda: self._classes(digits).block_until_ready()
        return lambda: self._learn(task)

    def _learn(self, task: Task) -> None:
        if task.kind == "online":
            self._tensors = self._online_pass(self._tensors)
        else:
            for start in range(0, len(self._labels), task.size):
                pictures, labels = (a[start : start + task.size] for a in (self._shown, self._labels))
                self._tensors, *means = self._batch_step(self._tensors, *self._means, pictures, labels)
                self._means = (means[0], means[1], means[2])
        jax.block_until_ready(self._tensors)

    def _online(self, tensors: Tensors) -> Tensors:
        """Eq. 18 after each picture."""

        def cost(tensors: Tensors, picture: Any, label: Any) -> Any:
            y = self._answer(tensors, picture[None])[0]
            return y[label] + jax.nn.logsumexp(jnp.append(-y, -J))  # eq. 9

        def step(tensors: Tensors, seen: tuple[Any, Any]) -> tuple[Tensors, None]:
            gradient = jax.grad(cost)(tensors, *seen)
            return {name: t - self._rates[name] * gradient[name] for name, t in tensors.items()}, None

        last: Tensors = lax.scan(step, tensors, (self._shown[:ONLINE], self._labels[:ONLINE]))[0]
        return last

    def _batch(self, tensors: Tensors, first: Tensors, second: Tensors, count: Any, pictures: Any, labels: Any) -> Any:
        """One step of Adam."""

        def cost(trained: Tensors) -> Any:
            y = self._answer(tensors | trained, pictures)
            right = jnp.take_along_axis(y, labels[:, None], 1)[:, 0]
            return (right + jax.nn.logsumexp(-y, axis=1)).mean()

        gradient = jax.grad(cost)({name: tensors[name] for name in first})
        return *_adam(tensors, gradient, first, second, count + 1), count + 1

    def penalties(self, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(self._penalties(jnp.asarray(digits)))

    def learned(self, task: Task) -> dict[str, NDArray[np.float32]]:
        self.reset()
        self._learn(task)
        return {name: np.asarray(tensor) for name, tensor in self._tensors.items()}

    def reset(self) -> None:
        self._tensors = {name: t.copy() for name, t in self._first.items()}
        zeros = {name: jnp.zeros_like(t) for name, t in self._first.items() if name != "rbf.codes"}
        self._means = (zeros, {name: t.copy() for name, t in zeros.items()}, jnp.zeros(()))


def _scaled(digits: Any) -> Any:
    """(N, 28, 28) uint8 -> (N, 1, 32, 32) in the paper's scale (II-B)."""
    ink = BACKGROUND + SPAN / 255 * digits.astype(jnp.float32)
    return jnp.pad(ink, ((0, 0), (FRAME,) * 2, (FRAME,) * 2), constant_values=BACKGROUND)[:, None]


def _squash(a: Any) -> Any:
    return SQUASHES["tanh"].of(a, jnp)


def _forward(t: Tensors, x: Any) -> Any:
    """Penalties (N, 10) of pictures (N, 1, 32, 32); C3's kernels are dense."""
    x = _subsampled(t, "s2", _convolved(t["c1.weight"][:, None], t["c1.bias"], x))  # (N, 6, 14, 14)
    x = _subsampled(t, "s4", _convolved(t["c3.weight"], t["c3.bias"], x))  # (N, 16, 5, 5)
    weight = t["c5.weight"].reshape(len(t["c5.bias"]), -1)
    x = _squash(x.reshape(len(x), -1) @ weight.T + t["c5.bias"])  # (N, 120)
    x = _squash(x @ t["f6.weight"].T + t["f6.bias"])  # (N, 84)
    return jnp.square(x[:, None] - t["rbf.codes"]).sum(2)


def _convolved(weight: Any, bias: Any, x: Any) -> Any:
    """As a product of all windows: XLA is quicker at that than at its own convolution, most of all in a scan."""
    n, sources, height, width = x.shape
    height, width = height - KERNEL + 1, width - KERNEL + 1
    windows = [x[:, :, i : i + height, j : j + width] for i in range(KERNEL) for j in range(KERNEL)]
    seen = jnp.stack(windows, 2).reshape(n, sources * KERNEL**2, height * width)
    sums = jnp.einsum("ok,nkp->nop", weight.reshape(len(bias), -1), seen) + bias[:, None]
    return _squash(sums.reshape(n, len(bias), height, width))


def _subsampled(t: Tensors, name: str, x: Any) -> Any:
    n, maps, height, width = x.shape
    sums = x.reshape(n, maps, height // 2, 2, width // 2, 2).sum((3, 5))
    return _squash(t[f"{name}.coefficient"][:, None, None] * sums + t[f"{name}.bias"][:, None, None])


def _adam(tensors: Tensors, gradient: Tensors, first: Tensors, second: Tensors, count: Any) -> tuple[Tensors, ...]:
    b1, b2 = ADAM["beta1"], ADAM["beta2"]
    first = {n: b1 * first[n] + (1 - b1) * g for n, g in gradient.items()}
    second = {n: b2 * second[n] + (1 - b2) * g * g for n, g in gradient.items()}
    moved = {
        n: tensors[n]
        - ADAM["rate"] * (first[n] / (1 - b1**count)) / (jnp.sqrt(second[n] / (1 - b2**count)) + ADAM["epsilon"])
        for n in gradient
    }
    return tensors | moved, first, second
