"""A digit is changed, and the network asked again."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import numpy as np


def test_a_trial_changes_the_digit(client: httpx.Client, digit: Any) -> None:
    body = {"image": digit.tolist(), "settings": {"rotation": 90.0}, "strips": True, "patterns": True}
    told = client.post("trials", json=body).json()
    assert told["truth"] == "3"
    assert all(len(strip) == 25 for strip in told["strips"].values())
    turned = np.frombuffer(base64.b64decode(told["now"]["image"]), np.uint8).reshape(32, 32)
    middle = told["strips"]["scale"][12]
    assert (turned[2:30, 2:30] != digit).any()
    assert middle["image"] == told["now"]["image"]
