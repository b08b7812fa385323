"""The way back after the deletion: what a change set of type IMPORT takes. Pure: the backup in, files out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import.html
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from common.templates import read_template
from imports.sources.cloudformation.references import referred
from imports.stack_retirement.stack_backup import StackBackup
from imports.stack_retirement.template_text import POLICIES, RETAIN

_PART: Final = re.compile(r"\$\{([^!}][^}]*)\}")
# An import changes nothing else than rows, and takes no other part that would.
_TAKEN: Final = ("AWSTemplateFormatVersion", "Description", "Parameters", "Mappings", "Conditions")

_Identify = Callable[[str], dict[str, str]]


def _named(property_: str) -> _Identify:
    return lambda physical_id: {property_: physical_id}


def _parts(*properties: str) -> _Identify:
    return lambda physical_id: dict(zip(properties, physical_id.split("|"), strict=True))


def _service(arn: str) -> dict[str, str]:
    return {"ServiceArn": arn, "Cluster": arn.split("/")[-2]}


IDENTIFIERS: Final[Mapping[str, _Identify]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": _parts(
        "ResourceId", "ScalableDimension", "ServiceNamespace"
    ),
    "AWS::CertificateManager::Certificate": _named("CertificateArn"),
    "AWS::EC2::InternetGateway": _named("InternetGatewayId"),
    "AWS::EC2::NatGateway": _named("NatGatewayId"),
    "AWS::EC2::Route": _parts("RouteTableId", "CidrBlock"),
    "AWS::EC2::RouteTable": _named("RouteTableId"),
    "AWS::EC2::SecurityGroup": _named("Id"),
    "AWS::EC2::SecurityGroupIngress": _named("Id"),
    "AWS::EC2::Subnet": _named("SubnetId"),
    "AWS::EC2::SubnetRouteTableAssociation": _named("Id"),
    "AWS::EC2::VPC": _named("VpcId"),
    "AWS::ECR::Repository": _named("RepositoryName"),
    "AWS::ECS::Cluster": _named("ClusterName"),
    "AWS::ECS::ClusterCapacityProviderAssociations": _named("Cluster"),
    "AWS::ECS::Service": _service,
    "AWS::EFS::AccessPoint": _named("AccessPointId"),
    "AWS::EFS::FileSystem": _named("FileSystemId"),
    "AWS::EFS::MountTarget": _named("Id"),
    "AWS::ElasticLoadBalancingV2::Listener": _named("ListenerArn"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": _named("RuleArn"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _named("LoadBalancerArn"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": _named("TargetGroupArn"),
    "AWS::IAM::Role": _named("RoleName"),
    "AWS::Logs::LogGroup": _named("LogGroupName"),
    "AWS::RDS::DBInstance": _named("DBInstanceIdentifier"),
    "AWS::RDS::DBSubnetGroup": _named("DBSubnetGroupName"),
    "AWS::S3::Bucket": _named("BucketName"),
    "AWS::S3::BucketPolicy": _named("Bucket"),
    "AWS::SNS::Subscription": _named("Arn"),
    "AWS::SNS::Topic": _named("TopicArn"),
    "AWS::SecretsManager::Secret": _named("Id"),
}
"""What CloudFormation knows an object by when it imports it, of its physical id."""


@dataclass(frozen=True, kw_only=True)
class BringBack:
    """What a change set takes. `cannot` says of each kept row that is not among them why.

    `to_be_given` are parameters that nobody could read.
    """

    template: str
    resources: list[dict[str, Any]]
    parameters: list[dict[str, str]]
    to_be_given: tuple[str, ...]
    cannot: Mapping[str, str]

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows that come back."""
        return tuple(each["LogicalResourceId"] for each in self.resources)


