"""A process that does jobs: it reads their folders from stdin, and writes its progress to stdout.

Each line of input is the folder of a job, with `job.json` in it. The lines of output are JSON: {"done": work} during
a job, and {"finished": true} or {"error": reason} at its end. The process ends with its input.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

from lenet5 import LeNetError, files
from lenet5.errors import TrainingError
from lenet5.reproduce.jobs import Job, do


def main() -> None:
    stopped: list[int] = []
    # SIGTERM stops it between two blocks of pictures, where a checkpoint is whole. Ctrl-C is the parent's concern.
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        folder = Path(line.rstrip("\n"))
        try:
            data = json.loads(files.read_bounded(folder / "job.json", 2**20, error=TrainingError))
            work = do(Job.from_dict(data), folder)
            for done in work:
                _send(done=done)
                if stopped:
                    work.throw(KeyboardInterrupt())
            _send(finished=True)
        except KeyboardInterrupt:
            sys.exit(130)
        except LeNetError as error:
            _send(error=str(error))


def _send(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
