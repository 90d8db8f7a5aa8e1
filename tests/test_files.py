"""Are files written whole or not at all, and read only as far as allowed?"""

from __future__ import annotations

import errno
import gzip
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from lenet5.errors import DataError, LeNetError, PictureError, WeightsError
from lenet5.files import gunzip, inside, listed, read_bounded, write_atomically
from systems import posix


def test_bytes_arrive_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    assert write_atomically(path, b"first") == path
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert [p.name for p in tmp_path.iterdir()] == ["weights"]


def test_a_function_may_write(tmp_path: Path) -> None:
    def write(file: BinaryIO) -> None:
        file.write(b"one ")
        file.write(b"two")

    write_atomically(tmp_path / "out", write)
    assert (tmp_path / "out").read_bytes() == b"one two"


def full_disk(file: BinaryIO) -> None:
    file.write(b"half of it")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupted(file: BinaryIO) -> None:
    file.write(b"half of it")
    raise KeyboardInterrupt


@pytest.mark.parametrize(("write", "raised"), [(full_disk, WeightsError), (interrupted, KeyboardInterrupt)])
def test_a_failure_leaves_what_was_there(tmp_path: Path, write: object, raised: type[BaseException]) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"the good ones")
    with pytest.raises(raised):
        write_atomically(path, write, error=WeightsError)
    assert path.read_bytes() == b"the good ones"
    assert list(tmp_path.iterdir()) == [path]


def test_the_message_names_path_and_reason(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"missing/weights: No such file or directory"):
        write_atomically(tmp_path / "missing" / "weights", b"", error=WeightsError)
    with pytest.raises(LeNetError, match="No space left on device"):
        write_atomically(tmp_path / "out", full_disk)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_device_is_not_replaced() -> None:
    with pytest.raises(LeNetError, match="folder or a device"):
        write_atomically("/dev/full", b"x")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(LeNetError, match="folder or a device"):
        write_atomically(tmp_path, b"x")


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_reading_stops_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(DataError, match="longer than the 4 bytes"):
        read_bounded(path, 4, error=DataError)


@posix
def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, message in [("pipe", "a device"), (".", "directory"), ("none", "No such file"), ("a\0b", "null")]:
        with pytest.raises(PictureError, match=message):
            read_bounded(f"{tmp_path}/{name}", 10, error=PictureError)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).touch()
    assert [path.name for path in listed(tmp_path)] == ["a.csv", "b.csv"]
    assert listed(tmp_path / "nowhere") == listed(tmp_path / "a.csv") == []

    def locked(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "iterdir", locked)  # whoever is root may list every folder
    with pytest.raises(DataError, match=rf"{tmp_path.name}: Permission denied; give a folder that can be read"):
        listed(tmp_path, error=DataError)


def test_gunzip_unpacks_every_stream() -> None:
    assert gunzip(gzip.compress(b"one ") + gzip.compress(b"two"), 7, "x.gz") == b"one two"


def test_gunzip_refuses_what_is_damaged() -> None:
    packed = gzip.compress(bytes(range(256)) * 8)
    flipped = packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:]  # in the checksum
    for data, message in [(packed[:-9], "ended before"), (flipped, "damaged"), (b"garbage", "not a whole gzip")]:
        with pytest.raises(DataError, match=message):
            gunzip(data, 10_000, "x.gz", error=DataError)


def test_gunzip_stops_at_the_limit() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(DataError, match="more than the 1,000 bytes"):
        gunzip(bomb, 1_000, "bomb.gz", error=DataError)


@posix
def test_paths_stay_inside(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    assert inside(folder, "a/b.png") == folder.resolve() / "a" / "b.png"
    for path in ["../secret", "/etc/passwd", "out/secret", "a/../../secret"]:
        with pytest.raises(DataError, match="leads out of"):
            inside(folder, path, error=DataError)
