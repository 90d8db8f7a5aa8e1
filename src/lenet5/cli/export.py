"""`lenet5 export`: the network as an ONNX file, a C header or a page, and what eight bits cost it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Literal

from lenet5.cli.options import AS_FOUND, DataForm, Json, new_place
from lenet5.cli.options import load as load_data
from lenet5.datasets import Form
from lenet5.ensemble import Ensemble
from lenet5.errors import WeightsError
from lenet5.formats import c, onnx
from lenet5.formats.quantise import Quantised, QuantisedEnsemble, quantise
from lenet5.loading import load
from lenet5.network import LeNet5

MEASURED = 512  # drawn digits that layers without a squash are measured on


def export(
    model: str = "lenet5",
    /,
    *more: str,
    to: Literal["onnx", "c", "page"],
    out: Path | None = None,
    single: bool = False,
    int8: bool = False,
    pictures: Literal["uint8", "float32"] = "uint8",
    activations: bool = False,
    prefix: str | None = None,
    data: str = "mnist",
    json_: Json = False,
    form: DataForm = AS_FOUND,
) -> None:
    """Write a network as an ONNX file, as a C99 header, or as a page that needs no server.

    An ONNX file is written once ONNX Runtime has answered with it as the network does.

    Args:
        model: A shipped network, or the path of a .safetensors file.
        more: page: more networks, to choose from.
        to: onnx; c: one header with the weights and a forward pass; page: a folder of files to open or to put anywhere.
        out: The file or folder to write; by default the network's name, with -int8, and .onnx, .h, .html or -page.
        single: page: one HTML file with all that it needs, in place of a folder.
        int8: In whole numbers of eight bits; the error that this costs is measured on --data and told.
        pictures: onnx: what it takes, uint8 (N, 28, 28) or float32 (N, 32, 32) in the paper's scale.
        activations: onnx: give every layer's activations too.
        prefix: c: what every name in the header begins with, so that several headers can live in one program; lenet5.
        data: int8: mnist, drawn, or data of your own, of the network's classes; its test part measures the error.
        json_: Print JSON.
    """
    if to == "page":
        _page([model, *more], out, single, json_)
        return
    if more or single:
        raise WeightsError("several networks and --single are for --to page; leave them out")
    network = load(model)
    name = Path(model).stem + ("-int8" if int8 else "")
    path = out or Path(f"{name}.{'onnx' if to == 'onnx' else 'h'}")
    if to == "c" and (activations or pictures != "uint8"):
        raise WeightsError("--activations and --pictures are for --to onnx; leave them out")
    if to == "onnx" and prefix is not None:
        raise WeightsError("--prefix is for --to c; leave it out")
    quantised = _quantised(network, data, form) if int8 else None
    cost = _cost(network, quantised, data, form) if quantised is not None else None
    if to == "onnx":
        check = onnx.write(path, network, pictures=pictures, activations=activations, quantised=quantised)
        told = {"pictures": check.pictures, "largest_difference": check.largest, "bytes": path.stat().st_size}
        text = (
            f"{path}: {told['bytes']:,} bytes; ONNX Runtime gives all of {check.pictures} pictures the same class, "
            f"penalties at most {check.largest:.2g} apart"
        )
    else:
        whole = None if isinstance(quantised, QuantisedEnsemble) else quantised
        sizes = c.write(path, network, quantised=whole, prefix=c.PREFIX if prefix is None else prefix)
        told = {"flash": sizes.flash, "ram": sizes.ram}
        text = f"{path}: tables {sizes.flash:,} bytes of flash, room {sizes.ram:,} bytes of RAM"
    if cost is not None:
        told |= cost
        text += (
            f"\nerror on {cost['data']}: {cost['error']:.2f} % as it was, {cost['error_int8']:.2f} % in eight bits "
            f"({cost['changed']} of {cost['tested']:,} answers changed)"
        )
    print(json.dumps({"path": str(path), **told}) if json_ else text)


def _page(models: list[str], out: Path | None, single: bool, as_json: bool) -> None:
    """Write the page, and tell where."""
    from lenet5.server import static

    path = out or Path(f"{Path(models[0]).stem}{'.html' if single else '-page'}")
    if single or not os.path.isdir(path) or os.listdir(path):  # a folder that is empty may be there
        new_place(path)
    networks = {Path(model).stem: load(model) for model in models}
    size = static.write(path, networks, single=single)
    place = path if single else path / "index.html"
    print(json.dumps({"path": str(place), "bytes": size}) if as_json else f"{place}: {size:,} bytes; open it anywhere")


def _quantised(network: LeNet5, data: str, form: Form) -> Quantised | QuantisedEnsemble:
    """In eight bits, layers without a squash measured on drawn digits, or on the data's own pictures to learn from."""
    own = "drawn" if data in ("mnist", "drawn") else data
    images = load_data(own, "train", MEASURED, form=form).with_classes(network.classes).images
    return QuantisedEnsemble.of(network, images) if isinstance(network, Ensemble) else quantise(network, images)


def _cost(network: LeNet5, quantised: Quantised | QuantisedEnsemble, data: str, form: Form) -> dict[str, Any]:
    """The error before and after."""
    dataset = load_data(data, "test", None, form=form).with_classes(network.classes)
    print(f"measuring the error on {dataset.name}", file=sys.stderr)
    before, after = network.predict(dataset.images), quantised.predict(dataset.images)
    return {
        "data": dataset.name,
        "tested": len(dataset),
        "error": 100 * float((before != dataset.labels).mean()),
        "error_int8": 100 * float((after != dataset.labels).mean()),
        "changed": int((before != after).sum()),
    }
