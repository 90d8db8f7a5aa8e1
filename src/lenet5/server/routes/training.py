"""Routes to start a training, follow it, steer it, and keep its network."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from lenet5 import storage
from lenet5.datasets.distortions import DISTORTIONS
from lenet5.reproduce.paper import PAPER
from lenet5.server.routes import gives
from lenet5.server.routes.digits import has_mnist
from lenet5.server.state import WRITES, State
from lenet5.server.training_process import Assignment
from lenet5.training import RECIPES, Recipe, recipe

router = APIRouter(tags=["training"])
Number = Annotated[int, Path(ge=1, lt=2**31)]
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$"  # no path, no script


class Changes(BaseModel):
    """Changes to the named recipe; fields that are absent stay as they are."""

    algorithm: Literal["sdlm", "adam", "muon"] | None = None
    loss: Literal["mse", "map", "cross_entropy"] | None = None
    schedule: Literal["1998", "cosine", "constant"] | None = None
    passes: int | None = Field(default=None, ge=1, le=200)
    step: float | None = Field(default=None, gt=0, le=100)
    distortion: str | None = Field(default=None, max_length=40)


class NewTraining(BaseModel):
    """What to train, from what, and how."""

    network: str = Field(default="lenet5", max_length=60, description="one of those that /recipes lists")
    recipe: str = Field(default="1998", max_length=40, description="a named recipe")
    changes: Changes = Changes()
    data: Literal["drawn", "mnist"] = "drawn"
    pictures: int = Field(default=5000, ge=500, le=60_000)
    seed: int = Field(default=0, ge=0, lt=2**31)
    start_from: str = Field(default="", max_length=80, description="a network of the server to go on from")


class Name(BaseModel):
    name: str = Field(pattern=NAME, examples=["mine"])


@router.get("/recipes", summary="The recipes, networks and data sets that a training can use")
def recipes(state: State) -> dict[str, Any]:
    return {
        "recipes": {name: asdict(r) for name, r in RECIPES.items()},
        "networks": list(state.architectures),
        "suited": {name: Recipe.suited(declared) for name, declared in state.architectures.items()},
        "data": ["drawn", "mnist"] if has_mnist() else ["drawn"],
        "distortions": list(DISTORTIONS),
        "figure_5": PAPER["figure_5"],
    }


@router.get("/trainings", summary="All trainings since the server started")
def trainings(state: State) -> dict[str, Any]:
    return {"trainings": [t.to_dict() for t in state.trainings.list()]}


@router.post("/trainings", status_code=201, dependencies=WRITES, summary="Start a training; one runs at a time")
def begin(new: NewTraining, state: State) -> dict[str, Any]:
    if new.data == "mnist" and not has_mnist():
        raise HTTPException(422, "MNIST is not on this machine; train on drawn digits")
    start = state.networks.get(new.start_from) if new.start_from else None
    made = replace(recipe(new.recipe), **new.changes.model_dump(exclude_none=True))
    if new.network not in state.architectures:
        raise HTTPException(422, f"no network {new.network!r}; expected one of {', '.join(state.architectures)}")
    assignment = Assignment(state.architectures[new.network], made, new.data, new.pictures, new.seed, start)
    return state.trainings.begin(assignment).to_dict()


@router.get("/trainings/{number}", summary="One training")
def training(number: Number, state: State) -> dict[str, Any]:
    return state.trainings.get(number).to_dict()


@router.get(
    "/trainings/{number}/events",
    summary="The training as it goes: server-sent events, each with all that is known",
    **gives("text/event-stream", StreamingResponse),
)
async def events(number: Number, state: State, request: Request) -> StreamingResponse:
    state.trainings.get(number)  # a 404 must come before the stream

    async def stream() -> AsyncIterator[str]:
        async for event in state.trainings.events(number):
            yield f"id: {event['version']}\ndata: {json.dumps(event)}\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})


@router.post("/trainings/{number}/{word}", dependencies=WRITES, summary="Pause, go on, or stop for good")
def command(number: Number, word: Literal["pause", "go", "stop"], state: State) -> dict[str, Any]:
    return state.trainings.command(number, word).to_dict()


@router.put(
    "/trainings/{number}/kept",
    status_code=201,
    dependencies=WRITES,
    summary="Keep the network as it is now, under a name",
)
async def keep(number: Number, name: Name, state: State) -> dict[str, str]:
    if name.name in storage.shipped() or name.name.startswith("training-"):
        raise HTTPException(422, f"{name.name!r} is the name of a network that must not be replaced; choose another")
    path = await run_sync(state.trainings.keep, number, name.name)
    return {"name": name.name, "file": path.name}


@router.get("/networks/{name}/file", summary="The network as a .safetensors file", **gives("application/octet-stream"))
def file(name: str, state: State) -> Response:
    with TemporaryDirectory() as folder:
        data = state.networks.get(name).save(FilePath(folder, "network.safetensors")).read_bytes()
    return Response(data, media_type="application/octet-stream", headers={"content-disposition": "attachment"})
