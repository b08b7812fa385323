"""Reading the stage files: which there are, what a file is, and what it is laid over."""

from pathlib import Path
from typing import Any

import pytest

from modules.settings.services import SERVICES
from modules.settings.stage_files import StageFileError, parse_stage, read_stage, stage_names
from modules.settings.stage_settings import StageSettings

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
TEXT = "".join(f'{key} = "{value}"\n' for key, value in REQUIRED.items())


def refusal(folder: Path, text: str, *, stage: str = "dev") -> list[str]:
    """The lines of the message that a stage file of this text gets."""
    (folder / f"{stage}.toml").write_text(text)
    with pytest.raises(StageFileError) as caught:
        read_stage(folder, stage)
    return str(caught.value).splitlines()


def accepted(document: dict[str, Any], *, stage: str = "dev") -> StageSettings:
    settings, mistakes = parse_stage({**REQUIRED, **document}, stage=stage)
    assert not mistakes, mistakes
    return settings


def test_a_file_is_the_settings_of_its_stage(tmp_path: Path) -> None:
    (tmp_path / "qa.toml").write_text(TEXT + "kafka = true")

    settings = read_stage(tmp_path, "qa")

    assert settings == accepted({"kafka": True}, stage="qa")


def test_a_file_with_the_mark_that_windows_editors_write_is_read(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text(TEXT, encoding="utf-8-sig")

    assert read_stage(tmp_path, "dev") == accepted({})


@pytest.mark.parametrize(
    "stage", ["Dev", "1dev", "dev_eu", "dev-", "dev--eu", "dev.bak", "dev eu", "d" * 33]
)
def test_a_stage_name_that_is_no_stack_name_is_refused(tmp_path: Path, stage: str) -> None:
    (line,) = refusal(tmp_path, TEXT, stage=stage)

    assert line.startswith(f"{tmp_path}/{stage}.toml: ")
    assert "lower-case letters" in line
    assert line.endswith("; rename the file")


@pytest.mark.parametrize(
    ("written", "stands"),
    [
        ("\ufeff\ufeffphase = 1", "a byte order mark (U+FEFF)"),
        ("\u200bphase = 1", "a zero-width character (U+200B)"),
        ("phase\u00a0= 1", "a blank that is none of the keyboard's (U+00A0)"),
        ("phase = \u201cfull\u201d", "a word processor's quotes (U+201C)"),
        ("\r\nphase = 1\u2028", "a line separator (U+2028)"),
        ("phase\x00 = 1", "a control character (U+0000)"),
    ],
)
def test_a_character_that_nobody_sees_is_named_where_toml_stops(
    tmp_path: Path, written: str, stands: str
) -> None:
    (tmp_path / "dev.toml").write_bytes(written.encode())
    with pytest.raises(StageFileError) as caught:
        read_stage(tmp_path, "dev")

    assert str(caught.value).endswith(f"): {stands} is there: type it anew")


def test_a_letter_that_only_looks_like_another_is_named_where_toml_stops(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text('reg\u0456on = "us-east-1"\n', encoding="utf-8")

    with pytest.raises(StageFileError, match=r"\u0456 \(U\+0456\), which is no letter of ASCII's"):
        read_stage(tmp_path, "dev")


@pytest.mark.parametrize(
    "document", [{"reg\u0456on": "us-east-1"}, {"services": {"\u0430pp": {"max_tasks": 2}}}]
)
def test_a_letter_that_only_looks_like_another_is_named_in_a_key(document: dict[str, Any]) -> None:
    _, (mistake,) = parse_stage({**document, **REQUIRED}, stage="dev")

    assert mistake.remedy.startswith("type it anew, without ")
    assert "which is no letter of ASCII's" in mistake.remedy


def test_a_long_key_is_cut_where_it_is_named() -> None:
    _, (mistake,) = parse_stage({"x" * 100_000: 1, **REQUIRED}, stage="dev")

    assert str(mistake).startswith(f"{'x' * 197}... = 1: must be one of")


def test_a_file_that_is_not_toml_is_refused_with_the_place(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "domain_name = \n")

    assert line.startswith(f"{tmp_path}/dev.toml: not valid TOML: ")
    assert "line 1" in line


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, ".".join("a" * 3000) + " = 1"])
def test_a_file_that_python_cannot_take_in_is_refused(tmp_path: Path, text: str) -> None:
    (line,) = refusal(tmp_path, text)

    assert line.startswith(f"{tmp_path}/dev.toml: ")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_bytes(b'domain_name = "\xff"')

    with pytest.raises(StageFileError) as caught:
        read_stage(tmp_path, "dev")

    assert str(caught.value) == f"{tmp_path}/dev.toml: not UTF-8 text; save it as UTF-8"


