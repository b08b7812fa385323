"""What comes from outside is printed as it is, and can be copied as it stands."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from common import screen
from local.emulator import PROJECT

ARN = "arn:aws:secretsmanager:us-east-1:111111111111:secret:key:id:lock:100:"
LONG = "x" * 300
HEBREW = "שלום"
HOSTILE = f"{ARN} [red]no[/red] {LONG} {HEBREW} \x1b[31m\x07\r\x7f\u202e\u2028"
HARMLESS = f"{ARN} [red]no[/red] {LONG} {HEBREW} \\x1b[31m\\x07\\r\\x7f\\u202e\\u2028"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns, without colours."""
    monkeypatch.setattr(screen._out, "_force_terminal", True)
    monkeypatch.setattr(screen._out, "no_color", True)
    monkeypatch.setattr(screen._out, "_width", 80)
    monkeypatch.setenv("COLUMNS", "80")


def test_a_line_is_printed_as_it_is_with_control_characters_escaped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen.say(HOSTILE)

    assert capsys.readouterr().out == HARMLESS + "\n"


def test_a_terminal_that_says_it_has_no_column_is_told_all_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    made = screen._console(stderr=False)
    made.print("open", soft_wrap=True)

    assert capsys.readouterr().out == "open\n"


def test_so_is_its_help(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    monkeypatch.setattr(sys, "argv", ["python -m ops", "--help"])
    app = typer.Typer(callback=lambda: None, help="The operator's tools.", no_args_is_help=True)
    app.command()(lambda: None)

    with pytest.raises(SystemExit):
        screen.run(app)

    assert "The operator's tools." in capsys.readouterr().out


def test_an_error_and_a_note_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    screen.print_error(HOSTILE)
    screen.tell(HOSTILE)

    assert capsys.readouterr().err == f"error: {HARMLESS}\n{HARMLESS}\n"


def test_progress_in_a_pipe_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with screen.progress_on_screen(False) as progress:
        progress(HOSTILE)

    assert capsys.readouterr().err == f"... {HARMLESS}\n"


def test_progress_is_silent_when_a_program_reads(capsys: pytest.CaptureFixture[str]) -> None:
    with screen.progress_on_screen(True) as progress:
        progress(HOSTILE)

    assert capsys.readouterr() == ("", "")


def test_a_long_step_gives_signs_of_life_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "_SECONDS_BETWEEN_SIGNS", 0.01)
    with screen.waiting() as progress:
        progress("deploying")
        said = ""
        while "so far" not in said:
            said += capsys.readouterr().err

    assert "... deploying (0 s so far)\n" in said


def test_a_table_in_a_pipe_has_one_line_for_each_row_and_cuts_no_cell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen.print_table(("name", "[red]\x07"), [("a", HOSTILE), ("[b]", ARN)])

    header, first, second = capsys.readouterr().out.splitlines()
    assert header == "name  [red]\\x07"
    assert first == f"a     {HARMLESS}"
    assert second == f"[b]   {ARN}"


@pytest.mark.usefixtures("narrow")
def test_a_table_that_fits_a_terminal_stays_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    screen.print_table(("name", "id"), [("a", ARN)])

    assert [line.split() for line in capsys.readouterr().out.splitlines()][1:] == [["a", ARN]]


@pytest.mark.usefixtures("narrow")
def test_prose_in_a_narrow_terminal_is_folded_between_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen.print_table(("name", "why"), [("vpc-0123456789abcdef0", "some long reason " * 8)])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(" ".join(lines).split()).count("some long reason") == 8


@pytest.mark.usefixtures("narrow")
def test_cells_too_long_for_a_terminal_stand_on_lines_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen.print_table(("name", "id", "note"), [("a", HOSTILE, ""), ("b", LONG, "kept")])

    assert capsys.readouterr().out.splitlines() == [
        "name  a",
        f"id    {HARMLESS}",
        "",
        "name  b",
        f"id    {LONG}",
        "note  kept",
    ]


