"""A process that does jobs: it reads their folders from stdin, and writes its progress to stdout.

Each line of input is JSON, in ASCII whatever the system's encoding: the folder of a job, with `job.json` in it. The
lines of output are JSON too: {"done": work} during a job, and {"finished": true} or {"error": reason} at its end. The
end of the input stops the process between two blocks of pictures, where a checkpoint is whole.
"""

from __future__ import annotations

import json
import queue
import signal
import sys
import threading
from itertools import chain
from pathlib import Path
from typing import Any

from lenet5 import LeNetError, files
from lenet5.errors import TrainingError
from lenet5.reproduce.jobs import Job, do


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's concern
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=list, args=(map(lines.put, chain(sys.stdin, [""])),), daemon=True).start()
    while line := lines.get():
        folder = Path(json.loads(line))
        try:
            data = json.loads(files.read_bounded(folder / "job.json", 2**20, error=TrainingError))
            work = do(Job.from_dict(data), folder)
            for done in work:
                _send(done=done)
                if not lines.empty():  # the end: another job is given only when this one is done
                    work.throw(KeyboardInterrupt())
            _send(finished=True)
        except KeyboardInterrupt:
            sys.exit(130)
        except LeNetError as error:
            _send(error=str(error))


def _send(**message: Any) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
