"""What does `lenet5 serve` do? It opens the page and the API on this machine."""

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
    kept: Path = Path("runs"),
) -> None:
    """Show LeNet-5 thinking on a page, and answer its API, until Ctrl-C.

    Parameters
    ----------
    weights
        Files of weights to show beside the shipped ones.
    host
        Where to listen. Anything but this machine needs a token.
    port
        Where to listen; 0 takes any port that is free.
    token
        What clients must send as `Authorization: Bearer TOKEN`; a browser is let in by the address /?token=TOKEN.
    kept
        The folder in which networks that were trained on the page are kept.
    """
    from lenet5.server import Settings, create_app
    from lenet5.server.serving import serve as run

    settings = Settings(host=host, port=port, token=token, weights=weights, kept=kept)

    def ready(address: str) -> None:
        where = f"the page is at {address}, the API's description at {address}docs; Ctrl-C stops"
        print(where, file=sys.stderr, flush=True)

    run(create_app(settings), settings, ready)
    # A thread may still be in compiled code, the first time in the compiler; to take Python down under it aborts.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
