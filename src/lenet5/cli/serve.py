"""`lenet5 serve`: opens the page and the API on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

__all__ = ["serve"]


def serve(
    *weights: Path,
    host: str = "127.0.0.1",
    port: int = 8998,
    token: Annotated[str, Parameter(env_var="LENET5_TOKEN")] = "",
    network: list[Path] | None = None,
    kept: Path = Path("runs"),
) -> None:
    """Show LeNet-5 thinking on a page, and answer its API, until Ctrl-C.

    Parameters
    ----------
    weights
        Files of weights to show beside the shipped ones.
    host
        The address to listen on. Any address but this machine's own needs a token.
    port
        The port to listen on; 0 takes any free one.
    token
        Clients must send it as `Authorization: Bearer TOKEN`; a browser opens the address /?token=TOKEN.
    network
        A FILE.json that declares a network, to be trained on the page; can be given more than once.
    kept
        The folder for networks that were trained on the page.
    """
    from lenet5.server import Settings, create_app
    from lenet5.server.serving import serve as run

    settings = Settings(host=host, port=port, token=token, weights=weights, declared=tuple(network or ()), kept=kept)

    def ready(address: str) -> None:
        where = f"the page is at {address}, the API's description at {address}docs; Ctrl-C stops"
        print(where, file=sys.stderr, flush=True)

    run(create_app(settings), settings, ready)
    # A thread may still be in compiled code or in the compiler; Python would abort if it ended under that thread.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
