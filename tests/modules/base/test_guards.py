"""What holds data refuses to be destroyed where the stage retains it, but for what is named."""

from pathlib import PurePath

import pytest

from aws.resources import RESOURCES
from modules.settings.checks import find_errors
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from modules.settings.stateful import stateful_addresses
from tests.conftest import Synthesize, read_stack
from tests.stack import Stack
from tests.stages import SHIPPED, VARIANTS, stage_settings

pytestmark = pytest.mark.jsii

REFUSES = {"prevent_destroy": True}
NAMED = ["aws_db_instance.main", "aws_ecr_repository.python_agent"]
# A stage of each database engine, and one with jobs: with them every stateful type there is.
KEEPING = ("prod", "guarded", "tailored")


STATEFUL = {each.type for each in RESOURCES.values() if each.holds_data}


def stateful(stack: Stack) -> list[tuple[str, str]]:
    return [(type_, name) for type_ in sorted(STATEFUL) for name in stack.names(type_)]


def refuses(stack: Stack, type_: str, name: str) -> bool:
    return bool(stack.resource(type_, name).get("lifecycle", {}).get("prevent_destroy"))


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory, stack: Synthesize) -> Stack:
    """Prod with two addresses that may be destroyed."""
    stack("prod")  # has started jsii with the fast bindings
    from modules.app import synthesize  # noqa: PLC0415

    document = {
        **stage_settings("prod").model_dump(include={"domain_name", "operator_email", "security"})
    }
    settings, mistakes = parse_stage({**document, "allow_destroy": NAMED}, stage="prod")
    assert not mistakes
    outdir = tmp_path_factory.mktemp("named")
    synthesize(
        [settings],
        adopted={},
        outdir=str(outdir),
        state_folder=PurePath("/state"),
        emulated=False,
    )
    return read_stack(outdir, settings.stack_name)


@pytest.mark.parametrize(
    ("stage", "type_", "name"),
    [
        ("prod", "aws_db_instance", "main"),
        ("aurora", "aws_rds_cluster", "main"),
        ("prod", "aws_s3_bucket", "data"),
        ("prod", "aws_efs_file_system", "lancedb"),
        ("prod", "aws_secretsmanager_secret", "rds_master_credentials"),
        ("prod", "aws_ecr_repository", "python_agent"),
        ("prod", "aws_s3_bucket", "logs"),
        ("prod", "aws_backup_vault", "main"),
        ("guarded", "aws_kms_key", "main"),
    ],
)
def test_each_kind_refuses_to_be_destroyed(
    stack: Synthesize, stage: str, type_: str, name: str
) -> None:
    assert stack(stage).resource(type_, name)["lifecycle"] == REFUSES


def test_the_stages_asked_have_every_type_that_holds_data(stack: Synthesize) -> None:
    assert {type_ for stage in KEEPING for type_, _ in stateful(stack(stage))} == STATEFUL


@pytest.mark.parametrize("stage", KEEPING)
def test_nothing_that_holds_data_is_left_out(stack: Synthesize, stage: str) -> None:
    found = stateful(stack(stage))

    assert len(found) > 20
    assert [at for at in found if not refuses(stack(stage), *at)] == []


@pytest.mark.parametrize("stage", ["dev", "staging"])
def test_a_stage_that_keeps_nothing_has_no_guard(stack: Synthesize, stage: str) -> None:
    found = stateful(stack(stage))

    assert [at for at in found if refuses(stack(stage), *at)] == []


def test_a_named_address_may_go_and_no_other(named: Stack) -> None:
    unguarded = [at for at in stateful(named) if not refuses(named, *at)]

    assert [".".join(at) for at in unguarded] == NAMED


def test_a_named_database_loses_its_deletion_protection_and_keeps_its_last_snapshot(
    named: Stack,
) -> None:
    database = named.resource("aws_db_instance", "main")

    assert database["deletion_protection"] is False
    assert database["skip_final_snapshot"] is False
    assert named.resource("aws_lb", "main")["enable_deletion_protection"] is True


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_each_stateful_address_of_a_stage_can_be_named(stack: Synthesize, stage: str) -> None:
    settings: StageSettings = stage_settings(stage)
    held = {".".join(at) for at in stateful(stack(stage))}

    # Settings alone do not tell what an extension makes: there any address can be named.
    further = held - set(stateful_addresses(settings))
    named = settings.model_copy(update={"allow_destroy": tuple(further)})
    assert not further or settings.extension
    assert not [each for each in find_errors(named) if each.field == "allow_destroy"]
