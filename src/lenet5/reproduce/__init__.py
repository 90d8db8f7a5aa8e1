"""The paper's experiments made again over seeds, with their spread, beside its own numbers."""

from __future__ import annotations

from lenet5.reproduce.plan import EXPERIMENTS, QUICK, Plan

__all__ = ["EXPERIMENTS", "QUICK", "Plan"]
