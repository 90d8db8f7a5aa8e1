"""Where does the server listen, and how much does it take from a stranger?"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from lenet5.errors import LeNetError

__all__ = ["Settings", "is_loopback"]

MIB = 2**20


@dataclass(frozen=True)
class Settings:
    """Raises LeNetError where it would listen beyond this machine without a token."""

    host: str = "127.0.0.1"
    port: int = 8998
    token: str = ""
    """What a client must send as `Authorization: Bearer …`; needed where the server is reached from elsewhere."""
    weights: tuple[Path, ...] = ()
    """Files of weights to show beside the shipped ones, each under its file's name."""
    kept: Path = Path("runs")
    """The folder where networks that were trained on the page are kept."""
    largest_body: int = 16 * MIB
    largest_batch: int = 256
    """Pictures in one request."""
    body_seconds: float = 15.0
    """A request must have arrived whole within this time."""
    idle_seconds: float = 10.0
    """A connection that sends no whole request head for this long is closed."""
    connections: int = 4000
    waiting: int = 512
    """Requests in work at once; those beyond are told to come again."""
    stop_seconds: float = 3.0
    """On SIGTERM, requests in work get this long."""

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


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
