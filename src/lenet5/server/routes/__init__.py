"""The routes of the API, a module for each subject."""

from __future__ import annotations

from typing import Any

from fastapi import Response


def gives(kind: str, how: type[Response] = Response) -> dict[str, Any]:
    """What is said of a route that answers with another media type than JSON."""
    return {"response_class": how, "responses": {200: {"content": {kind: {}}}}}
