"""Which stages the app takes on, and what it does with mistakes. What it writes: `tests/synth`."""

from pathlib import Path

import pytest

from modules.settings.stage_files import StageFileError
from synth import stages as synthesis

GOOD = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
PROD = GOOD + "security = { web_firewall = true, backups = true }\n"


@pytest.fixture
def stages(tmp_path: Path) -> Path:
    folder = tmp_path / "stages"
    folder.mkdir()
    for name in ("dev", "prod", "qa"):
        (folder / f"{name}.toml").write_text(PROD if name == "prod" else GOOD)
    return folder


def names(folder: Path, environ: dict[str, str]) -> list[str]:
    return [stage.stage for stage in synthesis.chosen_stages(folder, environ)]


def test_every_stage_file_is_a_stage(stages: Path) -> None:
    assert names(stages, {}) == ["dev", "prod", "qa"]


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        ("qa", ["qa"]),
        ("qa,dev", ["qa", "dev"]),
        ("dev,", ["dev"]),
        ("", ["dev", "prod", "qa"]),
        ("dev,dev", ["dev"]),
    ],
)
def test_atomic_stage_chooses_stages_by_name(stages: Path, choice: str, chosen: list[str]) -> None:
    assert names(stages, {"ATOMIC_STAGE": choice}) == chosen


SHARED = GOOD + '[state]\nbucket = "acme-states"\nkey = "atomic"\n'


@pytest.mark.parametrize("choice", ["dev", "qa", ""])
def test_two_stages_with_one_state_are_refused(stages: Path, choice: str) -> None:
    for name in ("dev", "qa"):
        (stages / f"{name}.toml").write_text(SHARED)

    with pytest.raises(StageFileError, match=r"each deploy would destroy what the other has made"):
        names(stages, {"ATOMIC_STAGE": choice})


def test_two_stages_with_states_of_their_own_share_a_bucket(stages: Path) -> None:
    for name in ("dev", "qa"):
        (stages / f"{name}.toml").write_text(SHARED.replace('"atomic"', f'"{name}"'))

    assert names(stages, {"ATOMIC_STAGE": "dev,qa"}) == ["dev", "qa"]


def test_a_stage_that_is_not_chosen_is_not_read(stages: Path) -> None:
    (stages / "prod.toml").write_text("quux = 1")

    assert names(stages, {"ATOMIC_STAGE": "dev,qa"}) == ["dev", "qa"]


def test_a_chosen_stage_without_a_file_is_refused(stages: Path) -> None:
    with pytest.raises(StageFileError) as caught:
        synthesis.chosen_stages(stages, {"ATOMIC_STAGE": "dev,nope"})

    assert str(caught.value) == f"{stages}/nope.toml: there is no stage nope: stages: dev, prod, qa"


def test_the_mistakes_of_all_files_are_in_one_message(stages: Path) -> None:
    (stages / "dev.toml").write_text(GOOD + "quux = 1")
    (stages / "prod.toml").write_text("not TOML")
    (stages / "qa.toml").write_text(GOOD + "kafka = 1")

    with pytest.raises(StageFileError) as caught:
        synthesis.chosen_stages(stages, {})

    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        f"{stages}/dev.toml",
        "  quux = 1",
        f"{stages}/prod.toml",
        f"{stages}/qa.toml",
        "  kafka = 1",
    ]


BAD_FOLDERS = {
    "a mistake": {"dev.toml": "quux = 1"},
    "one bad file beside a good one": {"dev.toml": GOOD, "prod.toml": "quux = 1"},
    "not TOML": {"dev.toml": "="},
    "no stack name": {"Dev.toml": GOOD},
    "no file": {},
}


@pytest.mark.parametrize("files", BAD_FOLDERS.values(), ids=BAD_FOLDERS)
def test_mistakes_end_in_status_2_and_one_message_and_nothing_written(
    tmp_path: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, outdir = tmp_path / "stages", tmp_path / "out"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)

    status = synthesis.synthesize_stages(
        {"ATOMIC_STAGES_DIR": str(folder), "CDKTF_OUTDIR": str(outdir)}
    )

    said = capsys.readouterr()
    assert status == 2
    assert said.out == ""
    assert said.err.startswith(str(folder))
    assert "Traceback" not in said.err
    assert not outdir.exists()


def test_the_stages_of_the_project_are_the_default_folder(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = synthesis.synthesize_stages({"ATOMIC_STAGE": "nope"})

    assert status == 2
    assert capsys.readouterr().err.startswith(f"{synthesis.HERE}/stages/nope.toml: ")
