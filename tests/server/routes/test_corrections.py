"""Corrected readings are kept with their pictures, each place once, and come back as they were sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lenet5.reading.school.corrections import read_corrections
from lenet5.server.app import create_app
from lenet5.server.settings import Settings
from server.expected import EXAMPLES, expect_problem, finished

LINE = (EXAMPLES / "line_1998.png").read_bytes()  # 183×106 pixels
NAME = f"{hashlib.sha256(LINE).hexdigest()[:20]}.png"
Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Send a request to an application whose folder of corrections is `kept`."""

    def asked(method: str, path: str, settings: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        app = create_app(Settings(**{"corrections": tmp_path / "kept"} | (settings or {})))

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as client:
                return await client.request(method, path, **more)

        return finished(send())

    return asked


def _sent(*told: dict[str, Any], name: str = "a.png", kind: str = "image/png") -> dict[str, Any]:
    return {"files": {"picture": (name, LINE, kind)}, "data": {"corrections": json.dumps(told)}}


def test_a_correction_replaces_what_was_said_of_its_place(ask: Ask, tmp_path: Path) -> None:
    box = [10, 10, 40, 50]
    assert ask("POST", "corrections", **_sent({"box": box, "text": "1"})).json()["kept"] == 1
    told = ask("POST", "corrections", **_sent({"box": box, "text": "7"}, {"box": None, "text": "1998"}))
    assert (told.status_code, told.json()) == (201, {"kept": 2, "file": "corrections.jsonl"})
    lines = [json.loads(line) for line in ask("GET", "corrections").text.splitlines()]
    assert lines == [
        {"path": NAME, "box": box, "text": "7", "page": 0},
        {"path": NAME, "box": None, "text": "1998", "page": 0},
    ]
    assert ask("GET", f"corrections/{NAME}").content == LINE
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"corrections.jsonl", NAME}


def test_a_text_of_any_letters_stays_one_line(ask: Ask, tmp_path: Path) -> None:
    texts = ["1\u2028998", "1\u0085998", "1\r\n998"]
    for count, text in enumerate(texts, 1):
        assert ask("POST", "corrections", **_sent({"box": [count, 1, 9, 9], "text": text})).json()["kept"] == count
    found = read_corrections(tmp_path / "kept" / "corrections.jsonl")
    assert [one.text for one in found] == texts


def test_a_list_that_was_damaged_by_hand_is_kept_and_told(ask: Ask, tmp_path: Path) -> None:
    ask("POST", "corrections", **_sent({"text": "1"}))
    kept = tmp_path / "kept" / "corrections.jsonl"
    for line in ('{"path": ', "[]", "{}"):
        kept.write_text(line)
        expect_problem(ask("POST", "corrections", **_sent({"text": "1"})), 409, "damaged")
        assert kept.read_text() == line


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (_sent({"box": [100, 10, 100, 50], "text": "1"}), "183×106"),
        (_sent({"box": [10, 10, 0, 5], "text": "1"}), "183×106"),
        (_sent({"box": None, "text": "1", "page": 1}), "page 1"),
        (_sent({"box": [-1, 0, 5, 5], "text": "1"}), "greater than or equal to 0"),
        (_sent({"box": None, "text": "1" * 1001}), "1000"),
        (_sent(), "at least 1"),
        ({**_sent(), "data": {"corrections": '[{"box'}}, "Invalid JSON"),
        ({**_sent({"text": "1"}), "files": {"picture": ("a.png", b"no picture", "image/png")}}, "no picture"),
        ({"content": LINE}, "picture"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    ask: Ask, tmp_path: Path, sent: dict[str, Any], words: str
) -> None:
    expect_problem(ask("POST", "corrections", **sent), 422, words)
    assert not (tmp_path / "kept").exists()
    expect_problem(ask("GET", "corrections"), 404, "nothing was kept")


def test_a_name_is_never_a_path(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    ask("POST", "corrections", **_sent({"text": "1998"}, name="../../evil.html", kind="text/html"))
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"corrections.jsonl", NAME.removesuffix(".png")}
    for name in ("..%2Fsecret", "corrections.jsonl", "..", f"{NAME}x", "0" * 20):
        assert ask("GET", f"corrections/{name}").status_code in (404, 422)


def test_a_server_keeps_none_unless_it_was_told_where_and_never_more_than_it_may(ask: Ask) -> None:
    for method in ("GET", "POST"):
        answer = ask(method, "corrections", {"corrections": None}, **_sent({"text": "1"}) if method == "POST" else {})
        expect_problem(answer, 404, "--corrections FOLDER")
    expect_problem(ask("POST", "corrections", {"read_only": True}, **_sent({"text": "1"})), 403, "read-only")
    few = {"largest_corrections": len(LINE) + 50}
    expect_problem(ask("POST", "corrections", few, **_sent({"text": "1998"})), 507, "--largest-corrections")
    assert ask("GET", "corrections").status_code == 404
    assert ask("GET", "health").json()["corrections"] is True


def test_another_sites_page_may_send_none(ask: Ask) -> None:
    headers = {"origin": "http://evil.example"}
    expect_problem(ask("POST", "corrections", headers=headers, **_sent({"text": "1"})), 403, "another site")
