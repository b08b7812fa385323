"""What a person has to put in: images and secrets; and the confirmation of the alarms' mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aws.client import Clients, ask_unless
from modules.settings.mirrored import third_party_images
from modules.settings.own_secrets import TAKEN, singles, without
from modules.settings.secrets import DATABASE_ROLES, NOBODY_YET, OWN_ROLE, SecretRef
from modules.settings.stage_settings import StageSettings
from ops.deployed import Deployed, local_time
from ops.doctor.finding import Finding, all_or, attention, fine
from ops.secrets.secret_values import SecretState, remedy, waiting

SOURCE = "../YOUR-APPLICATION"
"""Stands for the application's source tree in a command, where the stage file does not name it."""

SCHEMA = "../YOUR-SCHEMA"
"""Stands for the folder of the application's SQL."""

_NO_IMAGE = frozenset({"ImageNotFoundException"})
_NO_REGISTRY = frozenset({"RepositoryNotFoundException"})
_HOLDS = {
    "placeholder": "holds a placeholder",
    "no address": "holds a connection string without an address",
    "unreadable": "holds a character that nobody sees",
    "incomplete": "lacks a key, and ECS starts no task without it",
    "missing": "has no value",
}


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """An image that the next task of `service` would pull; `is_copy` where others built it."""

    service: str
    registry: str
    tag: str
    has_registry: bool
    has_image: bool
    is_copy: bool = False


def gather_images(deployed: Deployed) -> list[ImageFacts]:
    """Ask each registry for the configured tag. Raises UserError when AWS refuses."""
    settings = deployed.settings
    facts = [
        _image_facts(
            deployed.registry_clients,
            name,
            deployed.registry(name),
            f":{row.image_tag}",
            registry_id=deployed.registry_id,
        )
        for name, row in settings.services.items()
        if row.has_own_image
    ]
    if settings.images.mirror == "use":
        facts += [
            replace(
                _image_facts(
                    deployed.clients,
                    copy.image,
                    copy.repository_name(settings.prefix),
                    copy.version,
                    registry_id={},
                ),
                is_copy=True,
            )
            for copy in third_party_images(settings)
        ]
    return facts


def _image_facts(
    clients: Clients, service: str, registry: str, version: str, *, registry_id: Mapping[str, str]
) -> ImageFacts:
    listed = ask_unless(
        clients,
        "ecr",
        "DescribeRepositories",
        _NO_REGISTRY,
        **registry_id,
        repositoryNames=[registry],
    )
    key = "imageDigest" if version.startswith("@") else "imageTag"
    image = listed and ask_unless(
        clients,
        "ecr",
        "DescribeImages",
        _NO_IMAGE,
        **registry_id,
        repositoryName=registry,
        imageIds=[{key: version[1:]}],
    )
    return ImageFacts(
        service=service,
        registry=registry,
        tag=version[1:],
        has_registry=listed is not None,
        has_image=bool(image),
    )


def judge_images(
    facts: Sequence[ImageFacts], *, stage: str, stack: str, source_known: bool
) -> list[Finding]:
    """Find what is missing: one finding for all registries, one for all images with the same tag.

    `source_known` says that the stage file names the application's source tree.
    """
    findings = []
    lacking = [each for each in facts if not each.has_registry]
    if lacking:
        registries = ", ".join(each.registry for each in lacking)
        findings.append(
            attention(
                _named("registry", "registries", lacking),
                f"there is no registry {registries}",
                f"cdktf deploy {stack}",
            )
        )
    missing = [each for each in facts if each.has_registry and not each.has_image]
    copies = ", ".join(each.service for each in missing if each.is_copy)
    if copies:
        findings.append(
            attention(
                "copies of images",
                f"not copied, no task with one can start: {copies}",
                f"python -m ops images mirror --stage {stage}",
            )
        )
    missing = [each for each in missing if not each.is_copy]
    for tag in dict.fromkeys(each.tag for each in missing):
        alike = [each for each in missing if each.tag == tag]
        names = " ".join(each.service for each in alike)
        images = ", ".join(f"{each.registry}:{tag}" for each in alike)
        what = (
            f"{images} is not in the registry: the service cannot start a task"
            if len(alike) == 1
            else f"{len(alike)} are not in their registries, no task of theirs can start: {images}"
        )
        source = "" if source_known else f" --source {SOURCE}"
        findings.append(
            attention(
                _named("image", "images", alike),
                what,
                f"python -m ops images build {names} --stage {stage} --tag {tag}{source} && "
                f"python -m ops images push {names} --stage {stage} --tag {tag}{source}",
            )
        )
    return all_or(findings, fine("images", f"{len(facts)} are in their registries"))


