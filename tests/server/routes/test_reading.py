"""Pictures are read, one or many, and what is no picture is a problem."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import httpx
import numpy as np
import pytest
from PIL import Image

from lenet5.datasets import drawn
from lenet5.pictures.saving import png
from lenet5.reading import Reader
from lenet5.reading.fields import LineField
from server.expected import EXAMPLES, PNG, expect_problem


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


def test_other_characters_are_read_where_they_are_asked_for(client: httpx.Client) -> None:
    line = (EXAMPLES / "line_1998.png").read_bytes()
    for characters, known in (("digits", "0123456789"), ("98", "98"), ("capitals", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")):
        asked = {"characters": characters, "layout": "line"}
        (reading,) = client.post("read", params=asked, content=line, headers=PNG).json()["pictures"][0]["readings"]
        texts = [c["text"] for c in reading["characters"]]
        assert set(texts) <= {*known, ""}  # "" is rejected: none of them
        assert any(texts)
        graph = client.post("line", params=asked, content=line, headers=PNG).json()["graph"]
        chosen = [c["text"] for c in graph["candidates"] if c["chosen"]]
        assert [c for c, text in zip(chosen, texts, strict=True) if text] == [text for text in texts if text]
    assert client.post("explain", params={"characters": "ascii"}, content=line, headers=PNG).is_success
    refused = client.post("read", params={"characters": "é"}, content=line, headers=PNG)
    expect_problem(refused, 422, "printable ASCII")


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


def test_the_graph_of_an_unsure_line_is_of_a_look_that_reads_what_is_answered(client: httpx.Client) -> None:
    other = 0
    for seed in range(20):
        text = str(1000 + 737 * seed)
        picture, _ = drawn.line(text, np.random.default_rng(seed), size=30, gap=-0.15)
        reader = Reader()
        (field,), (answer,) = reader.fields(picture, "line"), reader.read(picture, "line")
        if not isinstance(field, LineField):
            continue
        alone = reader.answer([replace(field, looks=())])[0].text
        body, at = png(picture), {"layout": "line"}
        told = client.post("line", content=body, headers=PNG, params=at).json()["graph"]["candidates"]
        assert "".join(c["text"] for c in told if c["chosen"]) == answer.text
        other += answer.text != alone
    assert other


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
    expect_problem(client.post(path, content=content, headers={"content-type": kind}), 422, *words)


def test_a_bomb_is_not_unpacked(client: httpx.Client) -> None:
    from PIL import Image

    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    for path in ("read", "activations"):
        expect_problem(client.post(path, content=file.getvalue(), headers=PNG), 422)


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
    expect_problem(client.post("read", files=files), 400)
