"""What a long step of the set-up says while it runs."""

import sys
from pathlib import Path

import pytest

from dev.setup import running


@pytest.fixture(autouse=True)
def _logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ROOT", tmp_path)
    monkeypatch.setattr(running, "TOOLS", tmp_path)


def test_it_says_what_is_waited_for_and_for_how_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "SECONDS_BETWEEN_SIGNS", 0.2)

    running.run_long(
        "python warm-up",
        [sys.executable, "-c", "import time; time.sleep(1)"],
        {},
        doing="filling the cache",
    )

    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "setup: python warm-up  ... filling the cache, 0 s so far"
    assert last.startswith("setup: python warm-up  filling the cache: done in ")


def test_what_fails_is_told_with_the_end_of_its_log() -> None:
    with pytest.raises(running.SetupError, match=r"(?s)node packages: .* exit code 3.*no room"):
        running.run_long(
            "node packages",
            [sys.executable, "-c", "print('no room'); raise SystemExit(3)"],
            {},
            doing="downloading",
        )
