"""Every picture is read exactly once, whatever it comes in, whatever it holds, and wherever the job is killed."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import networks
from lenet5.architecture import LENET5
from lenet5.errors import DataError, ReadingError
from lenet5.network import LeNet5
from lenet5.reading import Reader

pq: Any = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install 'lenet5[bulk]'")

import pyarrow as pa  # noqa: E402

from lenet5 import bulk  # noqa: E402
from lenet5.bulk import kinds, sources  # noqa: E402
from lenet5.bulk.parts import Parts  # noqa: E402
from lenet5.loading import load  # noqa: E402


def folder(root: Path, pictures: dict[str, bytes]) -> Path:
    for name, data in pictures.items():
        (root / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "in" / name).write_bytes(data)
    (root / "in" / "notes.txt").write_text("not a picture")
    return root / "in"


def tar(root: Path, pictures: dict[str, bytes]) -> Path:
    with tarfile.open(root / "in.tar", "w") as file:
        for name, data in {**pictures, "0/00.cls": b"7"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    return root / "in.tar"


def parquet(root: Path, pictures: dict[str, bytes]) -> Path:
    images = [{"bytes": data, "path": name} for name, data in pictures.items()]
    table = pa.table({"label": [0] * len(pictures), "image": images})
    pq.write_table(table, root / "in.parquet", row_group_size=7)
    return root / "in.parquet"


SOURCES = pytest.mark.parametrize("make", [folder, tar, parquet])


def run(source: Path, output: Path, model: str, **options: Any) -> list[bulk.Progress]:
    return list(bulk.read(source, output, model=model, **{"workers": 1, **options}))


def rows(output: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(output).to_pylist())


@SOURCES
def test_every_picture_is_a_row_and_a_failed_one_is_a_row_with_its_error(
    make: Any, pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    told = run(make(tmp_path, pictures), tmp_path / "out.parquet", model)
    found = {row["key"]: row for row in rows(tmp_path / "out.parquet")}
    assert len(found) == len(pictures)
    if make is parquet:
        found = dict(zip(pictures, found.values(), strict=True))
    assert set(found) == set(pictures)
    failed = {key for key, row in found.items() if row["error"]}
    assert failed == {"1/broken.png", "2/text.jpg"}
    reader = Reader(model)
    for key in list(pictures)[:5]:
        (reading,) = reader.read(pictures[key], "digit")
        row = found[key]
        assert (row["text"], row["rejected"], row["reason"]) == (reading.text, reading.rejected, reading.reason)
        assert row["confidence"] == pytest.approx(reading.confidence, abs=1e-5)
    last = told[-1]
    assert (last.pictures, last.failed, last.share) == (len(pictures), 2, 1.0)
    assert not (tmp_path / "out.parquet.parts").exists()


def test_a_job_that_is_done_is_not_done_again(pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    source = folder(tmp_path, pictures)
    run(source, tmp_path / "out.parquet", model)
    before = (tmp_path / "out.parquet").stat().st_mtime_ns
    (told,) = run(source, tmp_path / "out.parquet", model)
    assert (told.pictures, told.found, told.share) == (len(pictures), len(pictures), 1.0)
    assert (tmp_path / "out.parquet").stat().st_mtime_ns == before


def test_it_goes_on_where_it_was_left(pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    source, output = tar(tmp_path, pictures), tmp_path / "out.parquet"
    job = bulk.read(source, output, model=model, workers=1)
    next(job)
    next(job)
    job.close()
    assert not output.exists()
    told = run(source, output, model)
    assert told[-1].found == 14
    assert sorted(row["key"] for row in rows(output)) == sorted(pictures)


def test_one_run_writes_an_output_at_a_time(pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    source, output = folder(tmp_path, pictures), tmp_path / "out.csv"
    first = bulk.read(source, output, model=model, workers=1)
    next(first)
    with pytest.raises(DataError, match=r"another run is writing .*out\.csv now; wait"):
        next(bulk.read(source, output, model=model, workers=1))
    assert list(first)[-1].pictures == len(pictures)  # which is none the worse for it
    assert not output.with_name("out.csv.parts").exists()


def test_an_end_that_was_cut_short_is_made_up_for(
    pictures: dict[str, bytes], model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, output = folder(tmp_path, pictures), tmp_path / "out.parquet"

    def full(*_: object) -> None:
        raise DataError("no room")

    with monkeypatch.context() as cut:
        cut.setattr(Parts, "join", full)
        with pytest.raises(DataError, match="no room"):
            run(source, output, model)
    (told,) = run(source, output, model)
    assert told.found == told.pictures == len(rows(output))
    about = json.loads(pq.read_metadata(output).metadata[b"lenet5"])
    assert about["how"]["model"] == model
    assert about["how"]["digest"] == load(model).metadata["digest"]


PROGRAM = """
import signal
import sys
import time
from lenet5 import bulk
from lenet5.bulk import kinds
kinds.PICTURES = 7
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background would ignore it
if __name__ == "__main__":
    for progress in bulk.read(*sys.argv[1:3], model=sys.argv[3], workers=int(sys.argv[4])):
        print(progress.pictures, flush=True)