# Who may print otherwise: file, and why.
OTHERS = {
    "common/screen.py": "it is the one",
    "synth/stages.py": "synthesis has no time to load rich, and its messages are flat already",
    "terraform/environment.py": "runs before each terraform, which has no time to load rich",
    "local/aws.py": "its output is read by the program that started it",
    "local/calls.py": "the emulator's log, a file",
    "local/moto_patches/gaps.py": "the emulator's log, a file",
    "local/validation/gate.py": "the emulator's log, a file",
    "dev/fault_injection/proxy.py": "its output is read by the program that started it",
    "dev/setup": "runs before the packages are installed",
}
PRINTERS = {"print", "echo", "secho", "rule", "print_exception"}


def printing(file: Path) -> list[str]:
    """The calls of a module that put text on the screen past common/screen.py."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id == "print":
                found.append(f"{node.lineno}: print")
            if isinstance(called, ast.Attribute) and called.attr in PRINTERS:
                found.append(f"{node.lineno}: {ast.unparse(called)}")
            if isinstance(called, ast.Attribute) and ast.unparse(called) in {
                "sys.stdout.write",
                "sys.stderr.write",
            }:
                found.append(f"{node.lineno}: {ast.unparse(called)}")
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "rich":
            found.append(f"{node.lineno}: from {node.module}")
        if isinstance(node, ast.Import) and any(
            each.name.startswith("rich") for each in node.names
        ):
            found.append(f"{node.lineno}: import rich")
    return found


PACKAGES = ("aws", "common", "dev", "imports", "local", "modules", "ops", "security", "terraform")


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_prints_past_the_one_that_prints_as_it_is(package: str) -> None:
    files = [
        file
        for file in sorted((PROJECT / package).rglob("*.py"))
        if ".venv" not in file.parts
        and not any(str(file.relative_to(PROJECT)).startswith(other) for other in OTHERS)
    ]
    past = {str(file.relative_to(PROJECT)): calls for file in files if (calls := printing(file))}

    assert past == {}


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (KeyboardInterrupt, "stopped; run the same command again to finish"),
        (typer.Abort, "stopped; nothing was done"),  # Ctrl-C at a question
    ],
)
def test_ctrl_c_ends_in_one_line_that_says_what_is_left(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    ends: type[BaseException],
    said: str,
) -> None:
    app = typer.Typer()

    @app.command()
    def work() -> None:
        raise ends

    monkeypatch.setattr(sys, "argv", ["work"])
    with pytest.raises(SystemExit) as left:
        screen.run(app)

    assert left.value.code == 130
    assert capsys.readouterr().err == f"{said}\n"


@pytest.mark.usefixtures("narrow")
def test_spare_columns_are_left_out_of_a_narrow_terminal_and_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen.print_table(("name", "tasks", "image"), [("app", "1 of 1", LONG)], spare=1)

    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "name  tasks",
        "app   1 of 1",
        "a wider terminal shows also: image",
    ]


def test_a_pipe_gets_the_spare_columns_too(capsys: pytest.CaptureFixture[str]) -> None:
    screen.print_table(("name", "image"), [("app", LONG)], spare=1)

    assert LONG in capsys.readouterr().out


@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_takes_no_file_s_place(tmp_path: Path, closing: str) -> None:
    program = (
        "import os, sys, typer\n"
        "from common.screen import run, say\n"
        "def main() -> None:\n"
        "    say('hello')\n"
        "    asked = sys.stdin.isatty()\n"
        f"    number = os.open({str(tmp_path / 'file')!r}, os.O_RDWR | os.O_CREAT)\n"
        f"    open({str(tmp_path / 'told')!r}, 'w').write(f'{{asked}} {{number > 2}}')\n"
        "app = typer.Typer()\n"
        "app.command()(main)\n"
        "run(app)\n"
    )
    shell = f'"$0" -c "$1" {closing}'
    ended = subprocess.run(
        ["/bin/sh", "-c", shell, sys.executable, program],
        cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False,
    )  # fmt: skip

    assert (ended.returncode, (tmp_path / "told").read_text()) == (0, "False True")
