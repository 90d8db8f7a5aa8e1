"""The server: a page where LeNet-5 explains itself, and an API for programs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lenet5.errors import MissingExtraError

if TYPE_CHECKING:
    from lenet5.server.app import create_app
    from lenet5.server.settings import Settings

_HOMES = {"Settings": "settings", "create_app": "app"}

__all__ = ["Settings", "create_app"]


def __getattr__(name: str) -> Any:
    # Looked up late: the process that trains is in this package too, and needs nothing of the web.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"lenet5.server.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "fastapi", "serve", "the server") from error
