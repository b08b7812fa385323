"""Reading requests: what a client of AWS writes is read back, in each protocol."""

import json
from typing import Any

import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.core.utils import get_service_model
from werkzeug.test import EnvironBuilder

from local.validation.model import model_errors
from local.validation.wire import Call, read_call


def environ(
    body: bytes | str,
    headers: dict[str, str],
    *,
    signed_for: str,
    path: str = "/",
    method: str = "POST",
) -> tuple[dict[str, Any], bytes]:
    sent = body.encode() if isinstance(body, str) else body
    scope = f"AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/{signed_for}/aws4_request, Signature=0"
    builder = EnvironBuilder(
        path=path, method=method, data=sent, headers=[*headers.items(), ("Authorization", scope)]
    )
    return builder.get_environ(), sent


def sent(service: str, operation: str, params: dict[str, Any]) -> Call:
    """What is read of the request that botocore writes."""
    model = get_service_model(service)
    # CloudWatch also speaks CBOR, which neither Terraform's provider nor moto does.
    protocol = "query" if service == "cloudwatch" else model.protocol
    written: Any = create_serializer(protocol, include_validation=False).serialize_to_request(
        params, model.operation_model(operation)
    )
    prepare_request_dict(written, "http://localhost")
    body, headers = written["body"], dict(written["headers"])
    if isinstance(body, dict):
        builder = EnvironBuilder(method="POST", data=body)
        body = builder.get_request().get_data()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    call = read_call(
        *environ(
            body,
            headers,
            signed_for=model.signing_name,
            path=written["url"].removeprefix("http://localhost"),
            method=written["method"],
        )
    )
    assert call is not None
    return call


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        (
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {
                "GroupId": "sg-1",
                "IpPermissions": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": 80,
                        "ToPort": 81,
                        "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "11.0.0.0/8"}],
                        "UserIdGroupPairs": [{"GroupId": "sg-2"}],
                    }
                ],
            },
        ),
        ("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16", "DryRun": True}),
        (
            "rds",
            "ModifyDBParameterGroup",
            {
                "DBParameterGroupName": "a",
                "Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": "1"}],
            },
        ),
        (
            "elbv2",
            "CreateRule",
            {
                "ListenerArn": "arn",
                "Priority": 10,
                "Conditions": [
                    {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a", "/a/*"]}}
                ],
                "Actions": [{"Type": "forward", "TargetGroupArn": "arn"}],
            },
        ),
        (
            "cloudwatch",
            "PutMetricAlarm",
            {"AlarmName": "a", "EvaluationPeriods": 2, "Threshold": 0.5, "AlarmActions": []},
        ),
        (
            "ecs",
            "RegisterTaskDefinition",
            {
                "family": "a",
                "containerDefinitions": [
                    {"name": "a", "essential": False, "dockerLabels": {"k": "v"}, "memory": 5}
                ],
            },
        ),
        ("budgets", "DescribeBudget", {"AccountId": "123456789012", "BudgetName": "all"}),
        (
            "efs",
            "CreateAccessPoint",
            {
                "ClientToken": "a",
                "FileSystemId": "fs-0123456789abcdef0",
                "PosixUser": {"Uid": 1000, "Gid": 1000},
                "Tags": [{"Key": "k", "Value": "v"}],
            },
        ),
        ("efs", "DescribeMountTargets", {"FileSystemId": "fs-0123456789abcdef0", "MaxItems": 5}),
        (
            "route53",
            "ChangeResourceRecordSets",
            {
                "HostedZoneId": "Z1",
                "ChangeBatch": {
                    "Changes": [
                        {
                            "Action": "UPSERT",
                            "ResourceRecordSet": {
                                "Name": "a.example.com",
                                "Type": "CNAME",
                                "TTL": 60,
                                "ResourceRecords": [{"Value": "b"}, {"Value": "c"}],
                            },
                        }
                    ]
                },
            },
        ),
        (
            "s3",
            "PutBucketLifecycleConfiguration",
            {
                "Bucket": "data",
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "ID": "a",
                            "Status": "Enabled",
                            "Filter": {"Prefix": ""},
                            "Expiration": {"Days": 3},
                        },
                        {"ID": "b", "Status": "Disabled", "Filter": {"Prefix": "b/"}},
                    ]
                },
            },
        ),
        ("s3", "HeadObject", {"Bucket": "data", "Key": "folder/a b"}),
    ],
)
def test_what_botocore_writes_is_read_back(
    service: str, operation: str, params: dict[str, Any]
) -> None:
    call = sent(service, operation, params)

    assert (call.service, call.operation.name, call.region) == (service, operation, "eu-west-1")
    assert call.params == params
    shape = call.operation.input_shape
    assert shape is not None
    assert model_errors(shape, call.params) == []


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}


def test_the_older_load_balancers_are_told_by_their_version() -> None:
    older = read_call(
        *environ(
            "Action=DescribeLoadBalancers&Version=2012-06-01",
            FORM,
            signed_for="elasticloadbalancing",
        )
    )

    assert older is not None
    assert older.service == "elb"


def test_a_number_in_a_form_that_is_none_stays_as_sent() -> None:
    call = read_call(
        *environ("Action=ListRoles&Version=2010-05-08&MaxItems=many", FORM, signed_for="iam")
    )

    assert call is not None
    assert call.params == {"MaxItems": "many"}


def test_a_number_in_json_that_is_text_stays_text() -> None:
    target = {"X-Amz-Target": "Logs_20140328.PutRetentionPolicy"}
    call = read_call(
        *environ('{"logGroupName": "a", "retentionInDays": "30"}', JSON | target, signed_for="logs")
    )

    assert call is not None
    assert call.params == {"logGroupName": "a", "retentionInDays": "30"}


def test_a_name_in_json_that_the_model_does_not_know_is_kept() -> None:
    target = {"X-Amz-Target": "Logs_20140328.CreateLogGroup"}
    call = read_call(*environ('{"logGroupNme": "a"}', JSON | target, signed_for="logs"))

    assert call is not None
    assert call.params == {"logGroupNme": "a"}


def test_an_element_that_the_model_does_not_know_is_kept() -> None:
    body = (
        "<VersioningConfiguration><Status>Enabled</Status><Stat>1</Stat></VersioningConfiguration>"
    )
    call = read_call(*environ(body, {}, signed_for="s3", path="/data?versioning", method="PUT"))

    assert call is not None
    assert call.params["VersioningConfiguration"] == {"Status": "Enabled", "Stat": "1"}


@pytest.mark.parametrize(
    ("body", "headers", "signed_for", "path"),
    [
        ("{", JSON | {"X-Amz-Target": "Logs_20140328.PutRetentionPolicy"}, "logs", "/"),
        ("<Versioning", {}, "s3", "/data?versioning"),
    ],
)
def test_a_body_that_is_not_its_protocols_is_said_to_be_unreadable(
    body: str, headers: dict[str, str], signed_for: str, path: str
) -> None:
    method = "PUT" if signed_for == "s3" else "POST"
    call = read_call(*environ(body, headers, signed_for=signed_for, path=path, method=method))

    assert call is not None
    assert call.unreadable


@pytest.mark.parametrize(
    ("body", "signed_for"),
    [("Action=Describe&Version=1", "no-such-service"), ("Action=NoSuch&Version=2010-05-08", "iam")],
)
def test_a_call_that_no_model_knows_is_left_to_moto(body: str, signed_for: str) -> None:
    assert read_call(*environ(body, FORM, signed_for=signed_for)) is None


def test_a_request_that_is_not_signed_is_left_to_moto() -> None:
    assert read_call({"REQUEST_METHOD": "GET", "PATH_INFO": "/moto-api/data.json"}, b"") is None


DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("tags"), inner),
)


@settings(deadline=None)
@given(DOCUMENT)
def test_no_json_makes_the_reading_itself_fail(document: object) -> None:
    target = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.CreateCluster"}
    call = read_call(*environ(json.dumps(document), JSON | target, signed_for="ecs"))

    assert call is not None


@settings(deadline=None)
@given(DOCUMENT)
def test_no_json_of_a_rest_service_makes_the_reading_itself_fail(document: object) -> None:
    path = "/2015-02-01/file-systems"
    call = read_call(*environ(json.dumps(document), {}, signed_for="elasticfilesystem", path=path))

    assert call is not None