def _named(one: str, many: str, facts: Sequence[ImageFacts]) -> str:
    return f"{one} {facts[0].service}" if len(facts) == 1 else many


def judge_secrets(states: Sequence[SecretState], *, stage: str) -> list[Finding]:
    """Return each secret that a service reads and that holds nothing of use."""
    findings = []
    for each in waiting(states):
        since = f" since {local_time(each.since)}" if each.since else ""
        keys = f" ({', '.join(each.keys)})" if each.keys else ""
        findings.append(
            attention(
                f"secret {each.name}",
                f"{_HOLDS[each.state]}{keys}{since}; read by {', '.join(each.readers)}",
                remedy(each, stage=stage),
            )
        )
    read = sum(bool(each.readers) for each in states)
    return all_or(findings, fine("secrets", f"{read} that services read are set"))


def judge_optional_secrets(
    settings: StageSettings, states: Sequence[SecretState], *, stage: str
) -> list[Finding]:
    """Say what does not work because a secret that services can do without is not declared, or not set."""
    findings = [
        fine(
            f"secret {each.name}",
            f"is optional and not set, so {without(each.name)}: {remedy(each, stage=stage)}",
        )
        for each in states
        if each.done_without
    ]
    wanted = {
        SecretRef.parse(reference).name
        for service in settings.services.values()
        for variable, reference in service.optional_secrets.items()
        if variable not in {*service.secrets, *service.environment}
    }
    provided = {singles().get(name, name) for name in settings.secrets}
    lacking = [
        f"{group} ({taken.without})"
        for group, taken in TAKEN.items()
        if group in wanted - provided and (group != "kafka" or settings.kafka)
    ]
    if lacking:
        findings.append(
            fine("optional secrets", f"the stage file declares none for {'; '.join(lacking)}")
        )
    return findings


def judge_logins(
    states: Mapping[str, str], *, stage: str, stack: str, wanted: bool
) -> list[Finding]:
    """Check whether the schema was applied and services log in as roles of their own.

    `states` has the tag of each role's secret, `wanted` says that the stage asks for such roles.
    """
    name = "database roles"
    missing = sorted(set(DATABASE_ROLES) - states.keys())
    if missing:
        what = f"there is no secret for {', '.join(missing)}"
        return [attention(name, what, f"cdktf deploy {stack}")]
    remedy = f"python -m ops database apply {SCHEMA} --stage {stage}"
    waiting_ones = sorted(role for role, tag in states.items() if tag == NOBODY_YET)
    if waiting_ones:
        what = f"the schema was not applied: nobody can log in as {', '.join(waiting_ones)}"
        return [attention(name, what, remedy)]
    before = sorted(role for role, tag in states.items() if tag != OWN_ROLE)
    if before and wanted:
        what = f"{', '.join(before)} log in as the database's master user"
        return [attention(name, what, remedy)]
    return [
        fine(
            name,
            "services log in as the master user, as login_roles = false has it"
            if before
            else f"{', '.join(states)} log in as themselves",
        )
    ]


def judge_subscriptions(
    confirmed: Mapping[str, bool] | None, *, operator: str, stack: str
) -> list[Finding]:
    """Check whether the operator hears the alarms."""
    name = "alarm mail"
    if confirmed is None or operator not in confirmed:
        return [attention(name, f"{operator} is not subscribed", f"cdktf deploy {stack}")]
    if not confirmed[operator]:
        return [
            attention(
                name,
                f"{operator} has not confirmed: nobody is told of an alarm",
                "follow the link in the mail of AWS Notifications; AWS forgets who does not within two "
                f"days, and cdktf deploy {stack} asks again",
            )
        ]
    return [fine(name, f"{operator} is told")]