def bring_back(
    backup: StackBackup,
    kept: frozenset[str],
    *,
    account_id: str,
    allocations: Mapping[str, str],
) -> BringBack:
    """Return what brings the kept rows back under a stack, as far as CloudFormation can.

    `allocations` are the allocation ids of elastic IPs, by row.
    """
    document = read_template(backup.template)
    rows: Mapping[str, Any] = document["Resources"]
    ids = backup.physical_ids
    cannot: dict[str, str] = {}
    identifiers: dict[str, dict[str, str]] = {
        logical_id: {"PublicIp": ids[logical_id], "AllocationId": allocation}
        for logical_id, allocation in allocations.items()
        if logical_id in kept
    }
    for logical_id in sorted(kept & rows.keys() - identifiers.keys()):
        identify = IDENTIFIERS.get(rows[logical_id]["Type"])
        try:
            if identify is None:
                raise ValueError
            identifiers[logical_id] = identify(ids[logical_id])
        except (ValueError, LookupError):
            cannot[logical_id] = f"no {rows[logical_id]['Type']} can be imported"

    literal = _Literal(
        rows=rows, ids=ids, partition=backup.arn.split(":")[1], account_id=account_id
    )
    found: dict[str, Any] = {}
    while found.keys() != identifiers.keys():
        found = {}
        for logical_id in list(identifiers):
            try:
                found[logical_id] = literal.row(logical_id, frozenset(identifiers))
            except LookupError as error:
                cannot[logical_id] = f"it refers to {error.args[0]}, which nobody knows any more"
                del identifiers[logical_id]
                found = {}
                break
    parts = {name: document[name] for name in _TAKEN if name in document}
    return BringBack(
        template=json.dumps({**parts, "Resources": found}, indent=1, default=str),
        resources=[
            {
                "ResourceType": rows[logical_id]["Type"],
                "LogicalResourceId": logical_id,
                "ResourceIdentifier": identifiers[logical_id],
            }
            for logical_id in sorted(found)
        ],
        parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in backup.parameters.items()
            if value is not None
        ],
        to_be_given=tuple(name for name, value in backup.parameters.items() if value is None),
        cannot=cannot,
    )


@dataclass(frozen=True, kw_only=True)
class _Literal:
    """Writes out what refers to rows that do not come back."""

    rows: Mapping[str, Any]
    ids: Mapping[str, str]
    partition: str
    account_id: str

    def row(self, logical_id: str, back: frozenset[str]) -> dict[str, Any]:
        """Return a row as the import takes it. Raises LookupError with what cannot be written out."""
        row = self.rows[logical_id]
        waits_for = row.get("DependsOn") or []
        waits_for = [waits_for] if isinstance(waits_for, str) else waits_for
        left = [each for each in waits_for if each in back]
        written = {key: item for key, item in row.items() if key != "DependsOn"}
        written["Properties"] = self._value(row.get("Properties") or {}, back)
        return {
            **written,
            **({"DependsOn": left} if left else {}),
            **dict.fromkeys(POLICIES, RETAIN),
        }

    def _value(self, value: Any, back: frozenset[str]) -> Any:
        if isinstance(value, list):
            return [self._value(item, back) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (
            gone := [x for x in referred(value) if x in self.rows.keys() - back]
        ):
            ((function, argument),) = value.items()
            if function == "Ref":
                return self.ids[gone[0]]
            if function == "Fn::GetAtt":
                name, _, attribute = (
                    argument.partition(".")
                    if isinstance(argument, str)
                    else (str(argument[0]), ".", str(argument[1]))
                )
                return self._attribute(name, attribute)
            if function == "Fn::Sub":
                return {function: self._substituted(argument, back)}
        return {key: self._value(item, back) for key, item in value.items()}

    def _substituted(self, argument: Any, back: frozenset[str]) -> Any:
        if isinstance(argument, list):
            text, names = argument
            return [self._text(text, back, frozenset(names)), self._value(names, back)]
        return self._text(str(argument), back, frozenset())

    def _text(self, text: str, back: frozenset[str], own: frozenset[str]) -> str:
        def written(part: re.Match[str]) -> str:
            name, _, attribute = part[1].partition(".")
            if name in own or name in back or name not in self.rows:
                return part[0]
            return self._attribute(name, attribute) if attribute else self.ids[name]

        return _PART.sub(written, text)

    def _attribute(self, name: str, attribute: str) -> str:
        if (self.rows[name]["Type"], attribute) == ("AWS::IAM::Role", "Arn"):
            path = (self.rows[name].get("Properties") or {}).get("Path", "/")
            return f"arn:{self.partition}:iam::{self.account_id}:role{path}{self.ids[name]}"
        raise LookupError(f"{name}.{attribute}")
