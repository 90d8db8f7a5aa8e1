"""What tests of the server send, and the form of an answer that is a problem."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import httpx

EXAMPLES = Path(str(resources.files("lenet5"))) / "samples"
INK = {"content-type": "application/octet-stream"}
PNG = {"content-type": "image/png"}


def expect_problem(answer: httpx.Response, status: int, *words: str) -> None:
    """The answer has this status, and its detail all of these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert all(word in told["detail"] for word in words), told