LINES = b'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<<<<<<< HEAD\n" + LINES, "in the middle of a merge, and no TOML: resolve git's conflict first"),
        (
            LINES + b"<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> theirs\n",
            "in the middle of a merge, and no TOML: resolve git's conflict first",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:x\n",
            "a pointer of Git LFS, and no TOML: run `git lfs pull` first",
        ),
        (b"\0GITCRYPT\0abc", "encrypted by git-crypt, and no TOML: run `git-crypt unlock` first"),
        (LINES + b"\0\0", "cut off, as after the machine stopped or the disk was full, and no TOML: "),
        (LINES.decode().encode("utf-16"), "not UTF-8 text; save it as UTF-8"),
        (LINES.decode().encode("utf-16-le"), "not UTF-8 text; save it as UTF-8"),
        (LINES.decode().encode("utf-16-be"), "not UTF-8 text; save it as UTF-8"),
    ],
)  # fmt: skip
def test_what_is_in_place_of_a_stage_file_is_named(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "dev.toml").write_bytes(content)

    with pytest.raises(StageFileError) as caught:
        read_stage(tmp_path, "dev")

    assert str(caught.value).startswith(f"{tmp_path}/dev.toml: {said}")


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_each_way_to_end_a_line_is_read(tmp_path: Path, ending: bytes) -> None:
    (tmp_path / "dev.toml").write_bytes(b"\xef\xbb\xbf" + LINES.replace(b"\n", ending))

    assert read_stage(tmp_path, "dev").domain_name == "app.example.com"


def test_a_base_s_file_in_the_middle_of_a_merge_is_named(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_bytes(b"<<<<<<< HEAD\n" + LINES)
    (tmp_path / "pr-1.toml").write_text('[preview]\nbase = "dev"\n')

    with pytest.raises(StageFileError, match="in the middle of a merge"):
        read_stage(tmp_path, "pr-1")


def test_a_folder_without_any_stage_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(StageFileError) as caught:
        read_stage(tmp_path, "dev")

    assert str(caught.value).startswith(f"{tmp_path}: no stage file; ")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("prdo", "there is no stage prdo: did you mean prod? stages: dev, prod, staging"),
        ("Dev", "there is no stage Dev: did you mean dev? stages: dev, prod, staging"),
        ("qa", "there is no stage qa: stages: dev, prod, staging"),
    ],
)
def test_a_stage_that_is_not_there_is_answered_with_those_that_are(
    tmp_path: Path, typed: str, said: str
) -> None:
    for name in ("dev", "prod", "staging"):
        (tmp_path / f"{name}.toml").write_text(TEXT)

    with pytest.raises(StageFileError) as caught:
        read_stage(tmp_path, typed)

    assert str(caught.value) == f"{tmp_path / typed}.toml: {said}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "stages/dev.toml",
            "there is no stage stages/dev.toml: did you mean dev? stages: dev, prod",
        ),
        ("../stages/dev", "there is no stage ../stages/dev: did you mean dev? stages: dev, prod"),
        ("dev.toml", "there is no stage dev.toml: did you mean dev? stages: dev, prod"),
        ("", 'there is no stage "": stages: dev, prod'),
    ],
)
def test_a_file_in_the_place_of_its_stage_is_answered_with_the_stage(
    tmp_path: Path, typed: str, said: str
) -> None:
    folder = tmp_path / "stages"
    folder.mkdir()
    for name in ("dev", "prod"):
        (folder / f"{name}.toml").write_text(TEXT)

    with pytest.raises(StageFileError) as caught:
        read_stage(folder, typed)

    assert str(caught.value) == f"{folder}: {said}"


