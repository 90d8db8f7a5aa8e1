"""Does the page compute the same network as the package? Its modules run in a real browser, beside NumPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenet5 import reference
from lenet5.architecture import ARCHITECTURES, Architecture
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.pictures.normalise import normalise
from lenet5.scale import ink, scale
from lenet5.server.trials import CHANGES, PATTERNS, changed
from lenet5.training.initial import initial

Modules = Callable[..., Any]
# Another table, another squash in every layer, other numbers of maps and classes.
DECLARED: dict[str, Any] = {
    "name": "declared",
    "c1": {"maps": 4, "squash": "relu"},
    "s2": {"kind": "average", "squash": "tanh"},
    "c3": {"table": [[0, 1], [1, 2, 3], [0, 3], [2], [0, 1, 2, 3]], "squash": "none"},
    "s4": {"kind": "maximum", "squash": "none"},
    "c5": {"maps": 30, "squash": "tanh"},
    "f6": {"units": 20, "squash": "relu"},
    "output": {"units": 4, "squash": "tanh"},
}


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a network that someone declared and nobody trained."""
    architecture = Architecture.from_dict(DECLARED)
    tensors = initial(architecture, np.random.default_rng(3))
    named = LeNet5(architecture, tensors, {"classes": list("abcd")})
    return named.save(tmp_path_factory.mktemp("declared") / "declared.safetensors")


@pytest.fixture(scope="module")
def modules(browser: Any, start: Any, declared: Path) -> Any:
    """Runs a function of the page's modules in a page of this server."""
    page = browser.new_context().new_page()
    page.goto(start(str(declared))[1] + "/docs")

    def run(script: str, argument: Any = None) -> Any:
        head = """const [{ loadNetwork, look, scaled }, { likeParameters }, { lossesOf }, { normalised }, changes] =
            await Promise.all(["network", "machine", "losses", "normalise", "changes"].map(
                (name) => import(`./page/${name}.js`)));"""
        return page.evaluate(f"async (given) => {{ {head} {script} }}", argument)

    yield run
    page.context.close()


NETWORKS = [*ARCHITECTURES, *(f"untrained-{name}" for name in ARCHITECTURES), "declared"]


