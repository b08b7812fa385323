"""The data bucket, LanceDB's file system, the registries of the images."""

import json

import pytest

from tests.conftest import Synthesize

PLAIN_TEXT = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(("stage", "prefix"), [("dev", "atomic-dev"), ("frugal", "acme")])
def test_the_buckets_name_holds_account_and_region(
    stack: Synthesize, stage: str, prefix: str
) -> None:
    bucket = stack(stage).resource("aws_s3_bucket", "data")

    account = "${data.aws_caller_identity.current.account_id}"
    assert bucket["bucket"] == f"{prefix}-data-bucket-{account}-us-east-1"


@pytest.mark.parametrize(
    "switch",
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"],
)
def test_nothing_in_the_bucket_is_public(stack: Synthesize, switch: str) -> None:
    block = stack("dev").resource("aws_s3_bucket_public_access_block", "data")

    assert block["bucket"] == "${aws_s3_bucket.data.id}"
    assert block[switch] is True


def test_the_bucket_is_encrypted(stack: Synthesize) -> None:
    type_ = "aws_s3_bucket_server_side_encryption_configuration"
    (rule,) = stack("dev").resource(type_, "data")["rule"]

    assert rule["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}


def test_the_bucket_answers_over_tls_only(stack: Synthesize) -> None:
    (statement,) = stack("dev").policy("aws_s3_bucket_policy", "data")["Statement"]

    assert (statement["Effect"], statement["Principal"]) == ("Deny", {"AWS": "*"})
    assert statement["Action"] == "s3:*"
    bucket = "${aws_s3_bucket.data.arn}"
    assert statement["Resource"] == [bucket, f"{bucket}/*"]
    assert statement["Condition"] == PLAIN_TEXT


def test_old_versions_are_kept_for_30_days(stack: Synthesize) -> None:
    versioning = stack("dev").resource("aws_s3_bucket_versioning", "data")
    (rule,) = stack("dev").resource("aws_s3_bucket_lifecycle_configuration", "data")["rule"]

    assert versioning["versioning_configuration"] == {"status": "Enabled"}
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 30}]
    # No object goes by itself: only what is left of one that somebody deleted.
    assert rule["expiration"] == [{"expired_object_delete_marker": True}]


def test_prods_bucket_refuses_to_go(stack: Synthesize) -> None:
    bucket = stack("prod").resource("aws_s3_bucket", "data")

    assert bucket["lifecycle"] == {"prevent_destroy": True}
    assert bucket["force_destroy"] is False


@pytest.mark.parametrize("stage", ["dev", "staging"])
def test_another_bucket_goes_with_its_objects(stack: Synthesize, stage: str) -> None:
    bucket = stack(stage).resource("aws_s3_bucket", "data")

    assert "lifecycle" not in bucket
    assert bucket["force_destroy"] is True


def test_the_file_system_is_encrypted_and_cools_after_14_days(stack: Synthesize) -> None:
    system = stack("dev").resource("aws_efs_file_system", "lancedb")

    assert system["encrypted"] is True
    assert system["lifecycle_policy"] == [
        {"transition_to_ia": "AFTER_14_DAYS"},
        {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
    ]


@pytest.mark.parametrize(("stage", "kept"), [("dev", False), ("staging", False), ("prod", True)])
def test_only_prods_file_system_refuses_to_go(stack: Synthesize, stage: str, *, kept: bool) -> None:
    system = stack(stage).resource("aws_efs_file_system", "lancedb")

    assert system.get("lifecycle") == ({"prevent_destroy": True} if kept else None)


def test_the_file_system_answers_over_tls_only(stack: Synthesize) -> None:
    (statement,) = stack("dev").policy("aws_efs_file_system_policy", "lancedb")["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == PLAIN_TEXT


@pytest.mark.parametrize(("stage", "zones"), [("dev", 2), ("frugal", 3)])
def test_each_zone_has_a_mount_target_in_its_private_subnet(
    stack: Synthesize, stage: str, zones: int
) -> None:
    subnets = [
        stack(stage).resource("aws_efs_mount_target", name)["subnet_id"]
        for name in stack(stage).names("aws_efs_mount_target")
    ]

    assert subnets == [f"${{aws_subnet.private_{zone}.id}}" for zone in range(zones)]


def test_the_access_point_owns_lancedbs_folder(stack: Synthesize) -> None:
    point = stack("dev").resource("aws_efs_access_point", "lancedb")

    assert point["file_system_id"] == "${aws_efs_file_system.lancedb.id}"
    assert point["posix_user"] == {"uid": 1000, "gid": 1000}
    assert point["root_directory"] == {
        "path": "/lancedb",
        "creation_info": {"owner_uid": 1000, "owner_gid": 1000, "permissions": "0755"},
    }


IMAGES = ["app", "functions", "handshake", "oauth", "optaplanner", "python_agent"]


def test_the_projects_six_images_have_a_registry(stack: Synthesize) -> None:
    assert stack("dev").names("aws_ecr_repository") == IMAGES


@pytest.mark.parametrize("image", IMAGES)
def test_a_registry_scans_what_is_pushed(stack: Synthesize, image: str) -> None:
    repository = stack("dev").resource("aws_ecr_repository", image)

    assert repository["name"] == f"atomic-dev-{image.replace('_', '-')}"
    assert repository["image_scanning_configuration"] == {"scan_on_push": True}


@pytest.mark.parametrize("image", IMAGES)
def test_a_registry_lets_old_images_go(stack: Synthesize, image: str) -> None:
    policy = stack("dev").resource("aws_ecr_lifecycle_policy", image)
    untagged, tagged = (rule["selection"] for rule in json.loads(policy["policy"])["rules"])

    assert policy["repository"] == f"${{aws_ecr_repository.{image}.name}}"
    assert untagged == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 7,
    }
    assert tagged == {
        "tagStatus": "tagged",
        "tagPatternList": ["*"],
        "countType": "imageCountMoreThan",
        "countNumber": 50,
    }


@pytest.mark.parametrize(("stage", "goes"), [("dev", True), ("staging", True), ("prod", False)])
def test_only_prods_images_stay(stack: Synthesize, stage: str, *, goes: bool) -> None:
    assert stack(stage).resource("aws_ecr_repository", "app")["force_delete"] is goes


def test_files_are_fast_on_credit_which_an_alarm_watches(stack: Synthesize) -> None:
    alarm = stack("dev").resource("aws_cloudwatch_metric_alarm", "file_storage_credits")

    assert alarm["dimensions"] == {"FileSystemId": "${aws_efs_file_system.lancedb.id}"}
    assert "throughput_mode" not in stack("dev").resource("aws_efs_file_system", "lancedb")


def test_elastic_throughput_needs_no_credit(stack: Synthesize) -> None:
    quick = stack("renamed")

    assert quick.resource("aws_efs_file_system", "lancedb")["throughput_mode"] == "elastic"
    assert "file_storage_credits" not in quick.names("aws_cloudwatch_metric_alarm")
