"""`promote`: what one stage runs, on to the next: the same images, or built again from their commit."""

from collections.abc import Mapping
from typing import Annotated

import typer

from aws.client import account_of
from common.errors import UserError
from common.files import replace_file
from common.screen import AsJson, print_json, progress_on_screen, say
from ops.commands.image_options import Source
from ops.commands.releases import Now, roll_at_once, tell_what_is_next
from ops.deployed import Deployed, check_runs_services, open_stage
from ops.facts.releases import Ran, releases
from ops.images.engines import find_engine
from ops.images.image_builds import (
    build_arguments,
    build_values,
    commit_tag,
    log_in,
    planned_builds,
    push_builds,
    push_target,
    registry_of,
    source_tree,
)
from ops.images.image_tags import is_of_commits, pushed_before, with_image_tags
from ops.images.mirror import TOOL, check_tool, copy_image


def promote(
    *,
    from_: Annotated[str, typer.Option("--from", help="the stage whose images go on")],
    to: Annotated[str, typer.Option("--to", help="the stage that gets them")],
    from_profile: Annotated[
        str | None,
        typer.Option(help="AWS profile of the first stage, where it is in another account"),
    ] = None,
    source: Source = None,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """Bring the images that one stage runs to another one, and write their tags into its stage file.

    An image whose build arguments are the same in both is copied from registry to registry, by its digest,
    with skopeo. One that has the stage's domain compiled in is built again, from the same commit: the source
    tree has to be there. With --now ECS also runs them at once, and the next deploy keeps them.

    Example: `python -m ops promote --from staging --to prod`
    """
    if from_ == to:
        raise UserError(f"--from and --to both name {to}: allowed: two stages")
    first, second = open_stage(from_, profile=from_profile), open_stage(to)
    for each in (first, second):
        check_runs_services(each.settings)
    with progress_on_screen(as_json) as progress:
        progress(f"asking what {from_} runs")
        _check_account(first, "name its profile with --from-profile")
        _check_account(second, "use its own (AWS_PROFILE)")
        images = _images(first, second)
    # Before anything is built: a registry of another stage's takes nothing.
    targets = {name: push_target(second, name) for name in images}
    built = [name for name in images if _differs(first, second, name)]
    copied = [name for name in images if name not in built]
    tags = {name: _tag(ran) for name, ran in images.items()}
    missing = [name for name in built if not pushed_before(second, [name], tags[name])]
    if missing:
        _build(second, missing, tags, source, as_json=as_json)
    destinations = {name: f"{targets[name]}:{tags[name]}" for name in copied}
    digests = _copy(first, second, images, destinations, as_json=as_json)
    path = second.workspace.stage_path
    changed = {
        name: tag for name, tag in tags.items() if second.settings.services[name].image_tag != tag
    }
    if changed:
        text = path.read_text(encoding="utf-8-sig")
        replace_file(path, with_image_tags(text, changed, stage=to))
    revisions = roll_at_once(second, tags, as_json=as_json) if now else {}
    if as_json:
        print_json(
            {
                "tags": tags,
                "copied": digests,
                "built": built,
                "written": path,
                "changed": changed,
                "now": revisions,
            }
        )
        return
    for name, digest in digests.items():
        say(f"{name}: {tags[name]} has the digest {digest} in both")
    for name in built:
        say(
            f"{name}: {tags[name]} is built for {second.settings.domain_name}, from the same commit"
        )
    tell_what_is_next(second, changed, revisions if now else None)


def _check_account(deployed: Deployed, remedy: str) -> None:
    """Raise UserError where the credentials are not of the account that the stage file names."""
    wanted, found = deployed.settings.account_id, account_of(deployed.clients)
    if wanted not in (None, found):
        raise UserError(
            f"stage {deployed.settings.stage} is in account {wanted}, and its credentials are of {found}: "
            f"{remedy}"
        )


def _images(first: Deployed, second: Deployed) -> dict[str, Ran]:
    """Return what the first stage runs of the services that both build themselves.

    Raises UserError where a service's last deployment failed, and where nobody knows its digest.
    """
    found = releases(first, last=5)
    if not found:
        raise UserError(
            f"stage {first.settings.stage} has run nothing yet in account {account_of(first.clients)}: "
            "deploy it, or name the profile of another account with --from-profile"
        )
    images = {}
    for each in found[0].services:
        row = second.settings.services.get(each.service)
        if row is None or not row.has_own_image:
            continue
        if not first.settings.services[each.service].has_own_image:
            continue
        if each.outcome in ("failed", "under way"):
            raise UserError(
                f"{each.service} of stage {first.settings.stage}: its last deployment is {each.outcome}: "
                f"`python -m ops status --stage {first.settings.stage}`, and promote what went well"
            )
        if each.digest is None:
            raise UserError(
                f"{each.service} of stage {first.settings.stage}: nobody can tell which image its tag "
                f"{each.tag} was: deploy it by a tag of its own (`python -m ops images deploy`)"
            )
        images[each.service] = each
    if not images:
        raise UserError("the two stages build no image of the same service")
    return images


def _tag(ran: Ran) -> str:
    """Return the tag in the next stage: a commit's, or one of the digest, as a name may be another's."""
    if is_of_commits(ran.tag):
        return ran.tag
    return f"was-{str(ran.digest).removeprefix('sha256:')[:12]}"


def _differs(first: Deployed, second: Deployed, service: str) -> bool:
    """Whether what is compiled in, or the processor, is another in the next stage."""
    one, other = (
        (
            build_arguments(each.settings.services[service], build_values(each.settings)),
            each.settings.services[service].cpu_architecture,
        )
        for each in (first, second)
    )
    return one != other


def _build(
    deployed: Deployed,
    services: list[str],
    tags: Mapping[str, str],
    source: Source,
    *,
    as_json: bool,
) -> None:
    """Build and push what is another image in this stage, each from the commit of its tag.

    Raises UserError where the source tree is at another commit.
    """
    tree = source_tree(deployed.settings, source)
    builds = []
    for name in services:
        row, tag = deployed.settings.services[name], tags[name]
        if not is_of_commits(tag):
            raise UserError(
                f"{name} is another image in each stage, and its tag names no commit to build it from: build "
                f"it by its commit first (`python -m ops images build {name}`)"
            )
        present = commit_tag(tree, [row])
        if present != tag:
            raise UserError(
                f"{name} is another image in each stage, and is built again from commit {tag}: {tree} is at "
                f"{present}: check {tag} out there, then run the same command again"
            )
        builds += planned_builds(deployed, tree, [name], tag)
    with progress_on_screen(as_json) as progress:
        push_builds(deployed, find_engine(), builds, progress)


def _copy(
    first: Deployed,
    second: Deployed,
    images: Mapping[str, Ran],
    destinations: Mapping[str, str],
    *,
    as_json: bool,
) -> dict[str, str]:
    """Copy images by digest; return the digest that both registries have."""
    if not destinations:
        return {}
    check_tool()
    sources = {name: registry_of(first, name) for name in destinations}
    digests = {}
    with progress_on_screen(as_json) as progress:
        progress(f"logging {TOOL} in")
        log_in(first, TOOL, next(iter(sources.values())))
        # The last: where both have one registry, whose it is writes to it.
        log_in(second, TOOL, next(iter(destinations.values())))
        for name, destination in destinations.items():
            ran = images[name]
            progress(f"copying {name}: {ran.digest}")
            done = copy_image(ran.image, f"{sources[name]}@{ran.digest}", destination)
            digests[name] = done.digest
    return digests
