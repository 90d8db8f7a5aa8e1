"""What does one of the processes do that work on jobs? It is told of folders, and tells how far it has come.

Each line that comes in is the folder of a job, with `job.json` in it. Lines of JSON go out: {"done": work} on the way,
and {"finished": true} or {"error": why} at the end of each job. It ends when nothing more can come in.
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
                _tell(done=done)
                if stopped:
                    work.throw(KeyboardInterrupt())
            _tell(finished=True)
        except KeyboardInterrupt:
            sys.exit(130)
        except LeNetError as error:
            _tell(error=str(error))


def _tell(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
