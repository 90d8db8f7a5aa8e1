"""Routes that describe a network, and the activations of its units for a picture."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response
from numpy.typing import NDArray

from lenet5.network import LeNet5
from lenet5.pictures.opening import Limits
from lenet5.server.networks import described, shown_classes
from lenet5.server.pictures import BODY, glyph, ink_of, kind_of
from lenet5.server.routes import gives
from lenet5.server.state import State

router = APIRouter(tags=["networks"])
Name = Annotated[str, Query(description="the network's name; empty for the default", max_length=80)]
FLOATS = "application/octet-stream"


@router.get("/networks", summary="The networks that the server knows")
def networks(state: State) -> dict[str, Any]:
    known = state.networks
    return {"default": known.default, "networks": known.names(), "ensembles": known.ensembles}


@router.get("/networks/{name}", summary="One network: layers, counts with their formulas, squashing functions, tensors")
def network(name: str, state: State) -> dict[str, Any]:
    return described(name, state.networks.get(name))


@router.get(
    "/networks/{name}/weights",
    summary="Every parameter as float32, little-endian, tensor after tensor in the order that the network lists",
    **gives(FLOATS),
)
def weights(name: str, state: State) -> Response:
    return _floats([np.concatenate([t.reshape(-1) for t in state.networks.get(name).tensors.values()])])


@router.post(
    "/activations",
    summary="The activations of all units for one digit",
    description=(
        "With `Accept: application/octet-stream` the same numbers come as float32, little-endian: input (32·32), c1, "
        "s2, c3, s4, c5, f6, output, then penalties and probabilities, each as long as there are classes."
    ),
    openapi_extra=BODY,
    responses={200: {"content": {FLOATS: {}}}},
)
async def activations(request: Request, state: State, network: Name = "") -> Any:
    net = state.networks.get(network or state.networks.default)
    given = kind_of(request), await request.body(), state.settings.limits
    maps, penalties, probabilities = await run_sync(_look, net, *given, limiter=state.at_once)
    if FLOATS in request.headers.get("accept", ""):
        return _floats([*maps.values(), penalties, probabilities])
    return {
        "network": network or state.networks.default,
        "answer": shown_classes(net)[int(penalties.argmin())],
        "classes": shown_classes(net),
        "activations": {name: array[0].tolist() for name, array in maps.items()},
        "penalties": penalties.tolist(),
        "probabilities": probabilities.tolist(),
    }


def _look(net: LeNet5, kind: str, body: bytes, limits: Limits) -> tuple[dict[str, NDArray[np.float32]], Any, Any]:
    image = glyph(ink_of(kind, body, limits))[None]
    return net.activations(image), net.penalties(image)[0], net.probabilities(image)[0]


def _floats(arrays: list[NDArray[np.float32]]) -> Response:
    data = b"".join(np.ascontiguousarray(array, "<f4").tobytes() for array in arrays)
    return Response(data, media_type=FLOATS)
