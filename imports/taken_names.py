"""Names that a plan would give to new objects, and that objects in AWS have already.

AWS refuses a second one, or changes the first one without a word.
"""

from collections.abc import Iterator
from typing import Final

from aws.client import Clients
from aws.resources import RESOURCES
from aws.resources.row import Live
from terraform.plan import Plan
from terraform.refused import Refused

# Of which AWS has one of a name at most, in an account and a region, a network or a scope.
NAMED: Final = frozenset(
    {
        "aws_backup_vault",
        "aws_budgets_budget",
        "aws_cloudwatch_dashboard",
        "aws_cloudwatch_log_group",
        "aws_cloudwatch_metric_alarm",
        "aws_db_instance",
        "aws_db_parameter_group",
        "aws_db_subnet_group",
        "aws_ecr_repository",
        "aws_ecs_cluster",
        "aws_efs_file_system",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_kms_alias",
        "aws_lb",
        "aws_lb_target_group",
        "aws_rds_cluster",
        "aws_rds_cluster_instance",
        "aws_rds_cluster_parameter_group",
        "aws_s3_bucket",
        "aws_scheduler_schedule",
        "aws_secretsmanager_secret",
        "aws_security_group",
        "aws_sns_topic",
        "aws_wafv2_ip_set",
        "aws_wafv2_web_acl",
    }
)


def named_creates(plan: Plan) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Address, type and name of each planned create whose name is known before apply.

    The name is all that tells the object apart: a security group's begins with its network.
    """
    for change in plan.changes:
        if change.type not in NAMED or change.actions != ("create",):
            continue
        after = change.after or {}
        parts = RESOURCES[change.type].key
        key = tuple(name for part in parts if isinstance(name := after.get(part), str) and name)
        if len(key) == len(parts):
            yield change.address, change.type, key


def taken_names(plan: Plan, clients: Clients, *, stage: str) -> tuple[Refused, ...]:
    """Return the planned creates whose name an object in AWS has, sorted.

    Raises UserError when AWS refuses to tell.
    """
    found = []
    for address, type_, key in sorted(named_creates(plan)):
        resource = RESOURCES[type_]
        # A deleted secret keeps its name for as long as it can be restored.
        lives = resource.listed(clients, key[0], with_gone=bool(resource.deleted_on))
        standing = [each for each in lives if each.key == key]
        if standing:
            found.append(Refused(address=address, why=_why(key[-1], standing[0], stage=stage)))
    return tuple(found)


def _why(name: str, live: Live, *, stage: str) -> str:
    recover = f"run `python -m ops recover --stage {stage}`"
    if live.gone:
        return (
            f"{name} was deleted, and AWS keeps it and its name for some days more ({live.import_id}): bring "
            f"it back with `aws secretsmanager restore-secret --secret-id {name}` and {recover}, or choose "
            "another name"
        )
    return (
        f"{name} exists in AWS and is not in the state ({live.import_id}): where a deploy of this stage made "
        f"it, {recover}; else it is somebody's: rename or remove it, or import it with `terraform import`"
    )
