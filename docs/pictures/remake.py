"""The pictures of the page in README and the docs, made anew: python docs/pictures/remake.py."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

START = "import sys; from lenet5.cli import main; main(['serve', '--port', '0'])"
# Name, address, and what is there once the view has all it shows.
VIEWS = (("see", "#see&unit=c3.4.4.4", ".verdict.accepted"), ("read", "#read&example=boxes_0314159.png", ".steps li"))
SIZE = {"width": 1600, "height": 1000}
SHOWN = (1280, 800)


def main() -> None:
    server = subprocess.Popen([sys.executable, "-c", START], stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        found = re.search(r"http://[^ ,]+?(?=/[, ])", server.stderr.readline())
        assert found
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name, address, ready in VIEWS:
                page = browser.new_page(viewport=SIZE, locale="en", color_scheme="light")
                page.set_default_timeout(120_000)
                page.goto(f"{found[0]}/{address}")
                page.wait_for_selector(ready)
                page.wait_for_function("() => document.querySelector('#waiting').hidden")
                page.wait_for_timeout(500)
                path = Path(__file__).with_name(f"{name}.png")
                page.screenshot(path=str(path))
                Image.open(path).convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS).quantize(128).save(
                    path, optimize=True
                )
            browser.close()
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