"""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no kill -9")
def test_killed_in_the_middle_every_picture_is_there_once(
    workers: int, pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    many = {f"{k}/{name}": data for k in range(10) for name, data in pictures.items()}
    source, output = folder(tmp_path, many), tmp_path / "out.parquet"
    (tmp_path / "job.py").write_text(PROGRAM)
    command = [sys.executable, str(tmp_path / "job.py"), str(source), str(output), model, str(workers)]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert job.stdout is not None
    job.stdout.readline()  # a part or two are there, and others on their way
    os.killpg(job.pid, signal.SIGKILL)
    job.communicate()
    assert not output.exists()
    (output.with_name("out.parquet.parts") / ".half.part").write_bytes(b"what a writer left behind")
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    assert int(done.stdout.split()[-1]) == len(many)
    assert sorted(row["key"] for row in rows(output)) == sorted(many)


@pytest.mark.parametrize("blow", ["SIGKILL", "SIGTERM", "SIGINT"])
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no groups of processes")
def test_no_process_outlives_the_job_and_it_goes_on(
    blow: str, pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    """The job alone is hit, as by whoever runs out of memory or patience; its workers hear nothing of that."""
    many = {f"{k}/{name}": data for k in range(10) for name, data in pictures.items()}
    source, output = folder(tmp_path, many), tmp_path / "out.parquet"
    # It rests after each part, so that the blow comes before the end however late it comes.
    (tmp_path / "job.py").write_text(PROGRAM.replace("flush=True)", "flush=True); time.sleep(5)"))
    command = [sys.executable, str(tmp_path / "job.py"), str(source), str(output), model, "2"]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    assert job.stdout is not None
    job.stdout.readline()
    job.send_signal(getattr(signal, blow))
    job.wait(60)
    for _ in range(50):
        try:
            os.killpg(job.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        os.killpg(job.pid, signal.SIGKILL)
        pytest.fail("a process of the job is still there after five seconds")
    job.stdout.close()
    assert not output.exists()
    assert list(output.with_name("out.parquet.parts").glob("*.parquet"))
    (tmp_path / "job.py").write_text(PROGRAM)
    done = subprocess.run([*command[:-1], "1"], stdout=subprocess.PIPE, check=True)
    assert int(done.stdout.split()[-1]) == len(many)
    assert sorted(row["key"] for row in rows(output)) == sorted(many)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no groups of processes")
def test_ctrl_c_ends_all_processes_of_a_job_and_none_but_the_job_tells_of_it(
    pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    source = folder(tmp_path, {f"{k}/{name}": data for k in range(10) for name, data in pictures.items()})
    (tmp_path / "job.py").write_text(PROGRAM.replace("flush=True)", "flush=True); time.sleep(5)"))
    command = [sys.executable, str(tmp_path / "job.py"), str(source), str(tmp_path / "out.csv"), model, "2"]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert job.stdout is not None
    job.stdout.readline()
    time.sleep(2)  # the others have read what they were given, and wait for more
    os.killpg(job.pid, signal.SIGINT)
    _, told = job.communicate(timeout=60)
    assert told.count("Traceback") == 1  # of the job, which catches nothing
    assert told.strip().endswith("KeyboardInterrupt")


def test_other_pictures_or_another_way_are_refused(pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    source, output = folder(tmp_path, pictures), tmp_path / "out.parquet"
    job = bulk.read(source, output, model=model, workers=1)
    next(job)
    job.close()
    with pytest.raises(DataError, match="with other options"):
        run(source, output, model, accept=0.5)
    (source / "0" / "00.png").rename(source / "0" / "other.png")
    with pytest.raises(DataError, match="other pictures"):
        run(source, output, model)
    held = Path(model).read_bytes()
    LeNet5(LENET5, networks.start(LENET5, np.random.default_rng(1))).save(model)
    with pytest.raises(DataError, match="with other options"):
        run(source, output, model)
    Path(model).write_bytes(held)
    (source / "0" / "other.png").rename(source / "0" / "00.png")
    run(source, output, model)
    with pytest.raises(DataError, match="is there already"):
        run(source, output, model, layout="line")


def test_a_page_gives_a_row_for_each_reading(pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    some = {name: pictures[name] for name in ("0/00.png", "1/broken.png")}
    run(folder(tmp_path, some), tmp_path / "out.parquet", model, layout="auto")
    assert {row["key"] for row in rows(tmp_path / "out.parquet")} == set(some)


def test_a_fault_of_the_reader_is_a_row(
    pictures: dict[str, bytes], model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, victim = Reader.read, pictures["0/03.png"]

    def faulty(self: Reader, picture: Any, *rest: Any, **options: Any) -> Any:
        if picture == victim:
            raise ZeroDivisionError("by zero")
        return read(self, picture, *rest, **options)

    monkeypatch.setattr(Reader, "read", faulty)
    monkeypatch.setattr(Reader, "read_many", lambda *_, **__: 1 / 0)
    run(folder(tmp_path, pictures), tmp_path / "out.parquet", model)
    errors = {row["key"]: row["error"] for row in rows(tmp_path / "out.parquet") if row["error"]}
    assert errors.pop("0/03.png") == "the reader failed: ZeroDivisionError: by zero"
    assert set(errors) == {"1/broken.png", "2/text.jpg"}


def test_a_link_out_of_the_folder_is_a_row_with_an_error(
    pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    (tmp_path / "secret.png").write_bytes(pictures["0/00.png"])
    source = folder(tmp_path, pictures)
    (source / "link.png").symlink_to(tmp_path / "secret.png")
    run(source, tmp_path / "out.parquet", model)
    (row,) = (row for row in rows(tmp_path / "out.parquet") if row["key"] == "link.png")
    assert "leads out of" in row["error"]


def test_a_picture_that_is_too_large_is_not_read(pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    source = folder(tmp_path, {"a.png": pictures["0/00.png"]})
    with open(source / "huge.png", "wb") as file:
        file.truncate(kinds.MAX_BYTES + 1)
    run(source, tmp_path / "out.parquet", model)
    errors = {row["key"]: row["error"] for row in rows(tmp_path / "out.parquet")}
    assert errors["a.png"] is None
    assert "longer than" in errors["huge.png"]


def test_no_source_no_engine_no_workers(tmp_path: Path, model: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="nothing there"):
        run(tmp_path / "missing", tmp_path / "out.parquet", model)
    with pytest.raises(DataError, match="no pictures there"):
        run(tmp_path / "empty", tmp_path / "out.parquet", model)
    with pytest.raises(ReadingError, match="expected one of local, ray"):
        run(tmp_path / "empty", tmp_path / "out.parquet", model, engine="spark")
    with pytest.raises(ReadingError, match="at least one"):
        run(tmp_path / "empty", tmp_path / "out.parquet", model, workers=0)
    (tmp_path / "in.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"\.tar \(not compressed\)"):
        run(tmp_path / "in.zip", tmp_path / "out.parquet", model)
    for name in ("in.tar.gz", "in.TGZ"):
        (tmp_path / "empty" / name).write_bytes(b"")
        for source in (tmp_path / "empty", tmp_path / "empty" / name):
            with pytest.raises(DataError, match=f"{name}.*a compressed tar"):
                run(source, tmp_path / "out.parquet", model)
        (tmp_path / "empty" / name).unlink()
    (tmp_path / "in.tar").write_bytes(b"no tar at all" * 100)
    with pytest.raises(DataError, match="no tar file"):
        run(tmp_path / "in.tar", tmp_path / "out.parquet", model)


def test_what_is_cut_short_or_damaged_is_never_taken_for_the_end(
    pictures: dict[str, bytes], model: str, tmp_path: Path
) -> None:
    packed = tar(tmp_path, pictures)
    whole = packed.read_bytes()
    with tarfile.open(packed) as archive:
        header = archive.getmembers()[20].offset
    for damaged in (whole[: header + 100], whole[:header] + b"x" * 512 + whole[header + 512 :]):
        packed.write_bytes(damaged)
        with pytest.raises(DataError, match=f"cut short or damaged at byte {header:,}"):
            run(packed, tmp_path / "out.parquet", model)
    table = parquet(tmp_path, pictures)
    table.write_bytes(b"PAR1" + b"\xff" * 100 + table.read_bytes()[104:])
    with pytest.raises(DataError, match=r"no Parquet file that can be read"):
        run(table, tmp_path / "other.parquet", model)


@SOURCES
def test_weights_add_up_to_the_total(make: Any, pictures: dict[str, bytes], tmp_path: Path) -> None:
    source = make(tmp_path, pictures)
    found = list(sources.shards(str(source)))
    assert [shard.number for shard in found] == list(range(len(found)))
    assert len(found) > 3
    assert sum(shard.weight for shard in found) == sources.total(str(source))
    assert [s.digest for s in found] == [s.digest for s in sources.shards(str(source))]


def test_ray_reads_the_same(pictures: dict[str, bytes], model: str, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lenet5[ray]'")
    source = folder(tmp_path, pictures)
    run(source, tmp_path / "local.parquet", model)
    program = PROGRAM.replace("workers=int(sys.argv[4])", "workers=int(sys.argv[4]), engine='ray'")
    (tmp_path / "job.py").write_text(program)
    command = [sys.executable, str(tmp_path / "job.py"), str(source), str(tmp_path / "ray.parquet"), model, "1"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert rows(tmp_path / "ray.parquet") == rows(tmp_path / "local.parquet")
