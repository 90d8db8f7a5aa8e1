"""How long from a cold start until 1 % of MNIST's test pictures are wrong, and how long in PyTorch by the same recipe?

    python benchmarks/one_percent.py [lenet5|torch] [THREADS]

The clock starts with the process, and the test pictures are only looked at: the recipe and its number of passes are
settled beforehand. A line of JSON for each pass.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

START = time.perf_counter()
SEED = 1
# The recipe `best-alone`, cut short, by Muon. On held-out writers five such passes end at 0.75 %, and eight of Adam on
# batches of 64 at 0.87.
RECIPE = {"algorithm": "muon", "step": 0.01, "passes": 5, "distortion": "mild", "fade": 0.25}


def main() -> None:
    who, threads = (sys.argv[1:2] or ["lenet5"])[0], int((sys.argv[2:3] or ["1"])[0])
    from lenet5 import datasets
    from lenet5.bench.worker import pin

    pin(threads)
    test = datasets.load("mnist", "test")
    learn: Callable[[Any, Any, int], Iterator[float]] = {"lenet5": _ours, "torch": _torch}[who]
    for number, error in enumerate(learn(datasets.load("mnist", "train"), test, threads), 1):
        seconds = round(time.perf_counter() - START, 2)
        print(json.dumps({"who": who, "pass": number, "test_error": error, "seconds": seconds}), flush=True)
        if error <= 1.0:
            return


def _ours(train: Any, test: Any, threads: int) -> Iterator[float]:
    from lenet5.architecture import LENET5
    from lenet5.training import PassRecord, Run

    run = Run(LENET5, _recipe(), train, seed=SEED)
    for news in run.go():
        if isinstance(news, PassRecord):
            yield 100 * float((run.trained().predict(test.images) != test.labels).mean())


def _recipe() -> Any:
    from dataclasses import replace

    from lenet5.training.recipe import RECIPES

    return replace(RECIPES["best-alone"], **RECIPE)


def _torch(train: Any, test: Any, threads: int) -> Iterator[float]:
    """The same first weights, pictures and steps; the distortions are this package's own."""
    import numpy as np
    import torch

    from lenet5 import torch as in_torch
    from lenet5.architecture import LENET5
    from lenet5.training.initial import initial
    from lenet5.training.learners import MATRICES
    from lenet5.training.supply import Supply

    torch.set_num_threads(threads)
    recipe = _recipe()
    supply = Supply(recipe, train, SEED)
    first = initial(LENET5, np.random.default_rng([SEED, 0]), recipe.initialisation, recipe.gain, recipe.coefficient)
    module = in_torch.LeNet5(LENET5, first)
    matrices = {p: torch.zeros_like(p) for name, p in module.named_parameters() if name in MATRICES}
    others = [p for p in module.parameters() if p not in matrices]
    adam = torch.optim.AdamW(others, recipe.step, weight_decay=recipe.decay, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, recipe.passes * -(-len(train) // recipe.batch))
    for pass_ in range(recipe.passes):
        order = np.random.default_rng([SEED, 1, pass_]).permutation(len(train))
        for start in range(0, len(order), recipe.batch):
            shown, wanted = map(torch.tensor, supply(order[start : start + recipe.batch], pass_))
            module.zero_grad()
            penalties = module(shown[:, None])
            torch.nn.functional.cross_entropy(-recipe.sharpness * penalties, wanted).backward()
            _muon(matrices, schedule.get_last_lr()[0], recipe.decay)
            adam.step()
            schedule.step()
        with torch.inference_mode():
            parts = torch.tensor(test.images).split(1000)
            classes = torch.cat([module(in_torch.pictures(part)).argmin(1) for part in parts])
        yield 100 * float((classes.numpy() != test.labels).mean())


def _muon(matrices: Any, rate: float, decay: float) -> None:
    """A step of each matrix, a row for each unit or kernel, as `kernels.update.muon` does it."""
    import torch

    from lenet5.kernels.update import POLYNOMIAL, TIMES

    a, b, c = POLYNOMIAL
    with torch.no_grad():
        for matrix, momentum in matrices.items():
            momentum.mul_(0.95).add_(matrix.grad)
            towards = (matrix.grad + 0.95 * momentum).flatten(1)
            x = (towards.T if towards.shape[0] > towards.shape[1] else towards) / (towards.norm() + 1e-7)
            for _ in range(TIMES):
                square = x @ x.T
                x = a * x + (b * square + c * square @ square) @ x
            x = x.T if towards.shape[0] > towards.shape[1] else x
            matrix.mul_(1 - rate * decay).sub_(rate * 0.2 * max(x.shape) ** 0.5 * x.view_as(matrix))


if __name__ == "__main__":
    main()
