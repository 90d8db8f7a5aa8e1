"""The lesson goes through ten steps beside the network, by keyboard too, and each points at the real thing."""

from __future__ import annotations

from typing import Any

import pytest

from server.expected import Open, visit

STEPS = ["picture", "kernel", "maps", "subsampling", "squash", "table", "fold", "codes", "error", "limits"]


def _title(page: Any) -> str:
    page.wait_for_selector(".lesson h2")
    return page.locator(".lesson h2").inner_text()


def test_arrows_go_through_all_steps_and_the_back_button_back(open_page: Open) -> None:
    page = open_page("lesson=picture")
    titles = [_title(page)]
    page.locator(".lesson h2").focus()
    for step in STEPS[1:]:
        page.keyboard.press("ArrowRight")
        page.wait_for_function("step => location.hash.includes('lesson=' + step)", arg=step)
        titles.append(_title(page))
        assert page.locator(".lesson h2").evaluate("title => title === document.activeElement")
        assert page.locator(".inspector h2").inner_text()
    assert [title.split(".")[0] for title in titles] == [str(k) for k in range(1, 11)]
    page.go_back()
    page.wait_for_function("() => location.hash.includes('lesson=error')")
    page.wait_for_function("() => document.querySelector('.lesson h2')?.textContent.startsWith('9')")
    page.get_by_role("button", name="End the lesson").click()
    assert page.locator(".lesson").is_hidden()


def test_whoever_comes_by_the_keyboard_is_in_the_lesson_at_once(open_page: Open) -> None:
    page = open_page("see")
    page.wait_for_selector(".outputs .value")
    page.locator("nav a[data-view=lesson]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".lesson h2:focus")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => location.hash.includes('lesson=kernel')")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_link_leads_to_a_step_in_either_language(open_page: Open, language: str) -> None:
    page = open_page(f"lesson={STEPS[4]}&lang={language}")
    assert _title(page).startswith("5.")
    for number, step in enumerate(STEPS, 1):
        visit(page, f"lesson={step}&lang={language}", ".lesson h2")
        assert _title(page).startswith(f"{number}.")
        words = page.locator(".lesson .words").inner_text()
        assert "[" not in words, step  # every mark was understood
        assert any("一" <= letter <= "鿿" for letter in words) is (language == "zh"), step


def test_the_kernel_slides_over_the_real_picture_and_can_be_stopped(open_page: Open) -> None:
    page = open_page("lesson=kernel", reduced_motion="no-preference")
    page.wait_for_selector(".sliding")
    page.get_by_role("button", name="Pause").click()
    before = page.locator(".inspector h2").inner_text()
    page.wait_for_timeout(500)
    assert page.locator(".inspector h2").inner_text() == before
    page.get_by_role("button", name="One place on").click()
    after = page.locator(".inspector h2").inner_text()
    assert after != before
    shown = float(page.locator(".sliding output").inner_text().replace("−", "-"))
    assert shown == pytest.approx(float(page.locator(".inspector").get_attribute("data-seen")), abs=6e-4)
    assert page.locator(".flow svg rect").count() >= 2


def test_text_and_formula_light_up_each_other(open_page: Open) -> None:
    page = open_page("lesson=kernel")
    page.locator(".lesson .words .said", has_text="25 weights").hover()
    assert page.locator(".lesson .rule .lit").inner_text() == "w"
    page.locator(".lesson .rule .said", has_text="b").focus()
    page.mouse.move(0, 0)
    assert page.locator(".lesson .words .lit").inner_text() == "a bias"


def test_steps_act_on_the_network(open_page: Open) -> None:
    page = open_page("lesson=limits")
    page.wait_for_function("() => document.querySelector('.see')?.dataset.answer === '3'")
    page.get_by_role("button", name="An A").click()
    page.wait_for_selector(".verdict.rejected")
    page.goto(page.url.replace("lesson=limits", "lesson=table"))
    page.locator(".choose thead button").nth(15).click()
    assert page.locator(".layer[data-name=s2] .map.source").count() == 6
    page.goto(page.url.replace("lesson=table", "lesson=error"))
    page.get_by_role("button", name="Want another digit").click()
    page.wait_for_selector(".wayback:visible")
