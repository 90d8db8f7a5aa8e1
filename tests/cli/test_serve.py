"""The options of `lenet5 serve` are the settings of the server."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from lenet5.architecture import LENET5
from lenet5.cli import app
from lenet5.server.app import create_app
from lenet5.server.settings import Settings


def settings(*words: str) -> Settings:
    """What `lenet5 serve` makes of these words."""
    _, bound, _ = app.parse_args(["serve", *words], exit_on_error=False)
    given: Settings = bound.arguments.get("settings", Settings())
    return replace(given, weights=bound.arguments.get("weights", ()))


def test_options_become_settings_and_what_is_not_said_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET5_TOKEN", "a-token-of-sixteen")
    words = ["a.safetensors", "b.safetensors", "--host-name", "one.example", "--host-name", "two.example"]
    made = settings(*words, "--trusted-proxy", "10.0.0.0/8", "--read-only", "--largest-pages", "3")
    changed = {
        "token": "a-token-of-sixteen",
        "weights": (Path("a.safetensors"), Path("b.safetensors")),
        "host_names": ("one.example", "two.example"),
        "trusted_proxies": ("10.0.0.0/8",),
        "read_only": True,
        "largest_pages": 3,
    }
    assert {f.name: getattr(made, f.name) for f in fields(Settings)} == {**vars(Settings()), **changed}


def test_a_network_that_a_file_declares_can_be_trained_on_the_page(tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text(LENET5.declaration().replace('"lenet5"', '"mine"'))
    assert "mine" in create_app(settings("--network", str(mine))).state.shared.architectures
