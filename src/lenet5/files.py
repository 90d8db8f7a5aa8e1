"""Reading and writing of files that may be hostile, huge, or cut off in the middle.

A write is all or nothing: into a temporary file beside the target, which is then renamed. A read is bounded: its limit
is known before the first byte. An `OSError` becomes an error of the caller's kind, with the path and the reason.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import secrets
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from lenet5.errors import LeNetError

PACKAGE = Path(__file__).parent  # whose files of data lie beside its modules
GZIP_MAGIC = b"\x1f\x8b"


def cache_folder() -> Path:
    """The folder for files that can be made again: LENET5_CACHE, or the system's place for them."""
    import platformdirs

    return Path(os.environ.get("LENET5_CACHE") or platformdirs.user_cache_dir("lenet5", appauthor=False))


def make_folder(path: Path, *, error: type[LeNetError] = LeNetError) -> None:
    """Make a folder and those above it, where they are not there. Raises `error` where the system refuses."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise error(f"cannot make the folder {path}: {_reason(problem)}; name another") from problem


def listed(folder: Path, *, error: type[LeNetError] = LeNetError) -> list[Path]:
    """The files in a folder, sorted; none where it is no folder. Raises `error` where it cannot be listed."""
    try:
        return sorted(file for file in folder.iterdir() if os.path.isfile(file)) if os.path.isdir(folder) else []
    except OSError as problem:
        raise error(f"cannot list {folder}: {_reason(problem)}; give a folder that can be read") from problem


def write_atomically(
    path: str | os.PathLike[str], data: bytes | Callable[[BinaryIO], object], *, error: type[LeNetError] = LeNetError
) -> Path:
    """Write the file at `path` whole, or leave what was there untouched.

    `data` is the bytes, or a function that writes them into the open binary file it is given. A link is
    followed, so that it stays a link. Returns the path as given.
    Raises `error` where the system refuses (a full disk, a folder that is missing or not writable), and where the
    target is no regular file. The temporary file is removed whatever goes wrong.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        if target.exists() and not target.is_file():
            raise error(f"cannot write {path}: it is a folder or a device; give the name of a file")
        try:
            with open(temporary, "xb") as file:
                if callable(data):
                    data(file)
                else:
                    file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise error(
            f"cannot write {path}: {_reason(problem)}; nothing was changed: give a folder that exists, "
            f"can be written to and has room"
        ) from problem
    return Path(path)


def try_place(path: Path, *, error: type[LeNetError] = LeNetError) -> None:
    """Make sure that a file can be written at `path` later, its folder made. Raises `error` where it can't."""
    make_folder(path.parent, error=error)
    probe = path.with_name(f".{path.name}.probe")
    write_atomically(probe, b"", error=error)
    probe.unlink()


@contextlib.contextmanager
def held(path: Path, busy: str, *, error: type[LeNetError] = LeNetError) -> Iterator[None]:
    """Within it no other process holds the file at `path`, which is made; it raises `error`, saying `busy`.

    The system ends the hold of a process that is killed.
    """
    try:
        file = open(path, "wb")  # noqa: SIM115
    except OSError as problem:
        raise error(f"cannot write {path}: {_reason(problem)}; name another place") from problem
    with file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as problem:
            raise error(busy) from problem
        except OSError:  # some disks of a network know no holds
            pass
        yield


def read_bounded(path: str | os.PathLike[str], limit: int, *, error: type[LeNetError] = LeNetError) -> bytes:
    """All bytes of a regular file, at most `limit` of them.

    Raises `error` where the file cannot be read, is longer, or is no regular file (a pipe would never end).
    """
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would already wait for ever.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(limit + 1) if regular else b""
    except (OSError, ValueError) as problem:  # ValueError: a null byte in the name
        raise error(f"cannot read {path}: {_reason(problem)}; give a file that can be read") from problem
    if not regular:
        raise error(f"cannot read {path}: it is a folder or a device; give the name of a file")
    if len(data) > limit:
        raise error(f"cannot read {path}: longer than the {limit:,} bytes that it may have; give a smaller one")
    return data


def gunzip(data: bytes, limit: int, name: str, *, error: type[LeNetError] = LeNetError) -> bytes:
    """The content of a gzip file held in memory, at most `limit` bytes of it; messages call it `name`.

    Raises `error` for data that is no gzip file, is damaged or cut short, or unpacks to more than the limit.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise error(f"{name}: not a whole gzip file, or a damaged one ({problem}); fetch it again") from problem
    if len(unpacked) > limit:
        raise error(f"{name}: unpacks to more than the {limit:,} bytes that were expected; not read")
    return unpacked


def inside(folder: Path, relative: str, *, error: type[LeNetError] = LeNetError) -> Path:
    """The file called `relative` in `folder`, links followed.

    Raises `error` where it lies outside of the folder: an absolute path, too many "..", or a link out.
    """
    try:
        root = folder.resolve()
        path = (root / relative).resolve()
    except (OSError, RuntimeError, ValueError) as problem:  # a loop of links; a null byte
        raise error(f"{relative!r} in {folder}: {_reason(problem)}") from problem
    if not path.is_relative_to(root):
        raise error(f"{relative!r} leads out of {folder}, and is not followed; copy the file into the folder")
    return path


def _reason(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem)
