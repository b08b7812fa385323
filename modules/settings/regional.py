"""What a region has to have for a stage: a service that is missing there is named before anything is made."""

from collections.abc import Iterator
from typing import Final

from modules.base.partition import has, regions
from modules.settings.setting_error import SettingError, at
from modules.settings.stage_settings import StageSettings

# What every stage needs: the name of the endpoint, and the service's.
_ALWAYS: Final = {
    "acm": "Certificate Manager",
    "api.ecr": "ECR",
    "application-autoscaling": "Application Auto Scaling",
    "ec2": "EC2",
    "ecs": "ECS",
    "elasticfilesystem": "EFS",
    "elasticloadbalancing": "Elastic Load Balancing",
    "events": "EventBridge",
    "iam": "IAM",
    "logs": "CloudWatch Logs",
    "monitoring": "CloudWatch",
    "rds": "RDS",
    "s3": "S3",
    "secretsmanager": "Secrets Manager",
    "servicediscovery": "Cloud Map",
    "sns": "SNS",
}


def find_region_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Name each service that the stage asks for and its region does not have, by botocore's table."""
    region = settings.region
    missing = [title for name, title in _ALWAYS.items() if not has(name, region)]
    if missing:
        yield at("region", region).must_be(
            f"a region with all that a stage needs; {region} has no {', '.join(missing)}",
            'choose another, as in "us-east-1"',
        )
        return
    for field, service, title, remedy in _asked_for(settings):
        if not has(service, region):
            yield at(field, _value(settings, field), "region").must_be(
                f"left out in {region}, which has no {title}",
                remedy,
            )
    yield from _in_dollars(settings)


def _in_dollars(settings: StageSettings) -> Iterator[SettingError]:
    """Refuse amounts in dollars where AWS counts in yuan.

    https://docs.amazonaws.cn/en_us/aws/latest/userguide/billing-and-payment.html
    """
    if regions()[settings.region] != "aws-cn":
        return
    for field in ("cost_alerts.budget_usd", "cost_alerts.anomaly_usd"):
        if amount := _value(settings, field):
            yield at(field, amount, "region").must_be(
                f"left out in {settings.region}: AWS bills China in yuan, not in dollars",
                "take it out, and set it in the console",
            )


def _asked_for(settings: StageSettings) -> Iterator[tuple[str, str, str, str]]:
    """Yield what a setting asks for beside: field, endpoint, name, and what to do without."""
    elsewhere = "take it out, and set it in the account that pays for this one"
    off = "write false, or choose another region"
    costs, security = settings.cost_alerts, settings.security
    if costs.budget_usd:
        yield "cost_alerts.budget_usd", "budgets", "AWS Budgets", elsewhere
    if costs.anomaly_usd:
        yield "cost_alerts.anomaly_usd", "ce", "Cost Anomaly Detection", elsewhere
    if security.web_firewall:
        yield "security.web_firewall", "wafv2", "AWS WAF", off
    if security.backups:
        yield "security.backups", "backup", "AWS Backup", off
    if security.customer_managed_key:
        yield "security.customer_managed_key", "kms", "KMS", off
    if settings.tracing.enabled:
        yield "tracing.enabled", "xray", "X-Ray", off
    if settings.night_stop:
        yield "night_stop.stop_at", "scheduler", "EventBridge Scheduler", "take [night_stop] out"
    if settings.dns.mode == "route53":
        yield "dns.mode", "route53", "Route 53", 'write "manual"'


def _value(settings: StageSettings, field: str) -> object:
    section, name = field.split(".")
    return getattr(getattr(settings, section), name)
