"""The settings of a server: where it listens, and how much it accepts from clients."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from lenet5.errors import LeNetError
from lenet5.pictures.opening import LIMITS, Limits

MIB = 2**20
Count = Annotated[int, Parameter(validator=validators.Number(gte=1))]
NO_OPTION = Parameter(parse=False)


@dataclass(frozen=True)
class Settings:
    """The settings, each an option of `lenet5 serve` but for the last ones.

    Raises LeNetError for an address beyond this machine without a token, and for values that make no sense.
    """

    host: str = "127.0.0.1"
    """The address to listen on. Any address but this machine's own needs a token."""
    port: int = 8998
    """The port to listen on; 0 takes any free one."""
    token: Annotated[str, Parameter(env_var="LENET5_TOKEN")] = ""
    """Clients must send it as `Authorization: Bearer TOKEN`; a browser opens the address /?token=TOKEN."""
    declared: Annotated[tuple[Path, ...], Parameter("--network")] = ()
    """A FILE.json that declares a network, to be trained on the page; may be given several times."""
    kept: Path = Path("runs")
    """The folder for networks that were trained on the page."""
    corrections: Path | None = None
    """The folder for corrected readings and their pictures that clients send; by default none are taken."""
    read_only: bool = False
    """Refuse trainings and corrections, and write no file."""
    open_probes: bool = False
    """Answer /health, /ready and /metrics without the token."""
    access_log: Literal["off", "text", "json"] = "off"
    """On standard output, a line for each request: time, id, client, method, path, status, milliseconds."""
    host_names: Annotated[tuple[str, ...], Parameter("--host-name")] = ()
    """A name beside this machine's own that clients may ask for, as that of a proxy; may be given several times."""
    root_path: str = ""
    """The path that a proxy has this server under, such as /digits; whether or not the proxy takes it off."""
    trusted_proxies: Annotated[tuple[str, ...], Parameter("--trusted-proxy")] = ()
    """An address or a network whose X-Forwarded-For and X-Forwarded-Proto are believed; may be given several times."""
    largest_body: Count = 16 * MIB
    """Bytes of a request; others are refused."""
    largest_batch: Count = 256
    """Pictures of a request; others are refused."""
    largest_pages: Count = LIMITS.pages
    """Pages of one picture's file; others are refused."""
    largest_pixels: Count = LIMITS.pixels
    """Pixels of one picture, all of its pages together; others are refused."""
    largest_corrections: Count = 256 * MIB
    """Bytes of all corrected readings with their pictures; beyond them none are taken."""
    weights: Annotated[tuple[Path, ...], NO_OPTION] = ()
    """Files of weights to show beside the shipped ones; each has its file's name."""
    body_seconds: Annotated[float, NO_OPTION] = 15.0
    """A request must have arrived whole within this time."""
    idle_seconds: Annotated[float, NO_OPTION] = 10.0
    """A connection that sends no whole request head for this long is closed."""
    connections: Annotated[int, NO_OPTION] = 4000
    waiting: Annotated[int, NO_OPTION] = 512
    """Requests in work at once; others are answered with 503."""
    stop_seconds: Annotated[float, NO_OPTION] = 3.0
    """After SIGTERM, requests in work have this long to end."""

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and len(self.token) < 16:
            raise LeNetError(
                f"host {self.host!r} can be reached from other machines, and the token has {len(self.token)} "
                f"characters; expected at least 16: give --token, or leave --host at 127.0.0.1"
            )
        if not re.fullmatch(r"[A-Za-z0-9._~+/=-]*", self.token):
            raise LeNetError("a token that not every client can send; expected ASCII letters, digits and ._~+/=-")
        if not 0 <= self.port <= 65535:
            raise LeNetError(f"port {self.port}; expected 0 to 65535 (0: any that is free)")
        for name in self.host_names:
            if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
                raise LeNetError(f"host name {name!r}; expected a name without its port, such as digits.example")
        if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", self.root_path):
            raise LeNetError(f"root path {self.root_path!r}; expected a path such as /digits, without a / at its end")
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError as error:
                raise LeNetError(f"trusted proxy {proxy!r}; expected an address or a network: 10.0.0.0/8") from error
        for folder in (self.kept, self.corrections):
            if folder is not None and folder.exists() and not folder.is_dir():
                raise LeNetError(f"{folder} is a file; expected a folder, which is made where there is none")
        if self.largest_body < 1 or self.largest_batch < 1:
            raise LeNetError(f"{self.largest_body} bytes, {self.largest_batch} pictures; expected at least 1 of each")
        _ = self.limits  # which refuses what makes no sense

    @property
    def limits(self) -> Limits:
        """Of a picture's file."""
        return Limits(self.largest_pages, self.largest_pixels)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
