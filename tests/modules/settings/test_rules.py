"""What AWS keeps for itself: each rule, and the outside peer that it is held against where there is one."""

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from modules.settings.rules import (
    addresses,
    clocks,
    containers,
    databases,
    network,
    schedules,
    storage,
    tags,
    texts,
)
from modules.settings.rules.refusal import Refusal
from modules.settings.stage_files import parse_stage
from tests.examples import examples

Rule = Callable[[str], Refusal | None]

SESSION = botocore.session.get_session()


def fields(document: dict[str, Any], *, stage: str = "dev") -> list[str]:
    """The fields that a stage with these settings is refused for."""
    required = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
    _, mistakes = parse_stage({**required, **document}, stage=stage)
    return [mistake.field for mistake in mistakes]


TAKEN: list[tuple[Rule, list[str]]] = [
    (containers.variable_name, ["LOG_LEVEL", "spring.profiles.active", "GRÖSSE"]),
    (
        texts.visible_text,
        ["", "a b", "a\nb\tc", "Größe", "\u0645\u06cc\u200c\u062e", "\U0001f469\u200d\U0001f4bb"],
    ),
    (databases.master_user, ["postgres", "postgresadmin", "pgadmin", "root", "users", "admin_app"]),
    (
        databases.database_name,
        ["postgres", "atomicdb", "app", "data", "users", "pg_app", "grant_db"],
    ),
    (databases.instance_class, ["db.t3.micro", "db.r6g.16xlarge", "db.m5.xlarge", "db.x2g.medium"]),
    (
        network.vpc_block,
        ["10.0.0.0/16", "172.16.0.0/28", "100.64.0.0/16", "52.0.0.0/16", "192.168.0.0/20"],
    ),
    (network.region, ["us-east-1", "eu-central-2", "mx-central-1"]),
    (clocks.days_of_the_week, ["MON", "MON-FRI", "SUN-THU", "MON,WED,FRI", "MON-TUE,THU,SAT-SUN"]),
    (
        clocks.time_zone,
        ["UTC", "GMT", "Europe/Berlin", "Etc/GMT+9", "America/Argentina/Buenos_Aires"],
    ),
    (
        addresses.email_address,
        [
            "ops+aws@example.com",
            "o'neil@example.com",
            "Ops@Example.com",
            "a@xn--mnchen-3ya.example",
        ],
    ),
    (addresses.dns_name, ["app.example.com", "xn--mnchen-3ya.example", "a.bc", "notamazonaws.com"]),
    (storage.bucket_name, ["state", "acme.state", "my-s3-demo"]),
    (storage.state_key, ["prod.tfstate", "a/b/c", "a b/ä", ".hidden/x", "env:/x"]),
    (
        storage.kms_key,
        ["alias/state", "mrk-" + "a" * 32, "arn:aws:kms:us-east-1:123456789012:alias/x"],
    ),
    (tags.tag_key, ["Team", "cost:center", "a b", "Größe", "部門", "x" * 128, "awsome"]),
    (tags.tag_value, ["", "R and D", "a@b.de", "1/2+3=4", "x" * 256]),
]
REFUSED: list[tuple[Rule, list[str]]] = [
    (containers.variable_name, ["", "A B", "A=B", "A\u200b", "\ufeffA", "\u3164", "ECS_AGENT_URI"]),
    (
        texts.visible_text,
        [
            "a\u200bb",
            "\ufeffab",
            "https://x.com\u00a0",
            "\x1b[31mred",
            "a\u00adb",
            "a\u202eb",
            "\u2060a",
        ],
    ),
    (
        databases.master_user,
        [
            "admin",
            "Admin",
            "user",
            "rdsadmin",
            "rdsrepladmin",
            "rds_superuser",
            "pg_admin",
            "PG_x",
            "public",
            "none",
            "table",
        ],
    ),
    (
        databases.database_name,
        ["db", "database", "template1", "rdsadmin", "grant", "catalog", "control", "select"],
    ),
    (databases.instance_class, ["db.t3.tiny", "db.t3.1xlarge", "db.m5.metal", "db.t3.xxlarge"]),
    (
        network.vpc_block,
        [
            "169.254.0.0/16",
            "127.0.0.0/24",
            "0.0.0.0/16",
            "224.0.0.0/16",
            "240.0.0.0/16",
            "10.0.0.0/15",
        ],
    ),
    (
        network.region,
        ["us-esat-1", "us-east-9", "us-east-1a", "us-iso-east-1", "eusc-de-east-1", "", "eu"],
    ),
    (
        clocks.days_of_the_week,
        ["MON-WED-FRI", "mon", "MO-FR", "MON-", "MON,,TUE", "*", "1-5", "MON FRI", ""],
    ),
    (
        clocks.time_zone,
        [
            "Factory",
            "localtime",
            "posixrules",
            "ROC",
            "Berlin",
            "CEST",
            "right/UTC",
            "posix/UTC",
            "",
        ],
    ),
    (
        addresses.email_address,
        [
            "jörg@example.com",
            "ops@münchen.example",
            "a/b@example.com",
            "Ops <o@c.de>",
            "a" * 65 + "@example.com",
        ],
    ),
    (
        addresses.dns_name,
        [
            "münchen.example",
            "a.b",
            "x.amazonaws.com",
            "x.amazonaws.com.cn",
            "x.cloudfront.net",
            "App.example.com",
            "xn--a.example",
            "ab--c.example",
        ],
    ),
    (
        storage.bucket_name,
        ["xn--a", "sthree-a", "amzn-s3-demo-x", "a-s3alias", "a..b", "10.0.0.1", "My_Bucket"],
    ),
    (
        storage.state_key,
        ["/prod", "prod/", "a//b", "../a", "a/./b", "", " ", "x" * 1018, "a\nb", "//"],
    ),
    (
        storage.kms_key,
        [
            "state",
            "12345678-1234-1234-1234-123456789012",
            "arn:aws:s3:::state",
            "arn:aws:kms:us-east-1:\u0661\u0662\u0663456789012:alias/x",
        ],
    ),
    (schedules.recurring_schedule, ["rate(\u0665 hours)", "cron(0 \u0663 * * ? *)"]),
    (
        tags.tag_key,
        ["", "x" * 129, "aws:owner", "rds:a", "RDS:a", "AWS:owner", "a&b", "a\tb", "a#b"],
    ),
    (tags.tag_value, ["x" * 257, "R&D (platform), #1", "a;b", "a\nb", "e\u0301", "aws:x", "rds:x"]),
]


