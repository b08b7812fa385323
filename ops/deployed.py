"""A deployed stage: its settings, its names, and the AWS it is in."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from aws.client import Clients, ask, ask_all, ask_unless, boto3_clients, within
from common.errors import UserError
from imports.workspace_record import record_at_hand
from modules.base.naming import Names
from modules.compute.containers import secret_references
from modules.settings.shared_registry import shared_registry
from modules.settings.stage_settings import StageSettings
from terraform.workspace import Workspace, set_default_credentials, this_workspace


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One stage with all that a command asks about it."""

    workspace: Workspace
    settings: StageSettings
    clients: Clients

    @cached_property
    def names(self) -> Names:
        """The physical names of the stage."""
        if self.settings.preview:
            return Names(
                prefix=self.settings.prefix,
                stack=self.settings.stack_name,
                found=self.settings.preview.found_names(self.settings.prefix),
            )
        record = record_at_hand(self.workspace, region=self.settings.region)
        return Names(
            prefix=self.settings.prefix,
            stack=self.settings.stack_name,
            found=record.names if record else {},
        )

    def ask(self, service: str, operation: str, /, **arguments: Any) -> Mapping[str, Any]:
        """As `aws.client.ask`, of the stage's account and region."""
        return ask(self.clients, service, operation, **arguments)

    def ask_all(self, service: str, operation: str, result: str, /, **arguments: Any) -> list[Any]:
        """As `aws.client.ask_all`."""
        return ask_all(self.clients, service, operation, result, **arguments)

    def ask_unless(
        self, service: str, operation: str, codes: frozenset[str], /, **arguments: Any
    ) -> Mapping[str, Any] | None:
        """As `aws.client.ask_unless`."""
        return ask_unless(self.clients, service, operation, codes, **arguments)

    def registry(self, service: str) -> str:
        """Return the name of a service's registry."""
        label, shared = self.settings.services[service].registry, shared_registry(self.settings)
        return shared.name(label) if shared else self.names.registry(label)

    @property
    def registry_clients(self) -> Clients:
        """The clients that tell of the services' registries, which may be in another region."""
        shared = shared_registry(self.settings)
        return within(shared.region, self.clients) if shared else self.clients

    @property
    def registry_id(self) -> dict[str, Any]:
        """What a call says of the account of the services' registries, where it may be another."""
        shared = shared_registry(self.settings)
        return {"registryId": shared.account_id} if shared else {}

    def readers_of(self, secret: str) -> tuple[str, ...]:
        """Return the services that get a value from `secret` when a task starts."""
        return tuple(
            name
            for name, service in self.settings.services.items()
            if any(
                reference.name == secret
                for reference in secret_references(service, kafka=self.settings.kafka).values()
            )
        )


def open_stage(stage: str, *, profile: str | None = None) -> Deployed:
    """Return the stage of `stages/STAGE.toml`, with clients of its region, and of a profile of its own.

    Raises UserError with the stage file's errors.
    """
    workspace = this_workspace(stage)
    settings = workspace.settings()
    set_default_credentials(workspace)
    return Deployed(
        workspace=workspace,
        settings=settings,
        clients=boto3_clients(region=settings.region, profile=profile),
    )


def open_with_database(stage: str) -> Deployed:
    """Return a stage that has a database of its own, as `open_stage` does.

    Raises UserError for a preview too, whose database is one of several on its base's.
    """
    deployed = open_stage(stage)
    preview = deployed.settings.preview
    if preview:
        raise UserError(
            f"{stage} is a preview, whose database is on that of {preview.base}: `python -m ops preview up "
            f"{preview.branch} --base {preview.base} --schema FOLDER` fills it, and for all else this "
            f"command takes --stage {preview.base}"
        )
    return deployed


def chosen_services(settings: StageSettings, asked: Iterable[str]) -> tuple[str, ...]:
    """Return the services that `asked` names, once each.

    Raises UserError for one that the stage does not have.
    """
    chosen = tuple(dict.fromkeys(asked))
    for name in chosen:
        if name in settings.beside.left_out:
            raise UserError(
                f"{name} is left out of stage {settings.stage}: take `enabled = false` out of "
                f"[services.{name}] in its stage file and deploy"
            )
        if name not in settings.services:
            close = " or ".join(difflib.get_close_matches(name, settings.services, n=2))
            meant = f"did you mean {close}? " if close else ""
            raise UserError(
                f"stage {settings.stage} has no service {name!r}: {meant}allowed: "
                f"{', '.join(settings.services)}"
            )
    return chosen


def check_runs_services(settings: StageSettings) -> None:
    """Raise UserError for a stage that is not deployed with its services."""
    if settings.phase == "adopt":
        raise UserError(
            f"stage {settings.stage} is in phase adopt and runs no service: docs/adopting.md says what comes "
            "before its services"
        )
    if settings.phase != "full":
        raise UserError(
            f"stage {settings.stage} is in phase {settings.phase} and runs no service: "
            "delete the line `phase` in its stage file and deploy it"
        )


def local_time(moment: datetime) -> str:
    """Write a moment as a person reads it, in this machine's time zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
