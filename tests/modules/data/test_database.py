"""PostgreSQL on both engines, and what protects it in prod."""

import pytest

from modules.settings.rules.databases import is_default
from tests.conftest import Synthesize

PASSWORD = (
    "${jsondecode(ephemeral.aws_secretsmanager_secret_version.rds_master_credentials"
    '.secret_string)["password"]}'
)
FORCE_SSL = {"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"}
PRIVATE = ["${aws_subnet.private_0.id}", "${aws_subnet.private_1.id}"]
# The specification's defaults, which prod has all of.
DEFAULTS = {
    "identifier": "atomic-prod-rds-postgres",
    "engine": "postgres",
    "engine_version": "15",
    "auto_minor_version_upgrade": True,
    "instance_class": "db.t3.small",
    "allocated_storage": 20,
    "storage_type": "gp3",
    "storage_encrypted": True,
    "db_name": "atomicdb",
    "backup_retention_period": 14,
    "multi_az": True,
    "publicly_accessible": False,
}


@pytest.mark.parametrize("argument", DEFAULTS)
def test_the_instance_has_the_specifications_defaults(stack: Synthesize, argument: str) -> None:
    assert stack("prod").resource("aws_db_instance", "main")[argument] == DEFAULTS[argument]


def test_a_stage_file_sizes_the_instance(stack: Synthesize) -> None:
    instance = stack("dev").resource("aws_db_instance", "main")

    sizes = [instance[key] for key in ("instance_class", "multi_az", "backup_retention_period")]
    assert sizes == ["db.t3.micro", False, 1]


@pytest.mark.parametrize("stage", ["dev", "aurora"])
def test_the_database_is_in_the_private_subnets(stack: Synthesize, stage: str) -> None:
    type_ = "aws_rds_cluster" if stage == "aurora" else "aws_db_instance"

    database = stack(stage).resource(type_, "main")

    assert database["db_subnet_group_name"] == "${aws_db_subnet_group.main.name}"
    assert stack(stage).resource("aws_db_subnet_group", "main")["subnet_ids"] == PRIVATE


def test_an_upgrade_has_its_parameter_group_before_the_old_one_goes(stack: Synthesize) -> None:
    before, after = (
        stack(stage).resource("aws_db_parameter_group", "main") for stage in ("dev", "thrifty")
    )

    assert (before["name"], before["family"]) == ("atomic-dev-postgres", "postgres15")
    assert (after["name"], after["family"]) == ("atomic-thrifty-postgres16", "postgres16")
    assert after["lifecycle"] == {"create_before_destroy": True}
    assert "lifecycle" not in before


def test_only_a_stage_that_says_so_upgrades_its_database(stack: Synthesize) -> None:
    allowed = "allow_major_version_upgrade"

    assert allowed not in stack("prod").resource("aws_db_instance", "main")
    assert stack("thrifty").resource("aws_db_instance", "main")[allowed] is True


def test_the_instance_takes_connections_over_tls_only(stack: Synthesize) -> None:
    instance = stack("dev").resource("aws_db_instance", "main")
    parameters = stack("dev").resource("aws_db_parameter_group", "main")

    assert instance["parameter_group_name"] == "${aws_db_parameter_group.main.name}"
    assert parameters["family"] == "postgres15"
    # It is PostgreSQL 15's default, which RDS never keeps as "immediate": each plan would set it.
    assert {**FORCE_SSL, "apply_method": "pending-reboot"} in parameters["parameter"]


@pytest.mark.parametrize(
    ("family", "default"),
    [
        ("postgres14", False),
        ("postgres15", True),
        ("aurora-postgresql16", False),
        ("aurora-postgresql17", True),
        ("mysql8", False),
    ],
)
def test_a_family_forces_tls_itself_from_a_version_on(family: str, *, default: bool) -> None:
    assert is_default("rds.force_ssl", family) is default
    assert not is_default("log_statement", family)


def test_auroras_cluster_takes_connections_over_tls_only(stack: Synthesize) -> None:
    cluster = stack("aurora").resource("aws_rds_cluster", "main")
    parameters = stack("aurora").resource("aws_rds_cluster_parameter_group", "main")

    group = "${aws_rds_cluster_parameter_group.main.name}"
    assert cluster["db_cluster_parameter_group_name"] == group
    assert parameters["family"] == "aurora-postgresql15"
    assert FORCE_SSL in parameters["parameter"]


def test_the_instances_password_is_the_stored_one_and_write_only(stack: Synthesize) -> None:
    instance = stack("dev").resource("aws_db_instance", "main")

    assert (instance["password_wo"], instance["password_wo_version"]) == (PASSWORD, 1)
    assert "password" not in instance
    assert "manage_master_user_password" not in instance


