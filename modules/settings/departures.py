"""What can be wrong with services that leave a stage or change their name, and with their jobs."""

from collections.abc import Iterator

from modules.settings.services import DATABASE_TASK, Service
from modules.settings.setting_error import SettingError, at
from modules.settings.setting_types import PLAIN_NAME
from modules.settings.stage_settings import StageSettings
from modules.settings.toml_text import toml_value


def find_left_out_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Yield what others need of a service that is left out, and what is wrong with names and jobs."""
    jobs: dict[str, str] = {}
    for service in settings.services.values():
        yield from _needs_left_out(service, settings)
        yield from _renamed(service, settings)
        yield from _jobs(service, settings, jobs)
        for named in service.policies:
            if not (settings.extension or named in settings.beside.documents or _is_file(named)):
                yield at(f"services.{service.name}.policies", named, "extension").must_be(
                    "a file of JSON, or a policy of the stage's extension, which it does not have",
                    'name the file as in "policies/read-reports.json", or add extension = "..."',
                )
        for named in service.unbounded_policies:
            if named not in service.policies:
                yield at(f"services.{service.name}.unbounded_policies", named).must_be(
                    "one of its policies",
                    "add it to policies, or delete it here",
                )


def _is_file(named: str) -> bool:
    """Return whether a policy is meant as a file, whose errors are told where it is read."""
    return "/" in named or named.endswith(".json")


def _needs_left_out(service: Service, settings: StageSettings) -> Iterator[SettingError]:
    """Check what a service calls and waits for; its variables are named along."""
    left_out = settings.beside.left_out
    where = f"services.{service.name}"
    aliases = {alias for row in settings.services.values() for alias in row.aliases}
    for called in service.calls:
        if called not in left_out:
            continue
        rest = [name for name in service.calls if name not in left_out]
        naming = [key for key, value in service.environment.items() if f"{called}.{{" in value]
        variables = (
            f" ({', '.join(naming)} in its environment names {called} too)" if naming else ""
        )
        yield at(f"{where}.calls", called, f"services.{called}").must_be(
            f"a service of the stage, and {called} is left out (enabled = false)",
            f"write calls = {toml_value(rest)} in [{where}]{variables}, or take {called} in again",
        )
    awaited = (service.wait_for_url or "").removeprefix("http://").partition(".")[0]
    if awaited in left_out and awaited not in aliases:
        yield at(f"{where}.wait_for_url", service.wait_for_url, f"services.{awaited}").must_be(
            f"a page of a service of the stage, and {awaited} is left out (enabled = false)",
            'name a page that is there (hasura does not wait with session_tokens = "key"), or take '
            f"{awaited} in again",
        )


def _renamed(service: Service, settings: StageSettings) -> Iterator[SettingError]:
    """Check that nothing else has the registry that a renamed service keeps."""
    others = [each for each in settings.services.values() if each.name != service.name]
    if service.renamed_from and service.renamed_from in {
        name for each in others for name in (each.name, each.renamed_from)
    }:
        yield at(
            f"services.{service.name}.renamed_from",
            service.renamed_from,
            f"services.{service.renamed_from}",
        ).must_be(
            "a name that no other service of the stage has or had",
            f"leave it out, or write enabled = false in [services.{service.renamed_from}]",
        )


def _jobs(
    service: Service, settings: StageSettings, owners: dict[str, str]
) -> Iterator[SettingError]:
    """Check a service's jobs; `owners` are the services of the tasks so far, and get those of this one."""
    if service.jobs and service.single_writer and service.max_tasks:
        yield at(
            f"services.{service.name}.jobs",
            list(service.jobs),
            f"services.{service.name}.single_writer",
        ).must_be(
            "left out for a single writer: the job's task would write beside the service's own",
            "give the job to another service, or let this one have max_tasks = 0",
        )
    for job in service.jobs:
        whole = f"{service.name}-{job}"
        if not PLAIN_NAME.fullmatch(job):
            yield at(f"services.{service.name}.jobs", job).must_be(
                "a name of at most 32 lower-case letters, digits and single hyphens, a letter first",
                'write it as in "nightly"',
            )
        elif whole in {*settings.services, *settings.beside.left_out, DATABASE_TASK}:
            yield at(f"services.{service.name}.jobs", job).must_be(
                f"a name whose task, {whole}, is no service",
                "rename the job",
            )
        elif owners.setdefault(whole, service.name) != service.name:
            yield at(f"services.{service.name}.jobs", job).must_be(
                f"a name whose task, {whole}, no job of {owners[whole]} has",
                "rename one of the two jobs",
            )