@pytest.mark.parametrize(
    ("rule", "value"), [(rule, value) for rule, values in TAKEN for value in values]
)
def test_what_aws_takes_is_taken(rule: Rule, value: str) -> None:
    assert rule(value) is None


@pytest.mark.parametrize(
    ("rule", "value"), [(rule, value) for rule, values in REFUSED for value in values]
)
def test_what_aws_keeps_or_refuses_is_refused(rule: Rule, value: str) -> None:
    refusal = rule(value)

    assert refusal is not None
    assert refusal.allowed
    assert refusal.remedy


@pytest.mark.parametrize(
    ("rule", "value", "remedy"),
    [
        (addresses.dns_name, "münchen.example", 'write its ASCII form, "xn--mnchen-3ya.example"'),
        (addresses.dns_name, "App.Example.com", 'write "app.example.com"'),
        (addresses.email_address, "ops@münchen.example", 'write "ops@xn--mnchen-3ya.example"'),
        (
            clocks.days_of_the_week,
            "MON-WED-FRI",
            'write "MON,WED,FRI" for these days, or a range of two',
        ),
        (clocks.days_of_the_week, "mon-fri", 'write "MON-FRI"'),
        (clocks.time_zone, "Berlin", 'write "Europe/Berlin"'),
        (clocks.time_zone, "europe/berlin", 'write "Europe/Berlin"'),
        (network.region, "us-esat-1", 'write "us-east-1"'),
        (network.region, "eu-west-1a", 'write "eu-west-1"'),
        (storage.state_key, "/prod//x", 'write "prod/x"'),
        (tags.tag_value, "R&D, #1", "write it without # & ,"),
    ],
)
def test_the_remedy_is_the_value_that_was_meant(rule: Rule, value: str, remedy: str) -> None:
    refusal = rule(value)

    assert refusal is not None
    assert refusal.remedy == remedy


