"""The two ways of learning: the paper's online algorithm, and mini-batches with Adam or Muon.

A learner owns the arrays that change. It is told when a pass begins, and handed blocks of pictures; what it holds
after a block depends on the seed and on what it has seen, never on the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lenet5.kernels import entries
from lenet5.kernels.plan import CROSS_ENTROPY, MAP, MSE, Plan, loss_of, zeros
from lenet5.machine import threads
from lenet5.machine.native import LANES
from lenet5.training.recipe import Recipe, eta

Floats = NDArray[np.float32]
LOSSES = {"mse": MSE, "map": MAP, "cross_entropy": CROSS_ENTROPY}
MATRICES = ("c1.weight", "c3.weight", "c5.weight", "f6.weight")  # that Muon steps, in the order of the plan
SHARDS = 4  # a mini-batch is summed in this many pieces, each on a thread of its own

# Positions of training pictures -> what is shown, float32 (n, 32, 32), and what is wanted, float32 (n, classes).
Pictures = Callable[[NDArray[np.int64]], tuple[Floats, Floats]]


class Online:
    """Appendix C: one update after each picture, each weight's step from its own curvature."""

    constant_order = True

    def __init__(self, recipe: Recipe, plan: Plan, weights: Floats) -> None:
        self._recipe, self._plan, self._weights = recipe, plan, weights
        self._loss = loss_of(LOSSES[recipe.loss], recipe.j, recipe.sharpness)
        self._rates, self._told = zeros(len(weights)), np.zeros(2)
        self._rooms = [entries.single_room(plan) for _ in range(SHARDS)]
        network, small = (plan.plans, plan.table, weights), zeros(len(weights))
        self._online = entries.online.bound(network, self._rates, self._loss, small, self._rooms[0], self._told)
        self._curvature_of = entries.curvature_of.bound(network)

    def arrays(self) -> dict[str, Floats]:
        """Everything that a checkpoint must hold, by name; written back in place to go on."""
        return {"rates": self._rates}

    def begin(self, pass_: int, sample: NDArray[np.int64], pictures: Pictures) -> None:
        """ε_k = η / (μ + h_kk) (eq. 21), h_kk estimated on the sample (eqs. 23 to 27)."""
        shown, wanted = pictures(sample)
        squares = self._weights * self._weights
        parts = np.zeros((SHARDS, len(squares)), np.float32)

        def shard(k: int) -> None:
            rows = np.arange(k, len(shown), SHARDS)
            self._curvature_of(squares, shown, wanted, rows, self._loss, parts[k], self._rooms[k])

        threads.run(shard, range(SHARDS))
        h = parts.sum(axis=0) / np.float32(len(shown))
        trained = int(self._plan["trained"])
        self._rates[:trained] = eta(self._recipe, pass_) / (self._recipe.mu + h[:trained])

    def learn(self, shown: Floats, wanted: Floats, pass_: int, part: float) -> tuple[float, int]:
        """Learn from a block, `part` of the way through the pass: (sum of losses, how many were answered wrongly)."""
        self._told[:] = 0
        self._online(shown, wanted)
        return float(self._told[0]), int(self._told[1])

    def steps(self) -> tuple[float, float]:
        """The smallest and the largest step of a weight in this pass."""
        rates = np.concatenate([v.reshape(-1) for n, v in self._plan.views(self._rates).items() if n != "rbf.codes"])
        return float(rates.min()), float(rates.max())


class MiniBatch:
    """Adam or Muon on mini-batches. Not in the paper.

    Muon is for matrices, a row for each unit or kernel; biases and coefficients are Adam's, and so is a full OUTPUT.
    """

    constant_order = False

    def __init__(self, recipe: Recipe, plan: Plan, weights: Floats) -> None:
        self._recipe, self._rate = recipe, 0.0
        self._first, self._second = zeros(len(weights)), zeros(len(weights))
        self._average = weights.copy()
        self._count = np.zeros(1, np.float32)
        network, loss = (plan.plans, plan.table, weights), loss_of(LOSSES[recipe.loss], recipe.j, recipe.sharpness)
        gradients, trained = zeros(SHARDS, len(weights)), int(plan["trained"])
        self._told = np.zeros((SHARDS, 2))  # of each shard: the sum of losses, how many were answered wrongly
        self._block_gradients = [
            entries.block_gradient.bound(network, loss, gradient, entries.batch_room(plan), told)
            for gradient, told in zip(gradients, self._told, strict=True)
        ]
        total, room = gradients[0], entries.single_room(plan)
        self._gradient_of = entries.gradient_of.bound(network, loss, total, room, self._told[0])
        self._mean = entries.mean.bound(gradients, trained)
        self._follow = entries.follow.bound(self._average, weights)
        tensors = [plan.tensors[name] for name in (MATRICES if recipe.algorithm == "muon" else ())]
        places = [(start, shape[0], math.prod(shape[1:]), row) for start, shape, row in tensors]
        self._muons = [
            entries.muon.bound(weights, total, self._first, place, entries.muon_room(*place[1:3])) for place in places
        ]
        # Adam has what lies before, between and behind them.
        edges = [0, *(edge for start, rows, _, row in places for edge in (start, start + rows * row))]
        edges.append(trained)
        others, moments = zip(edges[::2], edges[1::2], strict=True), (self._first, self._second)
        self._adams = [entries.adam.bound(weights, total, moments, run) for run in others]

    def arrays(self) -> dict[str, Floats]:
        return {"first": self._first, "second": self._second, "average": self._average, "count": self._count}

    def begin(self, pass_: int, sample: NDArray[np.int64], pictures: Pictures) -> None:
        self._rate = eta(self._recipe, pass_)

    def learn(self, shown: Floats, wanted: Floats, pass_: int, part: float) -> tuple[float, int]:
        recipe, self._rate = self._recipe, eta(self._recipe, pass_, part)
        self._told[:] = 0
        for start in range(0, len(shown), recipe.batch):
            end = min(start + recipe.batch, len(shown))
            self._add_up(shown, wanted, start, end)
            self._count[0] += 1
            step = int(self._count[0])
            self._move(end - start, step)
            # A young average follows quickly: it would remember the first weights for long.
            memory = min(recipe.average, (1 + step) / (10 + step))
            self._follow(1 - memory if recipe.average else 1.0)
        cost, wrong = self._told.sum(axis=0)
        return float(cost), int(wrong)

    def _move(self, count: int, step: int) -> None:
        """All weights, by the mean gradient of `count` pictures."""
        rate, decay = self._rate, self._recipe.decay
        self._mean(count)
        for adam in self._adams:
            adam(rate, decay, step)
        threads.run(lambda muon: muon(rate, decay), self._muons)

    def _add_up(self, shown: Floats, wanted: Floats, start: int, end: int) -> None:
        """Each shard's gradient of pictures start .. end − 1: whole blocks, and what is left over one by one."""
        blocks = range(start, end - LANES + 1, LANES)
        rest = np.arange(start + len(blocks) * LANES, end)

        def shard(k: int) -> None:
            for first in blocks[k::SHARDS]:
                self._block_gradients[k](shown, wanted, first)
            if k == 0 and len(rest):
                self._gradient_of(shown, wanted, rest)

        threads.run(shard, range(SHARDS))

    def steps(self) -> tuple[float, float]:
        return self._rate, self._rate


Learner = Online | MiniBatch
