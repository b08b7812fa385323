"""How the objects are found that AWS tells apart by a name, and what hangs on them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aws.client import Clients, ask, ask_unless, region_of
from imports.recovery.live import Finder, Live, arguments, one_list, rows, rows_if_there, tags_of


def _by(member: str) -> Callable[[str], Mapping[str, Any]]:
    return lambda wanted: {member: wanted}


def _of_role(operation: str, result: str) -> Callable[[Clients, str], list[Any]]:
    absent = frozenset({"NoSuchEntity", "NoSuchEntityException"})
    return lambda clients, role: rows_if_there(
        clients, "iam", operation, result, absent, RoleName=role
    )


def _roles(clients: Clients, name: str) -> list[Live]:
    absent = frozenset({"NoSuchEntity", "NoSuchEntityException"})
    answer = ask_unless(clients, "iam", "GetRole", absent, RoleName=name)
    if answer is None:
        return []
    arn = str(answer["Role"]["Arn"])
    return [Live(key=(name,), import_id=name, attributes={"id": name, "name": name, "arn": arn})]


def _policies(clients: Clients, name: str) -> list[Live]:
    return [
        Live(
            key=(name,),
            import_id=row["Arn"],
            attributes={"id": row["Arn"], "arn": row["Arn"], "name": name},
        )
        for row in rows(clients, "iam", "ListPolicies", "Policies", Scope="Local")
        if row["PolicyName"] == name
    ]


def _role_policies(clients: Clients, role: str) -> list[Live]:
    names = _of_role("ListRolePolicies", "PolicyNames")(clients, role)
    return [Live(key=(role, name), import_id=f"{role}:{name}") for name in names]


def _attachments(clients: Clients, role: str) -> list[Live]:
    attached = _of_role("ListAttachedRolePolicies", "AttachedPolicies")(clients, role)
    return [
        Live(key=(role, row["PolicyArn"]), import_id=f"{role}/{row['PolicyArn']}")
        for row in attached
    ]


def _certificates(clients: Clients, domain: str) -> list[Live]:
    found = []
    for row in rows(clients, "acm", "ListCertificates", "CertificateSummaryList"):
        if row.get("DomainName") != domain:
            continue
        arn = str(row["CertificateArn"])
        certificate = ask(clients, "acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
        listed = ask(clients, "acm", "ListTagsForCertificate", CertificateArn=arn)
        issued = certificate.get("IssuedAt")
        users = certificate.get("InUseBy") or ()
        found.append(
            Live(
                key=(domain,),
                import_id=arn,
                attributes={"id": arn, "arn": arn, "issued_at": f"{issued or ''}"},
                tags=tags_of(listed),
                in_use=bool(users),
                tied_to=frozenset(("aws_lb", str(user)) for user in users),
            )
        )
    return found


def _secrets(clients: Clients, name: str) -> list[Live]:
    """By its name, whatever else there is; one that waits for its deletion is none."""
    absent = frozenset({"ResourceNotFoundException"})
    row = ask_unless(clients, "secretsmanager", "DescribeSecret", absent, SecretId=name)
    if row is None or row.get("DeletedDate"):
        return []
    return [
        Live(key=(name,), import_id=row["ARN"], attributes={"id": row["ARN"], "arn": row["ARN"]})
    ]


def _topic_policies(_clients: Clients, topic: str) -> list[Live]:
    return [Live(key=(topic,), import_id=topic)]  # AWS gives each topic one


def _topics(clients: Clients, name: str) -> list[Live]:
    arns = [row["TopicArn"] for row in rows(clients, "sns", "ListTopics", "Topics")]
    region = region_of(clients)
    return [
        Live(key=(name,), import_id=arn, attributes={"id": arn, "arn": arn})
        for arn in arns
        if arn.rpartition(":")[2] == name and f":{region}:" in arn
    ]


def _subscriptions(clients: Clients, topic: str) -> list[Live]:
    # Until its e-mail is answered a subscription has no ARN; to subscribe again sends that e-mail again.
    return [
        Live(key=(topic, row["Protocol"], row["Endpoint"]), import_id=row["SubscriptionArn"])
        for row in rows(clients, "sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=topic)
        if row["SubscriptionArn"].startswith("arn:")
    ]


def _records(clients: Clients, zone: str) -> list[Live]:
    found = rows(
        clients, "route53", "ListResourceRecordSets", "ResourceRecordSets", HostedZoneId=zone
    )
    return [
        Live(
            key=(zone, row["Name"].rstrip("."), row["Type"]),
            import_id=f"{zone}_{row['Name'].rstrip('.')}_{row['Type']}",
        )
        for row in found
    ]


def _rds(
    kind: str, name: str, *, status: str = "", absent: str
) -> Callable[[Clients, str], list[Live]]:
    return one_list(
        "rds",
        f"Describe{kind}s",
        f"{kind}s",
        name,
        parameters=_by(name),
        absent=frozenset({absent, f"{absent}Fault"}),
        status=status,
    )


_INSTANCES: Final = _rds(
    "DBInstance", "DBInstanceIdentifier", status="DBInstanceStatus", absent="DBInstanceNotFound"
)

NAMED_FINDERS: Final[Mapping[str, Finder]] = {
    "aws_acm_certificate": Finder(key=arguments("domain_name"), list=_certificates),
    "aws_cloudwatch_dashboard": Finder(
        key=arguments("dashboard_name"),
        list=one_list(
            "cloudwatch",
            "ListDashboards",
            "DashboardEntries",
            "DashboardName",
            parameters=_by("DashboardNamePrefix"),
        ),
    ),
    "aws_cloudwatch_log_group": Finder(
        key=arguments("name"),
        list=one_list(
            "logs",
            "DescribeLogGroups",
            "logGroups",
            "logGroupName",
            parameters=_by("logGroupNamePrefix"),
        ),
    ),
    "aws_cloudwatch_metric_alarm": Finder(
        key=arguments("alarm_name"),
        list=one_list(
            "cloudwatch",
            "DescribeAlarms",
            "MetricAlarms",
            "AlarmName",
            parameters=lambda wanted: {"AlarmNames": [wanted]},
        ),
    ),
    "aws_db_instance": Finder(key=arguments("identifier"), list=_INSTANCES),
    "aws_db_parameter_group": Finder(
        key=arguments("name"),
        list=_rds("DBParameterGroup", "DBParameterGroupName", absent="DBParameterGroupNotFound"),
    ),
    "aws_db_subnet_group": Finder(
        key=arguments("name"),
        list=_rds("DBSubnetGroup", "DBSubnetGroupName", absent="DBSubnetGroupNotFound"),
    ),
    "aws_ecr_repository": Finder(
        key=arguments("name"),
        list=one_list(
            "ecr",
            "DescribeRepositories",
            "repositories",
            "repositoryName",
            parameters=lambda wanted: {"repositoryNames": [wanted]},
            absent=frozenset({"RepositoryNotFoundException"}),
        ),
    ),
    "aws_iam_policy": Finder(key=arguments("name"), list=_policies),
    "aws_iam_role": Finder(key=arguments("name"), list=_roles),
    "aws_iam_role_policy": Finder(key=arguments("role", "name"), list=_role_policies),
    "aws_iam_role_policy_attachment": Finder(
        key=arguments("role", "policy_arn"), list=_attachments
    ),
    "aws_rds_cluster": Finder(
        key=arguments("cluster_identifier"),
        list=_rds("DBCluster", "DBClusterIdentifier", status="Status", absent="DBClusterNotFound"),
    ),
    "aws_rds_cluster_instance": Finder(key=arguments("identifier"), list=_INSTANCES),
    "aws_rds_cluster_parameter_group": Finder(
        key=arguments("name"),
        list=_rds(
            "DBClusterParameterGroup",
            "DBClusterParameterGroupName",
            absent="DBParameterGroupNotFound",
        ),
    ),
    "aws_route53_record": Finder(key=arguments("zone_id", "name", "type"), list=_records),
    "aws_secretsmanager_secret": Finder(key=arguments("name"), list=_secrets),
    "aws_sns_topic": Finder(key=arguments("name"), list=_topics),
    "aws_sns_topic_policy": Finder(key=arguments("arn"), list=_topic_policies),
    "aws_sns_topic_subscription": Finder(
        key=arguments("topic_arn", "protocol", "endpoint"), list=_subscriptions
    ),
}
