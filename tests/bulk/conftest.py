"""Small pictures to be read, a network that reads them anyhow, and shards so small that there are several."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import networks
from lenet5 import datasets
from lenet5.architecture import LENET5
from lenet5.bulk import kinds
from lenet5.network import LeNet5

COUNT = 30


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    """Name and bytes of some digits, in folders, and of two that cannot be read."""
    made = {}
    for k, digit in enumerate(datasets.load("drawn", "test", count=COUNT).images):
        buffer = io.BytesIO()
        Image.fromarray(255 - digit).save(buffer, "PNG")
        made[f"{k % 3}/{k:02}.png"] = buffer.getvalue()
    return {**made, "1/broken.png": made["0/00.png"][:100], "2/text.jpg": b"no picture at all"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("model") / "net.safetensors"
    LeNet5(LENET5, networks.start(LENET5, np.random.default_rng(0))).save(path)
    return str(path)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "PICTURES", 7)
