"""Fixtures for all tests: each stage is synthesized once per session, when a test first asks for it."""

import gc
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path, PurePath

import botocore.session
import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from aws.client import Clients, boto3_clients
from synth.bindings import accelerate
from tests.examples import QUICK
from tests.refusal import Refusal
from tests.stack import Stack
from tests.stages import ADOPTED_BASE, stage_settings

# A test is never judged by how busy the machine is.
settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")

Synthesize = Callable[[str], Stack]

# Fixtures that synthesize, and the markers of what a quick run leaves out.
SYNTHESIZING = frozenset({"stack"})
SLOW = ("engine", "every_moment", "integration", "jsii", "peer", "terraform")

# What no machine needs, so that a run which was to try all may skip it.
NO_OPENTOFU = "no `tofu` on PATH"
# An engine that may start no container is like none: without one the tests of it are not even collected.
RUNS_NO_CONTAINER = "runs no container here"

# Files that read the same deployments stay together; else each would deploy its own.
SHARED_DEPLOYMENTS = (
    "test_deploy.py",
    "test_deployed_day.py",
    "test_deployed_doctor.py",
    "test_deployed_images.py",
    "test_deploy_secrets.py",
    "test_deploy_drift.py",
    "test_deploy_report.py",
    "test_destroy.py",
    "test_prod.py",
)

# What takes minutes begins first, the longest before all; else a worker ends alone with one of them.
LONGEST = (
    SHARED_DEPLOYMENTS,
    ("test_adoption.py",),
    ("test_recover_everything.py",),
    ("test_cloudformation_adoption.py",),
    ("test_own_case.py",),
    ("test_checkov.py",),
    ("test_state_bucket.py",),
    ("test_ctrl_c.py",),
    ("test_verdicts.py",),
    ("test_retire_stack.py",),
)


def turn(item: pytest.Item) -> int:
    """Where the file of a test comes in the run."""
    found = (number for number, files in enumerate(LONGEST) if item.path.name in files)
    deploys = item.path.is_relative_to(Path(__file__).parent / "integration")
    return next(found, len(LONGEST) + (not deploys))


class ByDeployment(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types for it
    """Gives each worker whole files, and files that share deployments, or ports, to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        # Containers that are looked at share this machine's ports.
        if path.startswith("tests/ops/images/"):
            return "images"
        return "deployments" if path.endswith(SHARED_DEPLOYMENTS) else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByDeployment:
    return ByDeployment(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="rewrite tests/snapshots")
    parser.addoption(
        "--fail-on-skip", action="store_true", help="a test that is skipped has failed"
    )
    parser.addoption(
        "--quick",
        action="store_true",
        help="only what needs neither node nor terraform; a test that calls one has failed",
    )


def pytest_configure(config: pytest.Config) -> None:
    # boto3 makes so many objects that Python looked for garbage half of the time.
    gc.set_threshold(50_000, 10, 10)
    # 1,301 images in each empty account, which no test asks for.
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    # Each session of botocore would read the models of AWS's services anew.
    patch = pytest.MonkeyPatch()
    patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
    config.add_cleanup(patch.undo)
    # Terraform and its provider read a schema of megabytes in each command: a sixth less with more memory.
    os.environ.setdefault("GOGC", "300")
    os.environ.setdefault("GOMEMLIMIT", "450MiB")
    if config.getoption("--quick"):
        folder = Path(tempfile.mkdtemp(prefix="atomic-quick-"))
        config.add_cleanup(partial(shutil.rmtree, folder))
        config.pluginmanager.register(Refusal(folder))
        settings.load_profile(QUICK)
    else:
        # Else a test file that imports constructs loads all of the bindings, half a minute for each worker.
        accelerate(os.environ)


# What imports constructs, or files that do, starts node before any marker is seen.
NOT_QUICK = (
    "integration",
    "modules/edge/test_web_firewall.py",
    "modules/test_context.py",
    "synth/test_kernel.py",
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.getoption("--quick"):
        return None
    here = Path(__file__).parent
    return True if collection_path in {here / each for each in NOT_QUICK} else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if SYNTHESIZING & set(getattr(item, "fixturenames", ())):
            item.add_marker("jsii")
    beside = [item for item in items if not concerns(item)]
    config.hook.pytest_deselected(items=beside)
    items[:] = sorted((item for item in items if item not in beside), key=turn)
    if config.getoption("--quick"):
        slow = [item for item in items if any(map(item.get_closest_marker, SLOW))]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not any(map(item.get_closest_marker, SLOW))]


def concerns(item: pytest.Item) -> bool:
    """Return whether a test marked `of` is made with one of the values that it names."""
    marker = item.get_closest_marker("of")
    if marker is None:
        return True
    assert isinstance(item, pytest.Function)
    return any(value in marker.args for value in item.callspec.params.values())


def pytest_collection_finish() -> None:
    gc.freeze()  # what the tests are made of is no garbage


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--fail-on-skip") and missed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if reasons := skipped(config):
        terminalreporter.section("not tried here")
        for reason in dict.fromkeys(reasons):
            terminalreporter.write_line(f"{reasons.count(reason)} tests: {reason}")
        if config.getoption("--fail-on-skip") and missed(config):
            terminalreporter.write_line(
                "this run was to try all: what was skipped counts as failed"
            )


def missed(config: pytest.Config) -> set[str]:
    """Why tests were skipped that could have been run here."""
    return {
        reason
        for reason in skipped(config)
        if reason != NO_OPENTOFU and RUNS_NO_CONTAINER not in reason
    }


def skipped(config: pytest.Config) -> list[str]:
    """Why each skipped test was not run; the worker processes of a run know of none."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return [str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """`stack("dev")`: the synthesized stack of a stage or variant of `tests.stages`."""
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    @cache
    def of(name: str) -> Stack:
        outdir = tmp_path_factory.mktemp(name)
        settings = stage_settings(name)
        synthesize(
            [settings],
            adopted={name: ADOPTED_BASE} if name == "adopted" else {},
            outdir=str(outdir),
            state_folder=PurePath("/state"),
            emulated=False,
        )
        return read_stack(outdir, settings.stack_name)

    return of


@pytest.fixture
def clients() -> Iterator[Clients]:
    """The clients of an empty account in this process."""
    from moto import mock_aws  # noqa: PLC0415  # takes half a second, which most tests need not pay

    with mock_aws():
        yield boto3_clients(region="us-east-1")


def read_stack(outdir: Path, stack_name: str) -> Stack:
    """What was written for a stack."""
    return Stack(json.loads((outdir / "stacks" / stack_name / "cdk.tf.json").read_text()))
