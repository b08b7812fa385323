"""Which stages can be recovered at all."""

from pathlib import Path

import pytest

from tests.ops.answering import answer


@pytest.mark.parametrize("options", [("--yes",), ("--yes", "--delete-orphans"), ("--dry-run",)])
def test_a_stage_without_default_tags_is_refused_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
) -> None:
    file = tmp_path / "dev.toml"
    file.write_text(
        'domain_name = "app.example.com"\noperator_email = "ops@example.com"\ndefault_tags = {}\n'
    )
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))

    said = answer(monkeypatch, capsys, "recover", "--stage", "dev", *options)

    assert (said.code, said.text) == (1, "")
    (line,) = said.errors.splitlines()
    assert f"{file}: default_tags = {{}}: one at least is needed" in line
