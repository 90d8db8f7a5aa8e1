"""Routes that tell whether the server works, and how busy it is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from lenet5 import __version__
from lenet5.server.state import State

__all__ = ["router"]

router = APIRouter(tags=["health"])


@router.get("/health", summary="Whether digits can be read: status ok, or no weights")
def health(state: State) -> dict[str, Any]:
    return {
        "status": "ok" if state.networks.names() else "no weights",
        "version": __version__,
        "api": "v1",
        "networks": len(state.networks.names()),
        "training": any(t.state == "running" for t in state.trainings.list()),
    }


@router.get(
    "/metrics",
    summary="Counts and times for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(state: State) -> Response:
    return Response(state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
