"""The cards of an architecture picture that stand outside the VPC: edge, data, access, watching.

A type that nobody has named here is not left out: it has a card of its family, such as Backup.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws.resources.rds import DATABASES
from ops.picture.keys import Key, key, keys_in
from terraform.stack import Resource

GROUPS = ("Edge", "Access and secrets", "Data outside the VPC", "Watching")


@dataclass(frozen=True, kw_only=True)
class Card:
    """A titled box. `kind` chooses its sign and colour; `key` is set where an arrow may end."""

    title: str
    lines: tuple[str, ...] = ()
    kind: str = "other"
    key: Key | None = None


# Drawn in the VPC, or a part of something that is drawn.
_PLUMBING = DATABASES | frozenset(
    {
        "aws_acm_certificate_validation",
        "aws_appautoscaling_policy",
        "aws_appautoscaling_scheduled_action",
        "aws_appautoscaling_target",
        "aws_cloudwatch_dashboard",
        "aws_db_parameter_group",
        "aws_db_subnet_group",
        "aws_default_network_acl",
        "aws_default_route_table",
        "aws_default_security_group",
        "aws_ecs_cluster",
        "aws_ecs_cluster_capacity_providers",
        "aws_ecs_service",
        "aws_ecs_task_definition",
        "aws_efs_access_point",
        "aws_efs_file_system",
        "aws_efs_file_system_policy",
        "aws_efs_mount_target",
        "aws_eip",
        "aws_iam_policy",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_internet_gateway",
        "aws_lb",
        "aws_lb_listener",
        "aws_lb_listener_rule",
        "aws_lb_target_group",
        "aws_nat_gateway",
        "aws_rds_cluster_instance",
        "aws_rds_cluster_parameter_group",
        "aws_route",
        "aws_route_table",
        "aws_route_table_association",
        "aws_secretsmanager_secret_policy",
        "aws_secretsmanager_secret_version",
        "aws_security_group",
        "aws_security_group_rule",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        "aws_subnet",
        "aws_vpc",
        "aws_vpc_endpoint",
        "aws_vpc_security_group_egress_rule",
        "aws_vpc_security_group_ingress_rule",
    }
)
_FAMILIES: Mapping[str, tuple[str, str]] = {
    "acm": ("Certificate", "Edge"),
    "cloudfront": ("CloudFront", "Edge"),
    "route53": ("Route 53", "Edge"),
    "shield": ("Shield", "Edge"),
    "wafv2": ("WAF", "Edge"),
    "iam": ("IAM", "Access and secrets"),
    "kms": ("KMS", "Access and secrets"),
    "secretsmanager": ("Secrets Manager", "Access and secrets"),
    "backup": ("Backup", "Data outside the VPC"),
    "dynamodb": ("DynamoDB", "Data outside the VPC"),
    "ecr": ("ECR", "Data outside the VPC"),
    "sqs": ("SQS", "Data outside the VPC"),
    "budgets": ("Budgets", "Watching"),
    "chatbot": ("Chat", "Watching"),
    "cloudtrail": ("CloudTrail", "Watching"),
    "cloudwatch": ("CloudWatch", "Watching"),
    "flow": ("VPC flow logs", "Watching"),
    "guardduty": ("GuardDuty", "Watching"),
    "sns": ("SNS", "Watching"),
}
_KINDS = {
    "Edge": "edge",
    "Access and secrets": "key",
    "Data outside the VPC": "data",
    "Watching": "bell",
}
_NOUNS = {
    "aws_acm_certificate": "requested certificate",
    "aws_chatbot_slack_channel_configuration": "Slack channel",
    "aws_chatbot_teams_channel_configuration": "Teams channel",
    "aws_cloudwatch_log_group": "log group",
    "aws_cloudwatch_metric_alarm": "alarm",
    "aws_ecr_repository": "repository",
    "aws_flow_log": "flow log",
    "aws_iam_role": "role",
    "aws_kms_key": "key",
    "aws_route53_record": "record",
    "aws_secretsmanager_secret": "secret",
    "aws_scheduler_schedule": "schedule",
    "aws_sns_topic": "topic",
    "aws_sqs_queue": "queue",
    "aws_wafv2_web_acl": "web ACL",
}
# Their siblings say how, not what: a card of one line names the thing alone.
_SILENT = frozenset(
    {
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_cloudwatch_log_resource_policy",
        "aws_ecr_lifecycle_policy",
        "aws_ecr_repository_policy",
        "aws_kms_alias",
        "aws_scheduler_schedule_group",
        "aws_wafv2_ip_set",
        "aws_wafv2_web_acl_association",
        "aws_wafv2_web_acl_logging_configuration",
    }
)


def cards_outside(resources: Sequence[Resource]) -> Mapping[str, tuple[Card, ...]]:
    """Group the cards, in the groups' order; every type of the stack is in one group, or in the VPC."""
    found: dict[str, list[Card]] = {group: [] for group in GROUPS}
    families: dict[str, dict[str, int]] = {}
    for resource in resources:
        if resource.type == "aws_s3_bucket":
            found["Data outside the VPC"].append(_bucket(resource, resources))
        elif not (
            resource.type in _PLUMBING or resource.type in _SILENT or _is_of_a_bucket(resource.type)
        ):
            counts = families.setdefault(_family(resource.type), {})
            counts[resource.type] = counts.get(resource.type, 0) + 1
    for family in sorted(families):
        title, group = _FAMILIES.get(
            family, (family.replace("_", " ").capitalize(), "Data outside the VPC")
        )
        lines = [", ".join(_counted(type_, number) for type_, number in families[family].items())]
        lines += _more(family, resources)
        found[group].append(Card(title=title, lines=tuple(lines), kind=_KINDS[group]))
    return {group: tuple(cards) for group, cards in found.items() if cards}


