"""What do the tests of the experiments share? One whole report, made once of a few drawn digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lenet5.reproduce import experiments, pool, report
from lenet5.reproduce.plan import Plan


@pytest.fixture(scope="session")
def plan() -> Plan:
    return Plan(data="drawn", count=60, passes=2, seeds=2, robustness=5)


@pytest.fixture(scope="session")
def work(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with every job of the plan finished."""
    folder = tmp_path_factory.mktemp("reproduce") / "work"
    for _ in pool.run(experiments.jobs(plan), folder, processes=1):
        pass
    return folder


@pytest.fixture(scope="session")
def made(plan: Plan, work: Path) -> dict[str, Any]:
    """The report as the file holds it."""
    return dict(json.loads(json.dumps(report.collect(plan, work, "lenet5 reproduce --data drawn"))))
