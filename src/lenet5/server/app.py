"""The application: routes under /api, the page at /, and the guard around both."""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import run_sync
from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

from lenet5 import __version__
from lenet5.server import problems
from lenet5.server.guard import Guard
from lenet5.server.metrics import Metrics
from lenet5.server.networks import Networks
from lenet5.server.routes import corrections, digits, health, networks, reading, training, trials
from lenet5.server.settings import Settings
from lenet5.server.state import ServerState
from lenet5.server.static import PAGE

SUBJECTS = (reading, corrections, networks, trials, training, digits, health)
ABOUT = """LeNet-5 of 1998: handwritten digits in, answers out, and every number in between.

`/api/v1/…` stays as it is described here; `/api/…` is the newest version, which is v1.
Errors are `application/problem+json` (RFC 9457).
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application. Raises WeightsError where weights that the settings name can't be read."""
    settings = settings or Settings()
    state = ServerState(settings, Networks(settings.weights), Metrics())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # A daemon: the first compilation takes long, and stopping the server must not wait for it.
        threading.Thread(target=state.warm_up, daemon=True).start()
        yield
        await run_sync(state.trainings.stop)

    app = FastAPI(
        lifespan=lifespan,
        title="lenet5",
        version=__version__,
        description=ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,  # FastAPI's own page loads its scripts from the internet
        redoc_url=None,
        servers=[{"url": settings.root_path}] if settings.root_path else None,
        responses={"4XX": {"model": problems.Problem, "content": {"application/problem+json": {}}}},
    )
    app.state.shared = state
    problems.install(app)

    for subject in SUBJECTS:
        app.include_router(subject.router, prefix="/api/v1")
        app.include_router(subject.router, prefix="/api", include_in_schema=False)

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    @app.get("/docs", include_in_schema=False)
    def docs() -> FileResponse:
        return FileResponse(PAGE / "docs.html")

    mimetypes.add_type("text/javascript", ".js")  # Windows lets programs change that, and browsers refuse it
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    guard = Guard(app.build_middleware_stack(), settings, state.metrics)
    state.metrics.gauge("lenet5_requests_working", "Requests in work", lambda: guard.working)
    app.middleware_stack = guard
    return app