def _family(type_: str) -> str:
    return type_.removeprefix("aws_").split("_")[0]


def _is_of_a_bucket(type_: str) -> bool:
    return type_.startswith("aws_s3_bucket_")


def _bucket(resource: Resource, resources: Sequence[Resource]) -> Card:
    types = {
        each.type for each in resources if key(resource) in keys_in(each.attributes.get("bucket"))
    }
    facts = {
        "aws_s3_bucket_public_access_block": "no public access",
        "aws_s3_bucket_server_side_encryption_configuration": "encrypted",
        "aws_s3_bucket_versioning": "versions kept",
    }
    told = [text for type_, text in facts.items() if type_ in types]
    lines = (" · ".join(told[:2]), *told[2:])
    return Card(
        title=f"S3 {resource.name.replace('_', ' ')} bucket",
        lines=tuple(filter(None, lines)),
        kind="bucket",
        key=key(resource),
    )


def _counted(type_: str, number: int) -> str:
    noun = _NOUNS.get(type_)
    if noun is None:
        words = type_.removeprefix("aws_").split("_")
        noun = " ".join(words[1:] or words)
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun != "key" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def _more(family: str, resources: Sequence[Resource]) -> list[str]:
    """Write a second line where there is something to tell."""
    of = [each for each in resources if _family(each.type) == family]
    if family == "acm":
        return [
            str(each.attributes["domain_name"]) for each in of if "domain_name" in each.attributes
        ]
    if family == "cloudwatch":
        days = {each.attributes.get("retention_in_days") for each in of} - {None}
        text = [f"logs kept {days.pop()} days"] if len(days) == 1 else []
        board = any(each.type == "aws_cloudwatch_dashboard" for each in of)
        return [" · ".join([*text, *(["a dashboard"] if board else [])])] if text or board else []
    if family == "sns":
        ends = [each.attributes.get("endpoint") for each in of if "endpoint" in each.attributes]
        return [f"tells {', '.join(map(str, ends))}"] if ends else []
    if family == "ecr":
        repositories = [each for each in of if each.type == "aws_ecr_repository"]
        scanned = all("image_scanning_configuration" in each.attributes for each in repositories)
        return ["scanned on push"] if scanned else []
    return []


def count(number: int, noun: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
