"""What is downloaded is pinned by hash, and an audit that nobody answered is no clean audit."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from modules.settings.stage_files import StageFileError, read_stage
from security import supply_chain
from security.supply_chain import ROOT, Audit, Run, audit_node, audit_python, without_hash
from tests.conftest import Synthesize
from tests.stages import SHIPPED, VARIANTS, stage_settings

LOCK = {
    "_meta": {"hash": {"sha256": "x"}},
    "default": {"one": {"version": "==1.0", "hashes": ["sha256:aa", "sha256:ab"]}},
    "develop": {"two": {"version": "==2.0", "hashes": ["sha256:bb"]}},
}
NODE_LOCK = {
    "packages": {
        "": {"name": "project"},
        "node_modules/a": {"integrity": "sha512-a"},
        "node_modules/a/node_modules/b": {"inBundle": True},
    }
}


def test_every_entry_of_both_lock_files_has_a_hash() -> None:
    locks = [
        json.loads((ROOT / name).read_text()) for name in ("Pipfile.lock", "package-lock.json")
    ]

    assert without_hash(*locks) == []


@pytest.mark.parametrize(
    ("row", "is_fine"),
    [
        ({"version": "==1", "hashes": ["sha256:aa"]}, True),
        ({"version": "==1", "hashes": []}, False),
        ({"version": "==1"}, False),
        ({"hashes": ["sha256:aa"]}, False),
        ({"version": "*", "hashes": ["sha256:aa"]}, False),
        ({"git": "https://example.com/a.git", "ref": "main"}, False),
    ],
)
def test_a_python_package_needs_version_and_hash(row: Mapping[str, Any], *, is_fine: bool) -> None:
    found = without_hash({"_meta": {}, "default": {"a": row}}, NODE_LOCK)

    assert found == ([] if is_fine else ["Pipfile.lock: default: a"])


@pytest.mark.parametrize("row", [{}, {"integrity": "sha1-a"}, {"integrity": ""}])
def test_a_node_package_needs_a_strong_hash(row: Mapping[str, Any]) -> None:
    found = without_hash({"_meta": {}}, {"packages": {"": {}, "node_modules/a": row}})

    assert found == ["package-lock.json: node_modules/a"]


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_every_image_is_pinned_or_the_projects_own(stack: Synthesize, stage: str) -> None:
    if stage_settings(stage).phase != "full":
        return
    images = {
        container["image"]
        for service in stack(stage).names("aws_ecs_task_definition")
        for container in stack(stage).containers(service).values()
    }

    others = {image for image in images if not image.startswith("${aws_ecr_repository.")}
    assert bool(others) == (stage_settings(stage).images.mirror != "use")
    assert [
        image for image in others if image.rpartition(":")[2] == "latest" or ":" not in image
    ] == []


DIGEST = f"sha256:{'0a' * 32}"
# image -> whether it is pinned
IMAGES = {
    "hasura/graphql-engine:v2.48.9": True,
    f"hasura/graphql-engine@{DIGEST}": True,
    f"hasura/graphql-engine:latest@{DIGEST}": True,
    "registry.example.com:5000/a/b:1.0": True,
    "hasura/graphql-engine": False,
    "hasura/graphql-engine:latest": False,
    "registry.example.com:5000/a/b": False,
    "hasura/graphql-engine@sha256:0a0a": False,
    "hasura/graphql-engine:": False,
}


@pytest.mark.parametrize("field", ["services.hasura.image", "tracing.collector_image"])
@pytest.mark.parametrize("image", IMAGES)
def test_a_stage_takes_pinned_images_only(tmp_path: Path, field: str, image: str) -> None:
    section, _, key = field.rpartition(".")
    (tmp_path / "dev.toml").write_text(f'phase = "foundation"\n[{section}]\n{key} = "{image}"\n')

    if IMAGES[image]:
        read_stage(tmp_path, "dev")
    else:
        with pytest.raises(StageFileError, match=re.escape(f'{field} = "{image}"')):
            read_stage(tmp_path, "dev")


def answering(*reports: object) -> Run:
    """A runner that gives these answers, one for each command."""
    answers = iter(reports)

    def run(_command: Sequence[str]) -> str:
        answer = next(answers)
        return answer if isinstance(answer, str) else json.dumps(answer)

    return run


def fine(*names: str) -> dict[str, Any]:
    return {"dependencies": [{"name": name, "version": "1.0", "vulns": []} for name in names]}


SKIPPED = {
    "dependencies": [{"name": "one", "skip_reason": "Dependency not found on PyPI: one (1.0)"}]
}
VULNERABLE = {
    "dependencies": [{"name": "two", "version": "2.0", "vulns": [{"id": "PYSEC-2026-1"}]}]
}


def test_python_packages_without_a_known_vulnerability_are_clean() -> None:
    result = audit_python(LOCK, answering(fine("one"), fine("two")))

    assert (result.exit_code, str(result)) == (
        0,
        "Pipfile.lock: 2 packages, no known vulnerability",
    )


def test_a_vulnerable_python_package_is_named() -> None:
    result = audit_python(LOCK, answering(fine("one"), VULNERABLE))

    assert result.exit_code == 1
    assert str(result).endswith("1 known vulnerabilities: two 2.0: PYSEC-2026-1")


# what pip-audit says to each question
UNANSWERED: Mapping[str, tuple[object, ...]] = {
    "the first package is not known": (SKIPPED,),
    "a later package is not known": (fine("one"), SKIPPED),
    "a later package is left out": (fine("one"), fine()),
    "no report": ("ERROR:pip_audit._cli:HTTPSConnectionPool: Max retries exceeded",),
    "nothing": ("",),
}


@pytest.mark.parametrize("case", UNANSWERED)
def test_a_service_without_an_answer_is_no_clean_audit(case: str) -> None:
    result = audit_python(LOCK, answering(*UNANSWERED[case]))

    assert result.exit_code == 2
    assert "NOT AUDITED" in str(result)
    assert "\n" not in str(result)


def test_where_the_first_package_gets_no_answer_the_others_are_not_asked_about() -> None:
    asked = []

    def run(command: Sequence[str]) -> str:
        path = Path(command[-1].partition("=")[2])
        asked.append(path.read_text())
        return json.dumps(SKIPPED)

    audit_python(LOCK, run)

    assert asked == ["one==1.0 --hash=sha256:aa --hash=sha256:ab\n"]


NODE: Mapping[str, tuple[object, int, str]] = {
    "nothing known": ({"vulnerabilities": {}}, 0, "2 packages, no known vulnerability"),
    "a vulnerable package": (
        {"vulnerabilities": {"a": {"range": "<2", "severity": "high"}}},
        1,
        "1 known vulnerabilities: a <2: high",
    ),
    "a service that refuses": (
        {"message": "405 Method Not Allowed - POST https://r/advisories/bulk", "error": {}},
        2,
        "NOT AUDITED, npm's service gave no answer (405 Method Not Allowed",
    ),
    "no report": ("npm error code ENOTFOUND", 2, "(npm error code ENOTFOUND)"),
}


@pytest.mark.parametrize("case", NODE)
def test_what_npm_audit_says(case: str) -> None:
    answer, exit_code, words = NODE[case]

    result = audit_node(NODE_LOCK, answering(answer))

    assert result.exit_code == exit_code
    assert words in str(result)


@pytest.mark.parametrize(
    ("python", "node", "exit_code"), [(0, 0, 0), (0, 1, 1), (2, 0, 2), (2, 1, 1), (0, 2, 2)]
)
def test_a_vulnerability_weighs_more_than_a_missing_answer(
    monkeypatch: pytest.MonkeyPatch, python: int, node: int, exit_code: int
) -> None:
    def ending(code: int) -> Audit:
        return Audit(
            lock="x",
            packages=1,
            vulnerable=("a",) if code == 1 else (),
            why_not="no answer" if code == 2 else "",
        )

    monkeypatch.setattr(supply_chain, "audit_python", lambda *_: ending(python))
    monkeypatch.setattr(supply_chain, "audit_node", lambda *_: ending(node))

    assert supply_chain.main() == exit_code


def test_a_missing_program_is_told_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert "No such file" in supply_chain.run_command(["npm", "audit"])
