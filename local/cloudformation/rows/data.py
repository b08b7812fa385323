"""Rows of what holds data: databases, secrets, buckets, file systems. Longer than others: one table."""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, deleted_by, made_by


def _instance(request: Request) -> Made:
    name = request.get("DBInstanceIdentifier") or request.generated_name(longest=63, lower=True)
    made = request.call(
        "rds.create_db_instance",
        {
            **request.properties,
            "DBInstanceIdentifier": name,
            "VpcSecurityGroupIds": request.get("VPCSecurityGroups"),
            "Tags": request.tag_list(),
            # RDS's own key, where none is named.
            **({"KmsKeyId": _rds_key(request)} if request.get("StorageEncrypted") else {}),
        },
    )["DBInstance"]
    return Made(physical_id=name, attributes=_attributes(made))


def _rds_key(request: Request) -> str:
    aws = request.aws
    key = "1f2e3d4c-0000-4000-8000-000000000000"
    return str(request.get("KmsKeyId") or f"arn:aws:kms:{aws.region}:{aws.account_id}:key/{key}")


def _attributes(instance: Mapping[str, Any]) -> dict[str, Any]:
    endpoint = instance.get("Endpoint") or {}
    return {
        "Endpoint.Address": endpoint.get("Address"),
        "Endpoint.Port": str(endpoint.get("Port")),
        "DbiResourceId": instance.get("DbiResourceId"),
        "DBInstanceArn": instance["DBInstanceArn"],
    }


_CHANGED_IN_PLACE: Final = (
    "DBInstanceClass",
    "AllocatedStorage",
    "DeletionProtection",
    "BackupRetentionPeriod",
    "MultiAZ",
    "EngineVersion",
    "MasterUserPassword",
    "CopyTagsToSnapshot",
    "StorageType",
    "Tags",
)


def _update_instance(request: Request, physical_id: str, before: Mapping[str, Any]) -> Made | None:
    names = request.properties.keys() | before.keys()
    changed = {name for name in names if request.get(name) != before.get(name)}
    if not changed <= set(_CHANGED_IN_PLACE):
        return None
    made = request.call(
        "rds.modify_db_instance",
        {
            **{
                name: request.get(name) for name in changed - {"Tags"} if name in request.properties
            },
            "DBInstanceIdentifier": physical_id,
            "ApplyImmediately": True,
        },
    )["DBInstance"]
    return Made(physical_id=physical_id, attributes=_attributes(made))


def _read_instance(request: Request, physical_id: str) -> Mapping[str, Any] | None:
    known = request.call("rds.describe_db_instances", {})["DBInstances"]
    found = [each for each in known if each["DBInstanceIdentifier"] == physical_id]
    if not found:
        return None
    told = ("DBInstanceClass", "AllocatedStorage", "DeletionProtection", "StorageType")
    return {name: found[0][name] for name in told}


def _delete_after_snapshot(request: Request, physical_id: str) -> None:
    request.call(
        "rds.delete_db_instance",
        {
            "DBInstanceIdentifier": physical_id,
            "SkipFinalSnapshot": False,
            "FinalDBSnapshotIdentifier": f"{physical_id[:200]}-snapshot",
        },
    )


def _secret(request: Request) -> Made:
    name = request.get("Name") or request.generated_name()
    value = request.get("SecretString")
    if value is None:
        value = _generated(request, request.get("GenerateSecretString") or {})
    made = request.call(
        "secretsmanager.create_secret",
        {
            "Name": name,
            "Description": request.get("Description"),
            "SecretString": value,
            "Tags": request.tag_list(),
        },
    )
    return Made(physical_id=made["ARN"], attributes={"Id": made["ARN"]})


def _generated(request: Request, wanted: Mapping[str, Any]) -> str:
    drawn: str = request.call("secretsmanager.get_random_password", wanted)["RandomPassword"]
    if "GenerateStringKey" not in wanted:
        return drawn
    around = json.loads(wanted.get("SecretStringTemplate") or "{}")
    return json.dumps({**around, wanted["GenerateStringKey"]: drawn})


def _read_secret(request: Request, physical_id: str) -> Mapping[str, Any] | None:
    try:
        found = request.call("secretsmanager.describe_secret", {"SecretId": physical_id})
    except ClientError:
        return None
    return None if found.get("DeletedDate") else {}


_ATTACHED: Final = ("engine", "host", "port", "dbname", "dbInstanceIdentifier")


def _attachment(request: Request) -> Made:
    """Write the database's place into its secret, as AWS does."""
    instance = request.call(
        "rds.describe_db_instances", {"DBInstanceIdentifier": request["TargetId"]}
    )["DBInstances"][0]
    place = {
        "engine": instance["Engine"],
        "host": instance["Endpoint"]["Address"],
        "port": instance["Endpoint"]["Port"],
        "dbname": instance.get("DBName"),
        "dbInstanceIdentifier": instance["DBInstanceIdentifier"],
    }
    _write(request, _value(request) | place)
    return Made(physical_id=request["SecretId"])


def _detach(request: Request, _physical_id: str) -> None:
    """Take the database's place out of the secret again: who reads the host there finds none."""
    _write(request, {key: item for key, item in _value(request).items() if key not in _ATTACHED})


def _value(request: Request) -> dict[str, Any]:
    found = request.call("secretsmanager.get_secret_value", {"SecretId": request["SecretId"]})
    value: dict[str, Any] = json.loads(found["SecretString"])
    return value


