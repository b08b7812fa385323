"""What AWS logs about a stage: the VPC's connections, the load balancer's requests, the data's readers."""

import pytest

from tests.conftest import Synthesize
from tests.stages import SHIPPED

ACCOUNT = "${data.aws_caller_identity.current.account_id}"
BUCKET = "${aws_s3_bucket.logs.arn}"


@pytest.mark.parametrize("stage", [*SHIPPED, "foundation", "aurora"])
def test_every_connection_of_the_vpc_is_logged(stack: Synthesize, stage: str) -> None:
    flow_log = stack(stage).resource("aws_flow_log", "main")

    assert flow_log["vpc_id"] == "${aws_vpc.main.id}"
    assert flow_log["traffic_type"] == "ALL"
    assert flow_log["log_destination_type"] == "s3"
    assert flow_log["log_destination"] == f"{BUCKET}/connections/"


@pytest.mark.parametrize("stage", SHIPPED)
def test_every_request_is_logged(stack: Synthesize, stage: str) -> None:
    assert stack(stage).resource("aws_lb", "main")["access_logs"] == {
        "bucket": "${aws_s3_bucket.logs.bucket}",
        "prefix": "requests",
        "enabled": True,
    }


@pytest.mark.parametrize("stage", SHIPPED)
def test_who_reads_the_data_bucket_is_logged(stack: Synthesize, stage: str) -> None:
    logging = stack(stage).resource("aws_s3_bucket_logging", "data")

    assert logging["bucket"] == "${aws_s3_bucket.data.id}"
    assert logging["target_bucket"] == "${aws_s3_bucket.logs.id}"
    assert logging["target_prefix"] == "data-bucket/"


@pytest.mark.parametrize(
    ("type_", "name"),
    [("aws_flow_log", "main"), ("aws_lb", "main"), ("aws_s3_bucket_logging", "data")],
)
def test_what_writes_waits_until_it_may(stack: Synthesize, type_: str, name: str) -> None:
    assert "aws_s3_bucket_policy.logs" in stack("dev").resource(type_, name)["depends_on"]


def test_each_writer_may_write_under_its_own_prefix(stack: Synthesize) -> None:
    tls_only, *allowed = stack("dev").policy("aws_s3_bucket_policy", "logs")["Statement"]

    assert tls_only["Effect"] == "Deny"
    assert [
        (each["Principal"]["Service"], each["Action"], each["Resource"]) for each in allowed
    ] == [
        (
            "logdelivery.elasticloadbalancing.amazonaws.com",
            "s3:PutObject",
            f"{BUCKET}/requests/AWSLogs/{ACCOUNT}/*",
        ),
        (
            "delivery.logs.amazonaws.com",
            "s3:PutObject",
            f"{BUCKET}/connections/AWSLogs/{ACCOUNT}/*",
        ),
        ("delivery.logs.amazonaws.com", "s3:GetBucketAcl", BUCKET),
        ("logging.s3.amazonaws.com", "s3:PutObject", f"{BUCKET}/data-bucket/*"),
    ]


def test_logs_go_by_themselves(stack: Synthesize) -> None:
    (rule,) = stack("dev").resource("aws_s3_bucket_lifecycle_configuration", "logs")["rule"]

    assert rule["status"] == "Enabled"
    assert rule["expiration"] == [{"days": 90}]


@pytest.mark.parametrize(("stage", "goes"), [("dev", True), ("staging", True), ("prod", False)])
def test_only_prods_logs_stay(stack: Synthesize, stage: str, *, goes: bool) -> None:
    bucket = stack(stage).resource("aws_s3_bucket", "logs")

    assert bucket["force_destroy"] is goes
    assert ("lifecycle" in bucket) is not goes


def test_without_both_switches_there_is_no_logs_bucket(stack: Synthesize) -> None:
    bare = stack("bare")

    assert bare.names("aws_s3_bucket") == ["data"]
    assert bare.names("aws_flow_log") == []
    assert "access_logs" not in bare.resource("aws_lb", "main")
