"""Where the lines between right and wrong run, for mistakes between settings."""

from typing import Any

import pytest

from modules.settings.checks import find_errors
from modules.settings.fargate_sizes import FARGATE_MEMORY_MIB
from modules.settings.setting_error import SettingError
from modules.settings.stage_files import parse_stage
from tests.stages import SHIPPED, VARIANTS, stage_settings

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
GIB = 1024


def fields(document: dict[str, Any]) -> list[str]:
    """The fields that a stage with these settings is refused for."""
    _, mistakes = parse_stage({**REQUIRED, **document}, stage="dev")
    return [mistake.field for mistake in mistakes]


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_the_stages_of_the_project_have_no_mistakes(stage: str) -> None:
    assert find_errors(stage_settings(stage)) == []


def test_a_mistake_reads_as_one_line() -> None:
    mistake = SettingError(field="network.nat", value="each", allowed="one", remedy="write one")

    assert str(mistake) == 'network.nat = "each": must be one; write one'


def test_a_missing_value_is_called_missing() -> None:
    mistake = SettingError(field="domain_name", value=None, allowed="a name", remedy="add it")

    assert str(mistake) == "domain_name = (missing): must be a name; add it"


# The specification's line of valid sizes: CPU units -> least, most, step in MiB.
FARGATE = {
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16 * GIB, 60 * GIB, 4 * GIB),
    16384: (32 * GIB, 120 * GIB, 8 * GIB),
}


def test_fargate_sizes_are_those_of_the_specification() -> None:
    expected = {cpu: tuple(range(lo, hi + 1, step)) for cpu, (lo, hi, step) in FARGATE.items()}

    assert expected | {256: (512, 1024, 2048)} == FARGATE_MEMORY_MIB


@pytest.mark.parametrize(
    ("cpu", "memory"), [(256, 512), (256, 2048), (512, 4096), (4096, 30720), (16384, 122880)]
)
def test_a_pair_that_fargate_has_is_taken(cpu: int, memory: int) -> None:
    assert fields({"services": {"app": {"cpu_units": cpu, "memory_mib": memory}}}) == []


@pytest.mark.parametrize(
    ("cpu", "memory"), [(256, 1536), (256, 4096), (512, 512), (1024, 2500), (8192, 17 * GIB)]
)
def test_a_pair_that_fargate_lacks_is_refused(cpu: int, memory: int) -> None:
    document = {"services": {"app": {"cpu_units": cpu, "memory_mib": memory}}}

    assert fields(document) == ["services.app.memory_mib"]


# Subnets have to be /27 or larger, and there are two for each zone.
@pytest.mark.parametrize(
    ("block", "newbits", "zones", "fits"),
    [
        ("10.0.0.0/19", 8, 2, True),
        ("10.0.0.0/20", 8, 2, False),
        ("10.0.0.0/25", 2, 2, True),
        ("10.0.0.0/26", 2, 2, False),
        ("10.0.0.0/24", 3, 3, True),
        ("10.0.0.0/24", 2, 3, False),
    ],
)
def test_a_block_has_to_hold_two_subnets_for_each_zone(
    block: str, newbits: int, zones: int, *, fits: bool
) -> None:
    network = {"vpc_cidr_block": block, "subnet_newbits": newbits, "zone_count": zones}

    assert fields({"network": network}) == ([] if fits else ["network.vpc_cidr_block"])


@pytest.mark.parametrize(
    ("zones", "count"),
    [(["us-east-1a"], 2), (["us-east-1a", "us-east-1a"], 2), (["us-east-1a", "us-east-1b"], 3)],
)
def test_named_zones_are_as_many_as_zone_count_and_different(zones: list[str], count: int) -> None:
    network = {"availability_zones": zones, "zone_count": count}

    assert fields({"network": network}) == ["network.availability_zones"]


@pytest.mark.parametrize("zone", ["app.example.com", "example.com"])
def test_the_hosted_zone_is_the_domains_or_its_parents(zone: str) -> None:
    assert fields({"dns": {"mode": "route53", "hosted_zone_name": zone}}) == []


