"""What does the API answer, to those who use it as it is meant and to those who don't?"""

from __future__ import annotations

import base64
import http.client
import io
import json
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from lenet5.loading import load
from lenet5.network import LeNet5

EXAMPLES = Path(str(resources.files("lenet5"))) / "samples"
INK = {"content-type": "application/octet-stream"}
PNG = {"content-type": "image/png"}


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{address}/api", timeout=60) as client:
        yield client


@pytest.fixture
def digit(client: httpx.Client) -> np.ndarray[Any, Any]:
    return np.array(client.get("digits", params={"label": 3, "seed": 1}).json()["image"], np.uint8)


def _problem(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert all(word in told["detail"] for word in words), told


# ---- As it is meant.


def test_one_picture_is_read(client: httpx.Client) -> None:
    picture = (EXAMPLES / "digit_7.png").read_bytes()
    answer = client.post("read", params={"layout": "digit"}, content=picture, headers=PNG)
    (picture,) = answer.json()["pictures"]
    (reading,) = picture["readings"]
    assert reading["text"] == "7"
    assert 0 <= reading["confidence"] <= 1
    assert len(reading["box"]) == 4
    assert reading["rejected"] is False


def test_a_line_is_read_by_every_version_of_the_address(client: httpx.Client) -> None:
    for path in ("read", "v1/read"):
        answer = client.post(path, content=(EXAMPLES / "line_2746.png").read_bytes(), headers=PNG)
        assert answer.json()["pictures"][0]["readings"][0]["text"] == "2746"


def test_the_ink_can_be_told(client: httpx.Client) -> None:
    board = (EXAMPLES / "line_2746.png").read_bytes()
    for ink, same in (("light", True), ("dark", False)):
        answer = client.post("read", params={"ink": ink}, content=board, headers=PNG)
        assert (answer.json()["pictures"][0]["readings"][0]["text"] == "2746") is same
        assert client.post("explain", params={"ink": ink}, content=board, headers=PNG).is_success
        assert client.post("line", params={"ink": ink}, content=board, headers=PNG).is_success
    assert client.post("read", params={"ink": "red"}, content=board, headers=PNG).status_code == 422


def test_a_batch_is_read_and_one_bad_picture_spoils_only_itself(client: httpx.Client) -> None:
    good = (EXAMPLES / "digit_4.png").read_bytes()
    name = "<script>alert(1)</script>.png"
    files = [("picture", ("a.png", good)), ("picture", (name, b"no picture")), ("picture", ("../../etc/passwd", good))]
    answer = client.post("read", params={"layout": "digit"}, files=files)
    first, second, third = answer.json()["pictures"]
    assert [first["readings"][0]["text"], third["readings"][0]["text"]] == ["4", "4"]
    assert second["name"] == name  # a JSON string, told as it came
    assert second["problem"]["status"] == 422
    assert answer.headers["content-type"] == "application/json"


def test_activations_are_the_networks_own(client: httpx.Client, network: LeNet5, digit: Any) -> None:
    wanted = network.activations(digit[None])
    told = client.post("activations", json={"image": digit.tolist()}).json()
    for layer, array in wanted.items():
        np.testing.assert_allclose(told["activations"][layer], array[0], rtol=1e-6, atol=1e-6)
    assert told["answer"] == "3"
    headers = {**INK, "accept": "application/octet-stream"}
    numbers = np.frombuffer(client.post("activations", content=digit.tobytes(), headers=headers).content, "<f4")
    flat = np.concatenate([array.reshape(-1) for array in wanted.values()])
    np.testing.assert_array_equal(numbers[: len(flat)], flat)
    np.testing.assert_array_equal(numbers[len(flat) : len(flat) + 10], network.penalties(digit[None])[0])
    np.testing.assert_array_equal(numbers[len(flat) + 10 :], network.probabilities(digit[None])[0])


def test_a_network_tells_its_counts_and_its_weights(client: httpx.Client, network: LeNet5) -> None:
    assert "lenet5" in client.get("networks").json()["networks"]
    told = client.get("networks/lenet5").json()
    assert (told["parameters"], told["connections"]) == (60_000, 340_908)
    numbers = np.frombuffer(client.get("networks/lenet5/weights").content, "<f4")
    for tensor in told["tensors"]:
        size = int(np.prod(tensor["shape"]))
        part = numbers[tensor["offset"] : tensor["offset"] + size].reshape(tensor["shape"])
        np.testing.assert_array_equal(part, network.tensors[tensor["name"]])


def test_a_network_is_handed_out_as_a_file(client: httpx.Client, network: LeNet5, tmp_path: Path) -> None:
    path = tmp_path / "copy.safetensors"
    path.write_bytes(client.get("networks/lenet5/file").content)
    np.testing.assert_array_equal(load(path).parameters, network.parameters)


def test_a_trial_changes_the_digit(client: httpx.Client, digit: Any) -> None:
    body = {"image": digit.tolist(), "settings": {"rotation": 90.0}, "strips": True, "patterns": True}
    told = client.post("trials", json=body).json()
    assert told["truth"] == "3"
    assert all(len(strip) == 25 for strip in told["strips"].values())
    turned = np.frombuffer(base64.b64decode(told["now"]["image"]), np.uint8).reshape(32, 32)
    middle = told["strips"]["scale"][12]
    assert (turned[2:30, 2:30] != digit).any()
    assert middle["image"] == told["now"]["image"]


def test_the_steps_of_the_reader_and_the_graph_of_a_line(client: httpx.Client) -> None:
    picture = (EXAMPLES / "line_1998.png").read_bytes()
    steps = client.post("explain", content=picture, headers=PNG).json()["steps"]
    assert [step["name"] for step in steps][:3] == ["picture", "paper", "ink"]
    assert all(base64.b64decode(step["png"]).startswith(b"\x89PNG") for step in steps)
    told = client.post("line", content=picture, headers=PNG).json()
    chosen = [c for c in told["graph"]["candidates"] if c["chosen"]]
    assert "".join(c["text"] for c in chosen) == "1998"
    places = (told["slide"]["width"] - 32) // 4 + 1
    assert np.shape(told["slide"]["penalties"]) == (places, 10)


def test_health_metrics_and_the_description(client: httpx.Client) -> None:
    assert client.get("health").json()["status"] == "ok"
    text = client.get("metrics").text
    assert 'lenet5_requests_total{method="GET"' in text
    assert "lenet5_request_seconds_bucket" in text
    paths = client.get("openapi.json").json()["paths"]
    assert {"/api/v1/read", "/api/v1/networks", "/api/v1/activations", "/api/v1/health"} <= set(paths)


def test_a_training_is_told_of_as_it_goes_and_goes_on_from_kept_weights(client: httpx.Client) -> None:
    wish = {"pictures": 500, "changes": {"passes": 2}, "seed": 4}
    begun = client.post("trainings", json=wish)
    assert begun.status_code == 201
    number = begun.json()["id"]
    _problem(client.post("trainings", json=wish), 409, "under way")
    told = None
    with client.stream("GET", f"trainings/{number}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            told = json.loads(line[5:]) if line.startswith("data:") else told
    assert told is not None
    assert told["state"] == "done"
    assert [record["pass"] for record in told["passes"]] == [1, 2]
    assert told["passes"][1]["held_out_error"] < told["passes"][0]["held_out_error"]
    _problem(client.post(f"trainings/{number}/pause"), 409, "done")
    kept = client.put(f"trainings/{number}/kept", json={"name": "kept-by-a-test"})
    assert kept.json() == {"name": "kept-by-a-test", "file": "kept-by-a-test.safetensors"}
    on = client.post("trainings", json={**wish, "start_from": "kept-by-a-test", "changes": {"passes": 1}}).json()["id"]
    while client.get(f"trainings/{on}").json()["state"] not in ("done", "failed"):
        time.sleep(0.1)
    assert client.put(f"trainings/{on}/kept", json={"name": "kept-by-a-test"}).status_code == 201  # kept here before
    (record,) = client.get(f"trainings/{on}").json()["passes"]
    assert record["train_error"] < told["passes"][0]["train_error"]


def test_what_is_there_already_is_not_replaced_by_what_is_kept(start: Any, tmp_path: Path) -> None:
    """Neither a file in the folder, which may be hours of training, nor a network that the server was given."""
    hours = tmp_path / "hours.safetensors"
    hours.write_bytes(b"of training")
    _, address = start(kept=tmp_path)
    with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client:
        number = client.post("trainings", json={"pictures": 500, "changes": {"passes": 1}}).json()["id"]
        while client.get(f"trainings/{number}").json()["state"] not in ("done", "failed"):
            time.sleep(0.1)
        for name in ("hours", "untrained-lenet5", "lenet5-ensemble-1"):
            _problem(client.put(f"trainings/{number}/kept", json={"name": name}), 409, "already")
    assert hours.read_bytes() == b"of training"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hours.safetensors"]


def test_a_large_picture_of_one_digit_is_shrunk_before_it_is_looked_at(client: httpx.Client) -> None:
    picture = np.full((3000, 3000), 250, np.uint8)
    picture[900:2100, 1450:1550] = 20
    for side, path in ((1, "activations"), (1, "line"), (10, "activations")):
        file = io.BytesIO()
        Image.fromarray(picture[::side, ::side]).save(file, "PNG")
        told = client.post(path, content=file.getvalue(), headers={"content-type": "image/png"})
        assert told.status_code == 200
        if path == "activations":
            assert told.json()["answer"] == "1"


# ---- As it is not.


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"", "image/png", ["no picture"]),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "image/png", []),
        (b"x" * 783, "application/octet-stream", ["783 bytes"]),
        (b"{}", "text/html", ["text/html"]),
        (b"", "", ["expected"]),
    ],
)
@pytest.mark.parametrize("path", ["read", "activations", "explain", "line"])
def test_what_is_no_picture_is_a_problem(
    client: httpx.Client, path: str, content: bytes, kind: str, words: list[str]
) -> None:
    _problem(client.post(path, content=content, headers={"content-type": kind}), 422, *words)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"image": "x"}',
        b'{"image": [[1, 2], [3]]}',
        b'{"image": [[-1, 0]]}',
        b"[" * 100_000,
        json.dumps({"image": [[300] * 28] * 28}).encode(),
        json.dumps({"image": [[0.5] * 28] * 28}).encode(),
    ],
)
def test_rows_that_are_no_picture_are_a_problem(client: httpx.Client, body: bytes) -> None:
    _problem(client.post("activations", content=body, headers={"content-type": "application/json"}), 422)


