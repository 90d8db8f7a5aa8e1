"""The way back on the page: errors and gradients that add up, and one step of learning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lenet5 import reference
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.scale import scale
from server.expected import Open, visit

J = 5.0
PICTURE = "async () => [...(await import('./page/state.js')).state.picture]"


def _gradient(page: Any, net: LeNet5, wanted: int, loss: str) -> tuple[float, dict[str, Any]]:
    picture = np.array(page.evaluate(PICTURE), np.uint8).reshape(1, 28, 28)
    tensors = {name: array.astype(float) for name, array in net.tensors.items()}
    return reference.gradient(net.architecture, tensors, scale(picture), np.array([wanted]), loss, J)


def test_an_error_and_a_gradient_add_up(open_page: Open, network: LeNet5) -> None:
    page = open_page("see&wanted=8")
    page.wait_for_selector(".wayback[data-loss]")
    e, wanted = _gradient(page, network, 8, "map")
    assert float(page.locator(".wayback").get_attribute("data-loss")) == pytest.approx(e, rel=1e-4)
    for unit in ("input.0.15.12", "c1.4.9.9", "s2.3.5.5", "c3.15.4.4", "s4.7.2.2", "c5.33.0.0", "f6.20.0.0"):
        visit(page, f"see&wanted=8&unit={unit}", ".inspector .formula")
        _adds_up(page, unit, wanted)


def _adds_up(page: Any, unit: str, wanted: dict[str, Any]) -> None:
    data = page.locator(".inspector").evaluate("panel => ({ ...panel.dataset })")
    assert float(data["sum"]) == pytest.approx(float(data["seen"]), rel=1e-6, abs=1e-12)
    assert all(text.startswith("✓") for text in page.locator(".inspector .agrees").all_inner_texts())
    if unit.startswith("input"):
        return
    page.locator(".cells.gradient").first.focus()
    page.keyboard.press("ArrowRight")
    data = page.locator(".inspector").evaluate("panel => ({ ...panel.dataset })")
    tensor, part, index = data["weight"].split(".")
    expected = wanted[f"{tensor}.{part}"].reshape(-1)[int(index)]
    assert float(data["products"]) == pytest.approx(float(data["gradient"]), rel=1e-9, abs=1e-12)
    assert float(data["gradient"]) == pytest.approx(expected, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", ["lenet5-softmax", "lenet5-linear", "lenet5-maxpool"])
def test_the_other_networks_find_their_way_back(open_page: Open, name: str) -> None:
    page = open_page(f"see&network={name}&wanted=8&unit=c1.2.12.12")
    page.wait_for_selector(".inspector .formula")
    page.wait_for_selector(".weight .formula")
    e, wanted = _gradient(page, load(name), 8, "cross_entropy")
    assert float(page.locator(".wayback").get_attribute("data-loss")) == pytest.approx(e, rel=1e-4)
    data = page.locator(".inspector").evaluate("panel => ({ ...panel.dataset })")
    assert float(data["sum"]) == pytest.approx(float(data["seen"]), rel=1e-6, abs=1e-12)
    expected = wanted["c1.weight"].reshape(-1)[int(data["weight"].split(".")[2])]
    assert float(data["gradient"]) == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_steps_lead_to_the_wanted_digit_and_are_undone(open_page: Open) -> None:
    page = open_page("see&unit=c3.5.4.4")
    page.wait_for_function("() => document.querySelector('.see')?.dataset.answer === '3'")
    page.get_by_role("button", name="The way back").click()
    page.locator(".wanted button").nth(8).click()
    loss = [float(page.locator(".wayback").get_attribute("data-loss"))]
    h = page.locator(".weight .formula", has_text="μ").locator("span").nth(1)
    page.wait_for_function("h => h.textContent > '0'", arg=h.element_handle())
    before = h.inner_text()
    for steps in range(1, 6):
        page.get_by_role("button", name="One step").click()
        page.wait_for_function("n => document.querySelector('.wayback').dataset.steps === String(n)", arg=steps)
        loss.append(float(page.locator(".wayback").get_attribute("data-loss")))
    assert loss[-1] < loss[0]
    assert h.inner_text() == before  # of the digits, and the same for a whole pass
    assert page.locator(".wayback table tr").count() == 3
    page.wait_for_function("() => document.querySelector('.weight')?.textContent.includes('Before the last step')")
    page.get_by_role("button", name="Undo the steps").click()
    page.wait_for_function("e => Number(document.querySelector('.wayback').dataset.loss) === e", arg=loss[0])
    page.get_by_role("button", name="The way back").click()
    page.wait_for_function("() => document.querySelector('.agrees')?.textContent.includes('64 bits')")