@pytest.mark.parametrize("zone", ["other.com", "ple.com", "x.app.example.com"])
def test_another_hosted_zone_is_refused(zone: str) -> None:
    document = {"dns": {"mode": "route53", "hosted_zone_name": zone}}

    assert fields(document) == ["dns.hosted_zone_name"]


def test_a_certificate_of_the_stages_region_is_taken() -> None:
    arn = "arn:aws:acm:eu-west-1:123456789012:certificate/abc"

    assert fields({"region": "eu-west-1", "certificate_arn": arn}) == []


@pytest.mark.parametrize(("least", "refused"), [(3, []), (4, ["services.app.min_tasks"])])
def test_min_tasks_may_equal_max_tasks(least: int, refused: list[str]) -> None:
    assert fields({"services": {"app": {"min_tasks": least}}}) == refused


@pytest.mark.parametrize(("least", "refused"), [(4, []), (4.5, ["database.min_acu"])])
def test_min_acu_may_equal_max_acu(least: float, refused: list[str]) -> None:
    assert fields({"database": {"min_acu": least}}) == refused


# Port, path and priority belong together; a port alone is for callers inside.
@pytest.mark.parametrize(
    ("row", "taken"),
    [
        ({"port": 80, "path": "/v1/x", "priority": 70}, True),
        ({"port": 80}, True),
        ({"build_folder": "reports"}, True),
        ({"path": "/v1/x", "priority": 70}, False),
        ({"port": 80, "path": "/v1/x"}, False),
        ({"port": 80, "priority": 70}, False),
    ],
)
def test_a_route_is_whole_or_absent(row: dict[str, Any], *, taken: bool) -> None:
    expected = [] if taken else ["services.reports.path"]

    assert fields({"services": {"reports": row}}) == expected


def test_a_service_calls_only_services_with_a_port() -> None:
    assert fields({"services": {"app": {"calls": ["python-agent"]}}}) == ["services.app.calls"]


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        ({"NODE_IMAGE": "node:22", "NEXT_PUBLIC_APP_URL": "https://{domain}"}, []),
        ({"API_TOKEN": "sk-proj-Zx8Qv3Lr7Tn2Wm5Kp9Bd4Hf6"}, ["services.app.build_args.API_TOKEN"]),
        (
            {"NEXT_PUBLIC_APP_URL": "https://{doman}"},
            ["services.app.build_args.NEXT_PUBLIC_APP_URL"],
        ),
        ({"": "x"}, ["services.app.build_args"]),
    ],
)
def test_a_build_argument_is_for_everybody_to_read(
    arguments: dict[str, str], refused: list[str]
) -> None:
    assert fields({"services": {"app": {"build_args": arguments}}}) == refused


def test_a_service_may_ask_for_one_key_of_a_secret() -> None:
    secrets = {"DB_USER": "rds-master-credentials:username"}

    assert fields({"services": {"app": {"secrets": secrets}}}) == []


def test_a_service_has_the_name_of_its_table() -> None:
    assert fields({"services": {"app": {"name": "other"}}}) == ["services.app.name"]


NIGHT = {"start_at": "07:00", "stop_at": "20:00"}


@pytest.mark.parametrize(
    ("night", "refused"),
    [
        (NIGHT, []),
        ({"start_at": "00:15"}, []),
        ({"start_at": "00:14"}, ["night_stop.start_at"]),
        ({"start_at": "20:00", "stop_at": "20:00"}, ["night_stop.start_at"]),
        ({"start_at": "25:00"}, ["night_stop.start_at"]),
        ({"days": "MO-FR"}, ["night_stop.days"]),
    ],
)
def test_a_stage_starts_and_stops_on_one_day(night: dict[str, str], refused: list[str]) -> None:
    assert fields({"night_stop": night}) == refused


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ({"at": "12:00", "min_tasks": 2, "max_tasks": 6}, []),
        ({"at": "12:00", "min_tasks": 3, "max_tasks": 2}, ["services.app.schedule.0.min_tasks"]),
        ({"at": "06:59", "min_tasks": 1, "max_tasks": 2}, ["services.app.schedule.0.at"]),
        ({"at": "20:00", "min_tasks": 1, "max_tasks": 2}, ["services.app.schedule.0.at"]),
        ({"at": "noon", "min_tasks": 1, "max_tasks": 2}, ["services.app.schedule.0.at"]),
        (
            {"at": "12:00", "most": 2},
            [f"services.app.schedule.0.{key}" for key in ("min_tasks", "max_tasks", "most")],
        ),
    ],
)
def test_a_schedule_has_bounds_in_order_while_the_stage_runs(
    row: dict[str, Any], refused: list[str]
) -> None:
    assert fields({"night_stop": NIGHT, "services": {"app": {"schedule": [row]}}}) == refused


