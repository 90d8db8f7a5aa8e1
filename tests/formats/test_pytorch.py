"""A plain LeNet-5 of PyTorch answers here as it does there; what is none is refused by the name of its tensors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lenet5
from lenet5 import datasets
from lenet5.cli import main
from lenet5.errors import WeightsError
from lenet5.formats.pytorch import imported

torch: Any = pytest.importorskip("torch", reason="torch is not installed: pip install 'lenet5[torch]'")
nn = torch.nn
SQUASHES = {"relu": nn.ReLU, "tanh": nn.Tanh, "logistic": nn.Sigmoid, "none": nn.Identity}
POOLS = {"maximum": nn.MaxPool2d, "average": nn.AvgPool2d}


def plain(squash: str, pool: str, *, padding: int = 0, c5: str = "full", units: int = 84) -> Any:
    """The LeNet-5 of PyTorch's own tutorials, as one chain; its weights large enough to bend every squash."""
    torch.manual_seed(1998)
    f, p = SQUASHES[squash], POOLS[pool]
    fifth = (
        [nn.Conv2d(16, 120, 5), f(), nn.Flatten()] if c5 == "convolution" else [nn.Flatten(), nn.Linear(400, 120), f()]
    )
    layers = [nn.Conv2d(1, 6, 5, padding=padding), f(), p(2), nn.Conv2d(6, 16, 5), f(), p(2), *fifth]
    module = nn.Sequential(*layers, nn.Linear(120, units), f(), nn.Linear(units, 10)).eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter *= 2
    return module


def named(module: Any, names: str) -> dict[str, Any]:
    """The state dict with the names that somebody else gave his layers."""
    layers = list(dict.fromkeys(key.rpartition(".")[0] for key in module.state_dict()))
    given = dict(zip(layers, names.split(), strict=True))
    return {f"{given[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}": t for key, t in module.state_dict().items()}


def kept(state: dict[str, Any], path: Path) -> Path:
    from safetensors.torch import save_file

    save_file(state, str(path))
    return path


@pytest.fixture
def digits() -> NDArray[np.uint8]:
    return datasets.load("drawn", "test", count=50).images


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("squash", SQUASHES)
def test_it_answers_as_pytorch_does(squash: Any, pool: Any, digits: NDArray[np.uint8], tmp_path: Path) -> None:
    module = plain(squash, pool, padding=2)
    network = imported(kept(module.state_dict(), tmp_path / "m.safetensors"), squash=squash, subsampling=pool)
    with torch.no_grad():
        theirs = -torch.log_softmax(module(torch.from_numpy(digits)[:, None] / 255), 1).numpy()
    np.testing.assert_allclose(network.penalties(digits), theirs, rtol=1e-4, atol=1e-4)
    assert np.ptp(theirs) > 0.1
    again = lenet5.load(network.save(tmp_path / "mine.safetensors"))
    assert again.penalties(digits).tobytes() == network.penalties(digits).tobytes()


def test_normalised_pictures_that_were_framed_before(digits: NDArray[np.uint8]) -> None:
    module = plain("tanh", "average")
    network = imported(module.state_dict(), squash="tanh", subsampling="average", mean=0.1307, std=0.3081)
    framed = np.pad(digits, ((0, 0), (2, 2), (2, 2)))
    with torch.no_grad():
        theirs = torch.softmax(module((torch.from_numpy(framed)[:, None] / 255 - 0.1307) / 0.3081), 1).numpy()
    np.testing.assert_allclose(network.probabilities(digits), theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "names",
    ["conv1 conv2 fc1 fc2 fc3", "features.0 features.3 classifier.0 classifier.2 classifier.4", "c1 c3 c5 f6 output",
     "9 10 11 12 13", "module.conv1 module.conv2 module.out module.b module.a"],
)  # fmt: skip
@pytest.mark.parametrize("c5", ["full", "convolution"])
def test_tensors_of_any_name_are_matched_by_their_shapes(names: str, c5: str, digits: NDArray[np.uint8]) -> None:
    module = plain("relu", "maximum", padding=2, c5=c5)
    network = imported(named(module, names), squash="relu", subsampling="maximum")
    with torch.no_grad():
        theirs = torch.softmax(module(torch.from_numpy(digits)[:, None] / 255), 1).numpy()
    np.testing.assert_allclose(network.probabilities(digits), theirs, rtol=1e-4, atol=1e-5)


