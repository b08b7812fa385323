"""`releases` and `rollback`: which images ran when, and back to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from common.errors import UserError, listed
from common.files import replace_file
from common.screen import AsJson, Stage, print_json, print_table, progress_on_screen, say
from modules.settings.services import Service
from ops.deployed import Deployed, check_runs_services, local_time, open_stage
from ops.facts.releases import Release
from ops.facts.releases import releases as releases_of
from ops.images.image_tags import with_image_tags
from ops.images.rolling import run_at_once, tag_of

Now = Annotated[
    bool, typer.Option("--now", help="also let the services run it at once, before any deploy")
]
_DIGEST_CHARACTERS = 19  # of `sha256:` and twelve more


def releases(
    stage: Stage = "prod",
    last: Annotated[
        int, typer.Option(min=1, max=100, help="how many revisions of each service to look at")
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what each deploy changed: when, who registered it, which images with their digests.

    A release is what one deploy has changed, and is named by its moment in UTC. `?` stands for a digest that
    nobody can tell any more: its tag has been pushed again, and ECS keeps deployments for 90 days.

    Example: `python -m ops releases --stage prod`
    """
    deployed = open_stage(stage)
    with progress_on_screen(as_json) as progress:
        progress("asking for revisions and deployments")
        found = releases_of(deployed, last=last)
    if as_json:
        print_json([{**asdict(each), "outcome": each.outcome} for each in found])
        return
    if not found:
        say(f"stage {stage} has run nothing yet: cdktf deploy {deployed.settings.stack_name}")
        return
    for number, release in enumerate(found):
        say(
            f"{'' if not number else chr(10)}{release.id}  {local_time(release.at)}  {release.outcome}  "
            f"{release.by.rpartition(':')[2] or 'by whom is unknown'}"
        )
        print_table(
            ("  service", "image", "digest", "revision", "deployment"),
            [
                (
                    f"  {each.service}",
                    each.image.rpartition("/")[2],
                    (each.digest or "?")[:_DIGEST_CHARACTERS],
                    each.task_definition.rpartition(":")[2],
                    each.outcome,
                )
                for each in release.services
                if each.service in release.changed
            ],
        )


def rollback(
    release: Annotated[
        str | None,
        typer.Argument(
            help="a release, as `releases` names it; default: the one before that went well"
        ),
    ] = None,
    *,
    stage: Stage,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """Go back to the images of a release: write their tags into the stage file; cdktf deploys them.

    It changes `image_tag` of services that the project builds itself, and nothing else. With --now ECS also
    runs them at once, and the next deploy keeps them. Where a tag has been pushed again since, the image gets
    one of its own.

    Example: `python -m ops rollback --stage prod --now`
    """
    deployed = open_stage(stage)
    check_runs_services(deployed.settings)
    path = deployed.workspace.stage_path
    with progress_on_screen(as_json) as progress:
        progress("asking for revisions and deployments")
        found = releases_of(deployed, last=20)
        target = chosen_release(found, release, stage=stage, built=_built(deployed))
        progress("looking for the images in the registries")
        tags = _tags(deployed, target, found[0])
    changed = {
        name: tag for name, tag in tags.items() if deployed.settings.services[name].image_tag != tag
    }
    if changed:
        replace_file(
            path, with_image_tags(path.read_text(encoding="utf-8-sig"), changed, stage=stage)
        )
    revisions = roll_at_once(deployed, tags, as_json=as_json) if now else {}
    if as_json:
        print_json(
            {
                "release": target.id,
                "tags": tags,
                "written": path,
                "changed": changed,
                "now": revisions,
            }
        )
        return
    if not tags:
        say(f"{target.id} had the images that run: nothing is changed")
        return
    say(f"back to {target.id}, of {local_time(target.at)}")
    tell_what_is_next(deployed, changed, revisions if now else None)


def chosen_release(
    found: Sequence[Release], asked: str | None, *, stage: str, built: Collection[str]
) -> Release:
    """Return the release that is asked for, or the newest with other images that went well.

    Of the services `built` here, that is: no rollback changes somebody else's image, nor that of a service
    that had another name then. Raises UserError where there is none.
    """
    see = f"`python -m ops releases --stage {stage}` shows them"
    if asked is not None:
        for each in found:
            if each.id == asked:
                return each
        ids = [each.id for each in found]
        raise UserError(
            f"there is no release {asked!r}: allowed: {listed(ids) or 'none yet'}; {see}"
        )
    if not found:
        raise UserError(f"stage {stage} has run nothing yet: there is nothing to go back to")
    present = found[0].images()
    for each in found[1:]:
        then = each.images()
        other = any(name in then and then[name] != present.get(name) for name in built)
        if each.outcome in ("done", "unknown") and other:
            return each
    raise UserError(
        f"no release before {found[0].id} has other images and went well: name one; {see}"
    )


def roll_at_once(deployed: Deployed, tags: Mapping[str, str], *, as_json: bool) -> dict[str, str]:
    """Let each service run its image of the tag now; return the new revisions of those that did not."""
    revisions = {}
    with progress_on_screen(as_json) as progress:
        for service, tag in tags.items():
            progress(f"{service}: {tag}")
            revision = run_at_once(deployed, service, tag)
            if revision:
                revisions[service] = revision
    return revisions


def tell_what_is_next(
    deployed: Deployed, changed: Mapping[str, str], revisions: Mapping[str, str] | None
) -> None:
    """Say what was written and what runs; `revisions` is None where nothing was to run at once."""
    stage, stack = deployed.settings.stage, deployed.settings.stack_name
    path = deployed.workspace.stage_path
    for service, tag in changed.items():
        say(f"{path}: services.{service}.image_tag is {tag}")
    if not changed:
        say(f"{path}: names these images already")
    for service, revision in (revisions or {}).items():
        say(f"{service} is rolling to revision {revision}")
    if revisions:
        say(f"watch: python -m ops status --stage {stage} --wait")
    say(f"next: cdktf diff {stack}, then cdktf deploy {stack}; commit the stage file")


def _built(deployed: Deployed) -> dict[str, Service]:
    """Return the services whose images this project builds."""
    services = deployed.settings.services
    return {name: row for name, row in services.items() if row.has_own_image}


def _tags(deployed: Deployed, target: Release, newest: Release) -> dict[str, str]:
    """Return the tag for each service that builds its own image and had another one then.

    What has the same one now and then stays as it is: nobody has to be able to tell which.
    """
    then, now = target.images(), newest.images()
    rows = {name: row for name, row in _built(deployed).items() if name in then}
    if not rows:
        raise UserError(
            f"release {target.id} has no image that this project builds: change `image` in the stage file"
        )
    return {
        name: tag_of(deployed, name, *then[name])
        for name, row in rows.items()
        if then[name] != now.get(name) or row.image_tag != then[name][0]
    }
