"""How long until the page answers: when it is opened, after a stroke, and for each picture that it learns from.

python benchmarks/page_latency.py [strokes]: exports the page as one file, opens it from disk in Debian's Chromium, then
draws on it with `lenet5 serve`, and prints JSON, in milliseconds.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

import lenet5
from lenet5.server import static

START = "import sys; from lenet5.cli import main; main(['serve', '--port', '0'])"
OPENED, PASSES = 9, 5
RATES = {"1998": 1, "descent": 0.001}
# From the beginning of the navigation until the answer to the digit of the beginning is in the page.
FIRST = """new MutationObserver((_, observer) => {
    if (!document.querySelector('.see')?.dataset.answer) return;
    globalThis.answeredAfter = performance.now();
    observer.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true });"""
# From the event that ends a stroke to the first frame after the maps were painted with what it changed.
MEASURE = """() => new Promise((done) => {
    const see = document.querySelector('.see');
    const canvas = see.querySelector('canvas.draw');
    const box = canvas.getBoundingClientRect();
    let start = 0;
    const painted = () => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now() - start);
        port2.postMessage(0);
    };
    const answered = (_, observer) => {
        if (!start) return;
        observer.disconnect();
        requestAnimationFrame(painted);
    };
    new MutationObserver(answered).observe(see, { attributes: true, attributeFilter: ['data-milliseconds'] });
    canvas.setPointerCapture = () => {};
    canvas.addEventListener('pointerup', () => { start = performance.now(); }, { once: true, capture: true });
    const x = 0.25 + 0.5 * Math.random();
    const at = (type, y) => canvas.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, pointerType: 'mouse', bubbles: true,
        clientX: box.left + x * box.width, clientY: box.top + y * box.height,
    }));
    at('pointerdown', 0.2);
    setTimeout(() => { at('pointermove', 0.75); setTimeout(() => at('pointerup', 0.8), 60); }, 30);
})"""


def main(strokes: int = 100) -> None:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        file = Path(folder, "page.html")
        size = static.write(file, {"lenet5": lenet5.load("lenet5")}, single=True)
        by_recipe = {recipe: learnt(browser, file, recipe) for recipe in ("1998", "descent")}
        alone = {"bytes": size, "opened": opened(browser, file), "learnt": by_recipe}
        print(json.dumps({"one file": alone | {"stroke": drawn(browser, file.as_uri(), strokes)}}))
        server = subprocess.Popen([sys.executable, "-c", START], stderr=subprocess.PIPE, text=True)
        try:
            assert server.stderr is not None
            found = re.search(r"http://[^ ,]+?(?=/[, ])", server.stderr.readline())
            assert found
            print(json.dumps({"server": {"stroke": drawn(browser, found[0], strokes)}}))
        finally:
            server.terminate()
            server.wait(10)
        browser.close()


def opened(browser: Any, file: Path) -> dict[str, float]:
    """Until the first answer, in a new profile each time."""
    times = []
    for _ in range(OPENED):
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.add_init_script(FIRST)
        page.goto(file.as_uri())
        times.append(page.wait_for_function("() => globalThis.answeredAfter").json_value())
        page.context.close()
    return summed_up(times)


def learnt(browser: Any, file: Path, recipe: str) -> dict[str, float]:
    """In the worker, for each picture of a pass with all that belongs to it.

    With the recipe of 1998 this is the online step, the estimate of h, and the digits held out. Descent has no h.
    """
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(f"{file.as_uri()}#learn&how=recipe:{recipe},rate:{RATES[recipe]}")
    page.wait_for_selector(".learn[data-learnt='0']")
    times = []
    for number in range(1, PASSES + 1):
        page.get_by_role("button", name="1 pass").click()
        page.wait_for_function("n => document.querySelector('.learn').dataset.passes === String(n)", arg=number)
        times.append(float(page.locator(".learn").get_attribute("data-milliseconds")))
    page.close()
    return summed_up(times[1:])


def drawn(browser: Any, address: str, strokes: int) -> dict[str, float]:
    """From the last point of a stroke until the new answer and all maps are on the screen."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(address)
    page.wait_for_function("() => document.querySelector('.see')?.dataset.answer")
    times = []
    for stroke in range(strokes + 5):
        if stroke % 4 == 0:
            page.get_by_role("button", name="Clear").click()
            page.wait_for_timeout(100)
        times.append(page.evaluate(MEASURE))
        page.wait_for_timeout(60)
    page.close()
    return summed_up(times[5:])


def summed_up(times: list[float]) -> dict[str, float]:
    median, most = (float(round(q, 2)) for q in np.quantile(times, (0.5, 0.9)))
    return {"median": median, "p90": most, "worst": float(round(max(times), 2)), "count": len(times)}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
