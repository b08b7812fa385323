"""What the picture tells, read from the reviewed stack of prod."""

import pytest

from ops.picture.architecture import Architecture, Node, architecture
from ops.picture.cards import Card
from terraform.stack import Resource, read_stack
from tests.snapshots.test_snapshots import HERE as SNAPSHOTS
from tests.stack import stack_of


def resources() -> list[Resource]:
    return read_stack(SNAPSHOTS / "prod.json").of()


@pytest.fixture(scope="module", name="prod")
def _prod() -> Architecture:
    return architecture("atomic-prod", stack_of(resources()))


def service(facts: Architecture, name: str) -> Node:
    (found,) = [node for node in facts.services if node.card.title == name]
    return found


def outside(facts: Architecture, group: str, title: str) -> Card:
    (found,) = [card for card in facts.outside[group] if card.title == title]
    return found


def reached_by(facts: Architecture, type_: str, name: str) -> dict[str, str | None]:
    return {each.source[1]: each.ports for each in facts.reaches if each.target == (type_, name)}


def test_services_stand_in_the_order_of_their_routes(prod: Architecture) -> None:
    assert [(node.card.title, node.path) for node in prod.services] == [
        ("supertokens", "/v1/auth"),
        ("hasura", "/v1/graphql"),
        ("functions", "/v1/functions"),
        ("handshake", "/v1/handshake"),
        ("oauth", "/v1/oauth"),
        ("optaplanner", "/v1/optaplanner"),
        ("app", "/*"),
        ("python-agent", None),
    ]


def test_a_service_tells_its_size_tasks_port_secrets_and_collector(prod: Architecture) -> None:
    assert service(prod, "functions").card.lines == (
        "0.25 vCPU · 512 MiB · 1 to 4 tasks",
        "port 3000 3030 · 6 secrets · strip-proxy · traced",
    )


def test_spot_and_arm_are_badges(prod: Architecture) -> None:
    changed = [
        Resource(
            type=each.type,
            name=each.name,
            attributes={
                **each.attributes,
                "runtime_platform": {"cpu_architecture": "ARM64"},
            },
        )
        if (each.type, each.name) == ("aws_ecs_task_definition", "app")
        else each
        for each in resources()
    ]

    assert service(prod, "app").badges == ("Spot",)
    assert service(prod, "hasura").badges == ()
    assert service(architecture("", stack_of(changed)), "app").badges == ("Spot", "ARM")


def test_the_security_groups_say_who_reaches_the_database(prod: Architecture) -> None:
    assert reached_by(prod, "aws_db_instance", "main") == {
        "supertokens": "5432",
        "hasura": "5432",
        "optaplanner": "5432",
    }


def test_a_rule_that_goes_takes_its_arrow_along(prod: Architecture) -> None:
    without = [each for each in resources() if each.name != "hasura_from_oauth"]

    assert set(reached_by(prod, "aws_ecs_service", "hasura")) == {
        "app",
        "functions",
        "handshake",
        "main",
        "oauth",
    }
    assert set(reached_by(architecture("", stack_of(without)), "aws_ecs_service", "hasura")) == {
        "app",
        "functions",
        "handshake",
        "main",
    }


def test_the_file_system_is_reached_where_its_mount_targets_are(prod: Architecture) -> None:
    assert reached_by(prod, "aws_efs_file_system", "lancedb") == {"python_agent": "2049"}


def test_the_bucket_is_reached_by_the_role_alone(prod: Architecture) -> None:
    assert reached_by(prod, "aws_s3_bucket", "data") == {"functions": None}


def test_the_database_tells_its_class_zones_and_backups(prod: Architecture) -> None:
    (database,) = [card for card in prod.stores if card.kind == "database"]

    assert database.title == "PostgreSQL 15"
    assert database.lines == (
        "db.t3.small · Multi-AZ",
        "20 GiB gp3",
        "encrypted · 14 days of backups",
        "deletion protection",
    )


def test_the_file_system_tells_in_how_many_zones_it_can_be_mounted(prod: Architecture) -> None:
    (files,) = [card for card in prod.stores if card.kind == "files"]

    assert (files.title, files.lines) == ("EFS lancedb", ("encrypted · in 2 zones",))


def test_each_zone_leaves_through_its_own_gateway(prod: Architecture) -> None:
    assert [(zone.name, zone.nat, zone.leaves_through) for zone in prod.zones] == [
        ("zone 1", True, 0),
        ("zone 2", True, 1),
    ]


def test_a_subnet_is_public_by_its_route_to_the_internet_and_nothing_else() -> None:
    closed = [
        Resource(
            type=each.type,
            name=each.name,
            attributes={**each.attributes, "map_public_ip_on_launch": False},
        )
        for each in resources()
    ]

    assert architecture("", stack_of(closed)).zones == architecture("", stack_of(resources())).zones
    assert architecture("", stack_of(closed)).zones[0].public_block == "10.0.0.0/24"


def test_what_stands_outside_is_counted(prod: Architecture) -> None:
    assert outside(prod, "Access and secrets", "Secrets Manager").lines == ("18 secrets",)
    assert outside(prod, "Watching", "CloudWatch").lines == (
        "12 log groups, 39 alarms",
        "logs kept 30 days · a dashboard",
    )
    assert outside(prod, "Watching", "SNS").lines == ("1 topic", "tells ops@example.com")
    assert outside(prod, "Data outside the VPC", "ECR").lines == (
        "6 repositories",
        "scanned on push",
    )


@pytest.mark.parametrize(
    ("type_", "group", "title", "line"),
    [
        ("aws_wafv2_web_acl", "Edge", "WAF", "1 web ACL"),
        ("aws_kms_key", "Access and secrets", "KMS", "1 key"),
        ("aws_backup_vault", "Data outside the VPC", "Backup", "1 vault"),
        ("aws_flow_log", "Watching", "VPC flow logs", "1 flow log"),
        ("aws_kinesis_stream", "Data outside the VPC", "Kinesis", "1 stream"),
    ],
)
def test_a_type_that_nobody_foresaw_has_a_card(
    type_: str, group: str, title: str, line: str
) -> None:
    service = type_.split("_")[1]
    others = [each for each in resources() if each.type.split("_")[1] != service]
    more = [*others, Resource(type=type_, name="main", attributes={})]

    assert outside(architecture("", stack_of(more)), group, title).lines == (line,)


def test_an_unknown_object_in_a_security_group_stands_in_the_vpc() -> None:
    cache = Resource(
        type="aws_elasticache_cluster",
        name="main",
        attributes={"security_group_ids": ["${aws_security_group.database.id}"]},
    )

    facts = architecture("", stack_of([*resources(), cache]))

    assert [card.title for card in facts.stores if card.kind == "store"] == ["Elasticache cluster"]
    assert set(reached_by(facts, "aws_elasticache_cluster", "main")) == {
        "supertokens",
        "hasura",
        "optaplanner",
    }


def test_nothing_of_a_stack_is_no_picture_and_no_error() -> None:
    facts = architecture("", stack_of([]))

    assert (facts.services, facts.stores, facts.zones) == ((), (), ())
