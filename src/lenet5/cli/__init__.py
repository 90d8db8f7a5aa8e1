"""The command line `lenet5`: its commands, and how they end.

Each command lives in a module of its own, which is imported when the command is used. Exit status: 0 when done, 1 when
a command ran and its answer is no, 2 for wrong usage and for every LeNetError, 130 after Ctrl-C, 141 where nobody
reads on.
"""

from __future__ import annotations

import atexit
import codecs
import contextlib
import errno
import gc
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from lenet5 import __version__
from lenet5.errors import LeNetError

if TYPE_CHECKING:
    from cyclopts import App

    from lenet5.cli.bar import Left

    app: App

__all__ = ["app", "main"]

# Command: the function behind it, and what `lenet5 --help` says of it.
COMMANDS = {
    "read": ("lenet5.cli.read:read", "Read the digits in pictures."),
    "read-many": ("lenet5.cli.read_many:read_many", "Read pictures by the million into one table."),
    "train": ("lenet5.cli.train:train", "Train a network, and keep its weights in a file."),
    "teach": ("lenet5.cli.teach:teach", "Teach a network your own hand, from a few dozen samples or corrections."),
    "evaluate": ("lenet5.cli.evaluate:evaluate", "Measure a network's error on labelled pictures."),
    "summary": ("lenet5.cli.summary:summary", "Show the layers of a network, and how each number comes about."),
    "networks": ("lenet5.cli.networks:networks", "List the networks that are shipped: what they are for, error, size."),
    "join": ("lenet5.cli.join:join", "Put several networks into one file that answers as one."),
    "import": ("lenet5.cli.import_:import_", "Make a network of a plain PyTorch LeNet-5."),
    "export": ("lenet5.cli.export:export", "Write a network as an ONNX file or a C header."),
    "reproduce": ("lenet5.cli.reproduce:app", "Make the paper's experiments again, over seeds."),
    "bench": ("lenet5.cli.bench:bench", "Time this package beside PyTorch, JAX, ONNX Runtime and OpenVINO."),
    "serve": ("lenet5.cli.serve:serve", "Show LeNet-5 thinking on a page, and answer its API."),
    "warm": ("lenet5.cli.warm:warm", "Compile the kernels now, so that no later command has to wait for it."),
}


@cache
def _app() -> App:
    from cyclopts import App, Parameter  # which take longer to import than `lenet5 --version` may

    made = App(
        name="lenet5",
        help="LeNet-5 of 1998: read handwritten digits, train the network, look inside.",
        help_epilogue="Exit status: 0 done; 1 done, and the answer is no (read: something was rejected); 2 an error.",
        version=__version__,
        suppress_keyboard_interrupt=False,
        result_action="return_value",
        default_parameter=Parameter(negative_bool=(), negative_iterable=()),  # no option has an opposite
    )
    for name, (place, words) in COMMANDS.items():
        made.command(place, name=name, help=words)
    made.register_install_completion_command(help="Let the shell (bash, zsh, fish) complete commands and options.")
    return made


def __getattr__(name: str) -> App:
    """`app`, made when it is first asked for."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _app()


def _shown(error: UnicodeError) -> tuple[str | bytes, int]:
    """A file's name may be of any bytes, and is shown as it is; what the terminal's code lacks is shown by number."""
    assert isinstance(error, UnicodeEncodeError)
    char = error.object[error.start]
    if "\udc80" <= char <= "\udcff":
        return bytes([ord(char) - 0xDC00]), error.start + 1
    return codecs.backslashreplace_errors(error)


codecs.register_error("lenet5.shown", _shown)
atexit.register(gc.freeze)  # Python would look through all objects once more; the system takes all memory back at once


# Seconds of compiling where nothing is kept. `warm`, `bench` and `reproduce` have a bar of their own.
COMPILING = {"read": 7, "read-many": 7, "evaluate": 6, "export": 4, "serve": 8, "train": 20}


class _Told(logging.Handler):
    """Shows what a log tells as a line of its own, and on a terminal how much longer the compiler will take."""

    command = ""
    left: Left | None = None

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError):  # nobody may listen
            if record.levelno > logging.DEBUG:
                print(record.getMessage(), file=sys.stderr, flush=True)
            elif self.command in COMPILING and sys.stderr.isatty():
                from lenet5.cli.bar import Left

                self.left = self.left or Left(COMPILING[self.command])
                self.left.begin() if record.msg.startswith("compiling") else self.left.end()


TOLD = _Told()
KERNELS = logging.getLogger("lenet5.kernels")  # which says when they are being compiled
KERNELS.setLevel(logging.DEBUG)
KERNELS.addHandler(TOLD)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, `sys.argv` by default, and exit with its status."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="lenet5.shown")
    # Pillow's warning of a large picture: `pictures.opening` refuses it with an error of its own.
    warnings.filterwarnings("ignore", "Image size", module="PIL")
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["read"]:  # of which a lone - is standard input to everybody, and an option to cyclopts
        given = ["/dev/stdin" if word == "-" else word for word in given]
    try:
        if given == ["--version"]:
            print(__version__)
            status = 0
        else:
            status = _command(given)
        sys.stdout.flush()
        return status
    except LeNetError as error:
        _complain(str(error))
        return 2
    except KeyboardInterrupt as stop:
        _complain(f"stopped{f': {stop}' if stop.args else ''}")
        return 130
    except OSError as error:  # commands handle errors of files themselves; these are errors of stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL):  # Windows' own
            return 141  # `lenet5 … | head` reads no further, and what was begun is not done: as SIGPIPE ends others
        _complain(f"{error.filename or 'cannot write to stdout'}: {error.strerror or error}")
        return 2


def _command(given: list[str]) -> int:
    from cyclopts import CycloptsError

    if given and given[0] in COMMANDS:
        TOLD.command = given[0]
        _app()[given[0]].help = None  # which makes its own words the help, all of them
    else:
        _app().help_format = "plaintext"  # the list of commands needs no Markdown, which takes long to import
    try:
        status = _app()(given, exit_on_error=False)
    except CycloptsError:  # which cyclopts has shown already
        return 2
    return status if isinstance(status, int) else 0


def _complain(words: str) -> None:
    with contextlib.suppress(OSError):  # nobody may listen
        print(f"lenet5: {words}", file=sys.stderr, flush=True)
