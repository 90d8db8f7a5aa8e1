"""Routes that tell whether the server lives, whether it is ready, and how busy it is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from lenet5 import __version__
from lenet5.server.routes import gives
from lenet5.server.state import State

router = APIRouter(tags=["health"])


@router.get("/health", summary="Whether digits can be read: status ok, or no weights")
def health(state: State) -> dict[str, Any]:
    return {
        "status": "ok" if state.networks.names() else "no weights",
        "version": __version__,
        "api": "v1",
        "networks": len(state.networks.names()),
        "ready": state.warm,
        "read_only": state.settings.read_only,
        "corrections": state.settings.corrections is not None and not state.settings.read_only,
        "training": any(t.state == "running" for t in state.trainings.list()),
    }


@router.get("/ready", summary="Whether requests are answered at once: 503 while kernels are loaded or compiled")
def ready(state: State) -> dict[str, str]:
    if not state.warm:
        raise HTTPException(503, "kernels are being loaded or compiled", {"retry-after": "1"})
    return {"status": "ready"}


@router.get("/metrics", summary="Counts and times for Prometheus", **gives("text/plain"))
def metrics(state: State) -> Response:
    return Response(state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
