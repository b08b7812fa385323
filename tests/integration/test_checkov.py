"""checkov finds nothing open in what the stages synthesize to, and in what Terraform plans from it.

Every shipped stage in both phases and on both engines; of the variants of `tests.stages` the stack alone. A
plan takes Terraform some ten seconds of a processor, and checkov takes nearly as long to start. So of the
variants only those are planned that show what a switch does, most plans of a stage are nightly, and checkov
runs once for each framework.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path, PurePath
from typing import Any

import pytest

from local.emulator import PROJECT, running_emulator
from modules.settings.stage_settings import StageSettings
from security.checkov import Framework, Report, check
from security.exceptions import ExceptionRow, Failure, read_exceptions, review
from synth.bindings import accelerate
from terraform.cli import Terraform
from tests.contract import json_keys
from tests.ops.preview.test_preview_stack import LENT, PREVIEW, written
from tests.stages import SHIPPED, VARIANTS, stage_settings

pytestmark = pytest.mark.integration

Documents = Mapping[str, dict[str, Any]]
Reports = Mapping[Framework, Mapping[str, Report]]

# A little below what is checked now (docs/security.md), far above what a broken reader would find.
LEAST_PASSED = {"full": 400, "foundation": 280}
OF_PREVIEWS = "preview-*"
KEYLESS = LENT.model_copy(update={"key_arn": None})
CUSTOMER_KEY_CHECKS = {
    *("CKV_AWS_26", "CKV_AWS_136", "CKV_AWS_145", "CKV_AWS_149"),
    *("CKV_AWS_158", "CKV_AWS_166", "CKV_AWS_184", "CKV_AWS_327", "CKV_AWS_354"),
}


def subjects() -> dict[str, StageSettings]:
    """The stages to check, by a name that says what is changed of a stage file."""
    found = {name: stage_settings(name) for name in (*SHIPPED, *VARIANTS, "bare")}
    for shipped in SHIPPED:
        stage = found[shipped]
        aurora = stage.database.model_copy(update={"engine": "aurora-serverless-v2"})
        changed: dict[str, dict[str, Any]] = {
            f"{shipped}-aurora": {"database": aurora},
            f"{shipped}-foundation": {"phase": "foundation"},
            f"{shipped}-aurora-foundation": {"phase": "foundation", "database": aurora},
        }
        for name, changes in changed.items():
            # The stack is named after the stage, the resources after the prefix.
            found[name] = stage.model_copy(update={"stage": name, **changes})
    # On an empty account the plan of phase full would be refused: no `database apply` was run there.
    return {
        name: stage.model_copy(
            update={"database": stage.database.model_copy(update={"login_roles": False})}
        )
        for name, stage in found.items()
    }


SUBJECTS = subjects()
SWITCHES = ("fortified", "bare")
CHECKED: Mapping[Framework, tuple[str, ...]] = {
    "terraform_json": tuple(SUBJECTS),
    "terraform_plan": tuple(
        name for name in SUBJECTS if name.startswith(SHIPPED) or name in SWITCHES
    ),
}
# What a run plans that is not the nightly one: each phase and engine once.
PLANNED_ALWAYS = (
    "dev",
    "prod",
    "prod-aurora",
    "staging-foundation",
    "dev-aurora-foundation",
    *SWITCHES,
)
# Dev with a mistake in it.
BROKEN = "broken"


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them synthesized, for the emulator."""
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    outdir = tmp_path_factory.mktemp("checkov")
    synthesize(
        list(SUBJECTS.values()),
        adopted={},
        outdir=str(outdir),
        state_folder=PurePath(outdir),
        emulated=True,
    )
    return outdir / "stacks"


@pytest.fixture(scope="module")
def synthesized(stacks: Path) -> Documents:
    """The stacks as JSON."""
    return {
        name: json.loads((stacks / stage.stack_name / "cdk.tf.json").read_text())
        for name, stage in SUBJECTS.items()
    }


@pytest.fixture(scope="module")
def plans(stacks: Path, request: pytest.FixtureRequest) -> Iterator[Documents]:
    """What Terraform plans on an empty account for the stages of this run, from one initialized folder."""
    calls = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    wanted = {
        *PLANNED_ALWAYS,
        *(
            call["stage"]
            for call in calls
            if call.get("framework") == "terraform_plan" and "stage" in call
        ),
    }
    with running_emulator() as emulator:
        emulator.client("route53").create_hosted_zone(Name="example.com", CallerReference="checkov")
        environment = {**os.environ, **emulator.environment}
        folders = {
            name: stacks / SUBJECTS[name].stack_name
            for name in CHECKED["terraform_plan"]
            if name in wanted
        }
        first = folders["dev"]
        _use_local_state(first)
        Terraform(folder=first, environment=environment).initialize()

        def plan(folder: Path) -> dict[str, Any]:
            terraform = Terraform(folder=folder, environment=environment)
            if folder != first:
                _use_local_state(folder)
                shutil.copytree(first / ".terraform", folder / ".terraform", symlinks=True)
                shutil.copy(first / ".terraform.lock.hcl", folder)
            assert terraform.plan(folder / "tfplan")
            return dict(terraform.show(folder / "tfplan").document)

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            yield dict(zip(folders, pool.map(plan, folders.values()), strict=True))


