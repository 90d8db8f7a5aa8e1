"""Does ONNX Runtime answer with the file as the network does, and is a file that doesn't refused?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lenet5
import networks
from lenet5 import datasets
from lenet5.architecture import ARCHITECTURES, NAMES, Architecture
from lenet5.ensemble import Ensemble
from lenet5.errors import WeightsError
from lenet5.formats import onnx as export
from lenet5.formats.quantise import QuantisedEnsemble
from lenet5.network import LeNet5
from lenet5.scale import scale
from lenet5.training.going_on import for_classes

onnx: Any = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'lenet5[onnx]'")
runtime: Any = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'lenet5[onnx]'")

every_network = pytest.mark.parametrize("net", networks.NETWORKS, ids=networks.name)


def network_of(net: Architecture, rng: np.random.Generator) -> LeNet5:
    return LeNet5(net, networks.start(net, rng))


@pytest.fixture
def digits(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (5, 28, 28), dtype=np.uint8)


def answers(path: Path, names: list[str], pictures: NDArray[Any]) -> list[NDArray[Any]]:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    found: list[NDArray[Any]] = session.run(names, {"pictures": pictures})
    return found


@every_network
@pytest.mark.parametrize("pictures", ["uint8", "float32"])
def test_classes_probabilities_and_penalties(
    net: Architecture, pictures: Any, rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    network = LeNet5(net, networks.start(net, rng), {"sharpness": 0.1})
    assert export.write(tmp_path / "net.onnx", network, pictures=pictures).passed
    given = digits if pictures == "uint8" else scale(digits).astype(np.float32)
    classes, probabilities, penalties = answers(tmp_path / "net.onnx", ["class", "probabilities", "penalties"], given)
    ours = network.penalties(given)
    np.testing.assert_allclose(penalties, ours, rtol=5e-7, atol=1e-4)
    np.testing.assert_allclose(probabilities, network.probabilities(given), atol=1e-4)
    np.testing.assert_array_equal(classes, ours.argmin(axis=1))


@every_network
def test_all_activations(
    net: Architecture, rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    network = network_of(net, rng)
    export.write(tmp_path / "net.onnx", network, activations=True)
    ours = network.activations(digits)
    for name, theirs in zip(NAMES, answers(tmp_path / "net.onnx", list(NAMES), digits), strict=True):
        np.testing.assert_allclose(theirs, ours[name], rtol=1e-5, atol=1e-4, err_msg=name)


def test_opset_ir_batch_and_names(rng: np.random.Generator, tmp_path: Path) -> None:
    export.write(tmp_path / "net.onnx", network_of(ARCHITECTURES["lenet5"], rng))
    model = onnx.load(tmp_path / "net.onnx")
    assert (model.ir_version, [(o.domain, o.version) for o in model.opset_import]) == (8, [("", 17)])
    (given,) = model.graph.input
    assert given.name == "pictures"
    assert [d.dim_param or d.dim_value for d in given.type.tensor_type.shape.dim] == ["N", 28, 28]
    assert [output.name for output in model.graph.output] == ["class", "probabilities", "penalties"]
    assert told(model) == {"classes": list("0123456789")}


def told(model: Any) -> dict[str, Any]:
    return {prop.key: json.loads(prop.value) for prop in model.metadata_props}


def test_the_metadata_tells_how_the_reader_reads_and_how_the_weights_were_made(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    network = network_of(for_classes(ARCHITECTURES["lenet5"], tuple("0123456789 ")), rng)
    network.metadata |= {"reading": {"temperature": 8.5, "on_paths": [0.0, 10.0]}, "command": "é", "seed": 3}
    about = told(export.model(network))
    assert about["classes"][10] == about["none"] == " "
    assert {name: about[name] for name in ("reading", "command")} == {
        name: network.metadata[name] for name in ("reading", "command")
    }
    shipped = lenet5.load("lenet5-reader")
    about = told(export.model(shipped))
    assert (about["classes"], about["none"]) == (list("0123456789 "), " ")
    assert about["reading"] == shipped.metadata["reading"]


@pytest.mark.parametrize("eight_bits", [False, True])
def test_an_ensemble_in_one_file(
    eight_bits: bool, rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    members = [network_of(ARCHITECTURES["lenet5"], rng) for _ in range(3)]
    for member, sharpness in zip(members, (0.02, 0.05, 0.05), strict=True):
        member.metadata["sharpness"] = sharpness
    ensemble = Ensemble(members)
    quantised = QuantisedEnsemble.of(ensemble, digits) if eight_bits else None
    check = export.write(tmp_path / "net.onnx", ensemble, quantised=quantised, activations=not eight_bits)
    classes, probabilities, penalties = answers(tmp_path / "net.onnx", ["class", "probabilities", "penalties"], digits)
    ours = quantised or ensemble
    np.testing.assert_allclose(penalties, ours.penalties(digits), atol=check.allowed)
    np.testing.assert_array_equal(classes, penalties.argmin(axis=1))
    np.testing.assert_allclose(probabilities, np.exp(-penalties), rtol=1e-5, atol=1e-7)
    if not eight_bits:
        (f6,) = answers(tmp_path / "net.onnx", ["2/f6"], digits)
        np.testing.assert_allclose(f6, ensemble.activations(digits)["f6"][2], atol=1e-5)


def test_a_file_that_answers_otherwise_is_refused(
    rng: np.random.Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, other = (network_of(ARCHITECTURES["lenet5"], rng) for _ in range(2))
    wrong = export.model(other)
    monkeypatch.setattr(export, "model", lambda *_, **__: wrong)
    with pytest.raises(WeightsError, match="another class"):
        export.write(tmp_path / "net.onnx", network)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["lenet5", "lenet5-best", "lenet5-ensemble"])
def test_ten_thousand_digits_of_mnist(name: str, data_folder: Path, tmp_path: Path) -> None:
    network, test = lenet5.load(name), datasets.load("mnist", "test")
    export.write(tmp_path / "net.onnx", network)
    classes, penalties = answers(tmp_path / "net.onnx", ["class", "penalties"], test.images)
    ours = network.penalties(test.images)
    assert (classes == ours.argmin(axis=1)).all()
    np.testing.assert_allclose(penalties, ours, rtol=5e-7, atol=1e-4)