def test_auroras_password_is_the_stored_one_and_write_only(stack: Synthesize) -> None:
    cluster = stack("aurora").resource("aws_rds_cluster", "main")

    assert (cluster["master_password_wo"], cluster["master_password_wo_version"]) == (PASSWORD, 1)
    assert "master_password" not in cluster
    assert "manage_master_user_password" not in cluster


def test_the_user_is_the_one_in_the_stored_credentials(stack: Synthesize) -> None:
    instance = stack("dev").resource("aws_db_instance", "main")
    secret = stack("dev").resource("aws_secretsmanager_secret_version", "rds_master_credentials")

    assert f'"username" = "{instance["username"]}"' in secret["secret_string_wo"]


# The same database, encrypted, with the same name and subnets; capacity instead of a class.
AURORA = {
    "cluster_identifier": "atomic-aurora-rds-postgres",
    "engine": "aurora-postgresql",
    "engine_version": "15",
    "database_name": "atomicdb",
    "storage_encrypted": True,
    "backup_retention_period": 14,
    "serverlessv2_scaling_configuration": {"min_capacity": 0.5, "max_capacity": 8},
}


@pytest.mark.parametrize("argument", AURORA)
def test_aurora_is_serverless_v2_postgresql_15(stack: Synthesize, argument: str) -> None:
    assert stack("aurora").resource("aws_rds_cluster", "main")[argument] == AURORA[argument]


def test_aurora_keeps_backups_for_a_day_where_the_stage_wants_none(stack: Synthesize) -> None:
    """AWS refuses a cluster without; a stage that asks for 0 days is guarded's."""
    assert stack("guarded").resource("aws_rds_cluster", "main")["backup_retention_period"] == 1


@pytest.mark.parametrize("index", [0, 1])
def test_aurora_has_a_second_instance_for_multi_az(stack: Synthesize, index: int) -> None:
    instance = stack("aurora").resource("aws_rds_cluster_instance", f"main_{index}")

    assert instance["cluster_identifier"] == "${aws_rds_cluster.main.id}"
    assert instance["instance_class"] == "db.serverless"
    assert instance["publicly_accessible"] is False


@pytest.mark.parametrize(
    ("stage", "types"),
    [
        ("dev", {"aws_db_instance", "aws_db_parameter_group"}),
        (
            "aurora",
            {"aws_rds_cluster", "aws_rds_cluster_instance", "aws_rds_cluster_parameter_group"},
        ),
    ],
)
def test_a_stage_has_one_engine(stack: Synthesize, stage: str, types: set[str]) -> None:
    found = {
        type_
        for type_ in stack(stage).json["resource"]
        if type_.startswith(("aws_db_", "aws_rds_")) and type_ != "aws_db_subnet_group"
    }

    assert found == types


# Both engines have the same guard: prod's instance, and a cluster with `retain_data`.
@pytest.mark.parametrize(
    ("stage", "type_"), [("prod", "aws_db_instance"), ("aurora", "aws_rds_cluster")]
)
def test_a_retained_database_refuses_to_go(stack: Synthesize, stage: str, type_: str) -> None:
    database = stack(stage).resource(type_, "main")

    assert database["deletion_protection"] is True
    assert database["skip_final_snapshot"] is False
    assert database["delete_automated_backups"] is False
    assert database["lifecycle"] == {"prevent_destroy": True}


@pytest.mark.parametrize("stage", ["dev", "staging"])
def test_another_database_goes_without_a_trace(stack: Synthesize, stage: str) -> None:
    database = stack(stage).resource("aws_db_instance", "main")

    assert database["deletion_protection"] is False
    assert database["skip_final_snapshot"] is True
    assert "delete_automated_backups" not in database
    assert "final_snapshot_identifier" not in database
    assert "lifecycle" not in database


@pytest.mark.parametrize(("stage", "gib"), [("prod", 100), ("dev", 100)])
def test_the_storage_grows_before_it_is_full(stack: Synthesize, stage: str, gib: int) -> None:
    assert stack(stage).resource("aws_db_instance", "main")["max_allocated_storage"] == gib


def test_an_adopted_database_keeps_its_bounds(stack: Synthesize) -> None:
    assert "max_allocated_storage" not in stack("adopted").resource("aws_db_instance", "main")


@pytest.mark.parametrize(
    ("stage", "type_"), [("prod", "aws_db_instance"), ("guarded", "aws_rds_cluster")]
)
def test_a_stage_that_is_made_again_names_its_last_snapshot_otherwise(
    stack: Synthesize, stage: str, type_: str
) -> None:
    """By its security group: AWS gives that another id, and it changes with no deploy."""
    name = stack(stage).resource(type_, "main")["final_snapshot_identifier"]

    assert name == f"atomic-{stage}-rds-postgres-final-${{aws_security_group.database.id}}"
    assert "final_snapshot_identifier" not in stack("dev").resource("aws_db_instance", "main")
