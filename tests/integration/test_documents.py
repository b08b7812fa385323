"""What the pages show is what one can type: their blocks, in order, as written, in a copy of the project.

Most of that is waiting for databases and load balancers, so the pages are walked side by side.
"""

import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from local.emulator import PROJECT, Emulator, running_emulator
from local.legacy import legacy_base
from local.owners_stack import fill, make_owners_stack
from tests.integration.walk import Walk, a_copy

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

PAGES = {
    name: (PROJECT / name).read_text()
    for name in ("README.md", "docs/adopting.md", "docs/getting-started.md")
}
TERRAFORM, CDK, _ = re.split(
    "\n## (?:A CDK stack in CloudFormation|Both at once)", PAGES["docs/adopting.md"]
)  # `test_two_owners` goes the third way
RETIRE = "python -m imports retire --stage prod --cloudformation AwsStack"
CI = "\n## Deploy from CI"
EVERY_DAY = PAGES["README.md"].partition("\n## Every day")[2]
DEPLOYED = """
```toml
[database]
login_roles = false
```
```
. ./activate
cdktf deploy atomic-prod
```
"""
WITHOUT_AN_ACCOUNT = {
    # No container runs, no image was pushed.
    **dict.fromkeys(("python -m ops doctor", "python -m ops status"), 2),
    "python -m ops run ": 1,
    "python -m ops database rotate": 2,  # nobody is there to say yes
    # What they need is the reader's own: a plugin, a source tree, a staging, last week's database, a service
    # that he has made.
    **dict.fromkeys(
        (
            "python -m ops apply-hasura-metadata",
            "python -m ops database apply",
            "python -m ops database connect",
            "python -m ops database restore",
            "python -m ops database upgrade",
            "python -m ops exec",
            "python -m ops images build",
            "python -m ops preview up",
            "python -m ops promote",
            "python -m ops rollback",
            "python -m ops services rename",
        ),
        1,
    ),
}


@pytest.fixture(scope="module", name="walked")
def _walked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[tuple[Path, str]]]]:
    """Walks that a test is named for, under way: the folder of each copy, and what was printed."""
    walks: dict[str, Callable[[Path], str]] = {
        "first_quarter": _first_quarter,
        "demo": _demo,
        "every_day": _every_day,
        "terraform": _terraform,
        "cdk": _cdk,
    }

    def walk(name: str) -> tuple[Path, str]:
        folder = tmp_path_factory.mktemp(name)
        return folder / "copy", walks[name](folder)

    with ThreadPoolExecutor() as pool:
        chosen = [item.name for item in request.session.items if item.path == request.path]
        yield {
            name: pool.submit(walk, name) for name in walks if any(name in each for each in chosen)
        }


def _first_quarter(folder: Path) -> str:
    scratch = folder / "scratch"
    scratch.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    walk = Walk(
        copy=a_copy(folder),
        swaps=(("5000", str(port)), ("/tmp/", f"{scratch}/")),  # noqa: S108
    )
    return walk.through(PAGES["docs/getting-started.md"].partition(CI)[0]).stdout


def _demo(folder: Path) -> str:
    top = PAGES["README.md"].partition("\n## ")[0]
    return Walk(copy=a_copy(folder)).through(f"```\n. ./activate\n```\n{top}").stdout


def _every_day(folder: Path) -> str:
    copy = a_copy(folder)

    def walk(emulator: Emulator) -> str:
        return (
            Walk(
                copy=copy,
                environment=emulator.environment,
                swaps=((" --follow", ""),),  # it would, for ever
                ends_with=WITHOUT_AN_ACCOUNT,
            )
            .through(f"{DEPLOYED}\n{EVERY_DAY}")
            .stdout
        )

    return _on_an_aws(folder, walk)


def _on_an_aws(folder: Path, walk: Callable[[Emulator], str]) -> str:
    with (folder / "aws.log").open("w") as log, running_emulator(log) as emulator:
        return walk(emulator)


def _terraform(folder: Path) -> str:
    copy = a_copy(folder)

    def walk(emulator: Emulator) -> str:
        legacy = legacy_base(folder / "terraform" / "aws", emulator, environment=os.environ)
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
        return (
            Walk(copy=copy, environment=emulator.environment)
            .through(f"```\n. ./activate\n```\n{TERRAFORM}")
            .stdout
        )

    return _on_an_aws(folder, walk)


def _cdk(folder: Path) -> str:
    copy = a_copy(folder)

    def walk(emulator: Emulator) -> str:
        make_owners_stack(emulator, "guide")
        fill(emulator)
        return (
            Walk(
                copy=copy,
                environment=emulator.environment,
                swaps=((RETIRE, f"{RETIRE} --yes"),),  # a person is asked, and says so
            )
            .through(f"```\n. ./activate\n```\n{CDK}")
            .stdout
        )

    return _on_an_aws(folder, walk)


Walked = dict[str, "Future[tuple[Path, str]]"]


def test_the_first_quarter_of_an_hour_goes_as_it_is_written(walked: Walked) -> None:
    copy, said = walked["first_quarter"].result()

    assert "atomic-dev-app-cpu" in said  # what doctor named
    assert (copy / "dev.svg").exists()
    assert (copy / "report.html").exists()


def test_the_demo_that_the_readme_begins_with_ends_well(walked: Walked) -> None:
    _, said = walked["demo"].result()

    assert "No changes. Your infrastructure matches the configuration." in said


def test_what_the_readme_shows_for_every_day_is_taken_and_ends_as_it_says(walked: Walked) -> None:
    _, said = walked["every_day"].result()

    assert "Traceback" not in said
    refused = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(refused) == list(WITHOUT_AN_ACCOUNT.values()).count(1)  # in a line each


def test_a_terraform_base_is_adopted_as_it_is_written(walked: Walked) -> None:
    copy, _ = walked["terraform"].result()

    record = json.loads((copy / "stages" / "prod.adoption.json").read_text())
    assert len(record["adopted"]) == 46


def test_a_cdk_stack_is_adopted_and_deleted_as_it_is_written(walked: Walked) -> None:
    _, said = walked["cdk"].result()

    assert "AwsStack" in said
