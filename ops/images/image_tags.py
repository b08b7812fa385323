"""Which tag of an image is configured, runs, and is in the registry; and a way to configure another."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from aws.client import ask_all, ask_unless
from common.errors import UserError
from modules.settings.stage_files import parse_stage
from ops.deployed import Deployed
from ops.facts.releases import image_of_tag

_NOT_SCANNED = frozenset({"ScanNotFoundException", "ImageNotFoundException"})


@dataclass(frozen=True, kw_only=True)
class ImageStatus:
    """One service's image. `running` and `newest` are tags; `findings` counts by severity.

    `findings` is None where the registry has no finished scan of the configured tag.
    """

    service: str
    configured: str
    running: str | None
    in_registry: bool
    newest: str | None
    newest_pushed: datetime | None
    findings: Mapping[str, int] | None


def image_status(deployed: Deployed, service: str, *, running: str | None) -> ImageStatus:
    """Return what a registry holds. Raises UserError when AWS refuses."""
    repository, tag = deployed.registry(service), deployed.settings.services[service].image_tag
    images = ask_all(
        deployed.registry_clients,
        "ecr",
        "DescribeImages",
        "imageDetails",
        repositoryName=repository,
        **deployed.registry_id,
    )
    tagged = [each for each in images if each.get("imageTags")]
    newest = max(tagged, key=lambda each: each["imagePushedAt"], default=None)
    return ImageStatus(
        service=service,
        configured=tag,
        running=running,
        in_registry=any(tag in each["imageTags"] for each in tagged),
        newest=newest["imageTags"][-1] if newest else None,
        newest_pushed=newest["imagePushedAt"] if newest else None,
        findings=scan_findings(deployed, service, tag),
    )


def scan_findings(deployed: Deployed, service: str, tag: str) -> Mapping[str, int] | None:
    """Return what the scan after the push found, by severity; None until it is done."""
    answer = ask_unless(
        deployed.registry_clients,
        "ecr",
        "DescribeImageScanFindings",
        _NOT_SCANNED,
        **deployed.registry_id,
        repositoryName=deployed.registry(service),
        imageId={"imageTag": tag},
    )
    if answer is None or answer.get("imageScanStatus", {}).get("status") != "COMPLETE":
        return None
    counts: dict[str, int] = answer.get("imageScanFindings", {}).get("findingSeverityCounts", {})
    return counts


def pushed_before(deployed: Deployed, services: Sequence[str], tag: str) -> list[str]:
    """Return the services whose registry holds `tag`."""
    return [service for service in services if image_of_tag(deployed, service, tag)]


def is_of_commits(tag: str) -> bool:
    """Return whether a tag names commits alone: what was pushed under it stays."""
    return bool(re.fullmatch(r"[0-9a-f]{12}(\.[0-9a-f]{12})*", tag))


def check_tag_is_pushed(deployed: Deployed, services: Sequence[str], tag: str) -> None:
    """Raise UserError for services whose registry does not hold `tag`."""
    pushed = pushed_before(deployed, services, tag)
    missing = [service for service in services if service not in pushed]
    if missing:
        raise UserError(
            f"the tag {tag} is not in the registry of {', '.join(missing)}, and their tasks could not "
            f"start: `python -m ops images push {' '.join(missing)} --stage {deployed.settings.stage} "
            f"--tag {tag}`"
        )


def with_image_tag(text: str, services: Sequence[str], tag: str, *, stage: str) -> str:
    """Set `image_tag` for these services in a stage file's text; all else stays as it was written.

    Raises UserError where the result would not be a stage file.
    """
    return with_image_tags(text, dict.fromkeys(services, tag), stage=stage)


def with_image_tags(text: str, tags: Mapping[str, str], *, stage: str) -> str:
    """Set each service's own `image_tag`, as above."""

    def change(document: Any) -> None:
        tables = document.setdefault("services", tomlkit.table(is_super_table=True))
        for service, tag in tags.items():
            put(tables.setdefault(service, tomlkit.table()), "image_tag", tag)

    return with_change(text, change, stage=stage, by_hand="image_tag")


def put(table: Any, key: str, value: object) -> None:
    """Set a key of a table; a new one comes before the comments at its end, which are of what follows."""
    if key in table or not isinstance(table, Table):
        table[key] = value
        return
    body, ending = table.value.body, list[Any]()
    while body and body[-1][0] is None:
        ending.insert(0, body.pop())
    table.append(key, value)
    body.extend(ending)


def with_change(text: str, change: Callable[[Any], None], *, stage: str, by_hand: str) -> str:
    """Change a stage file's document; its comments and the order of its lines stay.

    Raises UserError where the result would not be a stage file.
    """
    try:
        document = tomlkit.parse(text)
        change(document)
        changed = tomlkit.dumps(document)
        _, errors = parse_stage(tomlkit.parse(changed).unwrap(), stage=stage, root=None)
    except (TOMLKitError, AttributeError, TypeError) as error:
        raise UserError(
            f"the stage file cannot be changed ({error}): write {by_hand} there by hand"
        ) from None
    if errors:
        raise UserError(f"the stage file would be wrong: {errors[0]}")
    return changed
