"""What docs/serve.md and the Dockerfile say is so: their commands are run against a server."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from server.expected import EXAMPLES, PNG

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "serve.md").read_text("utf-8")
TOKEN = "a-token-that-is-long-enough"
COMMANDS = re.findall(r"^```bash\n(curl .*?)^```\n\n^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_every_curl_of_the_page_is_answered_as_it_says(
    start: Callable[..., tuple[object, str]], tmp_path: Path
) -> None:
    _, address = start("--token", TOKEN, "--open-probes", "--corrections", str(tmp_path / "kept"))
    for name in ("line_2746.png", "digit_3.png"):
        shutil.copy(EXAMPLES / name, tmp_path)
    (tmp_path / "notes.txt").write_text("no picture")
    assert len(COMMANDS) >= 5
    for command, shown in COMMANDS:
        if "Authorization" not in command and "/ready" not in command:
            command = command.replace("curl", f"curl -H 'Authorization: Bearer {TOKEN}'", 1)
        words = shlex.split(command.replace("http://127.0.0.1:8998", address))
        said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        place = 0
        for piece in shown.strip().split("…"):
            assert piece in said[place:], (command, said)
            place = said.index(piece, place) + len(piece)


def test_the_unit_and_the_commands_name_options_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from lenet5.cli import app

    monkeypatch.setenv("LENET5_TOKEN", TOKEN)
    commands = [re.search(r"^ExecStart=\S+/lenet5 (.*)$", PAGE, re.MULTILINE)]
    entry = re.search(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)
    assert commands[0]
    assert entry
    for words in (shlex.split(commands[0][1]), json.loads(entry[1])[1:]):
        app.parse_args(words, exit_on_error=False, print_error=False)


def test_a_container_made_by_the_steps_of_the_dockerfile_is_warm_and_writes_nothing(tmp_path: Path) -> None:
    """The steps are run here, with a folder of their own for the cache: warm it, close it, serve, probe, read."""
    said = dict(re.findall(r"^(ENV LENET5_CACHE|RUN lenet5|USER|ENTRYPOINT|HEALTHCHECK)[ =](.*)$", DOCKERFILE, re.M))
    assert not said["USER"].startswith(("0", "root"))
    cache, work = tmp_path / "cache", tmp_path / "work"
    work.mkdir()
    lenet5 = [sys.executable, "-m", "lenet5"]
    env = {**os.environ, "LENET5_CACHE": str(cache), "LENET5_TOKEN": TOKEN, "HOME": "/nowhere"}
    warmed = subprocess.run(
        [*lenet5, *said["RUN lenet5"].split(" && ")[0].split()], env=env, capture_output=True, text=True
    )
    assert warmed.returncode == 0, warmed.stderr
    assert str(cache) in warmed.stdout
    assert "compiling the kernels" in warmed.stderr
    for path in [*cache.rglob("*"), cache, work]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    kept = sorted((path, path.stat().st_mtime_ns) for path in cache.rglob("*"))
    command = [*lenet5, *json.loads(said["ENTRYPOINT"])[1:], "--port", "0"]
    with (
        open(tmp_path / "log", "w") as log,
        subprocess.Popen(command, env=env, cwd=work, stdout=log, stderr=subprocess.PIPE, text=True) as server,
    ):
        try:
            assert server.stderr is not None
            address = re.search(r"http://[\d.:]+", server.stderr.readline())
            assert address
            probe = json.loads(said["HEALTHCHECK"].partition("CMD ")[2])
            probe = [sys.executable, *(word.replace("http://127.0.0.1:8998", address[0]) for word in probe[1:])]
            until = time.monotonic() + 300
            while subprocess.run(probe, capture_output=True).returncode and time.monotonic() < until:
                time.sleep(0.2)
            headers = {**PNG, "authorization": f"Bearer {TOKEN}"}
            picture = (EXAMPLES / "line_2746.png").read_bytes()
            answer = httpx.post(f"{address[0]}/api/v1/read", content=picture, headers=headers, timeout=60)
            assert answer.json()["pictures"][0]["readings"][0]["text"] == "2746"
        finally:
            server.terminate()
        told = server.stderr.read()
    assert server.returncode == 0
    assert told == ""  # neither that it compiles, nor that nothing can be kept
    assert sorted((path, path.stat().st_mtime_ns) for path in cache.rglob("*")) == kept
    assert not list(work.iterdir())
    for path in [cache, *cache.rglob("*"), work]:
        path.chmod(0o755)
