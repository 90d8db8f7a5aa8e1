"""Are powers found that say how likely a line is right, and kept in a file whose weights stay as they are?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from line_confidence import main, sureness

import networks
from lenet5.architecture import LENET5
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.reading.answers import Calibration


def test_a_part_that_tells_right_from_wrong_gets_power_and_others_get_none() -> None:
    rng = np.random.default_rng(0)
    parts = rng.uniform(0.05, 1, (2000, 5))
    parts[:, 4] = 1  # all of usual sizes and places
    right = rng.random(2000) < parts[:, 1] ** 2
    found = sureness(parts, right, (1.0, 1.0, 1.0, 1.0, 0.5))
    assert found[1] == pytest.approx(2, abs=0.3)
    assert max(found[0], found[2], found[3]) < 0.2
    assert found[4] == 0.5  # set by hand


def test_a_file_keeps_the_powers_and_the_costs_that_it_was_read_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = LeNet5(LENET5, networks.start(LENET5, np.random.default_rng(1)), {"reading": {"accept": 0.9}})
    path = network.save(tmp_path / "mine.safetensors")
    assert main(["--lines", "0", "--into", str(path)]) == 0
    kept, usual = load(path), Calibration(accept=0.9)
    assert kept.metadata["reading"].keys() == usual.to_dict().keys()
    assert kept.metadata["reading"]["costs"] == usual.to_dict()["costs"]
    np.testing.assert_array_equal(kept.parameters, network.parameters)
    assert capsys.readouterr().out.split() == ["powers", *map(str, usual.powers), "odds", *map(str, usual.odds)]


def test_without_a_file_of_weights_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lines", "0", "--into", str(tmp_path / "none.safetensors")]) == 2
    assert "none.safetensors" in capsys.readouterr().err
