"""A base and a stack beside each other: whose object is adopted, and what becomes of the other."""

import pytest

from common.errors import UserError
from imports.inventory import Decision
from imports.legacy_side import LegacySide
from imports.sources.terraform_base.mapping import ADOPTED, RELEASED, secret_of_released
from imports.two_owners import NETWORK, Choice, choose, left_to_stack, part_of

VPC, BUCKET, DATABASE = "aws_vpc.main", "aws_s3_bucket.data", "aws_db_instance.main"
LOGIN = "aws_secretsmanager_secret.rds_master_credentials"
TOKEN = "aws_secretsmanager_secret.api_token_secret"
BASE = {VPC: "vpc-base", BUCKET: "base-data"}
STACK = {VPC: "vpc-stack", BUCKET: "stack-data", DATABASE: "stack-db"}


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("aws_subnet.public_0", NETWORK),
        ("aws_vpc_security_group_ingress_rule.app_from_load_balancer", NETWORK),
        ("aws_ecs_service.app", NETWORK),
        ("aws_efs_mount_target.lancedb_0", NETWORK),
        (LOGIN, NETWORK),
        ("aws_secretsmanager_secret.hasura_db_conn_string", NETWORK),
        (TOKEN, TOKEN),
        ("aws_s3_bucket_public_access_block.data", BUCKET),
        ("aws_sns_topic_subscription.operator", "aws_sns_topic.alarms"),
        ("aws_ecr_repository.app", "aws_ecr_repository.app"),
    ],
)
def test_what_works_only_together_is_one_part(address: str, part: str) -> None:
    assert part_of(address) == part


def test_the_network_is_the_one_in_which_the_database_is() -> None:
    choice = choose(BASE, STACK, ["base"])

    assert choice == Choice(of={NETWORK: "stack", BUCKET: "base"})


def test_what_nobody_has_decided_is_named_with_both_objects_and_the_options() -> None:
    choice = choose(BASE, STACK, [])

    (line,) = choice.undecided
    assert line.startswith(f"both have {BUCKET}, the base base-data and the stack stack-data: ")
    assert f"--prefer {BUCKET}=base" in line


def test_of_two_databases_the_user_names_one() -> None:
    base = {**BASE, DATABASE: "base-db"}

    (line,) = choose(base, STACK, [f"{BUCKET}=stack"]).undecided

    assert line.startswith("both have a network, the base base-db and the stack stack-db: ")
    assert choose(base, STACK, ["stack", f"{NETWORK}=base"]).of == {
        NETWORK: "base",
        BUCKET: "stack",
    }


def test_what_one_owner_alone_has_is_its_own() -> None:
    choice = choose({BUCKET: "base-data"}, {DATABASE: "stack-db"}, [])

    assert choice == Choice(of={})
    assert not choice.is_left(BUCKET, "base")


@pytest.mark.parametrize(
    ("preferred", "said"),
    [
        ("nobody", "--prefer nobody: allowed: base, stack, or of one part"),
        ("aws_sns_topic.alarms=base", "not both owners have aws_sns_topic.alarms; they both have"),
        (f"{NETWORK}=base", "only the CloudFormation stack has the database"),
    ],
)
def test_a_preference_that_decides_nothing_is_refused(preferred: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        choose(BASE, STACK, [preferred])


def test_an_object_that_both_own_is_refused() -> None:
    with pytest.raises(UserError, match="the aws_vpc vpc-stack is in the legacy state and in the"):
        choose({VPC: "vpc-stack"}, STACK, ["base"])


def test_what_the_stack_has_in_its_place_stays_in_the_old_state_with_what_is_made_for_it() -> None:
    side = LegacySide(
        configuration=None,
        state=None,
        attributes={"aws_route.out": {"route_table_id": "rtb-base"}},
        decisions=[
            _adopt("aws_db_instance.main", DATABASE, "base-db"),
            _adopt("aws_secretsmanager_secret.db_credentials", LOGIN, "arn:login"),
            _adopt("aws_secretsmanager_secret.api_token_secret", TOKEN, "arn:token"),
            _adopt("aws_route_table.public", "aws_route_table.public", "rtb-base"),
            _release("aws_route.out"),
            _release("aws_secretsmanager_secret_version.db_credentials_version"),
            _release("random_password.db_master_password"),
            _release("random_password.api_token"),
        ],
        region="us-east-1",
        account_id="123456789012",
        notes=(),
    )

    after = left_to_stack(side, Choice(of={NETWORK: "stack"})).decisions

    verdicts = {each.legacy_address: each.verdict for each in after}
    assert verdicts.pop("aws_secretsmanager_secret.api_token_secret") == "adopt"
    # Were the master's password drawn anew, an apply of the old folder would lock everybody out.
    assert verdicts.pop("random_password.api_token") == "release"
    assert set(verdicts.values()) == {"not covered"}
    assert {each.why for each in after if each.verdict == "not covered"} == {
        "the network of the CloudFormation stack is adopted in its place; this one stays",
        "it goes with what stays in the legacy state",
    }


@pytest.mark.parametrize("legacy", RELEASED)
def test_the_secret_of_every_released_value_is_known(legacy: str) -> None:
    secret = secret_of_released(legacy.partition(".")[0], f"module.base.{legacy}")

    assert secret in {f"aws_secretsmanager_secret.{name}" for name in ADOPTED.values()}


def _adopt(legacy: str, address: str, import_id: str) -> Decision:
    return Decision(
        legacy_address=legacy,
        type=legacy.partition(".")[0],
        verdict="adopt",
        address=address,
        import_id=import_id,
    )


def _release(legacy: str) -> Decision:
    return Decision(legacy_address=legacy, type=legacy.partition(".")[0], verdict="release")
