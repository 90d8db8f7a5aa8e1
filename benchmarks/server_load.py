"""Load on the server: requests a second, and how long they take. See `python benchmarks/server_load.py --help`."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from urllib.parse import urlsplit

import cv2
import numpy as np

from lenet5.datasets.drawn import digits

__all__ = ["load"]

START = "import sys; from lenet5.cli import main; main(['serve', '--port', '0'])"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kind", choices=("png", "ink"), default="png", help="a file of 28×28 pixels, or their bytes")
    parser.add_argument("--address", default="", help="of a running server; by default one is started")
    options = parser.parse_args()
    server = None
    address = options.address
    if not address:
        server = subprocess.Popen([sys.executable, "-c", START], stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        found = re.search(r"http://[^ ,]+?(?=/[, ])", server.stderr.readline())
        assert found
        address = found[0]
    try:
        asyncio.run(load(address, 4, 1.0, options.kind))  # so that all is compiled and loaded
        print(json.dumps(asyncio.run(load(address, options.clients, options.seconds, options.kind))))
    finally:
        if server:
            server.terminate()
            print(json.dumps({"exit": server.wait(10)}))


async def load(address: str, clients: int, seconds: float, kind: str) -> dict[str, float]:
    """Let `clients` connections read one digit after the other, for `seconds`. Times are in milliseconds."""
    request = _request(address, kind)
    end = time.perf_counter() + seconds
    times: list[float] = []
    errors = 0

    async def client() -> None:
        nonlocal errors
        place = urlsplit(address)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        while (start := time.perf_counter()) < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            errors += not (head.startswith(b"HTTP/1.1 200 ") and b'"text"' in body)
            times.append(time.perf_counter() - start)
        writer.close()

    start = time.perf_counter()
    ended = await asyncio.gather(*(client() for _ in range(clients)), return_exceptions=True)
    errors += sum(isinstance(outcome, BaseException) for outcome in ended)
    p50, p99, slowest = (float(round(1000 * q, 2)) for q in np.quantile(times, (0.5, 0.99, 1)))
    return {
        "clients": clients,
        "seconds": round(time.perf_counter() - start, 1),
        "requests": len(times),
        "errors": errors,
        "per_second": round(len(times) / (time.perf_counter() - start)),
        "median_ms": p50,
        "p99_ms": p99,
        "slowest_ms": slowest,
    }


def _request(address: str, kind: str) -> bytes:
    image = digits(1).images[0]
    picture = cv2.imencode(".png", image)[1].tobytes() if kind == "png" else image.tobytes()
    media = "image/png" if kind == "png" else "application/octet-stream"
    head = (
        f"POST /api/read?layout=digit HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\nContent-Type: {media}\r\n"
        f"Content-Length: {len(picture)}\r\n\r\n"
    )
    return head.encode() + picture


if __name__ == "__main__":
    main()