@pytest.mark.parametrize("typed", ["atomic-dev", "Atomic-dev", "atomic-dve"])
def test_a_stack_in_the_place_of_its_stage_is_answered_with_the_stage(
    tmp_path: Path, typed: str
) -> None:
    for name in ("dev", "prod"):
        (tmp_path / f"{name}.toml").write_text(TEXT)

    with pytest.raises(StageFileError, match=f"no stage {typed}: did you mean dev\\? stages: dev,"):
        read_stage(tmp_path, typed)


def test_a_name_with_a_line_break_is_told_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text(TEXT)

    with pytest.raises(StageFileError, match="did you mean dev") as caught:
        read_stage(tmp_path, "dev\n")

    assert str(caught.value).isprintable()


def test_a_link_that_leads_nowhere_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").symlink_to("gone.toml")

    with pytest.raises(StageFileError, match=r"a link to gone\.toml, where no file is"):
        read_stage(tmp_path, "dev")


def test_a_folder_in_a_files_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").mkdir()

    with pytest.raises(StageFileError) as caught:
        read_stage(tmp_path, "dev")

    assert str(caught.value) == f"{tmp_path}/dev.toml: cannot be read: Is a directory"


def test_the_stages_are_the_files_sorted(tmp_path: Path) -> None:
    for name in ("prod.toml", "dev.toml", "README.md"):
        (tmp_path / name).touch()

    assert stage_names(tmp_path) == ["dev", "prod"]


@pytest.mark.parametrize("folder", [".", "missing"])
def test_a_folder_without_stage_files_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(StageFileError) as caught:
        stage_names(tmp_path / folder)

    message = str(caught.value)
    assert message.startswith(f"{tmp_path / folder}: no stage file; ")
    assert "ATOMIC_STAGES_DIR" in message


def test_a_services_table_changes_only_the_columns_it_names() -> None:
    (row,) = (row for row in SERVICES if row.name == "app")

    app = accepted({"services": {"app": {"max_tasks": 9}}}).services["app"]

    assert app == row.model_copy(update={"max_tasks": 9})


def test_a_services_table_leaves_the_other_services_alone() -> None:
    services = accepted({"services": {"app": {"max_tasks": 9}}}).services

    assert [s for s in services.values() if s.name != "app"] == [
        row for row in SERVICES if row.name != "app"
    ]


@pytest.mark.parametrize(
    ("table", "added"),
    [
        ("environment", {"LOG_LEVEL": "debug", "APP_CLIENT_URL": "https://other.example.com"}),
        ("secrets", {"DEEPGRAM_API_KEY": "deepgram-api-key"}),
    ],
)
def test_variables_are_laid_over_those_of_the_row(table: str, added: dict[str, str]) -> None:
    (row,) = (row for row in SERVICES if row.name == "functions")

    functions = accepted({"services": {"functions": {table: added}}}).services["functions"]

    assert getattr(functions, table) == getattr(row, table) | added


def test_a_ninth_service_needs_no_more_than_its_table() -> None:
    row = {"port": 9000, "path": "/v1/reports", "priority": 70}

    services = accepted({"services": {"reports": row}}).services

    assert list(services) == [*(row.name for row in SERVICES), "reports"]
    reports = services["reports"]
    assert (reports.name, reports.port, reports.path, reports.priority) == (
        "reports",
        9000,
        "/v1/reports",
        70,
    )


