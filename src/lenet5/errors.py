"""The errors of this package, as one small tree.

LeNetError
├── ArchitectureError   a network that is declared wrongly, or not the one that was asked for
├── PictureError        a picture, or an array of pictures, that cannot be used
├── DataError           a data set that is missing, damaged or of another kind
├── WeightsError        a file of weights that is missing, damaged or of another kind
├── TrainingError       a run that cannot be started, continued or saved
├── ReadingError        a reader asked for something that it cannot do
└── MissingExtraError   an optional dependency that is not installed

Every message says what was given, what was expected, and what to do.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ArchitectureError", "DataError", "LeNetError", "MissingExtraError", "PictureError", "ReadingError",
    "TrainingError", "WeightsError", "extra", "harmless", "telling",
]  # fmt: skip


LONGEST = 800  # characters: whatever was given, a message can be read


class LeNetError(Exception):
    """The root of every error that this package raises on purpose."""

    def __str__(self) -> str:
        words = "\n".join(map(harmless, super().__str__().split("\n")))
        return words if len(words) <= LONGEST else f"{words[: LONGEST // 2]} … {words[-LONGEST // 2 :]}"


class ArchitectureError(LeNetError, ValueError):
    """A network that is declared wrongly, or not the one that was asked for."""


class PictureError(LeNetError, ValueError):
    """A picture, or an array of pictures, that cannot be used."""


class DataError(LeNetError):
    """A data set that is missing, damaged or of another kind."""


class WeightsError(LeNetError):
    """A file of weights that is missing, damaged or of another kind."""


class TrainingError(LeNetError, ValueError):
    """A run that cannot be started, continued or saved."""


class ReadingError(LeNetError, ValueError):
    """A reader asked for something that it cannot do."""


class MissingExtraError(LeNetError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str, what: str = "this") -> None:
        super().__init__(
            f"{what} needs the package {package!r}, which is not installed: "
            f"install it with  pip install 'lenet5[{extra}]'"
        )


def harmless(text: str) -> str:
    """What a name or a file says, without what a terminal would obey."""
    return re.sub(r"[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", lambda found: repr(found[0])[1:-1], text)


@contextmanager
def extra(package: str, name: str, what: str = "this") -> Iterator[None]:
    """Within it a package is imported that the extra of that name brings. Raises MissingExtraError where it is not."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(package, name, what) from error


@contextmanager
def telling(kind: type[LeNetError], what: str) -> Iterator[None]:
    """Within it whatever goes wrong is an error of this kind that says `what`; an error of ours stays what it is.

    For code of others that may raise anything: a decoder that is fed rubbish, somebody's file, a file system.
    """
    try:
        yield
    except LeNetError:
        raise
    except Exception as error:
        raise kind(f"{what}: {getattr(error, 'strerror', None) or str(error) or type(error).__name__}") from error
