"""What one reads and presses most is on the screen before anyone scrolls."""

from __future__ import annotations

from typing import Any

import pytest

from server.expected import Open, visit

LAPTOP = {"viewport": {"width": 1280, "height": 720}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def _lowest(page: Any, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    return float(box["y"] + box["height"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_picture_its_reading_and_what_to_do_with_them(open_page: Open, language: str) -> None:
    page = open_page(f"read&lang={language}", **LAPTOP)
    page.wait_for_selector(".steps li")
    for needed in (".boxed", ".shown .row", ".taken .text", ".taken header .row", ".results tbody tr"):
        assert _lowest(page, needed) <= 720, needed


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_way_on_through_the_lesson(open_page: Open, language: str) -> None:
    page = open_page(f"see&lesson=picture&lang={language}", **LAPTOP)
    for step in ("picture", "subsampling", "codes", "limits"):
        visit(page, f"see&lesson={step}&lang={language}", ".lesson h2")
        assert _lowest(page, ".lesson nav") <= 720, step


def test_the_wanted_digit_and_the_step_beside_the_maps(open_page: Open) -> None:
    page = open_page("see&wanted=5", **LAPTOP)
    page.wait_for_selector(".told b")
    assert _lowest(page, ".wayback .wanted") <= 720
    assert _lowest(page, ".wayback button.main") <= 720


def test_two_networks_on_one_screen(open_page: Open) -> None:
    page = open_page("see&beside=untrained-lenet5-softmax", **LAPTOP)
    page.wait_for_selector(".beside .outputs .value")
    assert _lowest(page, ".beside .flow") <= 720


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_phone_the_head_takes_little_of_the_screen(open_page: Open, language: str) -> None:
    page = open_page(f"see&lang={language}", **PHONE)
    page.wait_for_selector(".outputs .value")
    assert _lowest(page, "header.top") <= 844 / 8
    assert _lowest(page, ".answer .digit") <= 844
    assert page.locator("#lecture").is_hidden()
    visit(page, f"see&lang={language}&lecture=1", ".outputs .value")
    assert page.locator("#lecture").is_visible()  # whoever is in it finds the way out
