"""A new stage on the emulator: full is refused until the services' roles are there, and then it is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cdktf import Cdktf, CdktfError
from local.emulator import running_emulator
from tests.integration.conftest import write_stage
from tests.integration.recovery import RecoverableStage

pytestmark = pytest.mark.integration

STACK = "atomic-fresh"
STAGE = """
domain_name = "fresh.example.com"
operator_email = "ops@example.com"
retain_data = false

[network]
nat = "single"

[database]
multi_az = false
"""
FOUNDATION = 'phase = "foundation"\n'
ROLES = ("supertokens", "hasura", "optaplanner")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fresh")
    (made / "schema").mkdir()
    (made / "schema" / "0001-note.sql").write_text("CREATE TABLE note (id int);\n")
    write_stage(made / "stages", "fresh", STAGE)
    return made


@pytest.fixture(scope="module")
def stage(folder: Path) -> Iterator[RecoverableStage]:
    with running_emulator() as emulator:
        environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(folder / "stages")}
        yield RecoverableStage(
            name="fresh", cdktf=Cdktf(folder=folder, environment=environment), emulator=emulator
        )


def apply(stage: RecoverableStage, folder: Path) -> str:
    answer = stage.ops("database apply", str(folder / "schema"))
    assert answer.code == 0, answer.errors
    return answer.text


def test_a_new_stage_is_not_deployed_in_full(stage: RecoverableStage) -> None:
    lines: list[str] = []
    with pytest.raises(CdktfError):
        stage.cdktf.run("deploy", STACK, "--auto-approve", on_line=lines.append)

    printed = " ".join(" ".join(lines).replace("\u2502", " ").split())
    for role in ROLES:
        assert f"{role} cannot log in to the database yet" in printed
    assert not stage.state_file.exists() or not stage.state()["resources"]


def test_the_gate_blocks_it_and_says_what_comes_first(stage: RecoverableStage) -> None:
    answer = stage.ops("gate")

    assert answer.code == 2
    for role in ROLES:
        assert f"BLOCKED aws_ecs_service.{role}: {role} cannot log in to the database yet" in (
            answer.text
        )
    assert "`python -m ops database apply FOLDER --stage fresh`" in answer.text


def test_the_foundation_and_the_schema_open_it(stage: RecoverableStage, folder: Path) -> None:
    write_stage(folder / "stages", "fresh", FOUNDATION + STAGE)
    stage.cdktf.run("deploy", STACK, "--auto-approve")
    write_stage(folder / "stages", "fresh", STAGE)
    assert stage.ops("gate").code == 2
    (before,) = (line for line in stage.ops("doctor").text.splitlines() if "roles" in line)

    said = apply(stage, folder)

    assert "no SQL was run there" in said
    assert "the schema was not applied" in before
    values = stage.secret_values()
    for role in ROLES:
        assert f'"username":"{role}"' in values[f"{STACK}-{role}-db-role"].replace(" ", "")
    assert values[f"{STACK}-hasura-db-conn-string"].startswith("postgres://hasura:")
    assert stage.ops("gate").code == 0


def test_a_second_run_changes_no_secret(stage: RecoverableStage, folder: Path) -> None:
    before = stage.secret_values()

    apply(stage, folder)

    assert stage.secret_values() == before
