"""The speed and the memory of reading a million pictures, by each engine, and what comes out after a kill.

    python benchmarks/bulk.py make FOLDER COUNT            COUNT digits of MNIST as PNG, in Parquet files
    python benchmarks/bulk.py time FOLDER WAY …            a line of JSON for each way; --first N reads only so many
    python benchmarks/bulk.py kill FOLDER SECONDS [WAY]    kill -9 after so long, go on, and count what came out

Ways: parts       one thread, no network: what opening the bytes and finding and normalising the ink take
      loop        one thread, Reader.read_many of 256 pictures at a time, nothing written
      onnx        the same loop with ONNX Runtime in the place of our network: same opening, same ink, same answers
      local-N     lenet5 read-many --workers N          ray-N   the same by Ray, on this machine
Every way decodes a PNG, finds its ink, normalises it, asks the network, and makes a reading of its penalties. Memory is
the sum of a way's processes, shared pages counted once for each that shares them (proportionally), sampled.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

AT_A_TIME = 256
ROWS, GROUP = 50_000, 2048  # of a Parquet file, and of a row group
DIFFERENT = 20_000  # pictures
MODEL = "lenet5-reader"


def make(folder: Path, count: int) -> None:
    """Digits of MNIST, black on white, each moved a little and of its own darkness; from DIFFERENT on, again."""
    from PIL import Image

    from lenet5 import datasets

    images, rng = datasets.load("mnist", "train").images, np.random.default_rng(1998)
    encoded = []
    for _ in range(min(count, DIFFERENT)):
        digit = np.roll(images[rng.integers(len(images))], tuple(rng.integers(-2, 3, 2)), (0, 1))
        buffer = io.BytesIO()
        Image.fromarray((255 - rng.uniform(0.6, 1.0) * digit).astype(np.uint8)).save(buffer, "PNG")
        encoded.append(buffer.getvalue())
    bank = pa.array(encoded, pa.binary())
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, count, ROWS):
        some = bank.take(pa.array(np.arange(start, min(start + ROWS, count)) % len(bank)))
        pq.write_table(pa.table({"image": some}), folder / f"{start // ROWS:04}.parquet", row_group_size=GROUP)


def pictures(folder: Path, first: int | None) -> Iterator[list[bytes]]:
    batches = (
        batch.column(0).to_pylist()
        for path in sorted(folder.glob("*.parquet"))
        for batch in pq.ParquetFile(path).iter_batches(AT_A_TIME, columns=["image"])
    )
    return itertools.islice(batches, None if first is None else -(-first // AT_A_TIME))


class OnnxRuntime:
    """The reader's network, answered by ONNX Runtime on one thread."""

    def __init__(self, name: str) -> None:
        import onnxruntime

        from lenet5 import load
        from lenet5.formats import onnx

        network = load(name)
        self.metadata, self.classes = network.metadata, network.classes
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.sessions = [
            onnxruntime.InferenceSession(onnx.model(member).SerializeToString(), options, ["CPUExecutionProvider"])
            for member in getattr(network, "members", (network,))
        ]

    def penalties(self, images: Any) -> Any:
        return np.mean([s.run(["penalties"], {"pictures": images})[0] for s in self.sessions], axis=0)


def parts(folder: Path, first: int | None) -> int:
    from lenet5 import Reader
    from lenet5.pictures.opening import open_pages

    reader, count, spent = Reader(MODEL), 0, [0.0, 0.0]
    for some in pictures(folder, first):
        start = time.perf_counter()
        opened = [open_pages(data)[0] for data in some]
        middle = time.perf_counter()
        for pixels in opened:
            reader.fields(pixels, "digit")
        spent = [spent[0] + middle - start, spent[1] + time.perf_counter() - middle]
        count += len(some)
    opening, ink = (1e6 * s / count for s in spent)
    print(json.dumps({"opening_us": round(opening, 1), "ink_us": round(ink, 1)}), file=sys.stderr)
    return count


