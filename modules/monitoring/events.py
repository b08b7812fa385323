"""What AWS tells of by itself, as rows: which events reach the operator, and in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Pattern = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """Events of EventBridge that the operator is told of.

    `key` is the rule's address and the end of its name. `words` is the message; what is in angle brackets is
    a path of `paths` into the event.
    """

    key: str
    description: str
    pattern: Pattern
    words: str
    paths: Mapping[str, str]


def backup_events(vault: str) -> EventRow:
    """Tell of a backup that did not come about.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
    """
    return EventRow(
        key="backup_failed",
        description="A backup of AWS Backup failed, was aborted, or did not begin in its time",
        pattern={
            "source": ["aws.backup"],
            "detail-type": ["Backup Job State Change"],
            "detail": {"state": ["FAILED", "ABORTED", "EXPIRED"], "backupVaultName": [vault]},
        },
        words="AWS Backup: the backup of <resource> is <state>: <message>",
        paths={
            "resource": "$.detail.resourceArn",
            "state": "$.detail.state",
            "message": "$.detail.statusMessage",
        },
    )


def deployment_events(service_arn_prefix: str) -> EventRow:
    """Tell of a deployment that failed; one that is rolled back fails too.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
    """
    return EventRow(
        key="deployment_failed",
        description="A deployment of a service failed, or was rolled back",
        pattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": [{"prefix": service_arn_prefix}],
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        },
        words="ECS: the deployment of <service> failed: <reason>",
        paths={"service": "$.resources[0]", "reason": "$.detail.reason"},
    )


def placement_events(cluster_arn: str) -> EventRow:
    """Tell of tasks that cannot start: the account's quota is reached, or the zone has no room.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
    """
    return EventRow(
        key="task_not_placed",
        description="A service's task could not be started: a quota is reached, or AWS has no room",
        pattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Service Action"],
            "detail": {
                "clusterArn": [cluster_arn],
                "eventName": ["SERVICE_TASK_PLACEMENT_FAILURE", "SERVICE_TASK_START_IMPAIRED"],
            },
        },
        words="ECS: <service> cannot start a task: <event> <reason>",
        paths={
            "service": "$.resources[0]",
            "event": "$.detail.eventName",
            "reason": "$.detail.reason",
        },
    )


def job_events(family_arns: Sequence[str]) -> EventRow:
    """Tell of a job that ended with an error, ran into its timeout, or did not come to run.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
    """
    return EventRow(
        key="job_failed",
        description="A job by the clock failed, ran into its timeout, or its task did not start",
        pattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {
                "lastStatus": ["STOPPED"],
                "taskDefinitionArn": [{"prefix": f"{arn}:"} for arn in family_arns],
                "$or": [
                    {"containers": {"exitCode": [{"anything-but": 0}]}},
                    {"stopCode": ["TaskFailedToStart", "TerminationNotice", "UserInitiated"]},
                ],
            },
        },
        words="ECS: the job of <task> failed: <reason>",
        paths={"task": "$.detail.group", "reason": "$.detail.stoppedReason"},
    )


def certificate_events(certificate_arn: str) -> EventRow:
    """Tell each day of a certificate that ACM has not been able to renew, 30 days or more before its end.

    ACM renews one earlier, as long as the record that proved the domain stands and the certificate is used;
    one that was imported it never renews.
    https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html
    """
    return EventRow(
        key="certificate_expires",
        description="The certificate is about to expire, and has not been renewed",
        pattern={
            "source": ["aws.acm"],
            "detail-type": ["ACM Certificate Approaching Expiration", "ACM Certificate Expired"],
            "resources": [certificate_arn],
        },
        words="ACM: the certificate of <domain> has not been renewed (<event>): look at its DNS record",
        paths={"domain": "$.detail.CommonName", "event": "$.detail-type"},
    )


def database_events(kind: Literal["Instance", "Cluster"], identifiers: Sequence[str]) -> EventRow:
    """Tell of what happens to the database: neither its daily backups, nor its stops and starts by the clock.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
    """
    kinds = {"Instance": ["Instance"], "Cluster": ["Cluster", "Instance"]}[kind]
    return EventRow(
        key="database_event",
        description="The database failed over, failed, was restored or maintained, or is short of storage",
        pattern={
            "source": ["aws.rds"],
            "detail-type": [f"RDS DB {each} Event" for each in kinds],
            "detail": {
                "SourceIdentifier": list(identifiers),
                "EventCategories": [
                    "failover",
                    "failure",
                    "low storage",
                    "maintenance",
                    "recovery",
                    "restoration",
                ],
            },
        },
        words="RDS: <database>: <message>",
        paths={"database": "$.detail.SourceIdentifier", "message": "$.detail.Message"},
    )
