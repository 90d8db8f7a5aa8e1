"""Is a file of weights what it promises, byte by byte, and is anything else refused?"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lenet5 import storage
from lenet5.architecture import LENET5, LENET5_LINEAR
from lenet5.errors import WeightsError
from networks import SMALL, start

RNG_SEED = 1998


def tensors() -> dict[str, Any]:
    return start(SMALL, np.random.default_rng(RNG_SEED))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return storage.write(tmp_path / "small.safetensors", SMALL, [tensors()], {"seed": 7})


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: Any, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def test_the_file_is_a_length_a_json_header_and_float32_in_a_row(file: Path) -> None:
    header, body = parts(file.read_bytes())
    assert set(header) == {"__metadata__", *SMALL.shapes()}
    assert set(header["__metadata__"]) == {"lenet5"}
    known = json.loads(header["__metadata__"]["lenet5"])
    assert known.pop("digest") == storage.digest([tensors()])
    assert known == {"format": 1, "architecture": json.loads(json.dumps(SMALL.to_dict())), "members": 1, "seed": 7}
    for name, tensor in tensors().items():
        entry = header[name]
        start_, end = entry["data_offsets"]
        assert (entry["dtype"], tuple(entry["shape"])) == ("F32", tensor.shape)
        assert body[start_:end] == tensor.astype("<f4").tobytes()


def test_what_is_written_is_read(file: Path) -> None:
    architecture, (found,), metadata = storage.read(file)
    assert architecture == SMALL
    assert metadata["seed"] == 7
    assert {n: a.tolist() for n, a in found.items()} == {n: a.astype("f4").tolist() for n, a in tensors().items()}


def test_tensors_that_are_not_contiguous_are_written_as_they_read(tmp_path: Path) -> None:
    turned = {n: np.asfortranarray(np.repeat(t, 2, axis=-1)[..., ::2]) for n, t in tensors().items()}
    _, (found,), _ = storage.read(storage.write(tmp_path / "x", SMALL, [turned], {}))
    assert all((found[n] == t.astype(np.float32)).all() for n, t in tensors().items())


def test_an_ensemble_keeps_its_members_apart(tmp_path: Path) -> None:
    second = {n: t + 1 for n, t in tensors().items()}
    _, members, _ = storage.read(storage.write(tmp_path / "two", SMALL, [tensors(), second], {}))
    assert len(members) == 2
    np.testing.assert_allclose(members[1]["f6.bias"] - members[0]["f6.bias"], 1, rtol=1e-5)


@pytest.mark.parametrize("length", [0, 4, 8, 100, -1])
def test_a_file_cut_short_is_refused(file: Path, length: int) -> None:
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(WeightsError, match=r"small\.safetensors"):
        storage.read(file)


@pytest.mark.parametrize(
    "data",
    [
        b"these are no weights, but a few words of text",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        (2**63).to_bytes(8, "little") + b"{}",  # a header longer than any file
        (100_000_000_000).to_bytes(8, "little") + bytes(1000),
        joined({}, b""),
        joined([1, 2], b""),
        joined({"__metadata__": {"lenet5": "3"}}, b""),
        joined({"__metadata__": {"lenet5": "[" * 100_000}}, b""),
        joined({"__metadata__": {"format": "pt"}}, b""),  # what PyTorch's users write
    ],
    ids=lambda data: str(data[:12]),
)
def test_what_is_no_file_of_weights_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "strange.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="not a whole file of LeNet-5 weights"):
        storage.read(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format 2"),
        ({"format": None}, "format None"),
        ({"members": 0}, "0 members"),
        ({"members": 10**9}, "1000000000 members"),
        ({"members": "two"}, "does not describe"),
        ({"members": float("inf")}, "does not describe"),
        ({"architecture": {**SMALL.to_dict(), "name": ["small"]}}, "expected text"),
        ({"members": 2}, "another architecture"),
        ({"architecture": {}}, "does not describe"),
        ({"architecture": LENET5.to_dict()}, "another architecture"),
        ({"architecture": LENET5_LINEAR.to_dict()}, "another architecture"),
        ({"architecture": {**SMALL.to_dict(), "f6": {"name": "f6", "units": 10**12, "squash": "tanh"}}}, "84"),
    ],
    ids=str,
)
def test_metadata_that_does_not_fit_is_refused(file: Path, change: dict[str, Any], message: str) -> None:
    header, body = parts(file.read_bytes())
    known = json.loads(header["__metadata__"]["lenet5"]) | change
    header["__metadata__"]["lenet5"] = json.dumps(known)
    file.write_bytes(joined(header, body))
    with pytest.raises(WeightsError, match=message):
        storage.read(file)


def test_weights_of_another_kind_of_number_are_refused(file: Path) -> None:
    header, body = parts(file.read_bytes())
    for entry in header.values():
        if "dtype" in entry:
            entry["dtype"] = "I32"
    file.write_bytes(joined(header, body))
    with pytest.raises(WeightsError, match="int32; expected float32"):
        storage.read(file)


def test_a_diverged_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"f6\.bias.*not finite"):
        storage.write(tmp_path / "x", SMALL, [tensors() | {"f6.bias": np.full(84, np.nan)}], {})
    assert not (tmp_path / "x").exists()
    path = storage.write(tmp_path / "x", SMALL, [tensors() | {"f6.bias": np.full(84, 1998.5)}], {})
    number = np.float32(1998.5).tobytes()
    path.write_bytes(path.read_bytes().replace(number, np.float32(np.nan).tobytes()))
    with pytest.raises(WeightsError, match=r"f6\.bias.*not finite"):
        storage.read(path)


@pytest.mark.parametrize("metadata", [{"error": np.float32(1)}, {"seeds": {1}}, {1: "one", "two": 2}], ids=repr)
def test_metadata_that_json_has_no_word_for_is_refused(tmp_path: Path, metadata: dict[Any, Any]) -> None:
    with pytest.raises(WeightsError, match="metadata that is no JSON"):
        storage.write(tmp_path / "x", SMALL, [tensors()], metadata)
    assert not (tmp_path / "x").exists()


def test_a_file_larger_than_any_network_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(storage.LARGEST + 1)
    with pytest.raises(WeightsError, match="longer than"):
        storage.read(path)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 3000), bit=st.integers(0, 7))
def test_a_flipped_bit_in_the_header_is_an_error_or_harmless(tmp_path: Path, place: int, bit: int) -> None:
    path = storage.write(tmp_path / "flipped", SMALL, [tensors()], {"seed": 7})
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    path.write_bytes(data)
    with contextlib.suppress(WeightsError):
        architecture, (found,), _ = storage.read(path)
        assert {n: t.shape for n, t in found.items()} == architecture.shapes()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="nowhere"):
        storage.write(tmp_path / "nowhere" / "x", SMALL, [tensors()], {})
    with pytest.raises(WeightsError, match="no network"):
        storage.find(tmp_path / "nothing")
