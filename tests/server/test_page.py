"""Does the page do what it promises, in a real browser? Each test is something that a teacher would do."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from lenet5 import storage
from lenet5.architecture import ARCHITECTURES
from lenet5.ensemble import Ensemble
from lenet5.loading import load
from lenet5.network import LeNet5
from server.expected import Open, stroke, visit

READY = {  # what is there once a view has all it shows
    "see": ".verdict.accepted, .verdict.rejected",
    "test": ".strip button",
    "read": ".steps li",
    "learn": "#play-speed",
    "learn&on=server": "#learn-seed",
    "docs": "details",
}
SERIOUS = ("serious", "critical")
VIEWS = ("see", "test", "read", "learn", "learn&on=server")


def _ring(x: float, y: float, rx: float, ry: float) -> list[tuple[float, float]]:
    angles = np.linspace(-math.pi / 2, 1.5 * math.pi, 25)
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def _answered(page: Any, answer: str) -> None:
    page.wait_for_function("a => document.querySelector('.see').dataset.answer === a", arg=answer)


def _settled(page: Any) -> None:
    """The digit of the beginning was answered, and so was whatever was asked since."""
    page.wait_for_function("() => document.querySelector('.see')?.dataset.answer")
    page.wait_for_load_state("networkidle")


DIGITS = {
    "0": [_ring(0.5, 0.5, 0.24, 0.36)],
    "1": [[(0.5, 0.12), (0.5, 0.88)]],
    "7": [[(0.22, 0.16), (0.78, 0.16), (0.45, 0.88)]],
}


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_that_is_drawn_is_answered(open_page: Open, digit: str) -> None:
    page = open_page()
    _settled(page)
    page.get_by_role("button", name="Clear").click()
    for points in DIGITS[digit]:
        stroke(page, ".pad canvas.draw", points)
    _answered(page, digit)
    assert page.locator(".outputs li.best b").inner_text() == digit
    page.wait_for_selector(".verdict.accepted, .verdict.rejected")


def test_undo_takes_back_a_stroke_and_a_blank_is_not_answered(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    page.get_by_role("button", name="Clear").click()
    stroke(page, ".pad canvas.draw", DIGITS["1"][0])
    _answered(page, "1")
    page.get_by_role("button", name="Undo").click()
    _answered(page, "")
    page.wait_for_function("() => document.querySelector('.verdict')?.textContent.includes('blank')")


def _colours(page: Any) -> list[Any]:
    """zero, plus and minus of the fixed scale, as the style sheet has them."""
    read = "n => getComputedStyle(document.documentElement).getPropertyValue(n).trim().split(' ').map(Number)"
    return [np.array(page.evaluate(read, name), float) for name in ("--zero", "--plus", "--minus")]


def _painted(page: Any) -> list[dict[str, Any]]:
    """Layer, size and pixels of every map on the screen."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.layer:not([data-name=output])')].flatMap((layer) =>
            [...layer.querySelectorAll('.map canvas')].map((canvas) => ({
                layer: layer.dataset.name,
                pixels: [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data],
            })))"""
    )


def test_every_map_on_the_screen_has_the_values_of_activations(open_page: Open, network: LeNet5) -> None:
    page = open_page()
    _settled(page)
    picture = np.array(page.evaluate("async () => [...(await import('./page/state.js')).state.picture]"), np.uint8)
    wanted = network.activations(picture.reshape(1, 28, 28))
    zero, plus, minus = _colours(page)
    shown = {layer: list(maps) for layer, maps in itertools.groupby(_painted(page), key=lambda m: m["layer"])}
    assert {layer: len(maps) for layer, maps in shown.items()} == {
        "input": 1,
        "c1": 6,
        "s2": 6,
        "c3": 16,
        "s4": 16,
        "c5": 1,
        "f6": 1,
    }
    for layer, maps in shown.items():
        pixels = np.array([m["pixels"] for m in maps], float).reshape(-1, 4)[:, :3]
        share = np.clip(wanted[layer].reshape(-1, 1) / 1.7159, -1, 1)
        expected = zero + np.abs(share) * (np.where(share < 0, minus, plus) - zero)
        # The scale has 255 steps to each side.
        assert np.abs(pixels - expected).max() <= 1.5, layer
    distances = [float(text) for text in page.locator(".outputs li .value").all_inner_texts()]
    assert distances == pytest.approx(wanted["output"][0], abs=0.06)
    order = page.evaluate("() => [...document.querySelectorAll('.outputs li')].map((li) => Number(li.style.order))")
    assert np.argsort(np.argsort(wanted["output"][0])).tolist() == order


def test_pointing_at_a_unit_shows_numbers_that_add_up(open_page: Open, network: LeNet5) -> None:
    page = open_page()
    _settled(page)
    for layer in ("c1", "s2", "c3", "s4", "c5", "f6"):
        _shows_numbers(page, layer)


def _shows_numbers(page: Any, layer: str) -> None:
    maps = page.locator(f".layer[data-name={layer}] .map canvas")
    canvas = maps.nth(maps.count() - 1)
    box = canvas.bounding_box()
    canvas.hover(position={"x": 0.4 * box["width"], "y": 0.6 * box["height"]})
    page.wait_for_function("l => document.querySelector('.inspector h2').textContent.startsWith(l)", arg=layer.upper())
    _adds_up(page)
    # The line of numbers adds up as well: total = A tanh(S (sum + bias)).
    numbers = [float(n.replace("−", "-")) for n in page.locator(".formula .n").all_inner_texts()]
    total, *parts = numbers
    if layer[0] == "s":
        coefficient, inputs, bias = parts
        a = coefficient * inputs + bias
    else:
        a = sum(parts)
        sums = [float(n.replace("−", "-")) for n in page.locator(".inspector .sum").all_inner_texts()]
        assert sum(sums) == pytest.approx(parts[0], abs=2e-3)
    assert total == pytest.approx(1.7159 * math.tanh(2 / 3 * a), abs=2e-3)
    assert page.locator(".flow svg rect").count() >= 2
    terms = {"c1": 25, "c3": 150, "c5": 400, "f6": 120}.get(layer)
    if terms:
        page.get_by_text("Every product").click()
        page.wait_for_selector(".products tbody tr")
        assert page.locator(".products tbody tr").count() == terms


def test_an_output_shows_the_squared_differences_to_its_code(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    page.locator(".outputs li.best button").click()
    page.get_by_text("Every product (84)").click()
    page.wait_for_selector(".products tbody tr")
    rows = page.locator(".products tbody tr td:last-child").all_inner_texts()
    shown = float(page.locator(".outputs li.best .value").inner_text())
    assert sum(map(float, rows)) == pytest.approx(shown, abs=0.02)


def test_a_map_of_c3_lights_its_column_of_table_i_and_its_sources(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    page.locator(".layer[data-name=c3] .map").nth(9).locator("canvas").hover()
    assert page.locator(".table-one thead th.lit").inner_text() == "9"
    lit = page.locator(".table-one tbody td.lit").all_inner_texts()
    assert [source for source, cell in enumerate(lit) if cell] == [0, 3, 4, 5]
    maps = page.locator(".layer[data-name=s2] .map")
    sources = [k for k in range(6) if "source" in maps.nth(k).get_attribute("class")]
    assert sources == [0, 3, 4, 5]


def test_a_layer_shows_its_counts_and_how_they_come_about(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    page.locator(".title[data-layer=c1]").click()
    row = page.locator(".counts tr.lit").inner_text()
    assert all(text in row for text in ("4,704", "(5·5 + 1)·6 = 156", "122,304"))
    total = page.locator(".counts tbody tr").last.inner_text()
    assert "60,000" in total
    assert "340,908" in total


def test_the_keyboard_alone_draws_and_points(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    page.locator(".pad canvas.draw").focus()
    page.keyboard.press("Delete")
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    _answered(page, "1")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.layer')?.dataset.name") == "c3":
            break
    page.keyboard.press("Tab") if page.evaluate("document.activeElement.className") == "title" else None
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".inspector .formula")
    assert page.locator(".inspector h2").inner_text().startswith("C3, map 0, unit at row 5, column 6")
    page.keyboard.press("PageDown")
    assert page.locator(".inspector h2").inner_text().startswith("C3, map 1")


def test_a_picture_that_is_dropped_is_answered(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    _drop_a_seven(page)
    _answered(page, "7")


def _drop_a_seven(page: Any) -> None:
    page.evaluate(
        """async () => {
            const blob = await (await fetch('/api/examples/digit_7.png')).blob();
            const data = new DataTransfer();
            data.items.add(new File([blob], '<img src=x onerror=alert(1)>.png', { type: 'image/png' }));
            const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
            document.querySelector('main').dispatchEvent(drop);
        }"""
    )


def test_sliders_change_the_answer_and_strips_show_where_it_breaks(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    _drop_a_seven(page)  # a digit drawn at random may be a 0, which is a 0 at every angle
    _answered(page, "7")
    page.get_by_role("link", name="Test").click()
    page.wait_for_selector(".strip[data-change=rotation] button.wrong")
    assert page.locator(".strip").count() == 8
    assert page.locator(".strip[data-change=rotation] button").count() == 25
    assert "same answer from" in page.locator(".change").nth(3).inner_text()
    assert "the paper: −30 ° to 30 °" in page.locator(".change").nth(3).inner_text()
    wrong = page.locator(".strip[data-change=rotation] button.wrong").first
    answer = wrong.locator("span").inner_text()
    wrong.click()
    page.wait_for_function("a => document.querySelector('.test').dataset.answer === a", arg=answer)
    assert page.locator(".big.wrong b").inner_text() == answer
    assert page.locator(".patterns figure").count() == 12


def test_a_line_is_read_with_its_pieces_its_graph_and_the_network_slid_over_it(open_page: Open) -> None:
    page = open_page("read")
    page.get_by_label("Examples").select_option("line_2746.png")
    page.wait_for_function("() => document.querySelector('.read').dataset.answer === '2746'")
    page.wait_for_selector(".read svg .arc.chosen")
    assert page.locator(".read svg .arc.chosen").count() == 4
    assert page.locator(".read svg .piece").count() >= 4
    chosen = page.locator(".read svg text.chosen").evaluate_all("all => all.map((text) => text.firstChild.data)")
    assert sorted(chosen) == sorted("2746")
    assert page.locator(".slid canvas").count() == 1
    names = [text.split(". ")[1].split(" ")[0] for text in page.locator(".steps figcaption b").all_inner_texts()]
    assert names[0] == "Opened"
    assert names[-1] == "Answer"
    assert {"Ink", "Pieces"} <= set(names)


def test_several_digits_are_drawn_and_read(open_page: Open) -> None:
    page = open_page("read")
    page.wait_for_selector(".steps li")
    page.get_by_role("button", name="Clear").click()
    for x in (0.2, 0.5):
        stroke(page, ".wide-pad canvas", [(x, 0.15), (x, 0.85)])
    stroke(page, ".wide-pad canvas", [(0.68, 0.18), (0.8, 0.18), (0.72, 0.85)])
    page.wait_for_function("() => document.querySelector('.read').dataset.answer === '117'")


def test_a_training_is_watched_paused_and_kept(open_page: Open) -> None:
    page = open_page("learn&on=server")
    page.set_default_timeout(300_000)  # the process that trains has the lowest priority, and compiles at first
    page.wait_for_selector("#learn-pictures")
    page.fill("#learn-pictures", "1000")
    page.fill("#learn-passes", "200")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".kernels.first canvas")
    before = page.locator(".kernels.first canvas").first.evaluate("c => c.toDataURL()")
    page.wait_for_function("() => Number(document.querySelector('.learn').dataset.passes) >= 2")
    page.wait_for_function("b => document.querySelector('.kernels.first canvas').toDataURL() !== b", arg=before)
    assert page.locator(".gallery figure").count() > 0
    assert page.locator(".chart circle.held").count() >= 2
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector(".learn[data-state=paused]")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector(".learn[data-state=running]")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector(".learn[data-state=stopped]")
    page.fill("input[aria-label='Name of the kept network']", "a-keeper")
    page.get_by_role("button", name="Keep as").click()
    page.wait_for_selector("a[download='a-keeper.safetensors']")
    assert "a-keeper" in page.locator("#network option").all_inner_texts()


def test_a_phone_shows_every_view_without_scrolling_sideways(open_page: Open) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True)
    for view in VIEWS:
        visit(page, view, READY[view])
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view


def test_dark_is_dark_and_stays(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    background = "() => getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"
    assert max(page.evaluate(background)) < 60
    page.get_by_role("button", name="Light").click()
    assert min(page.evaluate(background)) > 200
    page.reload()
    page.wait_for_selector("main[data-view=see]")
    assert min(page.evaluate(background)) > 200


def test_chinese_says_everything_that_english_says(open_page: Open) -> None:
    page = open_page(language="zh")
    assert page.locator("html").get_attribute("lang") == "zh"
    assert page.locator("nav a[data-view=see]").inner_text() == "观察"
    words = page.evaluate("async () => (await import('./page/words.js')).keys()")
    assert sorted(words["en"]) == sorted(words["zh"])
    page.get_by_role("button", name="English").click()
    page.wait_for_function("() => document.documentElement.lang === 'en'")


def test_every_declared_network_is_shown_and_adds_up(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    for name in ARCHITECTURES:
        page.select_option("#network", f"untrained-{name}")
        page.wait_for_function("n => document.querySelector('.see')?.dataset.network === n", arg=f"untrained-{name}")
        _settled(page)
        for layer in ("c1", "s2", "c3", "s4", "c5", "f6"):
            page.locator(f".layer[data-name={layer}] .map canvas").first.hover()
            _adds_up(page)
        page.locator(".outputs button").nth(3).click()
        _adds_up(page)


def test_the_members_of_an_ensemble_stand_together(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    groups = page.locator("#network optgroup").evaluate_all(
        "groups => groups.map((group) => [group.label, [...group.children].map((option) => option.value)])"
    )
    ensembles = {name: load(name) for name in storage.shipped()}
    members = {name: len(net.members) for name, net in ensembles.items() if isinstance(net, Ensemble)}
    assert {label: names for label, names in groups} == {
        name: [f"{name}-{number}" for number in range(1, count + 1)] for name, count in members.items()
    }
    page.select_option("#network", "lenet5-ensemble-2")
    page.wait_for_function("() => document.querySelector('.see')?.dataset.network === 'lenet5-ensemble-2'")


def _adds_up(page: Any) -> None:
    page.wait_for_selector(".inspector .formula")
    data = page.locator(".inspector").evaluate("panel => ({ ...panel.dataset })")
    assert float(data["sum"]) == pytest.approx(float(data["seen"]), abs=1e-4, rel=1e-4)
    assert page.locator(".agrees").inner_text().startswith("✓")


def test_axe_finds_no_serious_fault_by_day_and_by_night(open_page: Open, address: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = open_page()
    for view in VIEWS:
        visit(page, view, READY[view])
        if view == "see":
            page.locator(".layer[data-name=c3] .map canvas").first.click()
            page.wait_for_selector(".inspector .formula")
        _is_without_serious_fault(page, axe, view)
    page.goto(f"{address}/docs")
    page.locator("details summary").first.click()
    _is_without_serious_fault(page, axe, "docs")


def _is_without_serious_fault(page: Any, axe: Any, view: str) -> None:
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found = axe.Axe().run(page).response["violations"]
        serious = {v["id"]: [n["html"][:160] for n in v["nodes"][:4]] for v in found if v["impact"] in SERIOUS}
        assert serious == {}, (view, theme)
