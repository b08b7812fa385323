"""No advice that the tool prints, followed to the letter, destroys what somebody needs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator import PROJECT

# Whatever ends or forgets something, in a sentence that a frightened person may follow.
DANGEROUS = re.compile(
    r"terraform (apply|destroy|taint|state (rm|push)|force-unlock)|cdktf destroy"
    r"|\bdelete(-|s3:| or | the (state|stage|secret|database|bucket))|s3 rm\b|--force\b|rm -r",
)
# Each was looked at: why it harms nobody, or warns of the very thing.
REVIEWED = {
    "imports/inventory.py": "state rm of a second address of one object: says that nothing is destroyed",
    "imports/two_owners.py": "state rm of what a stack owns as well: says that nothing is destroyed",
    "imports/take_stock.py": "state rm of what AWS no longer has: says that nothing is destroyed",
    "imports/retire.py": "warns of apply and destroy; state rm of what another state owns as well",
    "imports/legacy_side.py": "warns of apply",
    "imports/stack_retirement/disarming.py": "the names of CDK's tags, which are taken away",
    "ops/doctor/edge.py": "a certificate that never was issued; ACM refuses to delete one that is in use",
    "ops/commands/recover.py": "an option that lists first and asks",
    "imports/recovery/recover.py": "force-unlock once nobody deploys",
    "ops/secrets/secret_values.py": "--force of `secrets set`, for the database's own credentials",
    "ops/commands/secrets.py": "the option itself",
    "terraform/state_lock.py": "force-unlock, once nobody deploys and where the holder does not live",
    "ops/state/state_versions.py": "a lock, once nobody works on the stage",
}
PACKAGES = ("aws", "common", "imports", "modules", "ops", "synth", "terraform")


def sentences(file: Path) -> Iterator[str]:
    """The texts in the code of a file, its docstrings left out, f-strings joined."""
    tree = ast.parse(file.read_text())
    inner, docs = set[int](), set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in node.values}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docs.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in inner | docs:
            yield str(node.value)


def files() -> list[Path]:
    return sorted(file for name in PACKAGES for file in (PROJECT / name).rglob("*.py"))


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(PROJECT)))
def test_advice_that_could_destroy_was_reviewed(file: Path) -> None:
    found = [text for text in sentences(file) if DANGEROUS.search(text)]

    if str(file.relative_to(PROJECT)) in REVIEWED:
        assert found, "nothing is left to review: take the file off the list"
    else:
        assert found == []


def test_nobody_is_told_to_apply_in_the_legacy_folder() -> None:
    said = [
        text
        for file in files()
        for text in sentences(file)
        if re.search(r"terraform (apply|destroy)\b", text)
    ]

    assert said
    assert all(re.search(r"run no|would|so run none", text) for text in said), said
