"""The page without a server: one file, or a folder, opened from disk, that asks nothing of any host."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenet5 import storage
from lenet5.errors import WeightsError
from lenet5.loading import load
from lenet5.pictures.normalise import normalise
from lenet5.server import static
from server.expected import stroke, visit

VIEWS = {
    "see": ".outputs .value",
    "test": ".strip button",
    "read": "table.recorded",
    "learn": ".gallery button",
    "see&wanted=8&unit=c3.5.4.4": ".weight .formula",
}
SERIOUS = ("serious", "critical")
LARGEST = 700_000  # bytes of the one file with the network of 1998


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in both forms, made once for all processes that test."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent  # which they share
    made, part = folder / "page", folder / "page.part"
    try:
        part.mkdir()
    except FileExistsError:  # another process makes it
        while part.exists():
            time.sleep(0.1)
        return made
    if made.exists():  # another process has made it
        part.rmdir()
        return made
    try:
        static.write(part / "one.html", {"lenet5": load("lenet5")}, single=True)
        some = {name: load(name) for name in ("lenet5", "lenet5-linear", "lenet5-softmax", "lenet5-maxpool")}
        static.write(part / "four", some, single=False)
    except BaseException:
        shutil.rmtree(part)
        raise
    return part.rename(made)


@pytest.fixture
def opened(watched: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    """Open a view from disk, which asks nothing of anyone."""

    def opened(file: str, view: str, **options: Any) -> Any:
        usual = {"viewport": {"width": 1280, "height": 720}, "offline": True}
        page = watched(lambda url: not url.startswith(("file:", "data:", "blob:")), **usual | options)
        page.goto(f"{(folder / file).as_uri()}#{view}")
        page.wait_for_selector(f"main[data-view={view.split('&')[0]}]")
        return page

    return opened


@pytest.mark.parametrize("file", ["one.html", "four/index.html"])
def test_a_digit_is_answered_from_a_file_on_the_disk(opened: Any, file: str) -> None:
    page = opened(file, "see")
    page.wait_for_function("() => document.querySelector('.see').dataset.answer === '3'")
    page.get_by_role("button", name="Clear").click()
    stroke(page, ".pad canvas", [(0.5, 0.1), (0.5, 0.9)])
    page.wait_for_function("() => document.querySelector('.see').dataset.answer === '1'")
    page.locator(".layer[data-name=c3] .map canvas").nth(5).hover()
    page.wait_for_selector(".inspector .formula")
    assert page.locator(".agrees").inner_text().startswith("✓")
    assert page.get_by_role("button", name="MNIST digit").count() == 0
    page.get_by_role("button", name="Drawn digit").click()
    page.wait_for_function("() => document.querySelector('.see').dataset.answer")


def test_each_packed_network_shows_its_own_numbers(opened: Any) -> None:
    page = opened("four/index.html", "see")
    for name in page.locator("#network option").all_inner_texts():
        page.select_option("#network", name)
        page.wait_for_function("name => document.querySelector('.see')?.dataset.network === name", arg=name)
        shown = {
            one.get_attribute("data-class"): float(one.locator(".value").inner_text())
            for one in page.locator(".outputs li").all()
        }
        ink = page.evaluate(
            """() => {
                const pad = document.querySelector('.pad canvas');
                return [...pad.getContext('2d').getImageData(0, 0, 280, 280).data].filter((_, k) => k % 4 === 3);
            }"""
        )
        picture = normalise(np.array(ink, np.uint8).reshape(280, 280))
        wanted = load(name).penalties(picture[None])[0]
        assert [shown[str(k)] for k in range(10)] == pytest.approx(wanted, abs=0.06)


def test_a_digit_is_tried_and_readings_are_shown_as_recorded(opened: Any) -> None:
    page = opened("one.html", "test")
    page.wait_for_selector(".strip button")
    assert page.locator(".strip").count() == 8
    page.get_by_role("button", name="See its layers").click()
    page.wait_for_selector("main[data-view=see]")
    page.get_by_role("link", name="Read").click()
    page.wait_for_selector("main[data-view=read]")
    assert "lenet5 serve" in page.locator("main").inner_text()
    assert {"0314159", "456"} <= set(page.locator("table.recorded b").all_inner_texts())


def test_a_network_learns_from_the_packed_digits(opened: Any) -> None:
    page = opened("one.html", "learn")
    page.get_by_role("button", name="1 pass").click()
    page.wait_for_function("() => document.querySelector('.learn').dataset.passes === '1'")
    page.wait_for_function("() => document.querySelector('.order .main').textContent === 'Play'")
    assert page.locator(".learn").get_attribute("data-learnt") == str(static.LEARNT)
    assert page.locator(".chart circle.held").count() == 1
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".gallery button").first.click()
    page.wait_for_selector(".wayback .told b")


@pytest.mark.parametrize("options", [{}, {"locale": "zh-CN", "viewport": {"width": 390, "height": 844}}])
def test_axe_finds_no_serious_fault(opened: Any, options: dict[str, Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = opened("one.html", "see", bypass_csp=True, **options)
    for view, ready in VIEWS.items():
        visit(page, view, ready)
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            found = axe.Axe().run(page).response["violations"]
            serious = {v["id"]: [n["html"][:160] for n in v["nodes"][:4]] for v in found if v["impact"] in SERIOUS}
            assert serious == {}, (view, theme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def test_the_one_file_is_small_and_names_all_that_may_run(folder: Path) -> None:
    text = (folder / "one.html").read_text("utf-8")
    assert len(text.encode()) <= LARGEST
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert len(re.findall(r"'sha256-[\w+/=]{44}'", policy[1])) == 3
    assert not re.findall(r'(?:src|href)="(?!data:|#|docs")[^"]*"', text.split("<main", 1)[0])


def test_what_may_not_run_does_not(browser: Any, folder: Path) -> None:
    page = browser.new_context(offline=True).new_page()
    page.goto((folder / "one.html").as_uri())
    refused = page.evaluate(
        """() => new Promise((done) => {
            addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective));
            const style = document.createElement('style');
            style.textContent = 'body { display: none }';
            document.body.append(style);
            setTimeout(() => done('nothing'), 2000);
        })"""
    )
    assert refused.startswith("style-src")
    page.context.close()


def test_an_ensemble_is_refused_and_says_why(tmp_path: Path) -> None:
    if "lenet5-ensemble" not in storage.shipped():
        pytest.skip("no ensemble is shipped")
    with pytest.raises(WeightsError, match="one network at a time"):
        static.write(tmp_path / "a.html", {"lenet5-ensemble": load("lenet5-ensemble")}, single=True)


def test_a_network_may_have_a_name_of_any_bytes(tmp_path: Path) -> None:
    size = static.write(tmp_path / "page.html", {"mine\udcff": load("lenet5")}, single=True)
    assert size == (tmp_path / "page.html").stat().st_size
    assert "mine\\udcff" in (tmp_path / "page.html").read_text("utf-8")


def test_a_module_that_cannot_be_put_into_one_script_is_named() -> None:
    with pytest.raises(Exception, match=r"odd\.js: 'import \* as a from"):
        static._module("odd.js", 'import * as a from "./a.js";\n')


def test_the_command_writes_both_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from lenet5.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["export", "lenet5", "--to", "page", "--single", "--out", str(tmp_path / "a.html"), "--json"])
    assert not ended.value.code
    told = json.loads(capsys.readouterr().out)
    assert told == {"path": str(tmp_path / "a.html"), "bytes": (tmp_path / "a.html").stat().st_size}
