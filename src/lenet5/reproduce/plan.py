"""The plan of a reproduction: which experiments are made, and how thoroughly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from lenet5.errors import TrainingError
from lenet5.reproduce.jobs import Job
from lenet5.training import Recipe, recipe

Experiment = Literal["results", "curve", "sizes", "rejection", "robustness", "mistakes", "choices"]
EXPERIMENTS: tuple[Experiment, ...] = get_args(Experiment)


@dataclass(frozen=True)
class Plan:
    """The settings that all experiments share. Raises TrainingError where a value is out of its range."""

    experiments: tuple[Experiment, ...] = EXPERIMENTS
    """Which experiments to make."""
    seeds: int = 5
    """How many times each network is trained, with seeds from 0 on."""
    recipes: tuple[str, ...] = ("1998", "1998-distorted")
    """The recipes that are studied."""
    networks: tuple[str, ...] = ()
    """Shipped networks, or paths of .safetensors files, to study beside them: one seed each."""
    data: str = "mnist"
    """mnist, drawn, or the path of a folder with train/ and test/ in it."""
    count: int | None = None
    """Take only so many training pictures; of drawn ones, a sixth as many for testing."""
    passes: int | None = None
    """Train for so many passes, rather than as the recipes say."""
    robustness: int = 10_000
    """Measure the robustness curves on so many test pictures."""

    def __post_init__(self) -> None:
        for name in ("seeds", "count", "passes", "robustness"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise TrainingError(f"reproduce: {name} is {value}; expected a whole number from 1 on")
        for name in self.recipes:
            recipe(name)

    def job(self, how: Recipe, seed: int, **others: Any) -> Job:
        """One network of this plan; `others` are further fields of the job."""
        how = replace(how, passes=how.passes if self.passes is None else min(self.passes, how.passes))
        tests = None if self.count is None or self.data == "mnist" else max(self.count // 6, 1)
        return Job(recipe=how, seed=seed, data=self.data, count=self.count, tests=tests, **others)

    def studied(self, name: str) -> list[Job]:
        """The networks of one recipe, or the one network, that the experiments are about."""
        robustness = self.robustness if "robustness" in self.experiments else 0
        if name in self.networks:
            return [self.job(Recipe(), 0, network=name, robustness=robustness)]
        return [self.job(recipe(name), seed, robustness=robustness) for seed in range(self.seeds)]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all that is studied: recipes, then networks."""
        return (*self.recipes, *self.networks)


# Enough to see every experiment work in under two minutes on two cores; its numbers are rough.
QUICK: dict[str, Any] = {"seeds": 2, "count": 10_000, "passes": 6, "robustness": 500}
