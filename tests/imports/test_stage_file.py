"""The stage file of an adopted base says what was found, and is a valid one."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from imports.stack_side import any_settings
from imports.stage_file import stage_file
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from terraform.workspace import Workspace
from tests.imports.records import REGION, attributes, base_record

OBSERVED = {item.address: item.observed for item in base_record().adopted}
ADDRESSES = sorted(OBSERVED)


def settings_from(found: dict[str, dict[str, Any]], *, region: str = REGION) -> StageSettings:
    settings, mistakes = parse_stage(tomllib.loads(stage_file(found, region=region)), stage="live")
    assert mistakes == []
    return settings


def other_base() -> dict[str, dict[str, Any]]:
    """Prefix acme, another block, three zones, no NAT, other sizes."""
    found = {address: dict(facts) for address, facts in OBSERVED.items() if "nat" not in address}
    for index in range(3):
        found[f"aws_subnet.public_{index}"] = {"availability_zone": f"eu-west-1{'abc'[index]}"}
    found["aws_vpc.main"]["cidr_block"] = "10.42.0.0/16"
    found["aws_ecs_cluster.main"]["name"] = "acme-ecs-cluster"
    found["aws_db_instance.main"] |= {
        "engine_version": "16.4",
        "instance_class": "db.m6g.large",
        "allocated_storage": 100,
        "multi_az": True,
        "backup_retention_period": 7,
        "db_name": "acmedb",
        "username": "acmeadmin",
    }
    return found


def test_the_default_base_gives_a_valid_stage() -> None:
    settings = settings_from(OBSERVED)

    assert (settings.phase, settings.region, settings.prefix) == ("adopt", "us-east-1", "atomic")
    network = settings.network
    assert (network.vpc_cidr_block, network.zone_count, network.nat) == ("10.0.0.0/16", 2, "per-az")
    assert list(network.availability_zones) == ["us-east-1a", "us-east-1b"]
    database = settings.database
    assert (database.instance_class, database.allocated_storage_gib) == ("db.t3.micro", 20)
    assert (database.engine_version, database.multi_az) == ("15.6", False)
    assert (database.name, database.master_username) == ("atomicdb", "postgresadmin")
    assert database.backup_retention_days == 0


def test_another_base_gives_a_valid_stage_with_its_own_settings() -> None:
    settings = settings_from(other_base(), region="eu-west-1")

    assert (settings.phase, settings.region, settings.prefix) == ("adopt", "eu-west-1", "acme")
    network = settings.network
    assert (network.vpc_cidr_block, network.zone_count, network.nat) == ("10.42.0.0/16", 3, "none")
    assert list(network.availability_zones) == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    database = settings.database
    assert (database.instance_class, database.allocated_storage_gib) == ("db.m6g.large", 100)
    assert (database.engine_version, database.multi_az) == ("16.4", True)
    assert (database.name, database.master_username) == ("acmedb", "acmeadmin")
    assert database.backup_retention_days == 7


def test_the_state_gives_the_same_file_as_aws() -> None:
    assert stage_file(attributes(), region=REGION) == stage_file(OBSERVED, region=REGION)


def test_data_is_retained_and_no_tag_is_added() -> None:
    settings = settings_from(OBSERVED)

    assert settings.retain_data is True
    assert dict(settings.default_tags or {}) == {}


def test_what_keeps_data_safe_is_said_in_lines_of_the_file() -> None:
    document = tomllib.loads(stage_file(OBSERVED, region=REGION))

    assert document["retain_data"] is True
    assert document["security"] == {"web_firewall": True, "backups": True}


def test_no_domain_and_no_address_is_asked_for_yet() -> None:
    document = tomllib.loads(stage_file(OBSERVED, region=REGION))

    assert {"domain_name", "operator_email"} & set(document) == set()


def test_the_file_says_what_comes_after_adoption() -> None:
    text = stage_file(OBSERVED, region=REGION)

    assert text.startswith("# The settings of the adopted legacy base.")
    assert 'phase = "foundation"' in text
    assert "domain_name and operator_email" in text


@pytest.mark.parametrize(
    "address", ["aws_vpc.main", "aws_ecs_cluster.main", "aws_db_instance.main"]
)
def test_a_base_without_what_a_stage_stands_on_is_refused(address: str) -> None:
    less = {key: facts for key, facts in OBSERVED.items() if key != address}

    with pytest.raises(UserError, match=f"the legacy base has no .* to adopt as {address}: "):
        stage_file(less, region=REGION)


def test_half_a_base_is_refused_with_the_way_on() -> None:
    less = {key: facts for key, facts in OBSERVED.items() if "subnet" not in key}

    with pytest.raises(UserError) as refused:
        stage_file(less, region=REGION)

    said = str(refused.value)
    assert said.startswith("the legacy base has no aws_subnet to adopt as aws_subnet.public_0: ")
    assert "only half applied, write the stage file by hand" in said


def test_a_gap_in_the_subnets_is_refused() -> None:
    less = {key: facts for key, facts in OBSERVED.items() if key != "aws_subnet.public_0"}

    with pytest.raises(UserError, match=r"to adopt as aws_subnet.public_0: "):
        stage_file(less, region=REGION)


@pytest.mark.parametrize(
    ("address", "attribute"),
    [
        ("aws_vpc.main", "cidr_block"),
        ("aws_ecs_cluster.main", "name"),
        ("aws_subnet.public_1", "availability_zone"),
        ("aws_db_instance.main", "engine_version"),
        ("aws_db_instance.main", "instance_class"),
        ("aws_db_instance.main", "allocated_storage"),
        ("aws_db_instance.main", "db_name"),
        ("aws_db_instance.main", "username"),
    ],
)
def test_a_setting_that_nothing_tells_is_said_and_not_guessed(address: str, attribute: str) -> None:
    facts = {key: value for key, value in OBSERVED[address].items() if key != attribute}

    with pytest.raises(UserError) as caught:
        stage_file({**OBSERVED, address: facts}, region=REGION)

    assert str(caught.value).startswith(f"nothing says what the {attribute} of {address} is: ")


@pytest.mark.parametrize("attribute", ["allocated_storage", "backup_retention_period"])
def test_a_setting_that_is_no_value_is_said_and_not_written(attribute: str) -> None:
    facts = {**OBSERVED["aws_db_instance.main"], attribute: [None]}

    with pytest.raises(UserError) as caught:
        stage_file({**OBSERVED, "aws_db_instance.main": facts}, region=REGION)

    assert f"what the {attribute} of aws_db_instance.main is: " in str(caught.value)


def test_what_stays_as_found_is_a_line_of_the_file() -> None:
    kept = ["aws_db_instance.main.storage_type", "aws_s3_bucket_policy.data"]

    document = tomllib.loads(stage_file(OBSERVED, region=REGION, kept=kept))

    settings, errors = parse_stage(document, stage="live")
    assert errors == []
    assert list(settings.keep_as_found) == kept
    assert "keep_as_found" not in tomllib.loads(stage_file(OBSERVED, region=REGION))


def test_what_is_measured_stays_measured() -> None:
    found = {address: dict(facts) for address, facts in OBSERVED.items()}
    found["aws_ecs_cluster.main"]["setting"] = [{"name": "containerInsights", "value": "enhanced"}]
    found["aws_db_instance.main"]["monitoring_interval"] = 15

    settings = settings_from(found)

    assert settings.container_insights == "enhanced"
    assert settings.database.enhanced_monitoring_seconds == 15
    assert settings_from(OBSERVED).container_insights == "disabled"


@pytest.mark.parametrize("setting", [7, "on", [["enhanced"]], {"name": "containerInsights"}])
def test_a_state_that_holds_no_block_of_measures_says_nothing_of_them(setting: object) -> None:
    found = {address: dict(facts) for address, facts in OBSERVED.items()}
    found["aws_ecs_cluster.main"]["setting"] = setting

    assert settings_from(found).container_insights == "disabled"


@pytest.mark.parametrize("stage", ["prod", "live"])
def test_a_stack_is_looked_at_for_a_stage_of_any_name_that_has_no_file_yet(
    stage: str, tmp_path: Path
) -> None:
    workspace = Workspace(stage=stage, environ={"ATOMIC_STAGES_DIR": str(tmp_path)})

    assert any_settings(workspace).phase == "full"