@pytest.fixture(params=NETWORKS)
def named(request: pytest.FixtureRequest, untrained: list[Path], declared: Path) -> tuple[str, LeNet5]:
    """A network's name on the server, and the network itself."""
    files = {path.stem: path for path in [*untrained, declared]}
    return request.param, load(files.get(request.param, request.param))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Strokes, noise, and blank paper."""
    rng = np.random.default_rng(8)
    blank, noise = np.zeros((28, 28), np.uint8), rng.integers(0, 256, (2, 28, 28), dtype=np.uint8)
    seven, ring = blank.copy(), blank.copy()
    seven[5:8, 6:21], seven[8:24, 15:18] = 250, 220
    ring[6:23, 7:20], ring[9:20, 10:17] = 255, 0
    return np.stack([seven, ring, noise[0], noise[1] // 3, blank])


def test_every_unit_answers_as_in_the_package(
    modules: Modules, named: tuple[str, LeNet5], pictures: np.ndarray[Any, np.dtype[np.uint8]]
) -> None:
    name, net = named
    told = modules(
        """const network = await loadNetwork(given.name);
        return given.pictures.map((picture) => {
            const { maps, penalties, probabilities } = look(network, Uint8Array.from(picture));
            const plain = Object.entries({ ...maps, penalties, probabilities }).map(([key, v]) => [key, [...v]]);
            return Object.fromEntries(plain);
        });""",
        {"name": name, "pictures": pictures.reshape(len(pictures), -1).tolist()},
    )
    wanted = {**net.activations(pictures), "penalties": net.penalties(pictures)}
    wanted["probabilities"] = net.probabilities(pictures)
    for key, array in wanted.items():
        flat = array.reshape(len(pictures), -1)
        seen = np.array([one[key] for one in told])
        assert np.abs(seen - flat).max() <= 1e-4 * max(1.0, np.abs(flat).max()), key


def test_errors_go_back_as_in_the_package(
    modules: Modules, named: tuple[str, LeNet5], pictures: np.ndarray[Any, np.dtype[np.uint8]]
) -> None:
    name, net = named
    labels = np.arange(len(pictures)) % len(net.classes)
    told = modules(
        """const network = await loadNetwork(given.name);
        const squares = Object.fromEntries(
            Object.entries(network.tensors).map(([name, w]) => [name, w.map((x) => x * x)]));
        return Object.fromEntries(Object.entries(lossesOf(network)).map(([name, loss]) => {
            const [by, h] = [likeParameters(network.tensors), likeParameters(network.tensors)];
            let sum = 0;
            given.pictures.forEach((picture, k) => {
                const { machine } = network;
                machine.forward(network.tensors, scaled(network, picture));
                sum += machine.backward(network.tensors, by, { loss, right: given.labels[k], j: 5 });
                machine.backward(squares, h, { loss, right: given.labels[k], j: 5, power: 2 });
            });
            const mean = (all) => Object.fromEntries(
                Object.entries(all).map(([tensor, v]) => [tensor, [...v].map((x) => x / given.pictures.length)]));
            return [name, { loss: sum / given.pictures.length, gradient: mean(by), curvature: mean(h) }];
        }));""",
        {"name": name, "pictures": pictures.reshape(len(pictures), -1).tolist(), "labels": labels.tolist()},
    )
    assert set(told) == set(reference.losses(net.architecture))
    tensors = {key: array.astype(float) for key, array in net.tensors.items()}
    for loss, seen in told.items():
        given = (net.architecture, tensors, scale(pictures), labels, loss, 5)
        mean, gradient = reference.gradient(*given)
        assert seen["loss"] == pytest.approx(mean, rel=1e-9)
        for key, wanted in (("gradient", gradient), ("curvature", reference.curvature(*given))):
            assert set(seen[key]) == set(wanted)
            for tensor, array in wanted.items():
                difference = np.abs(np.array(seen[key][tensor]) - array.reshape(-1)).max()
                assert difference <= 1e-8 * max(1.0, np.abs(array).max()), (loss, key, tensor)


def test_the_error_that_reaches_the_picture_is_the_slope_of_the_loss(modules: Modules, network: LeNet5) -> None:
    told = modules(
        """const network = await loadNetwork("lenet5");
        const x = scaled(network, given);
        const { machine, tensors } = network;
        const by = likeParameters(tensors);
        const loss = lossesOf(network).map;
        machine.forward(tensors, x);
        machine.backward(tensors, by, { loss, right: 3, j: 5, toInput: true });
        const slope = [...machine.byO.input];
        return [300, 500, 700].map((k) => {
            const [more, less] = [1e-4, -1e-4].map((d) => {
                machine.forward(tensors, x.map((value, i) => value + (i === k ? d : 0)));
                return machine.backward(tensors, by, { loss, right: 3, j: 5 });
            });
            return [slope[k], (more - less) / 2e-4];
        });""",
        np.random.default_rng(2).integers(0, 256, 784).tolist(),
    )
    for slope, measured in told:
        assert slope == pytest.approx(measured, rel=1e-4)


def test_a_drawing_becomes_the_same_picture_as_in_the_package(modules: Modules) -> None:
    rng = np.random.default_rng(11)
    drawings = []
    for _ in range(12):  # bars of ink that fade at their ends, in any place and size
        field = np.zeros((280, 280))
        x, y, w, h = rng.integers((5, 5, 9, 9), 124)
        field[y : y + h, x : x + w] = np.linspace(40, 255, w)
        field[y + h // 2 : y + h + 20, x + w // 3 : x + w // 2 + 5] = 255
        drawings.append(field.astype(np.uint8))
    told = modules(
        "return given.map((ink) => [...normalised(Uint8Array.from(ink), 280, 280)]);",
        [field.reshape(-1).tolist() for field in drawings],
    )
    for seen, field in zip(told, drawings, strict=True):
        assert np.abs(np.array(seen).reshape(28, 28) - normalise(field).astype(int)).max() <= 1


def test_a_digit_is_changed_as_in_the_package(modules: Modules, pictures: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    still = {name: change.neutral for name, change in CHANGES.items()}
    settings = [
        *({**still, name: value} for name, change in CHANGES.items() for value in change.settings()[::6]),
        {**still, "rotation": 20.0, "scale": 1.3, "squeeze": 0.8, "shear": 0.4, "shift_x": 2.5, "thickness": -0.6},
    ]
    told = modules(
        """const network = await loadNetwork("lenet5");
        return given.settings.map((how) => {
            const x = changes.changed(network, scaled(network, given.picture), how);
            return [[...x], [...changes.inkOf(network, x)]];
        });""",
        {"picture": pictures[0].reshape(-1).tolist(), "settings": settings},
    )
    for (x, shown), how in zip(told, settings, strict=True):
        wanted = changed(pictures[0], how, 0)
        assert np.abs(np.array(x).reshape(32, 32) - wanted).max() < 0.01, how
        assert np.abs(np.array(shown).reshape(32, 32) - ink(wanted).astype(int)).max() <= 2


def test_patterns_are_those_of_the_package(modules: Modules, pictures: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    told = modules(
        """return given.map((picture) => Object.fromEntries(Object.entries(changes.PATTERNS).map(
            ([name, pattern]) => [name, [...pattern(Uint8Array.from(picture))]])));""",
        pictures.reshape(len(pictures), -1).tolist(),
    )
    for seen, picture in zip(told, pictures, strict=True):
        assert list(seen) == list(PATTERNS)
        for name, pattern in PATTERNS.items():
            assert np.abs(np.array(seen[name]) - pattern(picture).reshape(-1).astype(int)).max() <= 1, name


def test_the_page_answers_after_the_server_is_gone(browser: Any, start: Any) -> None:
    process, address = start()
    page = browser.new_context().new_page()
    asked: list[str] = []
    page.goto(f"{address}/#see")
    page.wait_for_function("() => document.querySelector('.see')?.dataset.answer === '3'")
    process.terminate()
    process.wait(20)
    page.on("request", lambda request: asked.append(request.url.removeprefix(address)))
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("() => document.querySelector('.see').dataset.answer === ''")
    box = page.locator(".pad canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.9 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.see').dataset.answer === '1'")
    # The reader besides, whether the server is back, the browser's own icon: no number on the screen waits for them.
    assert set(asked) <= {"/api/read?layout=digit", "/api/health", "/page/icon.svg"}
    page.context.close()
