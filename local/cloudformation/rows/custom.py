"""Custom rows, with the effect of their handlers: a bucket is really emptied.

The handlers are those of aws-cdk-lib (custom-resource-handlers): each looks for its tag first.
https://github.com/aws/aws-cdk/tree/main/packages/@aws-cdk/custom-resource-handlers
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from common.policy_statements import statements_of
from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, nothing

_OBJECTS_TAG: Final = "aws-cdk:auto-delete-objects"
_IMAGES_TAG: Final = "aws-cdk:auto-delete-images"


def _named(property_: str) -> Any:
    def create(request: Request) -> Made:
        return Made(physical_id=str(request[property_]))

    return create


def _renamed(property_: str) -> Any:
    """Give another physical id to a row with another name: CloudFormation then deletes what was before."""

    def update(request: Request, physical_id: str, _before: Mapping[str, Any]) -> Made | None:
        return Made(physical_id=physical_id) if request[property_] == physical_id else None

    return update


def _empty_bucket(request: Request, physical_id: str) -> None:
    bucket = {"Bucket": request.get("BucketName", physical_id)}
    try:
        tags = request.call("s3.get_bucket_tagging", bucket)["TagSet"]
    except ClientError:
        return
    if {"Key": _OBJECTS_TAG, "Value": "true"} not in tags:
        return
    _deny_writing(request, bucket)
    while True:
        page = request.call("s3.list_object_versions", bucket)
        found = [
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for each in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        ]
        if not found:
            return
        request.call("s3.delete_objects", {**bucket, "Delete": {"Objects": found}})


def _deny_writing(request: Request, bucket: Mapping[str, Any]) -> None:
    try:
        policy = json.loads(request.call("s3.get_bucket_policy", bucket)["Policy"])
    except ClientError:
        policy = {"Version": "2012-10-17"}
    policy["Statement"] = [
        *(statements_of(policy) or ()),
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:PutObject"],
            "Resource": [f"arn:aws:s3:::{bucket['Bucket']}/*"],
        },
    ]
    request.call("s3.put_bucket_policy", {**bucket, "Policy": json.dumps(policy)})


def _empty_repository(request: Request, physical_id: str) -> None:
    name = request.get("RepositoryName", physical_id)
    known = request.call("ecr.describe_repositories", {})["repositories"]
    found = [each for each in known if each["repositoryName"] == name]
    if not found:
        return
    tags = request.call("ecr.list_tags_for_resource", {"resourceArn": found[0]["repositoryArn"]})[
        "tags"
    ]
    if {"Key": _IMAGES_TAG, "Value": "true"} not in tags:
        return
    images = request.call("ecr.list_images", {"repositoryName": name})["imageIds"]
    if images:
        request.call("ecr.batch_delete_image", {"repositoryName": name, "imageIds": images})


def _default_rules(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    group_id = request["DefaultSecurityGroupId"]
    inside = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group_id}]}
    outside = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    return (
        {"GroupId": group_id, "IpPermissions": [inside]},
        {"GroupId": group_id, "IpPermissions": [outside]},
    )


def _restrict(request: Request) -> Made:
    inside, outside = _default_rules(request)
    for operation, rules in (("ingress", inside), ("egress", outside)):
        try:
            request.call(f"ec2.revoke_security_group_{operation}", rules)
        except ClientError:
            continue  # the handler takes a rule that is not there for revoked
    return Made(physical_id="default-security-group")


def _open_again(request: Request, _physical_id: str) -> None:
    inside, outside = _default_rules(request)
    request.call("ec2.authorize_security_group_ingress", inside)
    request.call("ec2.authorize_security_group_egress", outside)


ANY: Final = Row(create=lambda request: Made(physical_id=request.generated_name()), delete=nothing)

ROWS: Final[Mapping[str, Row]] = {
    "Custom::S3AutoDeleteObjects": Row(
        create=_named("BucketName"), delete=_empty_bucket, update=_renamed("BucketName")
    ),
    "Custom::ECRAutoDeleteImages": Row(
        create=_named("RepositoryName"), delete=_empty_repository, update=_renamed("RepositoryName")
    ),
    "Custom::VpcRestrictDefaultSG": Row(create=_restrict, delete=_open_again),
    "AWS::CloudFormation::CustomResource": ANY,
}
