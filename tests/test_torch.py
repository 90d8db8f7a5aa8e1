"""Is the PyTorch module the same network: names, state, answers, gradients, there and back, scripted and exported?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import networks
from lenet5 import datasets, loading, reference
from lenet5.architecture import ARCHITECTURES, Architecture
from lenet5.ensemble import Ensemble
from lenet5.errors import PictureError, WeightsError
from lenet5.network import LeNet5

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'lenet5[torch]'")

every_network = pytest.mark.parametrize("net", networks.NETWORKS, ids=networks.name)


def module_of(net: Architecture, rng: np.random.Generator) -> Any:
    from lenet5.torch import LeNet5 as Module

    return Module(net, networks.start(net, rng))


def as_tensor(pictures: NDArray[Any]) -> Any:
    return torch.tensor(pictures, dtype=torch.float32)[:, None]


@every_network
def test_state_has_the_names_and_shapes_of_the_paper(net: Architecture, rng: np.random.Generator) -> None:
    state = module_of(net, rng).state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == net.shapes()


@pytest.mark.parametrize("net", ARCHITECTURES.values(), ids=networks.name)
def test_as_many_parameters_are_trained(net: Architecture, rng: np.random.Generator) -> None:
    assert sum(p.numel() for p in module_of(net, rng).parameters()) == net.parameters()


@every_network
def test_every_layer_answers_as_ours(
    net: Architecture, rng: np.random.Generator, pictures: NDArray[np.float64]
) -> None:
    module = module_of(net, rng)
    network = module.network()
    ours = network.activations(pictures)
    theirs = module.activations(as_tensor(pictures))
    assert list(theirs) == [name for name in ours if name != "input"]
    for name, tensor in theirs.items():
        np.testing.assert_allclose(tensor.detach().numpy(), ours[name], rtol=1e-5, atol=1e-4, err_msg=name)
    np.testing.assert_allclose(
        module(as_tensor(pictures)).detach().numpy(), network.penalties(pictures), rtol=1e-6, atol=1e-4
    )


def torch_loss(loss: str, net: Architecture, module: Any, x: Any, labels: Any, j: float) -> Any:
    """The losses of `reference`, in PyTorch's words."""
    penalties, output = module(x), module.activations(x)["output"]
    right = torch.nn.functional.one_hot(labels, net.classes).float()
    kind = reference._kind(net)
    if loss == "mse" and kind == "rbf":
        each = (penalties * right).sum(1)  # eq. 8
    elif loss == "map":
        rubbish = torch.full_like(penalties[:, :1], -j)
        each = (penalties * right).sum(1) + torch.logsumexp(torch.cat([-penalties, rubbish], 1), 1)  # eq. 9
    elif loss == "cross_entropy" and kind == "logistic":
        each = torch.nn.functional.binary_cross_entropy(output, right, reduction="none").sum(1)
    elif loss == "cross_entropy":
        each = torch.nn.functional.cross_entropy(-penalties, labels, reduction="none")
    else:
        low = 0.0 if kind == "logistic" else -1.0
        each = 0.5 * (output - (low + (1 - low) * right)).square().sum(1)
    return each.mean()


@pytest.mark.parametrize(("net", "loss"), networks.LEARNABLE, ids=networks.name)
def test_autograd_gives_our_gradient(
    net: Architecture, loss: str, rng: np.random.Generator, pictures: NDArray[np.float64]
) -> None:
    module = module_of(net, rng)
    labels = rng.integers(0, net.classes, len(pictures))
    tensors = {name: tensor.astype(np.float64) for name, tensor in module.network().tensors.items()}
    cost, ours = reference.gradient(net, tensors, pictures, labels, loss, j=10)
    theirs = torch_loss(loss, net, module, as_tensor(pictures), torch.tensor(labels), 10)
    theirs.backward()
    assert float(theirs.detach()) == pytest.approx(cost, rel=1e-5)
    for name, parameter in module.named_parameters():
        scale = max(1.0, float(np.abs(ours[name]).max()))
        np.testing.assert_allclose(parameter.grad.numpy(), ours[name], atol=1e-4 * scale, rtol=0, err_msg=name)


