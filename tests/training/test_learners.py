"""Do the algorithms take the steps that their formulas ask for?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5 import reference
from lenet5.architecture import FullConnection
from lenet5.kernels.plan import plan_for
from lenet5.network import LeNet5
from lenet5.training import recipe
from lenet5.training.learners import MiniBatch, Online
from networks import SMALL, start

Tensors = dict[str, NDArray[np.float64]]
SOFTMAX = replace(SMALL, name="small-softmax", output=FullConnection(3, "softmax"))


@pytest.fixture
def shown(rng: np.random.Generator) -> NDArray[np.float64]:
    return reference.scale(rng.integers(0, 256, (10, 28, 28), dtype=np.uint8))


LABELS = np.arange(10) % 3
WANTED = np.eye(3, dtype=np.float32)[LABELS]


def test_a_weight_s_rate_is_eta_over_mu_plus_curvature(rng: np.random.Generator, shown: Any) -> None:
    """Eq. 21, in the first pass and in the sixth, which has another η."""
    t, how = start(SMALL, rng), recipe("1998")
    plan, network = plan_for(SMALL), LeNet5(SMALL, t)
    learner = Online(how, plan, network.parameters)
    h = reference.curvature(SMALL, t, shown, LABELS, how.loss, how.j)
    for pass_, published in ((0, 5e-4), (5, 1e-4)):
        learner.begin(pass_, np.arange(10), lambda rows: (shown[rows].astype(np.float32), WANTED[rows]))
        rates = plan.views(learner.arrays()["rates"])
        for name, by in h.items():
            np.testing.assert_allclose(rates[name], published * how.step / (0.02 + by), rtol=1e-3)
        assert not rates["rbf.codes"].any()
        assert learner.steps() == (min(rates[n].min() for n in h), max(rates[n].max() for n in h))


def moved(algorithm: str, t: Tensors, how: Any, shown: Any, batches: list[NDArray[np.int64]]) -> Tensors:
    """Kingma and Ba's algorithm 1, decay kept out of the gradient, as its paper's successors have it; or, for matrices
    between the picture and F6, Jordan's Muon with the step of Liu et al."""
    m, v = ({n: np.zeros_like(x) for n, x in t.items()} for _ in range(2))
    for step, rows in enumerate(batches, 1):
        _, g = reference.gradient(SOFTMAX, t, shown[rows], LABELS[rows], "cross_entropy")
        after = {}
        for n, x in t.items():
            if algorithm == "muon" and n in ("c1.weight", "c3.weight", "c5.weight", "f6.weight"):
                m[n] = 0.95 * m[n] + g[n]
                towards = orthogonal((g[n] + 0.95 * m[n]).reshape(len(x), -1))
                go = 0.2 * np.sqrt(max(towards.shape)) * towards.reshape(x.shape)
            else:
                m[n], v[n] = 0.9 * m[n] + 0.1 * g[n], 0.999 * v[n] + 0.001 * g[n] ** 2
                go = (m[n] / (1 - 0.9**step)) / (np.sqrt(v[n] / (1 - 0.999**step)) + 1e-8)
            after[n] = (1 - how.step * how.decay) * x - how.step * go
        t = after
    return t


def orthogonal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Jordan's polynomial, five times, of the singular values."""
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    s /= np.sqrt((s**2).sum())
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return np.asarray((u * s) @ v)


@pytest.mark.parametrize("algorithm", ["adam", "muon"])
def test_mini_batches_take_the_steps_of_their_algorithm(rng: np.random.Generator, shown: Any, algorithm: str) -> None:
    """Ten pictures in batches of four: the last batch has two."""
    t = start(SOFTMAX, rng)
    how = replace(recipe("plain"), algorithm=algorithm, schedule="constant", step=1e-3, decay=0.5, batch=4)
    network = LeNet5(SOFTMAX, t)
    learner = MiniBatch(how, plan_for(SOFTMAX), network.parameters)
    learner.begin(0, np.arange(0), lambda rows: (shown[rows], WANTED[rows]))
    cost, wrong = learner.learn(shown.astype(np.float32), WANTED, 0, 0.0)
    expected = moved(algorithm, t, how, shown, [np.arange(4), np.arange(4, 8), np.arange(8, 10)])
    for name, tensor in expected.items():
        # Adam's first steps are ±step, whatever the gradient: where that is about zero, either sign may come out.
        went = network.tensors[name] - t[name]
        assert np.corrcoef(went.ravel(), (tensor - t[name]).ravel())[0, 1] > 0.999
        assert np.median(np.abs(network.tensors[name] - tensor)) < 1e-5
    assert cost > 0
    assert 0 <= wrong <= 10
