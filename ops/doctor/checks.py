"""The doctor's rounds: which sources are asked, in which order, and what one that fails is worth."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from common.errors import UserError
from common.progress import Progress
from ops.cost.running import is_stopped_now
from ops.database.logins import login_states
from ops.deployed import Deployed
from ops.doctor import (
    account,
    account_wide,
    backups,
    cdn,
    chat,
    contents,
    edge,
    engine,
    maintenance,
    names,
    previews,
    quotas,
    running,
    state,
    tools,
)
from ops.doctor.finding import Finding, unknown
from ops.doctor.given_network import judge_given_network
from ops.facts.alarms import alarm_facts, subscriptions
from ops.facts.database import database_facts
from ops.facts.maintenance import maintenance_facts
from ops.facts.services import ServiceFacts, service_facts
from ops.secrets.secret_values import secret_states
from terraform.environment import refusal
from terraform.workspace import PROJECT

Checks = Mapping[str, Callable[[], Sequence[Finding]]]
"""Sources by name: each is asked and judged."""


def examine(
    deployed: Deployed,
    progress: Progress,
    *,
    deep: bool,
    look_up: edge.Resolve = edge.resolve,
) -> list[Finding]:
    """Yield every finding, in the order in which a stage comes to be.

    Without usable credentials AWS is not asked further, and without a deployed stage nothing of it.
    """
    found = run(before_aws(deployed), progress)
    who = run(_who(deployed), progress)
    found += who
    if any(each.state == "unknown" for each in who):
        return found
    ground = run(_ground(deployed), progress)
    found += ground
    if any(each.name == "state" and each.state != "fine" for each in ground):
        return found
    return found + run(_stage(deployed, deep=deep, look_up=look_up), progress)


def run(checks: Checks, progress: Progress) -> list[Finding]:
    """Yield the findings of these checks. One that breaks is one finding, and the others go on."""
    found: list[Finding] = []
    for name, findings in checks.items():
        progress(f"looking at {name}")
        try:
            found += findings()
        except UserError as error:
            what, _, remedy = str(error).rpartition(": ")
            found.append(unknown(name, what, remedy))
        except Exception as error:  # an answer of a form that nobody foresaw
            found.append(
                unknown(
                    name,
                    f"the answer could not be read ({type(error).__name__})",
                    "report this as a bug; the other checks hold",
                )
            )
    return found


def before_aws(deployed: Deployed) -> Checks:
    """Check what this machine has, and what is set in its shell."""
    workspace = deployed.workspace
    environ = workspace.environ
    return {
        "tools": lambda: tools.judge_tools(tools.gather(PROJECT, environ)),
        "environment": lambda: tools.judge_environment(refusal(environ, workspace.stack_folder)),
    }


def _who(deployed: Deployed) -> Checks:
    return {"credentials": lambda: account.judge_account(account.gather(deployed))}


def _ground(deployed: Deployed) -> Checks:
    """Check what a deploy needs, deployed already or not."""
    checks: dict[str, Callable[[], Sequence[Finding]]] = {
        "permissions": lambda: account.judge_permissions(account.gather_permissions(deployed))
    }
    if deployed.settings.network.vpc_id:
        checks["network"] = lambda: judge_given_network(deployed)
    return checks | {
        "quotas": lambda: quotas.judge_quotas(quotas.gather(deployed)),
        "account": lambda: account_wide.judge_account_wide(account_wide.gather(deployed)),
        "state": lambda: state.judge_state(
            state.gather(deployed),
            account=account.gather(deployed).account,
            stage=deployed.settings.stage,
            stack=deployed.settings.stack_name,
        ),
    }


def _stage(deployed: Deployed, *, deep: bool, look_up: edge.Resolve) -> Checks:
    """Check what is deployed."""
    settings = deployed.settings
    stage, stack = settings.stage, settings.stack_name

    def secrets() -> list[Finding]:
        states = secret_states(deployed)
        return [
            *contents.judge_secrets(states, stage=stage),
            *contents.judge_optional_secrets(settings, states, stage=stage),
        ]

    checks: dict[str, Callable[[], Sequence[Finding]]] = {
        "images": lambda: contents.judge_images(
            contents.gather_images(deployed),
            stage=stage,
            stack=stack,
            source_known=settings.images.source is not None,
        ),
        "secrets": secrets,
        "database roles": lambda: contents.judge_logins(
            login_states(deployed),
            stage=stage,
            stack=stack,
            wanted=settings.database.login_roles,
        ),
        "database": lambda: running.judge_database(
            database_facts(deployed),
            least_free_gib=settings.alarms.database_free_storage_gib,
            stopped_now=is_stopped_now(settings.night_stop, settings.time_zone, datetime.now(UTC)),
            stack=stack,
        ),
        "database version": lambda: engine.judge_engine(
            engine.gather(deployed),
            version=settings.database.engine_version,
            stage=stage,
            today=datetime.now(UTC).date(),
        ),
        "database backups": lambda: backups.judge_backups(settings),
    }
    if settings.domain_name:
        checks["certificate"] = lambda: [
            finding
            for each in edge.gather_certificates(deployed)
            for finding in edge.judge_certificate(each, stack=stack, now=datetime.now(UTC))
        ]
    if settings.chat.is_wanted:
        checks["chat"] = lambda: chat.judge_chat(settings.chat, chat.gather_chat(deployed))
    if settings.phase == "full":
        checks |= _application(deployed, look_up=look_up)
    if deep:
        checks["drift"] = lambda: state.judge_drift(
            state.gather_drift(deployed.workspace), stage=stage, stack=stack
        )
    return checks


def _application(deployed: Deployed, *, look_up: edge.Resolve) -> Checks:
    """Check what phase full adds."""
    settings = deployed.settings
    stage, stack, front = settings.stage, settings.stack_name, settings.front

    def services_and_targets() -> list[Finding]:
        services: tuple[ServiceFacts, ...] = service_facts(deployed)
        return [
            *running.judge_services(
                services,
                stage=stage,
                stack=stack,
                emulator=deployed.workspace.environ.get("AWS_ENDPOINT_URL"),
            ),
            *running.judge_targets(services, stage=stage),
            *running.judge_commands(settings),
        ]

    checks: dict[str, Callable[[], Sequence[Finding]]] = {}
    if front:
        checks["cdn"] = lambda: cdn.judge_cdn(front, cdn.gather_cdn(deployed), stack=stack)
    if settings.previews:
        checks["previews"] = lambda: previews.judge_previews(
            *previews.gather(deployed), stage=stage
        )
    return checks | {
        "dns": lambda: [
            finding
            for each in edge.gather_dns(deployed, look_up)
            for finding in edge.judge_dns(each, stack=stack)
        ],
        "names inside": lambda: names.judge_names(
            names.gather(deployed), chosen=settings.network.search_domain, stack=stack
        ),
        "maintenance": lambda: maintenance.judge_maintenance(
            maintenance_facts(deployed), stage=stage
        ),
        "services": services_and_targets,
        "alarms": lambda: running.judge_alarms(alarm_facts(deployed), stage=stage, stack=stack),
        "alarm mail": lambda: contents.judge_subscriptions(
            subscriptions(deployed), operator=settings.operator_email or "", stack=stack
        ),
    }
