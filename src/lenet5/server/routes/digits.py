"""Routes that give digits to try: drawn ones, MNIST's, and the example pictures."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Response
from starlette.exceptions import HTTPException

from lenet5 import datasets
from lenet5.datasets.dataset import Dataset
from lenet5.datasets.mnist import ENVIRONMENT
from lenet5.files import PACKAGE, cache_folder, read_bounded
from lenet5.server.routes import gives

router = APIRouter(tags=["digits"])
DRAWN = 400  # digits that are drawn once, to choose from


@router.get("/digits", summary="A digit: drawn here, or one of MNIST's test pictures")
def digit(
    source: Literal["drawn", "mnist"] = "drawn",
    label: Annotated[int | None, Query(ge=0, le=9, description="which digit; any digit if absent")] = None,
    seed: Annotated[int | None, Query(ge=0, lt=2**31, description="the same seed gives the same digit")] = None,
) -> dict[str, Any]:
    if source == "mnist" and not has_mnist():
        raise HTTPException(404, f"MNIST is not on this machine; set {ENVIRONMENT}, or run `lenet5 train` once")
    dataset = digits(source)
    among = np.arange(len(dataset)) if label is None else np.flatnonzero(dataset.labels == label)
    index = int(np.random.default_rng(seed).choice(among))
    found, image = dataset.classes[dataset.labels[index]], dataset.images[index].tolist()
    return {"source": source, "index": index, "label": found, "image": image}


@router.get(
    "/digits/many",
    summary="Drawn digits to learn from, as float32, little-endian: of each its label, then its 28·28 bytes of ink",
    **gives("application/octet-stream"),
)
def many(count: Annotated[int, Query(ge=1, le=5000)] = 1200) -> Response:
    drawn = to_learn(count)
    rows = np.column_stack([drawn.labels, drawn.images.reshape(count, -1)]).astype("<f4")
    return Response(rows.tobytes(), media_type="application/octet-stream")


@router.get("/examples", summary="The names of the example pictures")
def examples() -> dict[str, list[str]]:
    return {"examples": sorted(_examples())}


@router.get("/examples/{name}", summary="One example picture", **gives("image/png"))
def example(name: str) -> Response:
    path = _examples().get(name)  # a name is looked up, never a path
    if path is None:
        raise HTTPException(404, f"no example {name[:80]!r}; GET /api/examples names those there are")
    return Response(read_bounded(path, 2**22), media_type="image/png")


def has_mnist() -> bool:
    """Whether MNIST is on this machine already."""
    return bool(os.environ.get(ENVIRONMENT)) or (cache_folder() / "mnist" / "t10k-images-idx3-ubyte.gz").exists()


@cache
def digits(source: str) -> Dataset:
    """The digits of a source. Raises DataError where MNIST can't be had."""
    return datasets.load("drawn", "test", count=DRAWN) if source == "drawn" else datasets.load("mnist", "test")


@lru_cache(2)  # a client may ask for thousands of counts
def to_learn(count: int) -> Dataset:
    """The first drawn digits to learn from."""
    return datasets.load("drawn", "train", count=count)


def _examples() -> dict[str, Path]:
    return {path.name: path for path in (PACKAGE / "samples").glob("*.png")}
