"""Who asks, where, and what they may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ops.deployed import Deployed
from ops.doctor.finding import Finding, attention, fine, unknown

# One deed of each service that a deploy uses; who may do these administers it.
_ACTIONS = (
    "acm:RequestCertificate",
    "application-autoscaling:RegisterScalableTarget",
    "cloudwatch:PutMetricAlarm",
    "ec2:CreateVpc",
    "ecr:CreateRepository",
    "ecs:CreateService",
    "elasticfilesystem:CreateFileSystem",
    "elasticloadbalancing:CreateLoadBalancer",
    "iam:CreateRole",
    "iam:PassRole",
    "logs:CreateLogGroup",
    "rds:CreateDBInstance",
    "s3:CreateBucket",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "servicediscovery:CreatePrivateDnsNamespace",
    "sns:CreateTopic",
)
_WITH_A_ZONE = ("route53:ChangeResourceRecordSets",)
_WITH_A_CDN = ("cloudfront:CreateDistribution",)


@dataclass(frozen=True, kw_only=True)
class AccountFacts:
    """The caller; `shell_region` is where the AWS command line would go, None where it is not set."""

    account: str
    caller: str
    stage_region: str
    shell_region: str | None
    endpoint: str | None


def gather(deployed: Deployed) -> AccountFacts:
    """Ask who we are. Raises UserError for credentials that cannot be used."""
    identity = deployed.ask("sts", "GetCallerIdentity")
    environ = deployed.workspace.environ
    return AccountFacts(
        account=identity["Account"],
        caller=identity["Arn"],
        stage_region=deployed.settings.region,
        shell_region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION"),
        endpoint=environ.get("AWS_ENDPOINT_URL"),
    )


def judge_account(facts: AccountFacts) -> list[Finding]:
    """Judge the account, and whether the shell and the stage mean the same region."""
    at = f", on the emulator {facts.endpoint}" if facts.endpoint else ""
    findings = [fine("credentials", f"account {facts.account}, {facts.caller}{at}")]
    if facts.shell_region and facts.shell_region != facts.stage_region:
        findings.append(
            attention(
                "region",
                f"AWS_REGION is {facts.shell_region}, the stage is in {facts.stage_region}: `aws` commands "
                "would look in the wrong place",
                f"export AWS_REGION={facts.stage_region}",
            )
        )
    else:
        findings.append(fine("region", facts.stage_region))
    return findings


@dataclass(frozen=True, kw_only=True)
class PermissionFacts:
    """What IAM decides on each action; None for the root user, whom nothing limits."""

    caller: str
    decisions: Mapping[str, str] | None


def gather_permissions(deployed: Deployed) -> PermissionFacts:
    """Let IAM simulate the caller's policies. Raises UserError where it may not be asked."""
    caller = str(deployed.ask("sts", "GetCallerIdentity")["Arn"])
    if caller.endswith(":root"):
        return PermissionFacts(caller=caller, decisions=None)
    results = deployed.ask_all(
        "iam",
        "SimulatePrincipalPolicy",
        "EvaluationResults",
        PolicySourceArn=_policies_of(deployed, caller),
        ActionNames=list(_actions(deployed)),
    )
    return PermissionFacts(
        caller=caller,
        decisions={each["EvalActionName"]: each["EvalDecision"] for each in results},
    )


def judge_permissions(facts: PermissionFacts) -> list[Finding]:
    """Return the actions that the caller's policies do not allow."""
    if facts.decisions is None:
        return [fine("permissions", "the root user may do everything")]
    if not facts.decisions:
        return [
            unknown(
                "permissions",
                "IAM simulated nothing",
                "deploy; AWS names what is refused",
            )
        ]
    denied = sorted(action for action, said in facts.decisions.items() if said != "allowed")
    if denied:
        return [
            attention(
                "permissions",
                f"{facts.caller} may not {', '.join(denied)}",
                "let an administrator of the account allow these actions to it",
            )
        ]
    return [fine("permissions", f"{len(facts.decisions)} actions of a deploy are allowed")]


def _actions(deployed: Deployed) -> Sequence[str]:
    settings = deployed.settings
    with_a_zone = _WITH_A_ZONE if settings.dns.mode == "route53" else ()
    return (*_ACTIONS, *with_a_zone, *(_WITH_A_CDN if settings.front else ()))


def _policies_of(deployed: Deployed, caller: str) -> str:
    """Return the user's or role's ARN: a session's names the role without its path."""
    head, _, rest = caller.partition(":assumed-role/")
    if not head or not rest:
        return caller
    role = deployed.ask("iam", "GetRole", RoleName=rest.partition("/")[0])["Role"]
    return str(role["Arn"])
