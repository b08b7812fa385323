"""What stands behind a command: processes and an AWS that answer from memory, and change nothing."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from aws.client import account_of
from aws.resources.row import Live
from common.errors import UserError
from imports.existing import Existing, kind_of
from imports.sources.terraform_base.live import discover
from imports.sources.terraform_base.planned import read_configuration
from modules.settings.stage_settings import stack_name
from terraform.cli import CommandResult, Terraform
from terraform.plan import Plan
from tests.imports.records import a_plan, attributes, base_record, planned
from tests.imports.sources import test_live as live
from tests.imports.sources.plans import evaluated

Answers = dict[str, Any]


class Processes:
    """Stands in for `subprocess.run`: our own main.py, and a terraform whose states are in memory.

    `plan` is what every plan of ours says; without it, a plan imports what the folder's stack says.
    `legacy_plan` is what the first plan of the legacy folder says.
    """

    def __init__(
        self,
        *,
        legacy: bytes,
        here: bytes,
        stack: str,
        legacy_plan: bytes = b"",
        plan: bytes | None = None,
    ) -> None:
        self._states = {"legacy": legacy, "here": here}
        self._stack = stack
        self._plan = plan
        self._legacy_plan = legacy_plan

    def __call__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        input: bytes | None = None,  # noqa: A002  # as subprocess names it
        text: bool = False,
        **_rest: object,
    ) -> subprocess.CompletedProcess[Any]:
        """Answer one command."""
        said = self._answer(command, Path(cwd), env, input)
        return subprocess.CompletedProcess(
            command, 0, stdout=said.decode() if text else said, stderr="" if text else b""
        )

    def _answer(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str], given: bytes | None
    ) -> bytes:
        place = "here" if cwd.parent.name == "stacks" else "legacy"
        match command[1:]:
            case [program] if program.endswith("main.py"):
                folder = Path(env["CDKTF_OUTDIR"], "stacks", stack_name(env["ATOMIC_STAGE"]))
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "cdk.tf.json").write_text(self._stack)
            case ["plan", *options]:
                (file,) = (each for each in options if each.startswith("-out="))
                Path(file.removeprefix("-out=")).touch()
            case ["version", *_]:
                return (
                    b'{"provider_selections": {"registry.terraform.io/hashicorp/aws": "5.100.0"}}'
                )
            case ["show", *_] if "atomic-legacy-" in str(cwd):
                found = cwd / "atomic_inventory_found.tf.json"
                return _with(self._legacy_plan, found) if found.is_file() else self._legacy_plan
            case ["show", *_]:
                return self._plan or _importing(cwd / "cdk.tf.json")
            case ["workspace", "list", *_]:
                return b"* default\n\n"
            case ["state", "pull", *_]:
                return self._states[place]
            case ["state", "push", *_]:
                self._states[place] = given or b""
            case ["init" | "apply", *_]:
                pass
            case _:
                raise FileNotFoundError(2, "No such file or directory", command[0])
        return b""


def _importing(path: Path) -> bytes:
    document = json.loads(path.read_text())
    changes = [
        planned(each["to"], before=attributes().get(each["to"], {}), importing={"id": each["id"]})
        for each in document["import"]
    ]
    held = [
        {
            "address": each["address"],
            "mode": "managed",
            "type": each["type"],
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "schema_version": 0,
            "values": each["change"]["before"],
        }
        for each in changes
    ]
    prior = {"values": {"root_module": {"resources": held}}}
    return json.dumps({**a_plan(*changes).document, "prior_state": prior}).encode()


def _with(plan: bytes, found: Path) -> bytes:
    told = {each["to"]: each["id"] for each in json.loads(found.read_text())["import"]}
    document = json.loads(plan)
    since = {
        each.address: each
        for each in evaluated(read_configuration(Plan(document=document)), told).objects
    }
    for change in document["resource_changes"]:
        item = since.get(change["address"])
        for name, value in item.arguments.items() if item else ():
            if isinstance(value, str) and change["change"]["after_unknown"].pop(name, None):
                change["change"]["after"][name] = value
    return json.dumps(document).encode()


@contextmanager
def instead_of_processes(processes: Processes) -> Iterator[None]:
    """Let these answer what would start our own main.py or terraform."""

    def terraform(here: Terraform, *arguments: str, stdin: str | None = None) -> CommandResult:
        given = None if stdin is None else stdin.encode()
        try:
            done = processes(
                ["terraform", *arguments], cwd=here.folder, env=here.environment, input=given
            )
        except OSError as error:
            raise UserError(f"terraform cannot be run ({error.strerror})") from None
        return CommandResult(exit_code=0, stdout=done.stdout)

    with (
        patch.object(subprocess, "run", processes),
        patch.object(Terraform, "__call__", terraform),
    ):
        yield


@contextmanager
def answering(processes: Processes) -> Iterator[None]:
    """Answer what is asked of terraform and AWS within."""
    recorded()

    def clients(*, region: str | None = None) -> Any:
        return cache(lambda service: _Client(service, recorded(), region or live.REGION))

    with (
        instead_of_processes(processes),
        patch("imports.legacy_side.boto3_clients", clients),
        patch("imports.adopt.boto3_clients", clients),
        patch("imports.preflight.read_existing", _existing_of),
        # It asks AWS alone, and reads no file of anybody's.
        patch("imports.take_stock.set_by_somebody", lambda *_: frozenset()),
    ):
        yield


def _existing_of(_clients: object, *, types: set[str], **_names: object) -> Existing:
    """What AWS lists of these types; one that is not adopted is refused, as ever."""
    return {type_: _existing().get(kind_of(type_).type, []) for type_ in types}


@cache
def _existing() -> Existing:
    """What the record names is there."""
    found: dict[str, list[Live]] = {}
    for item in base_record().adopted:
        found.setdefault(item.type, []).append(Live(key=(), import_id=item.import_id))
    return found


@cache
def recorded() -> Answers:
    """What AWS answers an inventory of the legacy base: asked once, of moto."""
    answers: Answers = {}
    with (
        patch("moto.iam.models.aws_managed_policies_data", live.policies_of_aws()),
        patch.dict("os.environ", {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}),
        mock_aws(config=live.SETTINGS),
    ):
        account = live.Account()
        for make in (live.network, live.groups, live.storage, live.roles, live.rest):
            account.made |= make(account)
        asking = cache(
            lambda service: _Client(service, answers, live.REGION, live.client_of(service))
        )
        account_of(asking)
        whole = live.configuration()
        discover(whole, asking, lambda ids: evaluated(whole, ids))
    return answers


class _Client:
    """A client of one service; the real one, where there is one, is asked what is not known yet."""

    def __init__(self, service: str, answers: Answers, region: str, real: Any = None) -> None:
        self.meta = SimpleNamespace(region_name=region)
        self._service, self._answers, self._real = service, answers, real

    def can_paginate(self, operation: str) -> bool:
        answer: bool = self._known(
            f"can_paginate {operation}", lambda: self._real.can_paginate(operation)
        )
        return answer

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(
            paginate=lambda **arguments: self._known(
                f"pages {operation} {arguments}",
                lambda: list(self._real.get_paginator(operation).paginate(**arguments)),
            )
        )

    def __getattr__(self, operation: str) -> Any:
        return lambda **arguments: self._known(
            f"{operation} {arguments}", lambda: getattr(self._real, operation)(**arguments)
        )

    def _known(self, question: str, ask: Any) -> Any:
        key = f"{self._service} {question}"
        if key not in self._answers:
            if self._real is None:
                raise EndpointConnectionError(endpoint_url=self._service)
            try:
                self._answers[key] = ask()
            except ClientError as error:
                self._answers[key] = error
        if isinstance(self._answers[key], ClientError):
            raise self._answers[key]
        return self._answers[key]
