"""Is the server well, and how busy is it?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from lenet5 import __version__
from lenet5.server.house import Here

__all__ = ["router"]

router = APIRouter(tags=["health"])
PROMETHEUS = "text/plain; version=0.0.4"


@router.get("/health", summary="Whether digits can be read: status ok, or no weights")
def health(here: Here) -> dict[str, Any]:
    return {
        "status": "ok" if here.networks.names() else "no weights",
        "version": __version__,
        "api": "v1",
        "networks": len(here.networks.names()),
        "training": any(t.state == "running" for t in here.trainings.list()),
    }


@router.get(
    "/metrics",
    summary="Counts and times for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(here: Here) -> Response:
    return Response(here.metrics.text(), media_type=PROMETHEUS)
