"""Recipe -> loop -> weights: how the networks are trained, as in 1998 and otherwise."""

from __future__ import annotations

from lenet5.training.recipe import RECIPES, Recipe, recipe
from lenet5.training.run import PassRecord, Progress, Run

__all__ = ["RECIPES", "PassRecord", "Progress", "Recipe", "Run", "recipe"]
