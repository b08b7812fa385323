"""`services`: a service's name, changed in the stage file."""

from typing import Annotated

import typer

from common.files import replace_file
from common.screen import AsJson, Stage, print_json, say
from ops.deployed import chosen_services
from ops.renaming import renamed
from terraform.workspace import this_workspace

app = typer.Typer(help="The services of a stage file.", no_args_is_help=True)


@app.command()
def rename(
    old: Annotated[str, typer.Argument(help="a service of the stage")],
    new: Annotated[str, typer.Argument(help="its new name")],
    *,
    stage: Stage,
    as_json: AsJson = False,
) -> None:
    """Write a service's new name into the stage file; cdktf deploys it. AWS is not asked.

    Its registry keeps its name and the images, its route changes in place, and the old name inside leads to
    it. docs/runbooks/rename-service.md says what the deploy does.

    Example: `python -m ops services rename reports insights --stage prod`
    """
    workspace = this_workspace(stage)
    settings, path = workspace.settings(), workspace.stage_path
    chosen_services(settings, [old])
    replace_file(path, renamed(path.read_text(encoding="utf-8-sig"), settings, old, new))
    if as_json:
        print_json({"renamed": {old: new}, "written": path})
        return
    stack = settings.stack_name
    say(f"{path}: {old} is now {new}; its registry keeps the name {old}, and its images")
    say(f"next: cdktf diff {stack}, then cdktf deploy {stack}")
