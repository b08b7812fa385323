"""What exists in the account, for the rules that ask: moto's memory tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """A subnet, as far as the rules ask."""

    vpc_id: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the rules ask about an account in one region, and moto's answers. What does not exist is None."""

    region: str

    def _backend(self, service: Any) -> Any:
        return get_backend(service)[DEFAULT_ACCOUNT_ID][self.region]

    def subnet(self, subnet_id: str) -> Subnet | None:
        """Return the subnet."""
        for by_id in self._backend("ec2").subnets.values():
            if subnet_id in by_id:
                found = by_id[subnet_id]
                return Subnet(vpc_id=found.vpc_id, zone=found.availability_zone)
        return None

    def has_internet_gateway(self, vpc_id: str) -> bool:
        """Return whether an internet gateway is attached to a VPC."""
        gateways = self._backend("ec2").internet_gateways.values()
        return any(each.vpc is not None and each.vpc.id == vpc_id for each in gateways)

    def vpc_of_group(self, group_id: str) -> str | None:
        """Return the VPC of a security group."""
        found = self._backend("ec2").get_security_group_from_id(group_id)
        return None if found is None else str(found.vpc_id)

    def groups_naming(self, group_id: str) -> Sequence[str]:
        """Return the other security groups with a rule that names this one, sorted."""
        groups = [group for vpc in self._backend("ec2").groups.values() for group in vpc.values()]
        return sorted(
            group.id
            for group in groups
            if group.id != group_id
            and any(
                rule.source_group.get("GroupId") == group_id
                for rule in [*group.ingress_rules, *group.egress_rules]
            )
        )

    def certificate_status(self, arn: str) -> str | None:
        """Return the status of a certificate of ACM."""
        found = self._backend("acm")._certificates.get(arn)
        if found is None:
            return None
        found.check()  # that time has passed shows only when somebody asks
        return str(found.status)

    def has_repository(self, name: str, *, owner: str, region: str) -> bool:
        """Return whether ECR has this repository; of another account's nobody knows, and it does."""
        if owner != DEFAULT_ACCOUNT_ID:
            return True
        return name in get_backend("ecr")[DEFAULT_ACCOUNT_ID][region].repositories

    def has_role(self, arn: str) -> bool:
        """Return whether a role exists; of another account's nobody knows, and it does."""
        if f":{DEFAULT_ACCOUNT_ID}:" not in arn:
            return True
        roles: Any = get_backend("iam")[DEFAULT_ACCOUNT_ID]["aws"].roles
        return any(each.arn == arn for each in roles.values())

    def system_tags(self, call: str, params: Mapping[str, Any], /) -> Mapping[str, str]:
        """Return AWS's own tags of an object whose whole set of tags a call replaces."""
        if call != "s3.PutBucketTagging":
            return {}
        backend: Any = get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"]
        bucket = backend.buckets.get(params.get("Bucket", ""))
        tags = backend.tagger.get_tag_dict_for_resource(bucket.arn) if bucket else {}
        return {key: value for key, value in tags.items() if key.startswith("aws:")}

    def secret_text(self, name_or_arn: str) -> str | None:
        """Return a secret's current value; empty when it has none, None when there is no such secret."""
        found = self._backend("secretsmanager").secrets.get(name_or_arn)
        if found is None or found.is_deleted():
            return None
        current = found.versions.get(found.default_version_id or "", {})
        return str(current.get("secret_string") or current.get("secret_binary") or "")

    def containers(self, task_definition: str) -> Sequence[Mapping[str, Any]] | None:
        """Return the containers of a task definition, by its family, family:revision or ARN."""
        name = task_definition.rpartition("/")[2]
        family, _, revision = name.partition(":")
        revisions = self._backend("ecs").task_definitions.get(family, {})
        if not revisions:
            return None
        found = revisions.get(int(revision) if revision else max(revisions))
        return None if found is None else list(found.container_definitions)