def test_equal_sizes_are_told_apart_by_their_names() -> None:
    state = named(plain("relu", "maximum", units=120), "conv1 conv2 fc1 fc2 fc3")
    network = imported(state, squash="relu", subsampling="maximum")
    np.testing.assert_array_equal(network.tensors["f6.weight"], state["fc2.weight"].numpy())


def test_layers_without_a_bias(digits: NDArray[np.uint8]) -> None:
    state = {key: tensor for key, tensor in plain("relu", "average").state_dict().items() if key != "0.bias"}
    assert not imported(state, squash="relu", subsampling="average").tensors["s2.bias"].any()


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "of pictures of 28×28 without padding": (
        lambda s: s.update({"fc1.weight": torch.zeros(120, 256)}),
        r"fc1\.weight \(120, 256\) as c5; expected \(120, 16, 5, 5\) or \(120, 400\).*conv1\.weight \(6, 1, 5, 5\)",
    ),
    "of colours": (
        lambda s: s.update({"conv1.weight": torch.zeros(6, 3, 5, 5)}),
        r"conv1\.weight \(6, 3, 5, 5\) as c1; expected \(6, 1, 5, 5\)",
    ),
    "of small kernels": (lambda s: s.update({"conv2.weight": torch.zeros(16, 6, 3, 3)}), r"conv2\.weight .* as c3"),
    "a layer more": (lambda s: s.update({"fc4.weight": torch.zeros(10, 10)}), r"6 weights.*fc4\.weight \(10, 10\)"),
    "a layer less": (lambda s: [s.pop("fc3.weight"), s.pop("fc3.bias")], "4 weights"),
    "a norm": (lambda s: s.update({"bn1.running_mean": torch.zeros(6)}), r"bn1\.running_mean have no place"),
    "a bias of another layer": (
        lambda s: s.update({"fc1.bias": torch.zeros(84)}),
        r"fc1\.bias \(84,\); expected \(120,\)",
    ),
    "not finite": (lambda s: s.update({"fc1.bias": torch.full((120,), torch.nan)}), r"'fc1\.bias' holds .*not finite"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_does_not_fit_is_named(change: str, tmp_path: Path) -> None:
    alter, words = CHANGES[change]
    state = dict(named(plain("relu", "maximum"), "conv1 conv2 fc1 fc2 fc3"))
    alter(state)
    for source in (state, kept(state, tmp_path / "theirs.safetensors")):
        with pytest.raises(WeightsError, match=words):
            imported(source, squash="relu", subsampling="maximum")


def test_files_and_words_that_are_none(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "m.pt")
    with pytest.raises(WeightsError, match=r"no tensors that can be read.*save_file"):
        imported(tmp_path / "m.pt", squash="relu", subsampling="maximum")
    with pytest.raises(WeightsError, match="expected one of none, tanh"):
        imported({}, squash="gelu", subsampling="maximum")  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match=r"std 0\.0; expected"):
        imported({}, squash="relu", subsampling="maximum", std=0.0)
    with pytest.raises(WeightsError, match="found nothing"):
        imported({}, squash="relu", subsampling="maximum")


def test_the_command_makes_a_file_that_every_other_takes(
    digits: NDArray[np.uint8], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = kept(plain("relu", "maximum", padding=2).state_dict(), tmp_path / "theirs.safetensors")
    with pytest.raises(WeightsError, match="`lenet5 import` makes one"):
        lenet5.load(theirs)
    mine = tmp_path / "mine.safetensors"
    words = ["import", str(theirs), "--squash", "relu", "--subsampling", "maximum", "--out", str(mine)]
    for arguments, status in (
        ([*words, "--classes", *"ABCDEFGHIJ"], 0),
        (words, 2),  # it is there now
        (["summary", str(mine), "--json"], 0),
        (["export", str(mine), "--to", "c", "--out", str(tmp_path / "mine.h")], 0),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == status
    out = capsys.readouterr().out
    assert "c1 6, s2 6, c3 16, s4 16, c5 120, f6 84, output 10" in out
    assert json.loads(out.splitlines()[1])["total"]["trainable"] == 61_706
    network = lenet5.load(mine)
    assert network.classes == tuple("ABCDEFGHIJ")
    assert network.metadata["command"].startswith("lenet5 import ")
    labels = [network.classes[k % 10] for k in range(len(digits))]
    gone_on = lenet5.train(digits, labels, start=network, held_out=0.0)
    assert gone_on.metadata["parent"]["command"] == network.metadata["command"]