@pytest.fixture(scope="module")
def reports(
    synthesized: Documents, plans: Documents, tmp_path_factory: pytest.TempPathFactory
) -> Reports:
    """What checkov says of both, and of a dev whose database is not encrypted."""
    documents: Mapping[Framework, Documents] = {
        "terraform_json": synthesized,
        "terraform_plan": plans,
    }
    return {
        framework: check(
            {**those, BROKEN: _without_encryption(those["dev"])},
            framework=framework,
            folder=tmp_path_factory.mktemp(framework),
        )
        for framework, those in documents.items()
    }


FRAMEWORKS: tuple[Framework, ...] = tuple(CHECKED)
frameworks = pytest.mark.parametrize("framework", FRAMEWORKS)


def each_of(*, left_out: tuple[str, ...] = ()) -> list[object]:
    """Each framework with each stage that it checks; plans beside `PLANNED_ALWAYS` are nightly."""
    return [
        pytest.param(
            framework,
            stage,
            marks=[]
            if framework == "terraform_json" or stage in PLANNED_ALWAYS
            else pytest.mark.nightly,
        )
        for framework in FRAMEWORKS
        for stage in CHECKED[framework]
        if stage not in left_out
    ]


checked = pytest.mark.parametrize(("framework", "stage"), each_of())
reviewed = pytest.mark.parametrize(("framework", "stage"), each_of(left_out=("bare",)))


@pytest.fixture(scope="module")
def rows() -> list[ExceptionRow]:
    """The exceptions that are checkov's."""
    return [row for row in read_exceptions() if row.check.startswith("CKV")]


@reviewed
def test_nothing_is_open(
    reports: Reports, rows: list[ExceptionRow], framework: Framework, stage: str
) -> None:
    assert review(reports[framework][stage].failures, rows).open == ()


@checked
def test_enough_is_checked(reports: Reports, framework: Framework, stage: str) -> None:
    report = reports[framework][stage]
    print(f"{framework} {stage}: passed {report.passed}, failed {len(report.failures)}")

    assert report.passed >= LEAST_PASSED[SUBJECTS[stage].phase]


def test_every_exception_is_needed(reports: Reports, rows: list[ExceptionRow]) -> None:
    failures = [
        failure
        for by_stage in reports.values()
        for stage, report in by_stage.items()
        if stage not in ("bare", BROKEN)
        for failure in report.failures
    ]

    assert review(failures, [row for row in rows if row.stage != OF_PREVIEWS]).unused == ()


def test_a_preview_has_nothing_open_and_needs_its_exceptions(
    tmp_path: Path, rows: list[ExceptionRow]
) -> None:
    written(tmp_path, preview=PREVIEW.model_copy(update={"lent": KEYLESS}))
    finished = subprocess.run(
        [sys.executable, "-m", "security", "--stage", "preview-login", "--json"],
        cwd=PROJECT,
        env={**os.environ, "ATOMIC_STAGES_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    found = json.loads(finished.stdout)
    assert found["open"] == []
    failures = [Failure(**each) for each in found["reports"]["preview-login"]["failures"]]
    (row,) = (each for each in rows if each.stage == OF_PREVIEWS)
    assert review(failures, [row]).unused == ()


@frameworks
def test_a_key_of_ones_own_closes_what_its_exception_names(
    reports: Reports, framework: Framework
) -> None:
    failures = reports[framework]["fortified"].failures

    found = {(each.check, each.resource) for each in failures if each.check in CUSTOMER_KEY_CHECKS}
    assert found == {("CKV_AWS_145", "aws_s3_bucket.logs")}


@frameworks
def test_what_is_switched_off_shows(
    reports: Reports, rows: list[ExceptionRow], framework: Framework
) -> None:
    found = review(reports[framework]["bare"].failures, rows).open

    assert {"CKV2_AWS_11", "CKV_AWS_18", "CKV_AWS_91", "CKV_AWS_118"} <= {
        each.check for each in found
    }


@frameworks
def test_checkov_finds_what_is_wrong(reports: Reports, framework: Framework) -> None:
    failures = reports[framework][BROKEN].failures

    assert [each.resource for each in failures if each.check == "CKV_AWS_16"] == [
        "aws_db_instance.main"
    ]


def test_programs_read_what_is_open() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "security", "--stage", "dev", "--json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    json_keys.check("security", ("--stage", "dev", "--json"), finished.stdout)
    assert json.loads(finished.stdout)["open"] == []


def test_every_shipped_stage_is_planned_in_both_phases_and_on_both_engines() -> None:
    planned = {
        (name.split("-")[0], SUBJECTS[name].phase, SUBJECTS[name].database.engine)
        for name in CHECKED["terraform_plan"]
        if name not in SWITCHES
    }

    assert planned == set(
        product(SHIPPED, ("full", "foundation"), ("postgres", "aurora-serverless-v2"))
    )


def _without_encryption(document: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(document)
    broken: dict[str, Any] = json.loads(
        text.replace('"storage_encrypted": true', '"storage_encrypted": false')
    )
    return broken


def _use_local_state(folder: Path) -> None:
    """A variant names a bucket that is not there; a plan on an empty account needs no state."""
    path = folder / "cdk.tf.json"
    document = json.loads(path.read_text())
    document["terraform"]["backend"] = {"local": {}}
    path.write_text(json.dumps(document))
