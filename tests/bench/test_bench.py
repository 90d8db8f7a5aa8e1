"""A benchmark compares like with like, and tells who took part."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from copy import deepcopy
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from lenet5.bench import run as bench
from lenet5.bench.material import Material, prepared
from lenet5.bench.peers import OURS, PEERS, make, missing
from lenet5.bench.run import Bench, Result, Times, summarise
from lenet5.bench.table import show
from lenet5.bench.tasks import ALL, ONLINE, Task, multiply_adds
from lenet5.bench.worker import collect
from lenet5.errors import LeNetError


def test_multiply_adds_are_those_of_the_layers() -> None:
    forward = 6 * 28 * 28 * 25 + 10 * 10 * 60 * 25 + 120 * 400 + 84 * 120 + 10 * 84
    assert multiply_adds(Task("read")) == forward
    # Back: no error is wanted below C1, and the codes are fixed.
    assert multiply_adds(Task("online")) == 3 * forward - 6 * 28 * 28 * 25 - 10 * 84


def test_times_are_of_each_call() -> None:
    calls = []
    samples = collect(lambda: calls.append(1), 0.01)
    assert 1 <= len(samples) < len(calls)  # the first ones were to warm up
    times = summarise([5, 1, 3, 2, 4])
    assert (times.median, times.p99, times.best, times.calls) == (3e-9, 5e-9, 1e-9, 5)


def test_the_best_peer_and_the_share_of_the_peak() -> None:
    result = Result(1, True, {"processor": "P"}, peak=1e11)
    task = Task("read", 10)
    result.times[task] = {OURS: Times(1e-4, 1e-4, 1e-4, 9), "a": Times(3e-4, 0, 0, 9), "b": Times(2e-4, 0, 0, 9)}
    assert result.best_peer(task) == ("b", pytest.approx(2))
    assert result.share_of_peak(task, OURS) == pytest.approx(326_520 / 1e-5 / 1e11)
    assert result.per_picture(task, "c") is None


def test_a_chart_shows_every_contender_and_task() -> None:
    pytest.importorskip("matplotlib")
    from lenet5.bench.plot import chart

    times = {name: Times(1e-4 * k, 0, 0, 9) for k, name in enumerate(PEERS, start=1)}
    result = Result(
        2, True, {"processor": "A & B"}, times=dict.fromkeys((Task("read"), Task("read", 10), Task("online")), times)
    )
    drawing = chart(result, "svg").decode()
    ET.fromstring(drawing)
    for text in (*PEERS, "read 10 pictures", "learn online", "2 threads", "A &amp; B", "100 µs", "10 µs", "1.6 µs"):
        assert f"{text} -->" in drawing  # letters are drawn as shapes; comments tell which
    assert drawing.encode() == chart(result, "svg")
    assert chart(result, "png").startswith(b"\x89PNG")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "QUICK_ROUNDS", 1)
    monkeypatch.setattr(bench, "QUICK_SECONDS", 0.001)
    monkeypatch.setattr(bench, "QUICK", (Task("read", 1), Task("read", 10), Task("online")))


@pytest.mark.usefixtures("short")
def test_a_bench_from_end_to_end(capsys: pytest.CaptureFixture[str]) -> None:
    """This package and the reference, each in a process of its own."""
    run = Bench(1, ["numpy reference"], quick=True)
    steps = list(run.go())
    assert steps[-1].done == steps[-1].total
    result = run.result
    assert not result.missing
    assert set(result.times[Task("read", 10)]) == {OURS, "numpy reference"}
    assert 0 < result.apart["numpy reference"] < 1e-3
    assert result.peak > 0
    assert result.memory[OURS] != 0
    told = json.loads(json.dumps(result.to_dict()))
    assert [task["label"] for task in told["tasks"]] == ["one picture", "10 pictures", "online"]
    assert told["tasks"][2]["pictures"] == ONLINE
    show(Console(width=100), result)
    assert "numpy reference, the best peer" in capsys.readouterr().out


@pytest.mark.usefixtures("short")
def test_a_contender_that_answers_differently_is_out(monkeypatch: pytest.MonkeyPatch, material: Material) -> None:
    monkeypatch.setattr(bench, "APART", 1e-9)
    monkeypatch.setattr(bench, "QUICK", (Task("read", 1),))
    monkeypatch.setattr(bench, "prepared", lambda: material)
    run = Bench(1, ["numpy reference"], quick=True)
    for _ in run.go():
        pass
    assert "answers differently" in run.result.missing["numpy reference"]
    assert set(run.result.times[Task("read", 1)]) == {OURS}


def test_what_cannot_be_run_is_said() -> None:
    with pytest.raises(LeNetError, match="no contender tensorflow; expected some of lenet5, numpy reference"):
        Bench(1, ["tensorflow"])
    with pytest.raises(LeNetError, match="999 threads; expected 1 to"):
        Bench(999)


@pytest.fixture(scope="module")
def material() -> Material:
    """What all contenders work on, made once."""
    return prepared()


@pytest.fixture(scope="module")
def ours(material: Material) -> dict[str, Any]:
    """The tensors that this package comes to by learning online."""
    return make(PEERS[OURS], deepcopy(material), 1).learned(Task("online"))


@pytest.mark.parametrize("name", [n for n, peer in PEERS.items() if not missing(peer) and n != "torch.compile"])
def test_contenders_answer_and_learn_alike(name: str, material: Material, ours: dict[str, Any]) -> None:
    """Those whose frameworks are installed here."""
    if name in ("onnxruntime", "openvino") and find_spec("onnx") is None:
        pytest.skip("no onnx to write the file with")
    digits = material.digits[:20]
    expected = make(PEERS[OURS], material, 1).penalties(digits)
    contender = make(PEERS[name], deepcopy(material), 1)
    np.testing.assert_allclose(contender.penalties(digits), expected, atol=1e-3)
    assert contender.call(Task("read", 20)) is not None
    contender.reset()
    if contender.call(Task("online")) is not None:
        learned = contender.learned(Task("online"))
        for tensor, wanted in ours.items():
            np.testing.assert_allclose(learned[tensor], wanted, atol=1e-4)


def test_every_task_has_a_label_of_its_own() -> None:
    assert len({task.label for task in ALL}) == len(ALL)
