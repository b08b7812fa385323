"""What AWS would refuse in a plan, known before the deploy. Pure: a plan's JSON in, findings out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from terraform.plan import Plan

_VERSION: Final = "engine_version"
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A planned change that cannot be deployed, whoever allows it."""

    address: str
    why: str


def downgrades(plan: Plan) -> Iterator[Refused]:
    """Databases that the plan would take to an older version of their engine."""
    for change in plan.changes:
        if change.actions != ("update",):
            continue
        before, after = (change.before or {}, change.after or {})
        found = before.get("engine_version_actual") or before.get(_VERSION)
        wanted = after.get(_VERSION)
        if isinstance(found, str) and isinstance(wanted, str) and _is_older(wanted, found):
            yield Refused(
                address=change.address,
                why=f"AWS takes no engine back to an older version, and it runs {found}: write "
                f'engine_version = "{found}" under [database] in the stage file in place of "{wanted}"',
            )


def failed_conditions(plan: Plan) -> Iterator[Refused]:
    """Yield what the configuration itself says must hold before a deploy, and does not."""
    return _failed(plan, of_check_blocks=False)


def failed_checks(plan: Plan) -> Iterator[Refused]:
    """Yield what `check` blocks find, as an extension may have: Terraform warns of it and deploys.

    https://developer.hashicorp.com/terraform/language/checks
    """
    return _failed(plan, of_check_blocks=True)


def _failed(plan: Plan, *, of_check_blocks: bool) -> Iterator[Refused]:
    for check in plan.document.get("checks") or ():
        if ((check.get("address") or {}).get("kind") == "check") is not of_check_blocks:
            continue
        for instance in check.get("instances") or ():
            for problem in instance.get("problems") or ():
                if instance.get("status") == "fail":
                    yield Refused(
                        address=instance["address"]["to_display"], why=str(problem["message"])
                    )


def _is_older(wanted: str, found: str) -> bool:
    """Whether a version is below another one, as far as both say: "15" is any 15."""
    pairs = zip(_numbers(wanted), _numbers(found), strict=False)
    return next((mine < theirs for mine, theirs in pairs if mine != theirs), False)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(version)]
