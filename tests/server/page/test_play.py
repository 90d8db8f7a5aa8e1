"""Learning in the browser: each step is that of the package, and what is wrong leads on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lenet5 import reference
from lenet5.network import LeNet5
from lenet5.scale import scale
from lenet5.training.recipe import ETA_1998
from server.expected import Open

J, SHARE = 5.0, 0.1
STEP = """async (given) => {
    const { loadNetwork } = await import('./page/network.js');
    const { makeLearner } = await import('./page/learning.js');
    const network = await loadNetwork('lenet5');
    const digits = { images: Uint8Array.from(given.images), labels: Uint8Array.from(given.labels), heldOut: 1 };
    const learner = makeLearner(network, digits, { recipe: given.recipe, rate: given.rate, start: 'given' });
    learner.learn(1);
    const { index } = learner.told.last;
    return [index, Object.fromEntries(Object.entries(network.tensors).map(([name, w]) => [name, [...w]]))];
}"""


@pytest.mark.parametrize(("recipe", "rate"), [("1998", 1.0), ("descent", 1e-3)])
def test_one_step_is_that_of_the_package(open_page: Open, network: LeNet5, recipe: str, rate: float) -> None:
    rng = np.random.default_rng(4)
    images = (rng.integers(0, 256, (7, 28, 28)) * (rng.random((7, 28, 28)) < 0.3)).astype(np.uint8)
    labels = np.array([3, 1, 4, 1, 5, 9, 2])
    page = open_page("see")
    given = {"images": images.reshape(-1).tolist(), "labels": labels.tolist(), "recipe": recipe, "rate": rate}
    index, seen = page.evaluate(STEP, given)
    net, x = network.architecture, scale(images)
    tensors = {name: array.astype(float) for name, array in network.tensors.items()}
    _, gradient = reference.gradient(net, tensors, x[[index]], labels[[index]], "map", J)
    h = reference.curvature(net, tensors, x[:6], labels[:6], "map", J)  # the last digit is held out
    rates = reference.rates(h, ETA_1998[0] * SHARE)
    if recipe == "descent":
        rates = {name: np.full_like(values, rate) for name, values in h.items()}
    for name, wanted in reference.step(tensors, gradient, rates).items():
        assert np.abs(np.array(seen[name]) - wanted.reshape(-1)).max() < 1e-9, name
        assert name == "rbf.codes" or np.abs(wanted - tensors[name]).max() > 0, name


def _learnt(page: Any, count: int) -> None:
    page.wait_for_function("n => Number(document.querySelector('.learn').dataset.learnt) >= n", arg=count)


def test_a_network_learns_by_picture_by_hundred_by_pass_and_at_a_speed(open_page: Open) -> None:
    page = open_page("learn")
    page.get_by_role("button", name="1 picture").click()
    _learnt(page, 1)
    assert page.locator(".learn").get_attribute("data-learnt") == "1"
    page.get_by_role("button", name="100", exact=True).click()
    _learnt(page, 101)
    page.get_by_role("button", name="1 pass").click()
    page.wait_for_function("() => document.querySelector('.learn').dataset.passes === '1'")
    _learnt(page, 1000)
    assert page.locator(".chart circle.held").count() == 1
    before = page.locator(".kernels.first canvas").first.evaluate("c => c.toDataURL()")
    page.locator(".kernels:not(.first) button").nth(7).click()
    assert page.locator(".follow h3").inner_text().endswith("S2 3 → C3 2")
    page.get_by_label("Speed").select_option("medium")
    page.get_by_role("button", name="Play").click()
    _learnt(page, 1020)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("() => document.querySelector('.order .main').textContent === 'Play'")
    assert page.locator(".kernels.first canvas").first.evaluate("c => c.toDataURL()") != before
    assert page.locator(".follow polyline").count() == 25
    wrong = page.locator(".gallery button").first
    right = wrong.get_attribute("aria-label")[0]
    wrong.click()
    page.wait_for_selector("main[data-view=see]")
    assert page.locator("#network").input_value() == "learnt"
    assert page.locator(".wanted [aria-pressed=true]").inner_text() == right
    page.get_by_role("link", name="Learn").click()
    page.wait_for_selector(".play")
    assert int(page.locator(".learn").get_attribute("data-learnt")) >= 1020
    page.get_by_role("button", name="Start over").click()
    page.wait_for_function("() => document.querySelector('.learn').dataset.learnt === '0'")
    assert "Nothing learnt yet" in page.locator(".status").inner_text()


def test_the_network_is_shown_before_it_learns_and_another_one_where_it_is_chosen(open_page: Open) -> None:
    page = open_page("learn")
    page.wait_for_selector(".learn[data-learnt='0'] .gallery button")
    held = page.locator(".status span").inner_text()
    assert held.startswith("held out: ")
    assert held.endswith(" of 200 wrong")
    assert page.locator(".chart").count() == 2
    assert page.locator(".kernels button").count() == 66
    page.select_option("#network", "untrained-lenet5-maxpool")
    page.wait_for_function("() => document.querySelectorAll('.kernels button').length === 102")


def test_the_settings_of_learning_are_in_the_address(open_page: Open) -> None:
    page = open_page("learn")
    page.get_by_label("Recipe").select_option("descent")
    page.get_by_label("Step, times").fill("0.002")
    page.get_by_label("Distort").check()
    page.wait_for_function("() => location.hash.includes('how=recipe:descent,rate:0.002,distorted:1')")
    page.reload()
    page.wait_for_selector(".learn[data-learnt='0']")
    assert page.get_by_label("Recipe").input_value() == "descent"
    assert page.get_by_label("Step, times").input_value() == "0.002"
    assert page.get_by_label("Distort").is_checked()
    other = open_page("learn&on=server&how=network:lenet5-maxpool,passes:3,data:nobody's,seed:x")
    other.wait_for_selector("#learn-seed")
    values = {name: other.locator(f"#learn-{name}").input_value() for name in ("network", "passes", "data", "seed")}
    assert values == {"network": "lenet5-maxpool", "passes": "3", "data": "drawn", "seed": "0"}


def test_learning_on_the_server_is_a_link_away(open_page: Open) -> None:
    page = open_page("learn")
    page.get_by_role("link", name="On the server").click()
    page.wait_for_selector("#learn-seed")
    page.get_by_role("link", name="In this browser").click()
    page.wait_for_selector("#play-speed")


def test_whoever_leaves_a_network_that_has_learnt_is_asked(open_page: Open) -> None:
    page = open_page("learn")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("button", name="1 picture").click()
    _learnt(page, 1)
    page.reload()
    assert asked == []
    page.get_by_role("button", name="100", exact=True).click()
    _learnt(page, 100)
    page.reload()
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="1 picture").click()
    _learnt(page, 1)
    assert page.locator(".learn").get_attribute("data-learnt") == "1"
