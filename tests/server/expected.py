"""What tests of the server send, and the form of an answer that is a problem."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
Open = Callable[..., Any]  # opens a view of the page in a browser

EXAMPLES = Path(str(resources.files("lenet5"))) / "samples"
INK = {"content-type": "application/octet-stream"}
PNG = {"content-type": "image/png"}


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it, in a thread of its own: in this one the loop that drives the browser may run."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def expect_problem(answer: httpx.Response, status: int, *words: str) -> None:
    """The answer has this status, and its detail all of these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert all(word in told["detail"] for word in words), told


def ended(client: httpx.Client, training: int) -> dict[str, Any]:
    """A training as it is told of at its end. However long it takes: the stream ends with it, or with the server."""
    told = {}
    with client.stream("GET", f"trainings/{training}/events", timeout=None) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            told = json.loads(line[5:]) if line.startswith("data:") else told
    assert told["state"] in ("done", "failed"), told
    return told


def visit(page: Any, view: str, ready: str) -> None:
    """Go to another view, or state, of a page that is open, and wait until it is there.

    A page of its own for each would take most of a test's time.
    """
    page.evaluate(
        """view => {
            document.querySelector('main').replaceChildren();
            history.replaceState(null, '', '#'); // so that the same view again is another address
            location.hash = view;
        }""",
        view,
    )
    page.wait_for_selector(ready)


def stroke(page: Any, canvas: str, points: list[tuple[float, float]]) -> None:
    """One stroke through points that are given as shares of the canvas."""
    box = page.locator(canvas).bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