@pytest.mark.parametrize(
    ("zone", "kind"),
    [("us-west-2-lax-1a", "a local zone"), ("us-west-2-wl1-las-wlz-1", "a wavelength zone")],
)
def test_zones_without_nat_gateways_and_databases_are_called_what_they_are(
    zone: str, kind: str
) -> None:
    refusal = network.availability_zone(zone, region="us-west-2")

    assert refusal is not None
    assert kind in refusal.allowed


def test_a_database_that_somebody_named_in_capitals_is_taken() -> None:
    """AWS takes them, and a database that is adopted keeps its name and its user."""
    assert not fields({"database": {"master_username": "DatabaseOwner", "name": "Calendar_1"}})


def test_a_regions_own_zones_are_taken() -> None:
    assert network.availability_zone("us-west-2d", region="us-west-2") is None
    assert network.availability_zone("usw2-az1", region="us-west-2") is not None
    assert network.availability_zone("us-east-1a", region="us-west-2") is not None


@pytest.mark.parametrize(
    ("version", "serverless", "taken"),
    [
        ("15", False, True),
        ("11.22", False, True),
        ("9.6", False, False),
        ("13", True, True),
        ("12", True, False),
    ],
)
def test_versions_that_aws_has_given_up_are_refused(
    version: str, *, serverless: bool, taken: bool
) -> None:
    assert (databases.engine_version(version, serverless=serverless) is None) is taken


@pytest.mark.parametrize(
    ("allocated", "most"), [(20, 100), (20000, 65536), (59578, 65536), (59579, None), (65536, None)]
)
def test_storage_grows_five_times_as_far_as_rds_takes_it(allocated: int, most: int | None) -> None:
    assert databases.default_limit_gib(allocated) == most


def test_keys_of_tags_differ_by_more_than_capitals() -> None:
    assert tags.alike(["Team", "Owner", "team"]) == ["team"]


# Whole stage files: the rule is asked, and its field named.
STAGES: dict[str, dict[str, Any]] = {
    "certificate_arn": {
        "account_id": "123456789012",
        "certificate_arn": "arn:aws:acm:us-east-1:210987654321:certificate/x",
    },
    "chat": {
        "region": "us-gov-west-1",
        "chat": {"slack_workspace_id": "T0AB12CD3", "slack_channel_id": "C0EF45GH6"},
    },
    "chat.slack_channel_id": {"chat": {"slack_workspace_id": "T0AB12CD3"}},
    "chat.teams_team_id": {
        "chat": {
            "teams_tenant_id": "5f9c1b1e-0d2a-4f7b-9c3d-6a7e8f901234",
            "teams_channel_id": "19%3aoperators%40thread.tacv2",
        }
    },
    "cost_alerts.anomaly_monitor_arn": {
        "account_id": "123456789012",
        "cost_alerts": {"anomaly_monitor_arn": "arn:aws:ce::210987654321:anomalymonitor/x"},
    },
    "database.engine_version": {
        "database": {"engine": "aurora-serverless-v2", "engine_version": "12"}
    },
    "database.instance_class": {"database": {"instance_class": "db.t3.tiny"}},
    "database.master_username": {"database": {"master_username": "user"}},
    "database.name": {"database": {"name": "database"}},
    "default_tags": {"default_tags": {f"k{number}": "" for number in range(46)}},
    "default_tags.a ": {"default_tags": {"a ": "x"}},
    "default_tags.aws:a": {"default_tags": {"aws:a": "x"}},
    "default_tags.stage": {"default_tags": {"stage": "x"}},
    "dns.hosted_zone_name": {"dns": {"hosted_zone_name": "example.com."}},
    "network.availability_zones": {
        "region": "us-west-2",
        "network": {"availability_zones": ["us-west-2a", "us-west-2-lax-1a"]},
    },
    "network.vpc_cidr_block": {"network": {"vpc_cidr_block": "169.254.0.0/16"}},
    "night_stop.days": {"night_stop": {"days": "MON-WED-FRI"}},
    "operator_email": {"operator_email": "jörg@example.com"},
    "region": {"region": "us-east-9"},
    "services.app.schedule.0.days": {
        "services": {
            "app": {
                "schedule": [{"at": "12:00", "days": "MON-WED-FRI", "min_tasks": 1, "max_tasks": 1}]
            }
        }
    },
    "services.app.environment": {"services": {"app": {"environment": {"LOG LEVEL": "debug"}}}},
    "services.app.secrets": {
        "services": {"app": {"secrets": {"AWS_EXECUTION_ENV": "api-token-secret"}}}
    },
    "state.bucket": {"state": {"bucket": "sthree-state"}},
    "state.key": {"state": {"bucket": "state", "key": "/prod"}},
    "state.kms_key_id": {"state": {"bucket": "state", "kms_key_id": "state"}},
    "state.region": {"state": {"bucket": "state", "region": "us-east-9"}},
    "time_zone": {"time_zone": "Factory"},
}


