"""The door for browsers and programs: a page where LeNet-5 explains itself, and an API to call it."""

from __future__ import annotations

from lenet5.errors import MissingExtraError

try:
    import fastapi  # noqa: F401
    import uvicorn  # noqa: F401
except ImportError as error:
    raise MissingExtraError(error.name or "fastapi", "serve") from error

from lenet5.server.app import create_app
from lenet5.server.settings import Settings

__all__ = ["Settings", "create_app"]