@pytest.mark.parametrize("stage", ["dev", "production", "qa"])
def test_names_and_tags_follow_the_stages_name(stage: str) -> None:
    settings = accepted({}, stage=stage)

    assert settings.stage == stage
    assert settings.stack_name == settings.prefix == f"atomic-{stage}"
    assert settings.default_tags == {
        "Project": "atomic-calendar",
        "Stage": stage,
        "ManagedBy": "cdktf",
    }


@pytest.mark.parametrize("stage", ["dev", "staging", "prod", "production", "live"])
def test_safety_does_not_depend_on_the_stages_name(stage: str) -> None:
    switches = {"web_firewall": True, "backups": False}

    settings = accepted({"security": switches}, stage=stage)

    assert settings.retain_data is True
    assert (settings.security.web_firewall, settings.security.backups) == (True, False)


def test_a_stage_gives_up_its_data_only_where_its_file_says_so() -> None:
    assert accepted({}).retain_data is True
    assert accepted({"retain_data": False}).retain_data is False


PASTED = {
    "neither": ("", ["[security]", "web_firewall = true", "backups = true"]),
    "no backups": ("[security]\nweb_firewall = false\n", ["backups = true"]),
    "no firewall": ("[security]\nbackups = true\n", ["web_firewall = true"]),
    "another switch": (
        "[security]\nflow_logs = false\n",
        ["web_firewall = true", "backups = true"],
    ),
}


@pytest.mark.parametrize(("text", "lines"), PASTED.values(), ids=PASTED)
def test_a_prod_that_relied_on_its_name_is_refused_with_the_lines_to_paste(
    tmp_path: Path, text: str, lines: list[str]
) -> None:
    _, mistake, *pasted = refusal(tmp_path, TEXT + text, stage="prod")

    assert "the name 'prod' no longer turns anything on" in mistake
    assert [line.strip() for line in pasted] == lines
    (tmp_path / "prod.toml").write_text(TEXT + text + "\n".join(lines))
    security = read_stage(tmp_path, "prod").security
    assert security.backups is True
    assert security.web_firewall is ("web_firewall = false" not in text)


def test_a_switch_that_is_neither_on_nor_off_is_not_called_missing_too(tmp_path: Path) -> None:
    text = '[security]\nweb_firewall = "yes"\nbackups = true\n'

    title, mistake = refusal(tmp_path, TEXT + text, stage="prod")

    assert title.endswith(": 1 error")
    assert "true or false" in mistake


def test_defaults_give_way_to_the_file() -> None:
    settings = accepted({"prefix": "acme", "default_tags": {"Owner": "me"}})

    assert (settings.prefix, settings.default_tags) == (
        "acme",
        {"Project": "atomic-calendar", "Stage": "dev", "ManagedBy": "cdktf", "Owner": "me"},
    )


def test_an_empty_table_of_tags_leaves_none() -> None:
    assert accepted({"default_tags": {}}).default_tags == {}


def test_a_stage_may_set_the_platforms_own_tags_otherwise() -> None:
    tags = accepted({"default_tags": {"Project": "calendar"}}).default_tags

    assert tags == {"Project": "calendar", "Stage": "dev", "ManagedBy": "cdktf"}


def test_the_smallest_stage_has_the_defaults_of_the_specification() -> None:
    settings = accepted({})

    assert settings.phase == "full"
    assert settings.region == "us-east-1"
    assert settings.dns.mode == "manual"
    assert settings.certificate_arn is None
    assert settings.state is None
    assert (settings.network.zone_count, settings.network.nat) == (2, "per-az")
    assert settings.logs.retention_days == 30
    assert settings.tracing.enabled is True
    assert settings.kafka is False


@pytest.mark.parametrize("phase", ["foundation", "adopt"])
def test_only_phase_full_needs_domain_and_e_mail(phase: str) -> None:
    settings, mistakes = parse_stage({"phase": phase}, stage="dev")

    assert mistakes == []
    assert settings.domain_name is None
