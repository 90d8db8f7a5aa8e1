"""`lenet5 serve`: opens the page and the API on this machine."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from lenet5.cli.bar import SHOWN
from lenet5.pictures.opening import LIMITS

__all__ = ["serve"]

NO_OPPOSITE = Parameter(negative=())
Count = Annotated[int, Parameter(validator=validators.Number(gte=1))]


def serve(
    *weights: Path,
    host: str = "127.0.0.1",
    port: int = 8998,
    token: Annotated[str, Parameter(env_var="LENET5_TOKEN")] = "",
    kept: Path = Path("runs"),
    read_only: Annotated[bool, NO_OPPOSITE] = False,
    open_probes: Annotated[bool, NO_OPPOSITE] = False,
    access_log: Literal["off", "text", "json"] = "off",
    host_name: Annotated[tuple[str, ...], NO_OPPOSITE] = (),
    root_path: str = "",
    trusted_proxy: Annotated[tuple[str, ...], NO_OPPOSITE] = (),
    largest_body: Count = 16 * 2**20,
    largest_batch: Count = 256,
    largest_pages: Count = LIMITS.pages,
    largest_pixels: Count = LIMITS.pixels,
) -> None:
    """Show LeNet-5 thinking on a page, and answer its API, until Ctrl-C.

    Args:
        weights: Files of weights to show beside the shipped ones.
        host: The address to listen on. Any address but this machine's own needs a token.
        port: The port to listen on; 0 takes any free one.
        token: Clients must send it as `Authorization: Bearer TOKEN`; a browser opens the address /?token=TOKEN.
        kept: The folder for networks that were trained on the page.
        read_only: Refuse trainings, and write no file.
        open_probes: Answer /health, /ready and /metrics without the token.
        access_log: On standard output, a line for each request: time, id, client, method, path, status, milliseconds.
        host_name: A name beside this machine's own that clients may ask for, as that of a proxy; may be given several
            times.
        root_path: The path that a proxy has this server under, such as /digits.
        trusted_proxy: An address or a network whose X-Forwarded-For and X-Forwarded-Proto are believed; may be given
            several times.
        largest_body: Bytes of a request; others are refused.
        largest_batch: Pictures of a request; others are refused.
        largest_pages: Pages of one picture's file; others are refused.
        largest_pixels: Pixels of one picture, all of its pages together; others are refused.
    """
    from lenet5.server import Settings, create_app
    from lenet5.server.guard import LOG
    from lenet5.server.serving import serve as run

    settings = Settings(
        host=host,
        port=port,
        token=token,
        weights=weights,
        kept=kept,
        host_names=host_name,
        root_path=root_path,
        trusted_proxies=trusted_proxy,
        open_probes=open_probes,
        read_only=read_only,
        access_log=access_log,
        largest_body=largest_body,
        largest_batch=largest_batch,
        largest_pages=largest_pages,
        largest_pixels=largest_pixels,
    )
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
