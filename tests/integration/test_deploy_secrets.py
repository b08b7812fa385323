"""Nothing that a deploy writes holds a secret value: each is read back, and looked for in all of it."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from local.emulator import PROJECT
from modules.settings.secrets import SECRETS
from security.secrets_scan import Scan, forms, scan, secret_parts, stored_values
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.integration

# What the operator sets; until then there is only a placeholder.
OWN = {row.name: f"operators-own-{row.name}/+ü&" for row in SECRETS if row.origin == "operator"}


@pytest.fixture(scope="module")
def values(dev: Deployment) -> dict[str, str]:
    """Every secret value of dev, with values of the operator's own, after another deploy."""
    client, outputs = dev.client("secretsmanager"), dev.outputs
    for row in SECRETS:
        if row.name in OWN:
            client.put_secret_value(SecretId=outputs[row.output], SecretString=OWN[row.name])
    return secret_parts(stored_values(client, outputs))


@pytest.fixture(scope="module")
def scanned(dev: Deployment, values: dict[str, str], emulator_log: Path) -> Scan:
    """All that was written: by the deploy, by a plan after it, by the emulator; and the repository.

    The deploy with the log that everybody turns on when one fails.
    """
    loud = {"TF_LOG": "TRACE", "TF_LOG_PATH": str(dev.cdktf.folder / "terraform.log")}
    with_log = replace(dev.cdktf, environment={**dev.cdktf.environment, **loud})
    log = with_log.run("deploy", dev.stack, "--auto-approve")
    dev.cdktf.terraform(dev.stack, "plan", "-out=scan.tfplan")
    plan = dev.cdktf.terraform(dev.stack, "show", "-json", "scan.tfplan").stdout
    outputs = dev.cdktf.terraform(dev.stack, "output", "-json").stdout
    texts = {"first output": dev.log, "output": log, "plan as JSON": plan, "outputs": outputs}
    assert all(texts.values())
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=PROJECT, text=True).split("\0")
    tracked = [path for name in listed if name and (path := PROJECT / name).is_file()]
    paths = [dev.cdktf.folder, emulator_log, *tracked]
    return scan(paths, values=values, texts=texts)


def test_every_secret_but_the_one_without_a_password_is_looked_for(
    values: dict[str, str],
) -> None:
    rows = {row.name for row in SECRETS} - {"optaplanner-db-conn-string"}

    assert {name.partition(":")[0] for name in values} == rows
    assert {"rds-master-credentials:password", "hasura-jwt-secret:key"} <= values.keys()
    assert {values[name] for name in OWN} == set(OWN.values())


def test_no_secret_value_stands_in_anything_that_was_written(scanned: Scan) -> None:
    assert scanned.found == ()


@pytest.mark.parametrize(
    "place",
    [
        "terraform.atomic-dev.tfstate",
        "cdktf.out/manifest.json",
        "terraform.log",
        "cdktf.out/stacks/atomic-dev/cdk.tf.json",
        "cdktf.out/stacks/atomic-dev/scan.tfplan",
        "cdktf.out/stacks/atomic-dev/.terraform.lock.hcl",
    ],
)
def test_what_the_deploy_wrote_was_looked_at(dev: Deployment, scanned: Scan, place: str) -> None:
    assert str(dev.cdktf.folder / place) in scanned.places


def test_the_emulators_log_and_the_repository_were_looked_at(
    scanned: Scan, emulator_log: Path
) -> None:
    assert {str(emulator_log), str(PROJECT / "modules" / "settings" / "secrets.py")} <= set(
        scanned.places
    )


def test_a_value_in_any_of_these_places_would_have_been_found(
    dev: Deployment, values: dict[str, str], tmp_path: Path
) -> None:
    """GIVEN the state and the JSON as they were written, with one value planted in one of its forms."""
    value = values["hasura-db-conn-string"]
    for name in ("cdktf.out/stacks/atomic-dev/cdk.tf.json", "terraform.atomic-dev.tfstate"):
        content = (dev.cdktf.folder / name).read_bytes()
        middle = len(content) // 2
        for form, needle in forms(value).items():
            planted = tmp_path / "planted"
            planted.write_bytes(content[:middle] + needle + content[middle:])

            result = scan([planted], values={"one": value})

            assert {each.place for each in result.found} == {str(planted)}, form
