"""How long from the last point of a stroke until the new answer and all maps are on the screen?

python benchmarks/page_latency.py [strokes]: starts a server and Debian's Chromium, and prints JSON, in milliseconds.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import numpy as np
from playwright.sync_api import sync_playwright

START = "import sys; from lenet5.cli import main; main(['serve', '--port', '0'])"
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
    server = subprocess.Popen([sys.executable, "-c", START], stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        found = re.search(r"http://[^ ,]+?(?=/[, ])", server.stderr.readline())
        assert found
        print(json.dumps(measure(found[0], strokes)))
    finally:
        server.terminate()
        server.wait(10)


def measure(address: str, strokes: int) -> dict[str, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(address)
        page.wait_for_selector(".verdict.accepted, .verdict.rejected")
        times = []
        for stroke in range(strokes + 5):
            if stroke % 4 == 0:
                page.get_by_role("button", name="Clear").click()
                page.wait_for_timeout(100)
            times.append(page.evaluate(MEASURE))
            page.wait_for_timeout(60)
        browser.close()
    median, p90, p99 = (float(round(q, 1)) for q in np.quantile(times[5:], (0.5, 0.9, 0.99)))
    return {"strokes": strokes, "median": median, "p90": p90, "p99": p99}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
