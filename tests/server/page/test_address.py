"""The address holds the state of the page: reload, the back button and a sent link bring the same view."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from server.expected import Open, stroke

INK = "document.querySelector('canvas.draw').toDataURL()"
DISTANCES = "[...document.querySelectorAll('.outputs .value')].map((one) => one.textContent)"


def _answer(page: Any, view: str = "see") -> str:
    page.wait_for_function(f"() => document.querySelector('.{view}')?.dataset.answer")
    return page.locator(f".{view}").get_attribute("data-answer")


def _noted(page: Any, words: str) -> str:
    page.wait_for_function("words => location.hash.includes(words)", arg=words)
    return page.evaluate("location.hash")


def test_a_sent_link_brings_the_strokes_the_network_the_language_and_the_unit(open_page: Open) -> None:
    page = open_page()
    _answer(page)
    page.get_by_role("button", name="Clear").click()
    stroke(page, ".pad canvas.draw", [(0.22, 0.16), (0.78, 0.16), (0.45, 0.88)])
    page.select_option("#network", "untrained-lenet5-softmax")
    page.wait_for_selector(".see[data-network=untrained-lenet5-softmax]")
    page.get_by_role("button", name="中文").click()
    page.wait_for_function("() => document.documentElement.lang === 'zh'")
    page.locator(".layer[data-name=c3] .map canvas").nth(5).click()
    page.wait_for_selector(".inspector .formula")
    sent = _noted(page, "unit=c3.5").removeprefix("#")
    assert len(sent) < 400
    other = open_page(sent)
    _answer(other)
    assert other.evaluate(INK) == page.evaluate(INK)
    assert other.evaluate(DISTANCES) == page.evaluate(DISTANCES)
    assert other.locator("html").get_attribute("lang") == "zh"
    assert other.locator("#network").input_value() == "untrained-lenet5-softmax"
    assert other.locator(".inspector h2").inner_text() == page.locator(".inspector h2").inner_text()


def test_reload_and_the_back_button_bring_the_view_as_it_was(open_page: Open) -> None:
    page = open_page()
    _answer(page)
    page.get_by_role("button", name="Clear").click()
    stroke(page, ".pad canvas.draw", [(0.5, 0.12), (0.5, 0.88)])
    assert _answer(page) == "1"
    ink = page.evaluate(INK)
    page.get_by_role("link", name="Test").click()
    page.wait_for_selector(".strip button")
    assert _answer(page, "test") == "1"
    page.locator(".strip[data-change=rotation] button").nth(20).click()
    _noted(page, "rotation:60")
    page.reload()
    page.wait_for_selector(".strip button")
    assert page.locator(".change output").nth(3).inner_text() == "60 °"
    page.go_back()
    _answer(page)
    assert page.evaluate(INK) == ink
    page.go_forward()
    page.wait_for_selector(".strip button")
    assert page.locator(".change output").nth(3).inner_text() == "60 °"


def test_a_network_that_is_not_there_is_none(open_page: Open) -> None:
    page = open_page("see&network=nobody&unit=c9.1.2.3&ink=***&lang=xx")
    page.wait_for_selector(".outputs .value")
    assert page.locator("#network").input_value() == "lenet5"


def test_every_view_keeps_the_network_and_the_digit(open_page: Open) -> None:
    page = open_page("see&network=untrained-lenet5")
    for view in ("Test", "Read", "Learn", "See"):
        page.get_by_role("link", name=view).click()
        page.wait_for_selector(f"main[data-view={view.lower()}]")
        assert page.locator("#network").input_value() == "untrained-lenet5"
    assert urlsplit(page.url).fragment.startswith("see&network=untrained-lenet5")


def test_two_networks_stand_beside_each_other_on_one_picture(open_page: Open) -> None:
    page = open_page()
    _answer(page)
    page.get_by_label("Beside it", exact=True).select_option("untrained-lenet5-softmax")
    sent = _noted(page, "beside=untrained-lenet5-softmax").removeprefix("#")
    other = open_page(sent)
    other.wait_for_selector(".beside[data-answer] .outputs .value")
    page.wait_for_selector(".beside[data-answer] .outputs .value")
    values = "[...document.querySelectorAll('.beside .value')].map((one) => one.textContent)"
    assert other.evaluate(values) == page.evaluate(values) != page.evaluate(DISTANCES)[:10]
    page.locator(".layer[data-name=c3] .map canvas").nth(5).click()
    assert page.locator(".map.lit").count() == 2  # the same unit in both
    page.locator(".beside .layer[data-name=c1] .map canvas").nth(2).click()
    page.wait_for_function("() => document.querySelector('.inspector h2').textContent.startsWith('C1, map 2')")