def test_a_single_writer_is_never_scheduled_twice() -> None:
    row = {"at": "12:00", "min_tasks": 1, "max_tasks": 2}

    assert fields({"services": {"python-agent": {"schedule": [row]}}}) == [
        "services.python-agent.schedule.0.max_tasks"
    ]


def test_a_time_zone_is_one_that_exists() -> None:
    assert fields({"time_zone": "Mars/Olympus"}) == ["time_zone"]


@pytest.mark.parametrize("row", ["priority", "second_route"])
def test_a_rule_has_room_behind_those_of_previews_where_the_stage_lends(row: str) -> None:
    def found(priority: int, **more: Any) -> list[str]:
        second = {"second_route": {"path": "/v1/second", "port": 9001, "priority": priority}}
        routed = {"port": 9000, "path": "/v1/reports", "priority": 70, "strip_path": True}
        chosen = {"priority": priority} if row == "priority" else second
        return fields({"services": {"reports": {**routed, **chosen}}, **more})

    field = "services.reports.priority"
    if row == "second_route":
        field = "services.reports.second_route.priority"
    assert found(40_000, previews={}) == []
    assert found(40_001, previews={}) == [field]
    assert found(50_000) == []


def test_a_stage_lends_services_that_it_has_and_that_use_no_file_storage() -> None:
    for name in ("python-agent", "nowhere"):
        assert fields({"previews": {"services": ["hasura", name]}}) == ["previews.services"]
    left_out = {"services": {"oauth": {"enabled": False}}}
    assert fields({"previews": {}, **left_out}) == []
    assert fields({"previews": {"services": ["oauth"]}, **left_out}) == ["previews.services"]


@pytest.mark.parametrize(
    ("allocated", "most", "taken"),
    [
        (100, 50, False),
        (100, 105, False),
        (100, 110, True),
        (101, 111, False),
        (60000, 65536, False),
    ],
)
def test_storage_may_grow_by_a_tenth_at_least(allocated: int, most: int, *, taken: bool) -> None:
    document = {"allocated_storage_gib": allocated, "max_allocated_storage_gib": most}

    expected = [] if taken else ["database.max_allocated_storage_gib"]
    assert fields({"database": document}) == expected


@pytest.mark.parametrize("family", ["t2", "m3", "m4", "r3", "r4"])
@pytest.mark.parametrize(("version", "taken"), [("12", True), ("13", False), ("15.4", False)])
def test_the_oldest_classes_go_with_old_versions_alone(
    family: str, version: str, *, taken: bool
) -> None:
    document = {"instance_class": f"db.{family}.large", "engine_version": version}

    assert fields({"database": document}) == ([] if taken else ["database.instance_class"])


JOB = {"schedule": "rate(6 hours)", "command": ["run"]}


@pytest.mark.parametrize(
    ("value", "jobs", "expected"),
    [("", {}, []), ("ops", {"tidy": JOB}, []), ("", {"tidy": JOB}, ["default_tags.Owner"])],
)
def test_a_tag_is_empty_only_where_no_job_runs(
    value: str, jobs: dict[str, Any], expected: list[str]
) -> None:
    document = {"default_tags": {"Owner": value}, "services": {"app": {"jobs": jobs}}}

    assert fields(document) == expected
