"""`images`: build, check, push and deploy the images of the project's own services, and see what runs."""

from collections.abc import Sequence
from typing import Annotated

import typer

from common.errors import UserError
from common.files import replace_file
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    Stage,
    print_json,
    print_table,
    progress_on_screen,
    say,
)
from ops.commands.image_options import Services, Source, Tag
from ops.commands.images_check import check
from ops.commands.images_mirror import mirror
from ops.deployed import Deployed, local_time, open_stage
from ops.facts.services import service_facts
from ops.images.engines import find_engine, run_engine
from ops.images.image_builds import (
    build_command,
    commit_tag,
    log_in,
    own_images,
    planned_builds,
    push_target,
    registry_of,
    source_tree,
)
from ops.images.image_tags import (
    ImageStatus,
    check_tag_is_pushed,
    image_status,
    is_of_commits,
    pushed_before,
    scan_findings,
    with_image_tag,
)

app = typer.Typer(
    help="The images of the services that the project builds itself.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def build(
    services: Services = None,
    *,
    stage: Stage,
    source: Source = None,
    tag: Tag = None,
    as_json: AsJson = False,
) -> None:
    """Build images with docker, podman or buildah, each for its service's cpu_architecture.

    Example: `python -m ops images build app functions --stage prod --source ../atomic`
    """
    deployed = open_stage(stage)
    chosen = own_images(deployed.settings, services or ())
    tree = source_tree(deployed.settings, source)
    rows = [deployed.settings.services[name] for name in chosen]
    engine, tag = find_engine(), tag or commit_tag(tree, rows)
    builds = planned_builds(deployed, tree, chosen, tag)
    with progress_on_screen(as_json) as progress:
        for each in builds:
            progress(f"building {each.reference} for {each.platform} with {engine}")
            run_engine(build_command(engine, each))
    if as_json:
        print_json({"tag": tag, "engine": engine, "built": [each.reference for each in builds]})
    else:
        names = " ".join(chosen)
        say(f"built {len(builds)} with the tag {tag}")
        say(f"next: python -m ops images check {names} --stage {stage} --tag {tag}")


app.command()(check)
app.command()(mirror)


@app.command()
def push(
    services: Services = None,
    *,
    stage: Stage,
    source: Source = None,
    tag: Tag = None,
    as_json: AsJson = False,
) -> None:
    """Push images that were built, and tell what the registry's scan has found.

    What a registry holds under a commit's tag is never overwritten.

    Example: `python -m ops images push --stage prod --tag 3f2a91c04d7e`
    """
    deployed = open_stage(stage)
    chosen = own_images(deployed.settings, services or ())
    if not tag:
        rows = [deployed.settings.services[name] for name in chosen]
        tag = commit_tag(source_tree(deployed.settings, source), rows)
    engine = find_engine()
    registries = {name: push_target(deployed, name) for name in chosen}
    with progress_on_screen(as_json) as progress:
        progress(f"logging {engine} in")
        log_in(deployed, engine, registries[chosen[0]])
        kept = pushed_before(deployed, chosen, tag) if is_of_commits(tag) else []
        for name, registry in registries.items():
            if name not in kept:
                progress(f"pushing {registry}:{tag}")
                run_engine([engine, "push", f"{registry}:{tag}"])
    found = {name: scan_findings(deployed, name, tag) for name in chosen}
    if as_json:
        print_json({"tag": tag, "engine": engine, "kept": kept, "findings": found})
        return
    print_table(("pushed", "scan"), [(name, _findings(counts)) for name, counts in found.items()])
    if kept:
        say(
            f"\n{', '.join(kept)}: {tag} was there, and stays what it was: commit, or give another --tag"
        )
    say(f"\nnext: python -m ops images deploy {' '.join(chosen)} --stage {stage} --tag {tag}")


@app.command()
def deploy(
    services: Services = None,
    *,
    stage: Stage,
    tag: Annotated[str, typer.Option(help="a tag that is in the registries")],
    as_json: AsJson = False,
) -> None:
    """Write a tag that was pushed into the stage file, which keeps its comments; cdktf deploys it.

    Example: `python -m ops images deploy --stage prod --tag 3f2a91c04d7e`
    """
    deployed = open_stage(stage)
    chosen = own_images(deployed.settings, services or ())
    path = deployed.workspace.stage_path
    changed = with_image_tag(path.read_text(encoding="utf-8-sig"), chosen, tag, stage=stage)
    with progress_on_screen(as_json) as progress:
        progress("looking for the tag in the registries")
        check_tag_is_pushed(deployed, chosen, tag)
    replace_file(path, changed)
    if as_json:
        print_json({"tag": tag, "services": chosen, "written": path})
        return
    stack = deployed.settings.stack_name
    say(f"{path}: image_tag is {tag} for {', '.join(chosen)}")
    say(f"next: cdktf diff {stack}, then cdktf deploy {stack}")


@app.command()
def status(stage: Stage = "prod", as_json: AsJson = False) -> None:
    """Show per service the tag that is configured, that runs, and that was pushed last.

    Exit code 0 every configured tag is pushed, 1 error, 2 one is not.

    Example: `python -m ops images status --stage prod`
    """
    deployed = open_stage(stage)
    with progress_on_screen(as_json) as progress:
        progress("asking for services and images")
        found = _statuses(deployed)
    missing = [each.service for each in found if not each.in_registry]
    if as_json:
        print_json(found)
    else:
        _show_statuses(stage, found, missing)
    if missing:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _show_statuses(stage: str, found: Sequence[ImageStatus], missing: Sequence[str]) -> None:
    print_table(
        ("service", "configured", "runs", "pushed last", "when", "scan"),
        [
            (
                each.service,
                each.configured if each.in_registry else f"{each.configured} (not pushed)",
                each.running or "nothing",
                each.newest or "nothing",
                local_time(each.newest_pushed) if each.newest_pushed else "",
                _findings(each.findings),
            )
            for each in found
        ],
    )
    if missing:
        say(f"\nnext: python -m ops images build {' '.join(missing)} --stage {stage}")


def _statuses(deployed: Deployed) -> list[ImageStatus]:
    own = own_images(deployed.settings, ())
    if not own:
        raise UserError(f"stage {deployed.settings.stage} builds no image itself: nothing to show")
    for name in own:
        registry_of(deployed, name)
    running = {
        each.name: each.image.rpartition(":")[2] if each.stands and each.running else None
        for each in service_facts(deployed)
    }
    return [image_status(deployed, name, running=running[name]) for name in own]


def _findings(counts: object) -> str:
    if not isinstance(counts, dict):
        return "not scanned yet"
    if not counts:
        return "nothing found"
    return ", ".join(f"{count} {severity.lower()}" for severity, count in sorted(counts.items()))
