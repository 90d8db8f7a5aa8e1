"""What is said where an extra is not installed, and does the package itself import none of them?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import networks
from lenet5.architecture import LENET5
from lenet5.errors import MissingExtraError
from lenet5.network import LeNet5

EXTRAS = (
    "torch",
    "sklearn",
    "onnx",
    "onnxruntime",
    "pyarrow",
    "fsspec",
    "ray",
    "matplotlib",
    "fastapi",
    "prometheus_client",
)


def network() -> LeNet5:
    return LeNet5(LENET5, networks.start(LENET5, np.random.default_rng(0)))


def onnx_model(folder: Path) -> Any:
    return import_module("lenet5.formats.onnx").model(network())


def onnx_check(folder: Path) -> Any:
    return import_module("lenet5.formats.onnx").check(b"", network())


def parquet(folder: Path) -> Any:
    return list(import_module("lenet5.bulk").read(folder, folder / "out.parquet"))


def address(folder: Path) -> Any:
    return list(import_module("lenet5.bulk").read("s3://bucket/digits", folder / "out.parquet"))


def cluster(folder: Path) -> Any:
    return list(import_module("lenet5.bulk.cluster").run(None, iter(()), 1))


@pytest.mark.parametrize(
    ("package", "use", "extra"),
    [
        ("torch", lambda folder: import_module("lenet5.torch"), "torch"),
        ("sklearn", lambda folder: import_module("lenet5.sklearn"), "sklearn"),
        ("onnx", onnx_model, "onnx"),
        ("onnxruntime", onnx_check, "onnx"),
        ("pyarrow", parquet, "bulk"),
        ("fsspec", address, "fsspec"),
        ("ray", cluster, "ray"),
    ],
)
def test_what_is_missing_is_named(
    package: str, use: Callable[[Path], Any], extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"lenet5.{package}", raising=False)
    (tmp_path / "in.png").write_bytes(b"")
    (tmp_path / "out.parquet").write_bytes(b"")
    with pytest.raises(MissingExtraError, match=rf"pip install 'lenet5\[{extra}\]'"):
        use(tmp_path)


@pytest.mark.parametrize(
    ("package", "use", "extra"),
    [
        ("fastapi", "from lenet5.cli.serve import serve; serve()", "serve"),
        ("prometheus_client", "from lenet5.cli.serve import serve; serve()", "serve"),
        ("matplotlib", "import lenet5.bench.plot", "plot"),
    ],
)
def test_what_is_missing_for_a_server_or_a_chart_is_named(package: str, use: str, extra: str) -> None:
    """In a new process: here all of it may be imported already."""
    code = f"import sys; sys.modules[{package!r}] = None; {use}"
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert f"pip install 'lenet5[{extra}]'" in done.stderr.splitlines()[-1]


def test_the_package_imports_no_extra() -> None:
    modules = "lenet5, lenet5.network, lenet5.reading.reader, lenet5.cli"
    code = f"import sys, {modules}; print(set({EXTRAS}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == "set()"
