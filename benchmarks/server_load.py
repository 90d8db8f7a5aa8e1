"""Load on the server: requests a second, and how long they take. See `python benchmarks/server_load.py --help`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import cv2
import numpy as np

from lenet5.datasets.drawn import digits

START = "import sys; from lenet5.cli import main; main(['serve', '--port', '0'])"
WARM = "from lenet5.cli import main; main(['warm', 'reading'])"
PICTURE = Path(str(resources.files("lenet5"))) / "samples" / "line_2746.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kind", choices=("png", "ink"), default="png", help="a file of 28×28 pixels, or their bytes")
    parser.add_argument("--address", default="", help="of a running server; by default one is started")
    parser.add_argument(
        "--cold", action="store_true", help="only: seconds until ready, milliseconds of the first /read"
    )
    options = parser.parse_args()
    if options.cold:
        with TemporaryDirectory() as cache:
            print(json.dumps({"cache": "empty", **first_answer(cache)}))
        with TemporaryDirectory() as cache:
            subprocess.run([sys.executable, "-c", WARM], env={**os.environ, "LENET5_CACHE": cache}, check=True)
            closed = [*Path(cache).rglob("*"), Path(cache)]
            for path in closed:
                path.chmod(0o555 if path.is_dir() else 0o444)
            print(json.dumps({"cache": "warm, only to be read", **first_answer(cache)}))
            for path in reversed(closed):
                path.chmod(0o755)
        return
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


def first_answer(cache: str) -> dict[str, float]:
    """Seconds until a server with this cache folder is ready, and milliseconds of its first two answers."""
    start = time.perf_counter()
    env = {**os.environ, "LENET5_CACHE": cache}
    server = subprocess.Popen([sys.executable, "-c", START], stderr=subprocess.PIPE, text=True, env=env)
    try:
        assert server.stderr is not None
        found = re.search(r"http://[^ ,]+?(?=/[, ])", server.stderr.readline())
        assert found
        while True:
            try:
                urlopen(f"{found[0]}/api/v1/ready", timeout=60).close()
                break
            except HTTPError:
                time.sleep(0.05)
        told = {"ready_s": round(time.perf_counter() - start, 1)}
        for number in ("first", "second"):
            asked = Request(f"{found[0]}/api/v1/read", PICTURE.read_bytes(), {"Content-Type": "image/png"})
            before = time.perf_counter()
            with urlopen(asked, timeout=60) as answer:
                assert b'"2746"' in answer.read()
            told[f"{number}_ms"] = round(1000 * (time.perf_counter() - before), 1)
        return told
    finally:
        server.terminate()
        server.wait(10)


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