@pytest.mark.parametrize("field", STAGES)
def test_a_stage_is_refused_for_what_aws_refuses(field: str) -> None:
    assert fields(STAGES[field]) == [field]


def test_a_stage_full_of_what_aws_refuses_is_refused_for_all_of_it_at_once() -> None:
    document = {
        "region": "us-west-2",
        "time_zone": "Factory",
        "night_stop": {"days": "MON-WED-FRI"},
        "network": {"availability_zones": ["us-west-2a", "us-west-2-lax-1a"]},
        "database": {"master_username": "pg_admin", "name": "db"},
        "default_tags": {"Team": "R&D (platform), #1", "aws:owner": "x"},
        "state": {"bucket": "example-terraform-state", "key": "/prod/terraform.tfstate"},
    }

    assert sorted(fields(document)) == [
        "database.master_username",
        "database.name",
        "default_tags.Team",
        "default_tags.aws:owner",
        "network.availability_zones",
        "night_stop.days",
        "state.key",
        "time_zone",
    ]


@pytest.mark.parametrize("prefix", ["internal", "internal-a", "sg", "sthree", "amzn-s3-demo"])
def test_a_prefix_does_not_begin_names_that_aws_keeps(prefix: str) -> None:
    assert fields({"prefix": prefix}) == ["prefix"]


def test_as_many_tags_as_aws_takes_beside_the_platforms_own_are_taken() -> None:
    assert fields({"default_tags": {f"k{number}": "" for number in range(45)}}) == []


# ---- the outside peer: what botocore's models of the services say


def pattern_of(service: str, shape: str) -> str:
    return str(SESSION.get_service_model(service).shape_for(shape).metadata["pattern"])


# The services that say in their model what a tag may hold; EC2 and others say nothing.
TAGGED = [
    ("acm", "TagKey", "TagValue"),
    ("ce", "ResourceTagKey", "ResourceTagValue"),
    ("ecs", "TagKey", "TagValue"),
    ("efs", "TagKey", "TagValue"),
    ("elbv2", "TagKey", "TagValue"),
    ("iam", "tagKeyType", "tagValueType"),
    ("logs", "TagKey", "TagValue"),
    ("wafv2", "TagKey", "TagValue"),
]


@pytest.mark.parametrize(("service", "key", "value"), TAGGED)
@examples(300)
# Letters that are newer than Python's own Unicode are left out, and the prefix that not every model knows.
@given(
    text=st.text(st.characters(exclude_categories=("Cs", "Cn")), min_size=1, max_size=6).filter(
        lambda text: not text.lower().startswith("aws:")
    )
)
def test_a_tags_characters_are_those_of_the_services_models(
    service: str, key: str, value: str, text: str
) -> None:
    for shape, rule in ((key, tags.tag_key), (value, tags.tag_value)):
        assert (rule(text) is None) == bool(regex.fullmatch(pattern_of(service, shape), text))


@examples(300)
@given(labels=st.lists(st.text("abcXYZ019-_.ä", min_size=1, max_size=8), min_size=1, max_size=4))
def test_what_is_taken_as_a_domain_is_one_for_acm(labels: list[str]) -> None:
    name = ".".join(labels)

    if addresses.dns_name(name) is None:
        assert regex.fullmatch(pattern_of("acm", "DomainNameString"), name)


@examples(300)
@given(local=st.text("abcX019.!#$%&'*+/=?^_`{|}~-ä", min_size=1, max_size=8))
def test_what_is_taken_as_an_address_is_one_for_cost_anomaly_detection(local: str) -> None:
    address = f"{local}@example.com"

    if addresses.email_address(address) is None:
        assert regex.fullmatch(pattern_of("ce", "SubscriberAddress"), address)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_each_region_that_has_ec2_is_taken(partition: str) -> None:
    found = SESSION.get_available_regions("ec2", partition)

    assert found
    assert [each for each in found if network.region(each)] == []