def loop(folder: Path, first: int | None, network: Any) -> int:
    from lenet5 import Reader

    reader, count = Reader(network), 0
    for some in pictures(folder, first):
        count += len(reader.read_many(some, "digit", on_error="return"))
    return count


def job(folder: Path, way: str, output: Path) -> int:
    from lenet5 import bulk

    engine, workers = way.split("-")
    done = None
    for done in bulk.read(folder, output, engine=engine, workers=int(workers), model=MODEL):  # type: ignore[arg-type]
        print(done.pictures, flush=True)
    return done.pictures if done else 0


def one(folder: Path, way: str, first: int | None, output: Path) -> int:
    if way == "parts":
        return parts(folder, first)
    if way in ("loop", "onnx"):
        return loop(folder, first, MODEL if way == "loop" else OnnxRuntime(MODEL))
    return job(folder, way, output)


class Memory(threading.Thread):
    """The memory of a process and all that came of it, sampled."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root, self.found = root, list[float]()

    def run(self) -> None:
        while (now := sum(map(_memory, _family(self.root)))) or not self.found:
            self.found.append(now / 1e6)
            time.sleep(1.0)


def _family(root: int) -> list[int]:
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    family = [root]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _memory(process: int) -> int:
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    except OSError:
        pass
    return 0


def _start(folder: Path, way: str, first: int | None, output: Path) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "one", str(folder), way, str(first or 0), str(output)]
    environment = {**os.environ, "LENET5_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment)


def timed(folder: Path, way: str, first: int | None) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        start = time.perf_counter()
        process = _start(folder, way, first, Path(scratch) / "out.parquet")
        memory = Memory(process.pid)
        memory.start()
        told = process.communicate()[0].split()
        seconds = time.perf_counter() - start
    quarters = [max(part) for part in np.array_split(memory.found, 4) if len(part)]
    print(
        json.dumps(
            {
                "way": way,
                "pictures": int(told[-1]),
                "seconds": round(seconds, 1),
                "pictures_per_second": round(int(told[-1]) / seconds),
                "most_memory_mb_in_each_quarter": [round(q) for q in quarters],
            }
        ),
        flush=True,
    )


def killed(folder: Path, seconds: float, way: str) -> None:
    """Every key must come out once, whatever was killed."""
    rows = sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        output = Path(scratch) / "out.parquet"
        first = _start(folder, way, None, output)
        time.sleep(seconds)
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
        parts_then = len(list(Path(f"{output}.parts").glob("*.parquet")))
        start = time.perf_counter()
        second = _start(folder, way, None, output)
        memory = Memory(second.pid)
        memory.start()
        second.communicate()
        table = pq.read_table(output, columns=["key", "error"])
        again = time.perf_counter() - start
        unique = len(table["key"].unique())
        failed = len(table) - table["error"].null_count
    quarters = [round(max(part)) for part in np.array_split(memory.found, 4) if len(part)]
    told = {
        "way": way,
        "given": rows,
        "killed_after_s": seconds,
        "parts_then": parts_then,
        "goes_on_for_s": round(again),
        "most_memory_mb_in_each_quarter": quarters,
        "rows": len(table),
        "different_keys": unique,
        "failed": failed,
    }
    print(json.dumps(told), flush=True)
    if (len(table), unique) != (rows, rows):
        raise SystemExit("a picture is missing, or there twice")


def main() -> None:
    what, folder, *rest = sys.argv[1:]
    where = Path(folder)
    if what == "make":
        make(where, int(rest[0]))
    elif what == "one":
        print(one(where, rest[0], int(rest[1]) or None, Path(rest[2])))
    elif what == "kill":
        killed(where, float(rest[0]), rest[1] if len(rest) > 1 else "local-2")
    else:
        first = int(rest[rest.index("--first") + 1]) if "--first" in rest else None
        for way in itertools.takewhile(lambda word: word != "--first", rest):
            timed(where, way, first)


if __name__ == "__main__":
    main()
