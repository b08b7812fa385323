"""The command line of the operator's tools: `python -m ops --help`.

Exit codes: 0 done or fine, 1 an error said in one line, 2 something is found that asks for a person.
"""

import typer

from common.screen import Version, run
from ops.commands import database, images, secrets
from ops.commands.cost import cost
from ops.commands.diagram import diagram
from ops.commands.doctor import doctor
from ops.commands.drift import drift
from ops.commands.exec_in_task import exec_
from ops.commands.firewall import firewall
from ops.commands.gate import gate
from ops.commands.hasura import apply_hasura_metadata
from ops.commands.jobs import app as jobs
from ops.commands.logs import logs
from ops.commands.maintenance import app as maintenance
from ops.commands.preview import app as preview
from ops.commands.promote import promote
from ops.commands.recover import recover_
from ops.commands.releases import releases, rollback
from ops.commands.report import report
from ops.commands.restart import restart
from ops.commands.run import run as run_
from ops.commands.services import app as services
from ops.commands.state import app as state
from ops.commands.status import open_, status
from ops.commands.task_definitions import app as task_definitions
from ops.commands.vpc import vpc

app = typer.Typer(
    help="The operator's tools for a deployed stage.",
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.callback()
def _root(_version: Version = False) -> None:
    """Take what belongs to no command."""


app.command()(cost)
app.add_typer(secrets.app, name="secrets")
app.command()(restart)
app.command()(status)
app.command()(doctor)
app.command()(logs)
app.command("run")(run_)
app.command("exec")(exec_)
app.add_typer(jobs, name="jobs")
app.add_typer(services, name="services")
app.command()(firewall)
app.command("open")(open_)
app.add_typer(maintenance, name="maintenance")
app.add_typer(images.app, name="images")
app.command()(releases)
app.command()(rollback)
app.command()(promote)
app.add_typer(preview, name="preview")
app.add_typer(database.app, name="database")
app.command()(apply_hasura_metadata)
app.command("recover")(recover_)
app.command()(drift)
app.command()(gate)
app.add_typer(state, name="state")
app.add_typer(task_definitions, name="task-definitions")
app.command()(vpc)
app.command()(diagram)
app.command()(report)


def main() -> None:
    """Run the command line."""
    run(app)


if __name__ == "__main__":
    main()
