"""`lenet5 serve`: opens the page and the API on this machine."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lenet5.cli.bar import SHOWN
from lenet5.errors import MissingExtraError
from lenet5.server.settings import Settings

AS_SET = Settings()


def serve(*weights: Path, settings: Annotated[Settings, Parameter(name="*")] = AS_SET) -> None:
    """Show LeNet-5 thinking on a page, and answer its API, until Ctrl-C.

    Args:
        weights: Files of weights to show beside the shipped ones.
        settings: where it listens, and how much it accepts.
    """
    try:
        from lenet5.server.app import create_app
        from lenet5.server.guard import LOG
        from lenet5.server.serving import serve as run
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "fastapi", "serve", "the server") from error

    settings = replace(settings, weights=weights)
    LOG.setLevel(logging.INFO)
    LOG.addHandler(logging.StreamHandler(sys.stdout))

    def ready(address: str) -> None:
        where = f"the page is at {address}, the API's description at {address}docs; Ctrl-C stops"
        print(where, file=sys.stderr, flush=True)

    run(create_app(settings), settings, ready)
    # A thread may still be in compiled code or in the compiler; Python would abort if it ended under that thread.
    SHOWN.show_cursor()  # which a bar hides
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
