"""`images check`: start images as their tasks would be started, and say what is wrong with them."""

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from common.progress import Progress
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    Stage,
    print_json,
    print_table,
    progress_on_screen,
    say,
)
from modules.settings.services import Service
from modules.settings.stage_settings import StageSettings
from ops.commands.image_options import Services, Source, Tag
from ops.deployed import open_stage
from ops.images.containers import UNTESTED, read_config, started
from ops.images.engines import find_engine
from ops.images.image_builds import (
    build_arguments,
    build_values,
    commit_tag,
    own_images,
    registry_of,
    source_tree,
)
from ops.images.image_check import (
    Checked,
    Look,
    check_architecture,
    check_bundle,
    check_running,
    last_lines,
)
from ops.images.launch import planned_launch, read_variables


def check(
    services: Services = None,
    *,
    stage: Stage,
    source: Source = None,
    tag: Tag = None,
    env: Annotated[
        list[str] | None,
        typer.Option(
            help="a variable that gets another value than in the task: NAME=VALUE; repeatable"
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=1, help="seconds to wait for a port; default: its health_grace_seconds"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start built images with the variables of their tasks and made-up secrets, and ask their health path.

    It says which port one listens on instead of its own, what it answers instead of health, with and without
    the prefix of its route, how it ended, and which address for browsers its bundle lacks. The container is
    gone afterwards. Nothing of AWS is called but for the registries' names.

    Exit code 0 every image does what its row says, 1 error, 2 one does not.

    Example: `python -m ops images check app --stage prod`
    """
    deployed = open_stage(stage)
    settings = deployed.settings
    rows = [settings.services[name] for name in own_images(settings, services or ())]
    changed = read_variables(env or ())
    tag = tag or commit_tag(source_tree(settings, source), rows)
    engine = find_engine()
    images = {row.name: f"{registry_of(deployed, row.name)}:{tag}" for row in rows}
    # One that is missing should not show after the others have been looked at.
    for image in images.values():
        read_config(engine, image)
    with progress_on_screen(as_json) as progress:
        found = [
            checked(
                engine,
                settings,
                row,
                image=images[row.name],
                changed=changed,
                seconds=timeout or row.health_grace_seconds,
                progress=progress,
            )
            for row in rows
        ]
    wrong = [each.service for each in found if each.errors]
    if as_json:
        print_json({"engine": engine, "tag": tag, "untested": UNTESTED[engine], "services": found})
    else:
        _show(found, engine)
        if wrong:
            say(
                f"\nnext: docs/images.md says what an image has to be; then build {' '.join(wrong)} anew"
            )
        else:
            say(f"\nnext: python -m ops images push {' '.join(images)} --stage {stage} --tag {tag}")
    if wrong:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def checked(
    engine: str,
    settings: StageSettings,
    row: Service,
    *,
    image: str,
    changed: dict[str, str],
    seconds: float,
    progress: Progress,
) -> Checked:
    """Look at one image. Raises UserError where it is not there or the engine cannot start it."""
    progress(f"starting {image}")
    config = read_config(engine, image)
    arguments = build_arguments(row, build_values(settings))
    launch = planned_launch(
        settings, row, image=image, name=f"atomic-check-{row.name}-{os.getpid()}", changed=changed
    )
    errors = check_architecture(row, config)
    looked_at: list[str] = []
    output: tuple[str, ...] = ()
    if not errors:
        looked_at.append(f"built for {config.architecture}")
        with started(engine, launch, config) as container:
            look = Look(container=container, service=row, seconds=seconds, progress=progress)
            for seen, wrong in (check_running(look), check_bundle(container, config, arguments)):
                looked_at += seen
                errors += wrong
            if errors:
                output = last_lines(container.output())
    return Checked(
        service=row.name,
        image=image,
        looked_at=tuple(looked_at),
        errors=tuple(errors),
        output=output,
    )


def _show(found: Sequence[Checked], engine: str) -> None:
    print_table(
        ("service", "image", "seen"),
        [(each.service, each.image, ", ".join(each.looked_at) or "nothing") for each in found],
    )
    for each in found:
        if each.errors:
            say()
        for error in each.errors:
            say(f"{each.service}: {error}")
        for line in each.output:
            say(f"    {line}")
    if UNTESTED[engine]:
        say(f"\nuntested, because {engine} cannot do it here: {', '.join(UNTESTED[engine])}")
