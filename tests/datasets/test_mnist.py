"""Is MNIST found, downloaded, checked, and refused when a bit of it is wrong?"""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from lenet5 import datasets
from lenet5.datasets import mnist as module
from lenet5.datasets.mnist import mnist
from lenet5.errors import DataError

N = 5
IMAGES = struct.pack(">IIII", 0x803, N, 28, 28) + np.random.default_rng(0).bytes(N * 28 * 28)
LABELS = struct.pack(">II", 0x801, N) + bytes([5, 0, 4, 1, 9])
ROWS = "".join(f"{c}\t4\t{2100 + i // 2}\t0\t0\t0\t0\t0\n" for i, c in enumerate([5, 0, 4, 1, 9, 7])).encode()
NAMES = {"images": "train-images-idx3-ubyte", "labels": "train-labels-idx1-ubyte"}
WRITERS = "qmnist-train-labels.tsv"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with an MNIST of five pictures, whose checksums are the ones that are asked for."""
    for kind, folder, name, data in [
        ("images", "mnist", NAMES["images"], IMAGES),
        ("labels", "mnist", NAMES["labels"], LABELS),
        ("writers", "qmnist_labels", WRITERS, ROWS),
    ]:
        sum_ = hashlib.sha256(data).hexdigest()
        monkeypatch.setitem(module._FILES, ("train", kind), module._Source(folder, name, len(data), sum_))
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.gz").write_bytes(gzip.compress(data))
    monkeypatch.setenv("LENET5_DATA", str(tmp_path))
    return tmp_path


def test_pictures_labels_and_writers_come_from_the_folder(small: Path) -> None:
    data = datasets.load("mnist")
    assert data.name == "mnist train"
    assert data.images.tobytes() == IMAGES[16:]
    assert data.labels.tolist() == [5, 0, 4, 1, 9]
    assert data.classes == tuple("0123456789")
    assert data.writers is not None
    assert data.writers.tolist() == [2100, 2100, 2101, 2101, 2102]
    assert len(datasets.load("mnist", count=2)) == 2


def test_files_may_be_unpacked_and_lie_in_the_folder_itself(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in small.rglob("*.gz"):
        (small / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert len(mnist("train")) == N
    (small / WRITERS).unlink()
    assert mnist("train").writers is None


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(IMAGES)[:-40], "ended before"),
        (gzip.compress(IMAGES[:-1]), "3,935 bytes; expected 3,936"),
        (gzip.compress(flip(IMAGES, 300)), "SHA-256 .* expected .* damaged"),
        (flip(gzip.compress(IMAGES), 300), "damaged|SHA-256"),
        (IMAGES[:1000], "1,000 bytes; expected 3,936"),
        (gzip.compress(bytes(30_000_000)), "longer than|more than"),
        (gzip.compress(bytes(3_000_000)), "more than the 3,936 bytes"),
        (b"\x1f\x8bgarbage", "not a whole gzip file"),
        (b"", "0 bytes; expected 3,936"),
    ],
)
def test_a_damaged_file_is_refused_and_named(small: Path, content: bytes, message: str) -> None:
    (small / "mnist" / f"{NAMES['images']}.gz").write_bytes(content)
    with pytest.raises(DataError, match=f"(?s){NAMES['images']}.*({message})"):
        mnist("train")


def test_writers_in_another_order_are_refused(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ROWS.replace(b"4\t4\t", b"3\t4\t")
    monkeypatch.setitem(
        module._FILES,
        ("train", "writers"),
        module._Source("qmnist_labels", WRITERS, len(rows), hashlib.sha256(rows).hexdigest()),
    )
    (small / "qmnist_labels" / f"{WRITERS}.gz").write_bytes(gzip.compress(rows))
    with pytest.raises(DataError, match="not in the order"):
        mnist("train")


def test_a_folder_without_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET5_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz .* point it at a folder"):
        mnist("train")


class Mirror(BaseHTTPRequestHandler):
    """/good/ serves the folder, /bad/ damaged copies, /endless/ far too much, all else is not there."""

    folder: Path

    def do_GET(self) -> None:
        _, kind, name = self.path.split("/")
        found = list(self.folder.glob(f"*/{name}")) if kind in ("good", "bad", "endless") else []
        if not found:
            self.send_error(404)
            return
        data = found[0].read_bytes()
        data = {"good": data, "bad": data[: len(data) // 2], "endless": data * 1000}[kind]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror(small: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a web server that has the small MNIST; the user's cache is empty."""
    monkeypatch.delenv("LENET5_DATA")
    monkeypatch.setenv("LENET5_CACHE", str(small / "cache"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Mirror,), {"folder": small}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def point_at(monkeypatch: pytest.MonkeyPatch, mnist: list[str], qmnist: list[str]) -> None:
    monkeypatch.setattr(module, "_MIRRORS", {"mnist": mnist, "qmnist_labels": qmnist})


def test_the_first_right_copy_is_kept(small: Path, mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, int, int]] = []
    bad = [f"{mirror}/{kind}/" for kind in ("none", "bad", "endless")]
    point_at(monkeypatch, [*bad, f"{mirror}/good/"], [f"{mirror}/good/"])
    data = datasets.load("mnist", progress=lambda *call: calls.append(call))
    assert data.images.tobytes() == IMAGES[16:]
    assert data.writers is not None
    size = os.path.getsize(small / "mnist" / f"{NAMES['images']}.gz")
    assert (f"{mirror}/good/{NAMES['images']}.gz", size, size) in calls

    point_at(monkeypatch, [], [])  # the second time nothing is downloaded
    assert mnist("train").images.tobytes() == IMAGES[16:]


def test_a_damaged_copy_in_the_cache_is_replaced(small: Path, mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, [f"{mirror}/good/"], [f"{mirror}/good/"])
    mnist("train")
    copy = small / "cache" / "mnist" / f"{NAMES['images']}.gz"
    copy.write_bytes(b"damaged")
    assert len(mnist("train")) == N
    assert gzip.decompress(copy.read_bytes()) == IMAGES


def test_a_cache_that_cannot_be_written_to_does_not_matter(
    small: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small / "cache").write_bytes(b"a file where the folder should be")
    point_at(monkeypatch, [f"{mirror}/good/"], [f"{mirror}/good/"])
    assert len(mnist("train")) == N


def test_without_the_table_of_writers_they_are_unknown(mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, [f"{mirror}/good/"], [f"{mirror}/none/", f"{mirror}/bad/"])
    assert mnist("train").writers is None


def test_no_mirror_answers(mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, [f"{mirror}/none/", "http://127.0.0.1:9/"], [])
    with pytest.raises(DataError, match=r"(?s)could not download.*404.*127.0.0.1:9.*set LENET5_DATA"):
        mnist("train")


needs_mnist = pytest.mark.skipif(
    not os.environ.get("LENET5_DATA"), reason="LENET5_DATA is not set: the real MNIST is not at hand"
)


@needs_mnist
def test_the_real_one() -> None:
    train, test = mnist("train"), mnist("test")
    assert (len(train), len(test)) == (60_000, 10_000)
    assert np.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert train.writers is not None
    assert test.writers is not None
    assert len(np.unique(train.writers)) == 539
    assert not set(train.writers) & set(test.writers)
