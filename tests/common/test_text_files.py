"""How the bytes of other people's files become JSON."""

import json
from pathlib import Path

import pytest

from common.errors import UserError
from common.text_files import read_json

DOCUMENT = {"name": "é", "value": 1}


def read(path: Path, content: bytes) -> object:
    path.write_bytes(content)
    return read_json(path, wanted="a plan in JSON", remedy="write one")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_each_encoding_that_a_shell_writes_is_read(tmp_path: Path, encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    text = json.dumps(DOCUMENT, ensure_ascii=False)

    assert read(tmp_path / "a.json", mark + text.encode(encoding)) == DOCUMENT
    assert read(tmp_path / "b.json", text.encode(encoding)) == DOCUMENT  # without its mark


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"{", "Expecting property name"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": 1, "b": {}, "a": 2}', '"a" is in one object twice'),
        (b"9" * 5000, "a number with too many digits"),
        (b"\x1f\x8b rest", "compressed with gzip"),
        (b"PK\x03\x04 rest", "a plan file (or another zip archive)"),
        (b"  \n", "it is empty"),
        (b"\xff\xff", "another encoding than UTF-8"),
        (b'{"name": "M\xfcnchen"}', "another encoding than UTF-8"),
        (b"\x80\x03\x01", "binary or encrypted"),
        (b'{"a": "\x00"}', "binary or encrypted"),
        (b"[1]\n[2]", "Extra data"),
    ],
)
def test_what_is_no_json_is_told_in_one_line_with_the_remedy(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "a.json"

    with pytest.raises(UserError) as caught:
        read(path, content)

    assert str(caught.value).startswith(f"{path}: not a plan in JSON (")
    assert why in str(caught.value)
    assert str(caught.value).endswith(": write one")


@pytest.mark.parametrize("line", ["[command]/opt/terraform-bin show", "::debug::exitcode: 0"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_wrappers_first_line_is_told_with_what_turns_it_off(
    tmp_path: Path, line: str, encoding: str
) -> None:
    with pytest.raises(UserError, match="`terraform_wrapper: false`"):
        read(tmp_path / "a.json", f"{line}\n{{}}".encode(encoding))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory"):
        read_json(tmp_path / "none", wanted="a plan in JSON", remedy="write one")


@pytest.mark.parametrize(
    "text",
    [
        "##[command]terraform show -json now.tfplan\n{}\n",
        "time=2026-01-02T03:04:05Z level=info msg=planning\n{}\n",
        "\x1b[0m{}\x1b[0m\n",
        "> stack@1.0.0 show\n> terraform show -json\n\n{}\n",
        "{}\n::debug::exitcode: 0\n",
    ],
)
def test_a_document_among_the_lines_of_another_program_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="another program's lines come before or after it"):
        read(tmp_path / "a.json", text.replace("{}", json.dumps(DOCUMENT)).encode())


def test_the_log_of_a_plan_is_told_from_the_plan(tmp_path: Path) -> None:
    log = b'{"@level":"info","type":"version"}\n{"@level":"info","type":"planned_change"}\n'

    with pytest.raises(UserError, match="the log that `terraform plan -json` prints, a line each"):
        read(tmp_path / "a.json", log)


@pytest.mark.parametrize(
    "lines",
    [
        ["{", "<<<<<<< HEAD", '"a": 1', "=======", '"a": 2', ">>>>>>> theirs", "}"],
        ["{", "<<<<<<< HEAD", '"a": 1', "}"],
        ["{", '"a": 2', ">>>>>>> theirs", "}"],
    ],
    ids=["whole", "its begin", "its end"],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_conflict_that_git_has_left_is_found_in_the_middle(
    tmp_path: Path, lines: list[str], ending: str
) -> None:
    with pytest.raises(UserError, match="in the middle of a merge"):
        read(tmp_path / "a.json", ending.join(lines).encode())


def test_what_looks_like_a_part_of_a_conflict_is_none(tmp_path: Path) -> None:
    text = json.dumps({"a": "<<<<<<< HEAD\n=======\n>>>>>>> theirs"}, indent=1)

    assert read(tmp_path / "a.json", text.encode()) == json.loads(text)
