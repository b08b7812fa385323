"""What is measured and written down, and who watches it."""

from typing import Final

from aws.resources.call import Call
from aws.resources.row import ResourceType, of, switched_on

_RULE: Final = ResourceType(
    type="aws_cloudwatch_event_rule",
    free=True,
    key=("name",),
    refuses_double=True,
    attributes={"id": "Name", "name": "Name", "arn": "Arn"},
    import_id="{name}",
    listing=Call("events", "ListRules", "Rules", {"NamePrefix": "{}"}),
    # Services of AWS make rules of their own.
    is_somebodys=lambda row: not row.get("ManagedBy"),
    kept_in_state={"force_destroy": False},
    overwrites=True,
)

CLOUDWATCH: Final = (
    ResourceType(
        type="aws_cloudwatch_event_target",
        free=True,
        key=("rule", "target_id"),
        attributes={"rule": "Rule", "target_id": "Id", "arn": "Arn"},
        import_id="{rule}/{target_id}",
        listing=Call(
            "events",
            "ListTargetsByRule",
            "Targets",
            {"Rule": "{}"},
            absent=frozenset({"ResourceNotFoundException"}),
        ),
        owners=of(_RULE, "name"),
        kept_in_state={"force_destroy": False},
        overwrites=True,
        unread="it is of a rule, which is new: one of its name is refused",
    ),
    _RULE,
    ResourceType(
        type="aws_cloudwatch_dashboard",
        key=("dashboard_name",),
        refuses_double=True,
        attributes={
            "id": "DashboardName",
            "dashboard_name": "DashboardName",
            "dashboard_arn": "DashboardArn",
        },
        import_id="{dashboard_name}",
        listing=Call(
            "cloudwatch", "ListDashboards", "DashboardEntries", {"DashboardNamePrefix": "{}"}
        ),
        overwrites=True,
    ),
    ResourceType(
        type="aws_cloudwatch_metric_alarm",
        key=("alarm_name",),
        refuses_double=True,
        attributes={"id": "AlarmName", "alarm_name": "AlarmName", "arn": "AlarmArn"},
        import_id="{alarm_name}",
        listing=Call("cloudwatch", "DescribeAlarms", "MetricAlarms", {"AlarmNames": ["{}"]}),
        # Scaling makes alarms of its own.
        is_somebodys=lambda row: not row["AlarmName"].startswith("TargetTracking-"),
        overwrites=True,
    ),
    ResourceType(
        type="aws_cloudwatch_log_resource_policy",
        free=True,
        key=("policy_name",),
        attributes={"id": "policyName", "policy_name": "policyName"},
        import_id="{policy_name}",
        listing=Call("logs", "DescribeResourcePolicies", "resourcePolicies"),
        # Services of AWS make some of their own.
        is_somebodys=lambda row: not row["policyName"].startswith("AWS"),
        # AWS puts one in the place of another of its name, without a word.
        refuses_double=True,
        overwrites=True,
    ),
    ResourceType(
        type="aws_cloudwatch_log_group",
        cloudformation="AWS::Logs::LogGroup",
        arn="arn:aws:logs:us-east-1:111122223333:log-group:name",
        label="log group",
        key=("name",),
        refuses_double=True,
        # AWS tells the ARN with `:*` at its end, which Terraform leaves out.
        attributes={
            "id": "logGroupName",
            "name": "logGroupName",
            "arn": lambda row: str(row["arn"]).removesuffix(":*"),
        },
        import_id="{name}",
        listing=Call("logs", "DescribeLogGroups", "logGroups", {"logGroupNamePrefix": "{}"}),
        kept_in_state={"skip_destroy": None},
        state_changes={"skip_destroy": switched_on},
        identity=("kms_key_id", "log_group_class", "name", "tags"),
        settings=("retention_in_days",),
    ),
)