def test_a_bomb_is_not_unpacked(client: httpx.Client) -> None:
    from PIL import Image

    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    for path in ("read", "activations"):
        _problem(client.post(path, content=file.getvalue(), headers=PNG), 422)


def test_a_body_over_the_limit_is_refused(client: httpx.Client) -> None:
    answer = client.post("read", content=b"\0" * (17 * 2**20), headers=PNG)
    _problem(answer, 413, "16,777,216")


def test_who_sends_too_much_at_once_is_told_so(address: str) -> None:
    """Python's own client looks for an answer only when all is sent."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request("POST", "/api/v1/read", b"\0" * (17 * 2**20), PNG)
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\nabc',
        b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nabc\r\n--x--\r\n',
        b"\r\n" * 1000,
    ],
)
def test_a_form_that_is_none_is_a_problem(client: httpx.Client, body: bytes) -> None:
    answer = client.post("read", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_with_too_many_pictures_is_refused(client: httpx.Client) -> None:
    files = [("picture", ("a.png", b"x"))] * 300
    _problem(client.post("read", files=files), 400)


@pytest.mark.parametrize(
    "path",
    [
        "networks/..%2f..%2fetc%2fpasswd",
        "examples/..%2f__init__.py",
        "examples/%00",
        "networks/<script>/weights",
        "trainings/99",
        "networks/nix",
        "nothing",
        "trainings/99/events",
    ],
)
def test_what_is_not_there_is_a_problem_and_no_path_leads_out(client: httpx.Client, path: str) -> None:
    _problem(client.get(path), 404)


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/..%2fapp.py", "/page/%2e%2e/app.py", "/page//etc/passwd"])
def test_only_the_pages_own_files_are_served(address: str, path: str) -> None:
    import http.client
    from urllib.parse import urlsplit

    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.request("GET", path)  # httpx would tidy the path up
    assert connection.getresponse().status == 404
    connection.close()


@pytest.mark.parametrize(
    "wish",
    [
        {"pictures": 10},
        {"pictures": 10**9},
        {"recipe": "nix"},
        {"network": "nix"},
        {"data": "/etc"},
        {"seed": -1},
        {"changes": {"passes": 0}},
        {"changes": {"step": -1}},
        {"changes": {"distortion": "nix"}},
        {"network": "lenet5-softmax", "recipe": "1998", "changes": {"loss": "mse"}},
    ],
)
def test_a_training_that_makes_no_sense_fails_with_a_reason(client: httpx.Client, wish: dict[str, Any]) -> None:
    answer = client.post("trainings", json=wish)
    if answer.status_code == 201:  # what only the trainer can know
        number = answer.json()["id"]
        while (told := client.get(f"trainings/{number}").json())["state"] not in ("done", "failed"):
            time.sleep(0.05)
        assert told["state"] == "failed"
        assert told["detail"]
    else:
        _problem(answer, 422)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "lenet5", "training-9", "x" * 80, "<b>"])
def test_no_name_of_a_kept_network_leads_out_or_replaces(client: httpx.Client, name: str) -> None:
    _problem(client.put("trainings/1/kept", json={"name": name}), 422)