def _write(request: Request, value: Mapping[str, Any]) -> None:
    request.call(
        "secretsmanager.put_secret_value",
        {"SecretId": request["SecretId"], "SecretString": json.dumps(value)},
    )


def _bucket(request: Request) -> Made:
    name = request.get("BucketName") or request.generated_name(longest=63, lower=True)
    elsewhere = request.aws.region != "us-east-1"
    request.call(
        "s3.create_bucket",
        {
            "Bucket": name,
            **(
                {"CreateBucketConfiguration": {"LocationConstraint": request.aws.region}}
                if elsewhere
                else {}
            ),
        },
    )
    _describe_bucket(request, name)
    return Made(physical_id=name, attributes=_bucket_attributes(request, name))


def _describe_bucket(request: Request, name: str) -> None:
    bucket = {"Bucket": name}
    request.call("s3.put_bucket_tagging", {**bucket, "Tagging": {"TagSet": request.tag_list()}})
    access = request.get("PublicAccessBlockConfiguration")
    if access:
        request.call(
            "s3.put_public_access_block", {**bucket, "PublicAccessBlockConfiguration": access}
        )
    encryption = request.get("BucketEncryption")
    if encryption:
        rules = [
            {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
            for rule in encryption["ServerSideEncryptionConfiguration"]
        ]
        request.call(
            "s3.put_bucket_encryption",
            {**bucket, "ServerSideEncryptionConfiguration": {"Rules": rules}},
        )
    if request.get("VersioningConfiguration"):
        request.call(
            "s3.put_bucket_versioning",
            {**bucket, "VersioningConfiguration": request["VersioningConfiguration"]},
        )


def _bucket_attributes(request: Request, name: str) -> dict[str, Any]:
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{request.aws.region}.amazonaws.com",
    }


def _update_bucket(request: Request, physical_id: str, before: Mapping[str, Any]) -> Made | None:
    if before.get("BucketName") != request.get("BucketName"):
        return None
    _describe_bucket(request, physical_id)
    return Made(physical_id=physical_id, attributes=_bucket_attributes(request, physical_id))


def _read_bucket(request: Request, physical_id: str) -> Mapping[str, Any] | None:
    known = request.call("s3.list_buckets", {})["Buckets"]
    return {} if any(each["Name"] == physical_id for each in known) else None


def _bucket_policy(request: Request) -> Made:
    request.call(
        "s3.put_bucket_policy",
        {"Bucket": request["Bucket"], "Policy": json.dumps(request["PolicyDocument"])},
    )
    return Made(physical_id=request["Bucket"])


def _update_bucket_policy(
    request: Request, physical_id: str, before: Mapping[str, Any]
) -> Made | None:
    return _bucket_policy(request) if before.get("Bucket") == physical_id else None


ROWS: Final[Mapping[str, Row]] = {
    "AWS::RDS::DBSubnetGroup": Row(
        create=made_by(
            "rds.create_db_subnet_group",
            name="DBSubnetGroupName",
            longest=255,
            lower=True,
            tags="Tags",
        ),
        delete=deleted_by("rds.delete_db_subnet_group", "DBSubnetGroupName"),
        identifiers=("DBSubnetGroupName",),
    ),
    "AWS::RDS::DBInstance": Row(
        create=_instance,
        delete=deleted_by(
            "rds.delete_db_instance", "DBInstanceIdentifier", fixed={"SkipFinalSnapshot": True}
        ),
        update=_update_instance,
        read=_read_instance,
        identifiers=("DBInstanceIdentifier",),
        snapshot=_delete_after_snapshot,
    ),
    "AWS::SecretsManager::Secret": Row(
        create=_secret,
        delete=deleted_by(
            "secretsmanager.delete_secret", "SecretId", fixed={"ForceDeleteWithoutRecovery": True}
        ),
        read=_read_secret,
        identifiers=("Id",),
    ),
    "AWS::SecretsManager::SecretTargetAttachment": Row(create=_attachment, delete=_detach),
    "AWS::S3::Bucket": Row(
        create=_bucket,
        delete=deleted_by("s3.delete_bucket", "Bucket"),
        update=_update_bucket,
        read=_read_bucket,
        identifiers=("BucketName",),
    ),
    "AWS::S3::BucketPolicy": Row(
        create=_bucket_policy,
        delete=deleted_by("s3.delete_bucket_policy", "Bucket"),
        update=_update_bucket_policy,
        identifiers=("Bucket",),
    ),
    "AWS::EFS::FileSystem": Row(
        create=made_by(
            "efs.create_file_system",
            "FileSystemId",
            attributes={"FileSystemId": "FileSystemId", "Arn": "FileSystemArn"},
            name="CreationToken",
            tags="FileSystemTags",
        ),
        delete=deleted_by("efs.delete_file_system", "FileSystemId"),
        identifiers=("FileSystemId",),
    ),
    "AWS::EFS::MountTarget": Row(
        create=made_by(
            "efs.create_mount_target", "MountTargetId", attributes={"Id": "MountTargetId"}
        ),
        delete=deleted_by("efs.delete_mount_target", "MountTargetId"),
        identifiers=("Id",),
    ),
    "AWS::EFS::AccessPoint": Row(
        create=made_by(
            "efs.create_access_point",
            "AccessPointId",
            attributes={"AccessPointId": "AccessPointId", "Arn": "AccessPointArn"},
            name="ClientToken",
            tags="AccessPointTags",
        ),
        delete=deleted_by("efs.delete_access_point", "AccessPointId"),
        identifiers=("AccessPointId",),
    ),
}
