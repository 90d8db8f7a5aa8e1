"""Errors of the API, as problem+json (RFC 9457)."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from lenet5.errors import DataError, LeNetError, MissingExtraError
from lenet5.server.networks import UnknownNetworkError
from lenet5.server.training import BusyError, UnknownTrainingError

# The first row with a kind that fits counts. An error of ours that is a ValueError too is about what was given.
_STATUS = (
    ((UnknownNetworkError, UnknownTrainingError), 404),
    ((BusyError,), 409),
    ((DataError, ValueError), 422),
    ((MissingExtraError,), 415),
)


class Problem(BaseModel):
    """What went wrong with a request."""

    type: str = "about:blank"
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["the picture is damaged or cut short"])


def problem(status: int, detail: str, **headers: str) -> Response:
    """The response for an error. The names of headers are written with _ for -."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail).model_dump()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(body), status, media_type="application/problem+json", headers=named)


def as_problem(error: LeNetError) -> dict[str, Any]:
    """An error as a problem, for one picture of a batch."""
    status = next((s for kinds, s in _STATUS if isinstance(error, kinds)), 400)
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=str(error)).model_dump()


def install(app: FastAPI) -> None:
    """Answer every error that can reach a client with a problem."""

    @app.exception_handler(LeNetError)
    async def ours(request: Request, error: LeNetError) -> Response:
        return problem(int(as_problem(error)["status"]), str(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        unsaid = error.detail == HTTPStatus(error.status_code).phrase  # no route has this address, or not this method
        absent = f"no {request.method} {request.url.path[:80]} here; /docs names every address"
        return problem(error.status_code, absent if unsaid else str(error.detail), **dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return problem(422, "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        logging.getLogger("lenet5.server").exception("error in a route", exc_info=error)
        return problem(500, "the server made an error; its log has the details")