def test_time_zones_are_no_longer_than_the_scheduler_takes() -> None:
    shape = SESSION.get_service_model("scheduler").shape_for("ScheduleExpressionTimezone")

    assert shape.metadata["max"] >= len("America/Argentina/ComodRivadavia")


def test_an_unseen_character_is_told_with_its_kind_and_place() -> None:
    refused = texts.visible_text("a\u200bb")

    assert refused == Refusal(
        allowed="text of characters that one can see",
        remedy="type it anew, without a zero-width character (U+200B) as character 2 of 3",
    )


def test_a_token_in_a_tag_is_refused_and_not_shown() -> None:
    token = "ghp_" + "0123456789" * 4
    required = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}

    _, (mistake,) = parse_stage({**required, "default_tags": {"Owner": token}}, stage="dev")

    assert mistake.field == "default_tags.Owner"
    assert "no secret, and this is a GitHub token" in str(mistake)
    assert token not in str(mistake)


REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"keep_as_found": ["aws_s3_bucket_policy.data\u200b"]}, "keep_as_found"),
        ({"allow_overwrite": ["aws_s3_bucket_policy.data\u2060"]}, "allow_overwrite"),
        ({"images": {"source": "../app\ufeff"}}, "images.source"),
        ({"state": {"bucket": "states", "key": "a/b\u3164"}}, "state.key"),
        ({"proxy": {"image": "example.com/nginx:1.2\ufe0f"}}, "proxy.image"),
        ({"default_tags": {"Team": "x\u3164"}}, "default_tags.Team"),
        ({"default_tags": {"Team\u3164": "x"}}, "default_tags.Team\u3164"),
        ({"secrets": {"own": {"description": "a\u200bb"}}}, "secrets.own.description"),
        ({"secrets": {"own": {"description": "\u7d30\x07"}}}, "secrets.own.description"),
        ({"services": {"app": {"command": ["npm", "start\u00a0"]}}}, "services.app.command"),
        ({"services": {"app": {"dockerfile": "Dockerfile\u202e"}}}, "services.app.dockerfile"),
        ({"services": {"app": {"build_args": {"A": "b\u00ad"}}}}, "services.app.build_args.A"),
    ],
)
def test_what_nobody_sees_is_refused_wherever_text_stands(
    document: dict[str, Any], field: str
) -> None:
    _, (mistake,) = parse_stage({**REQUIRED, **document}, stage="dev")

    assert mistake.field == field
    assert "characters that one can see" in str(mistake)
    assert str(mistake).isprintable()


@pytest.mark.parametrize(
    "text",
    ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "caf\u00e9 \U0001f468\u200d\U0001f373"],
)
def test_a_joiner_that_a_language_is_written_with_may_stand(text: str) -> None:
    document = {**REQUIRED, "secrets": {"own": {"description": text}}}

    assert parse_stage(document, stage="dev")[1] == []


@pytest.mark.parametrize(
    "document",
    [
        {"images": {"source": "../app\r"}},
        {"services": {"app": {"dockerfile": "Dockerfile\n"}}},
        {"services": {"app": {"build_folder": " app"}}},
    ],
)
def test_a_path_has_its_form(document: dict[str, Any]) -> None:
    _, mistakes = parse_stage({**REQUIRED, **document}, stage="dev")

    assert len(mistakes) == 1


@pytest.mark.parametrize(
    "image", ["NGINX:1", "ghcr.io/Acme/x:1", "-x:1", "${x}:1", "a//b:1", "a b:1", "x"]
)
def test_what_no_registry_has_is_no_image(image: str) -> None:
    assert fields({"proxy": {"image": image}}) == ["proxy.image"]


@pytest.mark.parametrize(
    "image",
    [
        "nginx:1.28",
        "localhost:5000/a/b:v1",
        "Registry.Example.com/a__b/c-d.e:1",
        f"x:latest@sha256:{'a' * 64}",
    ],
)
def test_what_a_registry_may_have_is_an_image(image: str) -> None:
    assert fields({"proxy": {"image": image}}) == []


@pytest.mark.parametrize(
    ("key", "digits"),
    [("account_id", "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660\u0661\u0662")],
)
def test_digits_of_another_script_are_none_of_aws(key: str, digits: str) -> None:
    assert fields({key: digits}) == [key]
