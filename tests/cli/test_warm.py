"""`lenet5 warm` leaves nothing to compile, and says where the machine code lies."""

from __future__ import annotations

import pytest

from lenet5.cli import main
from lenet5.errors import LeNetError
from lenet5.kernels import compiled


@pytest.mark.parametrize("parts", [["reading"], ["training"], []])
def test_once_warm_nothing_is_left_to_compile(parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        before = compiled.compiling_seconds()
        with pytest.raises(SystemExit) as ended:
            main(["warm", *parts])
        assert ended.value.code == 0
    assert compiled.compiling_seconds() == before
    assert str(compiled.kernel_folder()) in capsys.readouterr().out


def test_machine_code_that_is_not_kept_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from lenet5.cli import warm

    monkeypatch.setattr(compiled, "kernel_folder", lambda: tmp_path)
    monkeypatch.setattr(warm, "ahead", lambda *parts: None)
    with pytest.raises(LeNetError, match="LENET5_CACHE"):
        warm.warm()
