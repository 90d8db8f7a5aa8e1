"""In a lecture room, on a phone and to a screen reader the page says as much as on a desk."""

from __future__ import annotations

from typing import Any

import pytest

from server.expected import Open, visit

# The font sizes of all text that is seen, with the first words of each.
SIZES = """() => {
    const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    const sizes = [];
    while (walk.nextNode()) {
        const { parentElement: element, textContent: text } = walk.currentNode;
        if (!text.trim() || !element.checkVisibility() || element.closest('.visually-hidden, sub')) continue;
        const drawn = element.ownerSVGElement ? element.getScreenCTM().a : 1; // a drawing has units of its own
        const scale = drawn * (element.closest('.slid')?.currentCSSZoom ?? 1);
        sizes.push([scale * parseFloat(getComputedStyle(element).fontSize), text.trim().slice(0, 30)]);
    }
    return sizes;
}"""


LECTURE = (
    ("see&unit=c1.0.9.14", ".inspector .formula"),
    ("see&unit=c3.4.4.4", ".inspector .formula"),
    ("see&unit=c3.4.4.4&wanted=8", ".weight .formula"),
    ("lesson=squash", ".inspector .formula"),
    ("lesson=table", ".inspector .formula"),
    ("test", ".strip button"),
    ("read", ".steps li"),
    ("read&example=boxes_0314159.png", ".steps li"),
    ("learn", ".gallery button"),
    ("learn&on=server", ".chart"),
)


def test_in_a_lecture_all_text_is_a_fortieth_of_the_height(open_page: Open) -> None:
    page = open_page("see&lecture=1")
    for view, ready in LECTURE:
        visit(page, f"{view}&lecture=1", ready)
        for width, height in ((1920, 1080), (1280, 720)):
            page.set_viewport_size({"width": width, "height": height})
            assert [(size, words) for size, words in page.evaluate(SIZES) if size < height / 40] == [], view
            assert page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_the_way_to_the_inspector_does_not_change_it(open_page: Open) -> None:
    page = open_page()
    page.wait_for_selector(".outputs .value")
    page.locator(".layer[data-name=c1] .map canvas").first.hover()
    page.wait_for_function("() => document.querySelector('.inspector h2').textContent.startsWith('C1, map 0')")
    place = page.locator(".inspector").bounding_box()
    boxes = [page.locator(f".layer[data-name={n}] .map canvas").nth(3).bounding_box() for n in ("s2", "c3", "s4")]
    for box in boxes:  # without a rest
        page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.move(place["x"] + 100, place["y"] + 40)
    page.wait_for_timeout(300)
    assert page.locator(".inspector h2").inner_text().startswith("C1, map 0")


def test_a_screen_reader_hears_the_unit_and_not_every_stroke(open_page: Open) -> None:
    page = open_page()
    page.wait_for_selector(".outputs .value")
    assert page.locator("canvas.draw").get_attribute("role") == "application"
    assert page.locator("h1").count() == 1
    first = page.locator(".layer[data-name=c1] .map").first
    assert first.get_attribute("role") == "slider"
    first.focus()
    before = first.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    after = first.get_attribute("aria-valuetext")
    assert after.startswith("row 14, column 15: ")
    assert after != before
    page.keyboard.press("Enter")
    assert page.locator(".holding").is_visible()
    assert page.locator(".flow output, .flow [aria-live]").count() == 0


def test_on_a_phone_the_paper_fills_the_width(open_page: Open) -> None:
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    for view, canvas in (("see", ".pad canvas.draw"), ("read", ".wide-pad canvas")):
        page = open_page(view, **phone)
        page.wait_for_selector(canvas)
        box = page.locator(canvas).bounding_box()
        assert box["width"] > 0.85 * 390
        assert box["height"] > 190


def test_on_a_phone_a_finger_finds_a_unit(open_page: Open) -> None:
    page = open_page("see", viewport={"width": 390, "height": 844}, has_touch=True)
    page.wait_for_selector(".outputs .value")
    page.locator(".layer[data-name=c3] .map canvas").nth(5).tap()
    page.wait_for_selector(".zoom .large")
    large = page.locator(".zoom .large")
    box = large.bounding_box()
    assert min(box["width"], box["height"]) / 10 > 15  # pixels of a unit
    assert page.locator(".sheet").bounding_box()["y"] > 300
    large.tap(position={"x": 0.25 * box["width"], "y": 0.75 * box["height"]})
    title = page.locator(".inspector h2")
    assert title.inner_text().startswith("C3, map 5, unit at row 7, column 2")
    page.get_by_role("button", name="Unit to the right").tap()
    page.get_by_role("button", name="Unit above").tap()
    assert title.inner_text().startswith("C3, map 5, unit at row 6, column 3")
    page.locator(".zoom").get_by_role("button", name="Close").tap()
    assert page.locator(".sheet").count() == 0
    page.locator(".outputs button").nth(3).tap()
    assert page.locator(".sheet .inspector h2").inner_text().startswith("OUTPUT")


SEEN = (
    ("see&unit=c3.4.4.4&beside=untrained-lenet5", ".inspector .formula"),
    ("lesson=kernel", ".sliding"),
    ("lesson=table&lecture=1", ".choose"),
    ("lesson=codes", ".faces button"),
    ("test", ".strip button"),
    ("read", ".steps li"),
    ("read&example=boxes_0314159.png", ".steps li"),
)


@pytest.mark.parametrize("phone", [False, True])
def test_axe_finds_no_serious_fault(open_page: Open, phone: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True} if phone else {}
    page = open_page("see&lang=zh", color_scheme="dark" if phone else "light", **options)
    for view, ready in SEEN:
        visit(page, f"{view}&lang=zh", ready)
        if phone and view.startswith("see"):
            page.locator(".layer[data-name=c3] .map canvas").first.tap()
        found = axe.Axe().run(page).response["violations"]
        serious = {v["id"]: v["nodes"][0]["html"][:200] for v in found if v["impact"] in ("serious", "critical")}
        assert serious == {}, view
        assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1366), view
