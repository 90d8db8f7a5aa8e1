"""A server that runs, a client for it, and a real browser where there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5 import storage
from lenet5.architecture import ARCHITECTURES
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.training.initial import initial
from server.expected import EXAMPLES, Open

LONG = 60_000  # milliseconds; the machine may be busy
START = "import sys; from lenet5.cli import main; main(['serve', *sys.argv[1:]])"


@pytest.fixture(scope="session")
def network() -> LeNet5:
    """The shipped network of 1998."""
    if "lenet5" not in storage.shipped():
        pytest.skip("no weights are shipped for lenet5")
    return load("lenet5")


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of weights that nobody trained, of each declared network: untrained-lenet5, untrained-lenet5-softmax …"""
    folder = tmp_path_factory.mktemp("weights")
    return [
        LeNet5(declared, initial(declared, np.random.default_rng(5), "1/sqrt(F)")).save(
            folder / f"untrained-{name}.safetensors"
        )
        for name, declared in ARCHITECTURES.items()
    ]


Start = Callable[..., tuple["subprocess.Popen[str]", str]]


@pytest.fixture(scope="session")
def start(untrained: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Run `lenet5 serve` with these arguments; gives the process and the address it listens on."""
    processes = []

    def started(*arguments: str, kept: Path | None = None) -> tuple[subprocess.Popen[str], str]:
        kept = kept or tmp_path_factory.mktemp("kept")
        process = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, untrained), "--port", "0", "--kept", str(kept), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LENET5_THREADS": "1"},
        )
        processes.append(process)
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://[^ ,]+?(?=/[, ])", line)
        assert found, line + process.stderr.read()
        return process, found[0]

    yield started
    for process in processes:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.stdout.close()
            process.stderr.close()


@pytest.fixture(scope="session")
def address(start: Start, network: LeNet5, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the one server of most tests answers."""
    return start("--corrections", str(tmp_path_factory.mktemp("corrections")))[1]


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx.Client]:
    """A client of that server's API."""
    with httpx.Client(base_url=f"{address}/api", timeout=60) as client:
        yield client


@pytest.fixture
def digit(client: httpx.Client) -> NDArray[np.uint8]:
    """A drawn 3."""
    return np.array(client.get("digits", params={"label": 3, "seed": 1}).json()["image"], np.uint8)


@pytest.fixture(scope="session")
def sample() -> Callable[[str], bytes]:
    """The bytes of a shipped sample, by its name."""
    return lambda name: (EXAMPLES / name).read_bytes()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium here: install Debian's package of that name to test the page")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def watched(browser: Any) -> Iterator[Callable[..., Any]]:
    """Make a page of the browser; at the end nothing must have gone wrong, and nothing foreign have been asked for.

    foreign: whether an address is one that the page must not ask for. told: what the console must not tell.
    """
    faults: list[str] = []
    contexts = []

    def made(foreign: Callable[[str], bool], told: tuple[str, ...] = ("error", "warning"), **options: Any) -> Any:
        context = browser.new_context(**{"reduced_motion": "reduce"} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type in told else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: faults.append(r.url) if foreign(r.url) else None)
        return page

    yield made
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def open_page(watched: Callable[..., Any], address: str) -> Open:
    """Open a view of the page that is served.

    before: what to do with the new page before it opens the address; what it breaks, the console may tell.
    """

    def opened(
        view: str = "see", *, language: str = "en", before: Callable[[Any], None] | None = None, **options: Any
    ) -> Any:
        usual = {"viewport": {"width": 1366, "height": 768}, "locale": language}
        told = ("error", "warning") if before is None else ("warning",)
        page = watched(lambda url: _foreign(url, address), told, **usual | options)
        page.set_default_timeout(LONG)
        if before is not None:
            before(page)
        page.goto(f"{address}/#{view}")
        if before is None:
            shown = view.split("&")[0]
            page.wait_for_selector(f"main[data-view={'see' if '=' in shown else shown}]")
        return page

    return opened


def _foreign(url: str, address: str) -> bool:
    return urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc != urlsplit(address).netloc