def test_there_and_back_changes_no_bit(tmp_path: Path, rng: np.random.Generator) -> None:
    from lenet5.torch import LeNet5 as Module
    from lenet5.torch import load

    net = ARCHITECTURES["lenet5"]
    network = LeNet5(net, networks.start(net, rng), {"seed": 7})
    path = network.save(tmp_path / "mine.safetensors")
    back = load(path).network()
    assert back.parameters.tobytes() == network.parameters.tobytes()
    assert Module.of(network).network().parameters.tobytes() == network.parameters.tobytes()
    assert back.metadata["seed"] == 7


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch would rather have its newer export
def test_an_ensemble_answers_as_ours_scripted_and_there_and_back(
    rng: np.random.Generator, pictures: NDArray[np.float64], tmp_path: Path
) -> None:
    from lenet5.torch import load

    net = ARCHITECTURES["lenet5"]
    members = [LeNet5(net, networks.start(net, rng), {"sharpness": s}) for s in (0.05, 1.0)]
    ours = Ensemble(members, {"seed": 7})
    module, x = load(ours.save(tmp_path / "two.safetensors")), as_tensor(pictures)
    penalties = module(x).detach().numpy()
    np.testing.assert_allclose(penalties, ours.penalties(pictures), rtol=1e-6, atol=1e-4)
    np.testing.assert_array_equal(torch.jit.script(module)(x).detach().numpy(), penalties)
    back = module.network()
    np.testing.assert_array_equal(back.penalties(pictures), ours.penalties(pictures))
    assert back.metadata["seed"] == 7


def test_the_codes_are_not_trained(rng: np.random.Generator) -> None:
    module = module_of(ARCHITECTURES["lenet5"], rng)
    assert "rbf.codes" not in dict(module.named_parameters())


@pytest.mark.parametrize("net", ARCHITECTURES.values(), ids=networks.name)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch would rather have its newer export
def test_scripted_and_exported_it_answers_the_same(
    net: Architecture, rng: np.random.Generator, pictures: NDArray[np.float64], tmp_path: Path
) -> None:
    module, x = module_of(net, rng), as_tensor(pictures)
    expected = module(x).detach()
    scripted = torch.jit.script(module)
    torch.testing.assert_close(scripted(x), expected)
    assert list(scripted.activations(x)) == list(module.activations(x))
    batch = torch.export.Dim("batch")
    exported = torch.export.export(module, (x,), dynamic_shapes=({0: batch},)).module()
    torch.testing.assert_close(exported(torch.cat([x, x, x])), expected.repeat(3, 1))


def test_pictures_are_scaled_and_framed_as_ours(rng: np.random.Generator) -> None:
    from lenet5.torch import pictures

    digits = rng.integers(0, 256, (3, 28, 28), dtype=np.uint8)
    np.testing.assert_allclose(pictures(torch.tensor(digits))[:, 0].numpy(), reference.scale(digits), atol=1e-6)
    with pytest.raises(PictureError, match=r"torch.float32 of shape \(3, 28, 28\)"):
        pictures(torch.tensor(digits).float())


def test_other_shapes_and_other_tensors_are_refused(rng: np.random.Generator) -> None:
    from lenet5.torch import LeNet5 as Module

    net = ARCHITECTURES["lenet5"]
    with pytest.raises(PictureError, match=r"expected \(N, 1, 32, 32\)"):
        module_of(net, rng)(torch.zeros(2, 1, 28, 28))
    with pytest.raises(WeightsError, match="those of lenet5"):
        Module(net, networks.start(ARCHITECTURES["lenet5-softmax"], rng))


@pytest.mark.parametrize("name", ["lenet5", "lenet5-best"])
def test_ten_thousand_digits_of_mnist(name: str, data_folder: Path) -> None:
    """Same class for all; penalties as far apart as float32 numbers of their size may be, 3e-5 from 256 on."""
    from lenet5.torch import load, pictures

    test, module, network = datasets.load("mnist", "test"), load(name), loading.load(name)
    with torch.inference_mode():
        shown = pictures(torch.tensor(test.images))
        theirs, exact = module(shown).numpy(), module.double()(shown.double()).numpy()
    ours = network.penalties(test.images)
    assert (theirs.argmin(1) == ours.argmin(1)).all()
    np.testing.assert_allclose(ours, exact, rtol=5e-7, atol=1e-4)
    np.testing.assert_allclose(theirs, exact, rtol=5e-7, atol=1e-4)
