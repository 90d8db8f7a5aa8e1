"""A file from the internet in the user's cache, from the first mirror whose copy is right."""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Callable, Sequence
from typing import TypeVar

from lenet5.errors import DataError, LeNetError
from lenet5.files import cache_folder, read_bounded, write_atomically

__all__ = ["Progress", "cached"]

Progress = Callable[[str, int, int], None]  # address, bytes so far, bytes in all (0 where nobody says)
T = TypeVar("T")
SECONDS_OF_SILENCE = 20


def cached(name: str, mirrors: Sequence[str], limit: int, parse: Callable[[bytes], T], progress: Progress | None) -> T:
    """What `parse` makes of the file `name`, from the user's cache, or from the first mirror that has it.

    `parse` raises DataError for a copy that is damaged; the next mirror is then asked, and a damaged copy in
    the cache is replaced. At most `limit` bytes are taken.
    Raises DataError, with what every mirror answered, where none has it.
    """
    path = cache_folder() / name
    with contextlib.suppress(DataError):
        return parse(read_bounded(path, limit, error=DataError))
    answers = []
    for mirror in mirrors:
        try:
            data = _download(mirror + path.name, limit, progress)
            parsed = parse(data)
        except (OSError, DataError) as problem:  # what requests raises are OSErrors
            answers.append(f"  {mirror}: {type(problem).__name__}: {textwrap.shorten(str(problem), 100)}")
            continue
        # A home that cannot be written to costs the next run a download, and this one nothing.
        with contextlib.suppress(OSError, LeNetError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)
        return parsed
    raise DataError(f"could not download {path.name}:\n" + "\n".join(answers))


def _download(address: str, limit: int, progress: Progress | None) -> bytes:
    import requests

    data = bytearray()
    with requests.get(address, stream=True, timeout=SECONDS_OF_SILENCE) as answer:
        answer.raise_for_status()
        total = int(answer.headers.get("content-length", 0))
        for part in answer.iter_content(1 << 16):
            data += part
            if len(data) > limit:
                raise DataError(f"sends more than the {limit:,} bytes that were expected")
            if progress:
                progress(address, len(data), total)
    return bytes(data)
