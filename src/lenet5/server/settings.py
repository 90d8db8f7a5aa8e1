"""The settings of a server: where it listens, and how much it accepts from clients."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lenet5.errors import LeNetError
from lenet5.pictures.opening import LIMITS, Limits

__all__ = ["Settings", "is_loopback"]

MIB = 2**20


@dataclass(frozen=True)
class Settings:
    """Raises LeNetError for an address beyond this machine without a token, and for values that make no sense."""

    host: str = "127.0.0.1"
    port: int = 8998
    token: str = ""
    """Clients must send it as `Authorization: Bearer …`. Needed where other machines can reach the server."""
    weights: tuple[Path, ...] = ()
    """Files of weights to show beside the shipped ones; each has its file's name."""
    declared: tuple[Path, ...] = ()
    """JSON files that declare networks, to be trained on the page beside the package's own."""
    kept: Path = Path("runs")
    """The folder for networks that were trained on the page."""
    host_names: tuple[str, ...] = ()
    """Names beside this machine's own that clients may ask for: what a proxy before this server is called."""
    root_path: str = ""
    """The path that a proxy has this server under, such as /digits; whether or not the proxy takes it off."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses, or networks, whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    open_probes: bool = False
    """Whether /health, /ready and /metrics are answered without the token."""
    read_only: bool = False
    """Whether trainings are refused, and with them every file that the server would write."""
    access_log: Literal["off", "text", "json"] = "off"
    """The form of the log `lenet5.access`, which has a line for each request."""
    largest_body: int = 16 * MIB
    largest_batch: int = 256
    """Pictures in one request."""
    largest_pages: int = LIMITS.pages
    """Pages of one picture's file."""
    largest_pixels: int = LIMITS.pixels
    """Pixels of one picture, all of its pages together."""
    body_seconds: float = 15.0
    """A request must have arrived whole within this time."""
    idle_seconds: float = 10.0
    """A connection that sends no whole request head for this long is closed."""
    connections: int = 4000
    waiting: int = 512
    """Requests in work at once; others are answered with 503."""
    stop_seconds: float = 3.0
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
