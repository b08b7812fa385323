"""A stage's own resources: a Python file with one function, `extend(stack, platform)`.

It is called once, before the services are built, which may then use what it returns. What is wrong with it is
one line with its file and line. docs/extensions.md shows the whole way.
"""

import difflib
import importlib.util
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from cdktf import TerraformElement, TerraformModule, TerraformResource
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from constructs import Construct

from common.errors import UserError, one_line, shorten
from modules.base.kinds import is_of_a_stage
from modules.base.literal import literal_within
from modules.base.naming import Names
from modules.compute.cluster import Cluster
from modules.compute.service_roles import ServiceRoles
from modules.context import Context
from modules.data.database import Database
from modules.data.private_bucket import PrivateBucket
from modules.network.network import AnyNetwork
from modules.security.policies import Statement
from modules.security.secret_store import SecretStore
from modules.settings.beside import Beside
from modules.settings.rules.statements import policy_error
from modules.settings.services import PLACEHOLDERS, Service, names_in_braces
from modules.settings.stage_settings import StageSettings
from modules.settings.stateful import STATEFUL

# The construct that an extension's own are in. Addresses leave it out.
SCOPE = "extension"


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What a stage has for its extension to stand on. `roles` and `groups` are by service."""

    stage: StageSettings
    context: Context
    names: Names
    network: AnyNetwork
    cluster: Cluster
    roles: Mapping[str, ServiceRoles]
    groups: Mapping[str, SecurityGroup]
    bucket: PrivateBucket
    database: Database
    secrets: SecretStore
    topic: SnsTopic


@dataclass(frozen=True, kw_only=True)
class Additions:
    """What an extension gives the services.

    `policies` are statements of IAM, which a service takes by their name in its `policies`. `values` are what
    `{NAME}` stands for in the environment of any service.
    """

    policies: Mapping[str, Sequence[Statement]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def statements(self, service: Service, beside: Beside) -> list[Statement]:
        """Return what a service's `policies` allow: those of files and those made here.

        A file's are as they stand there, `${aws:username}` too; those made here may hold expressions. They
        become one document. The console gives statements the same Sid in every policy, and IAM takes it
        once: the later ones go without, which changes nothing of what they allow.
        """
        known = {**literal_within(beside.documents), **self.policies}
        sids: set[object] = set()
        statements = []
        for statement in (each for name in service.policies for each in known.get(name, ())):
            sid = statement.get("Sid")
            repeated = sid in sids
            statements.append(
                {key: value for key, value in statement.items() if key != "Sid"}
                if repeated
                else statement
            )
            sids.add(sid)
        return statements


def extended(scope: Construct, platform: Platform) -> Additions:
    """Let the stage's extension build its resources, and check what it has made.

    Raises UserError with the file, and the line where there is one.
    """
    path = Path(str(platform.stage.beside.extension))
    inner = Construct(scope, SCOPE)
    made = _called(path, lambda: _function(path)(inner, platform))
    additions = Additions() if made is None else made
    if not isinstance(additions, Additions):
        raise UserError(
            f"{path}: extend() returned {shorten(made)}: allowed: Additions(policies=..., values=...), or "
            "nothing"
        )
    _check(path, additions, platform.stage)
    for element in inner.node.find_all():
        if isinstance(element, TerraformResource):
            _guard(element, platform.context)
    return additions


def refuse_misfits(stack: Construct, path: PurePath) -> None:
    """Raise UserError where the extension has made what no stage has, or twice what is there once.

    Of the whole stack, because an extension can reach all of it.
    """
    inner, addresses = f"/{SCOPE}/", dict[str, str]()
    for element in stack.node.find_all():
        if not isinstance(element, TerraformElement):
            continue
        where = element.node.path
        type_ = getattr(element, "terraform_resource_type", "")
        if isinstance(element, TerraformModule) or (
            isinstance(element, TerraformResource) and not is_of_a_stage(type_)
        ):
            # A state that holds it would be taken for another project's.
            raise UserError(
                f"{path}: {type_ or 'module'}.{element.friendly_unique_id}: allowed: resources of AWS's "
                "provider (aws_...) and terraform_data, and no module: make it of these, or in a project of "
                "its own"
            )
        address = f"{type_}.{element.friendly_unique_id}"
        other = addresses.setdefault(f"{type(element).__name__} {address}", where)
        if other != where and (inner in where or inner in other):
            raise UserError(
                f"{path}: {address.strip('.')} is there twice ({other} and {where}): give the extension's "
                "construct another id"
            )


def own_name(path: str) -> str | None:
    """Return the name of an extension's element in Terraform, by its construct's path; None for others."""
    _, scope, within = path.partition(f"/{SCOPE}/")
    return re.sub(r"[^A-Za-z0-9]+", "_", within) if scope and path.count("/") > 1 else None


def _function(path: Path) -> Callable[..., object]:
    spec = importlib.util.spec_from_file_location("atomic_extension", path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, "extend", None)
    if not callable(found):
        raise UserError(f"{path}: has no function extend(stack, platform): write one")
    function: Callable[..., object] = found
    return function


def _called(path: Path, call: Callable[[], object]) -> Any:
    """Return what the file's code returns. Raises UserError for whatever it raises."""
    try:
        return call()
    except UserError:
        raise
    except SyntaxError as error:
        where = error.filename or path
        raise UserError(f"{where}:{error.lineno}: is no Python: {error.msg}") from None
    except (Exception, SystemExit) as error:
        # The last place within the file is where its author looks first.
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == str(path)
        ]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        text = one_line(str(error)).removeprefix("Error: ")[:300]
        raise UserError(f"{where}: extend() failed: {type(error).__name__}: {text}") from None


def _check(path: Path, additions: Additions, stage: StageSettings) -> None:
    for name in additions.values:
        if name in PLACEHOLDERS or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise UserError(
                f"{path}: Additions.values[{name!r}]: allowed: small letters, digits and underscores, and "
                f"none of {', '.join(PLACEHOLDERS)}"
            )
    for service in stage.services.values():
        where = f"{path}: services.{service.name}"
        for name in service.policies:
            if name in stage.beside.documents:
                continue
            if name not in additions.policies:
                made = ", ".join(additions.policies) or "none"
                raise UserError(
                    f"{where}.policies = {name!r}: the extension makes no such policy: {made}"
                )
            refused = policy_error(
                additions.policies[name], unbounded=name in service.unbounded_policies
            )
            if refused:
                raise UserError(
                    f"{where}.policies = {name!r}: must be {refused.allowed}; {refused.remedy}"
                )
        texts = {f"environment.{key}": value for key, value in service.environment.items()}
        for setting, value in {**texts, "wait_for_url": service.wait_for_url or ""}.items():
            for word in names_in_braces(value):
                known = [*PLACEHOLDERS, *additions.values]
                close = difflib.get_close_matches(word, known, n=1, cutoff=0.8)
                if word not in known and (close or setting == "wait_for_url"):
                    way = f"write {{{close[0]}}}" if close else f"allowed: {', '.join(known)}"
                    raise UserError(
                        f"{where}.{setting} = {shorten(value)}: the extension gives no {{{word}}}: {way}"
                    )


def _guard(resource: TerraformResource, context: Context) -> None:
    """Let what holds data refuse to be destroyed, as the platform's own does."""
    address = f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"
    guard = context.guard
    if (
        resource.terraform_resource_type in STATEFUL
        and guard.retain_data
        and address not in guard.allow_destroy
    ):
        resource.add_override("lifecycle.prevent_destroy", True)
