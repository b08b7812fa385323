"""The bucket of the state: made safe, moved into, listed, and an old version put back."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cdktf import Cdktf
from local.emulator import PROJECT, REGION, Emulator
from tests.answer import Answer
from tests.contract import json_keys
from tests.integration.conftest import write_stage

pytestmark = pytest.mark.integration

STACK = "atomic-moved"
LOCAL = 'phase = "foundation"\n'
BUCKET, KEY = "moved-state", "atomic-moved.tfstate"
REMOTE = f'{LOCAL}[state]\nbucket = "{BUCKET}"\n'
TARGETS = ("aws_ecs_cluster.main", "aws_iam_role.app_task")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage with a state file in its own folder."""

    cdktf: Cdktf
    stages: Path
    emulator: Emulator

    def write(self, text: str) -> None:
        write_stage(self.stages, "moved", text)

    def ops(self, *arguments: str, stdin: str = "") -> Answer:
        """What `python -m ops ARGUMENTS --stage moved` says."""
        finished = subprocess.run(
            [sys.executable, "-m", "ops", *arguments, "--stage", "moved"],
            cwd=PROJECT,
            env={**self.cdktf.process_environment(), "CDKTF_OUTDIR": str(self.cdktf.outdir)},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        json_keys.check("ops", arguments, finished.stdout)
        return Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)

    def apply(self, target: str) -> None:
        applied = self.cdktf.terraform(STACK, "apply", "-auto-approve", f"-target={target}")
        assert applied.returncode == 0, applied.stderr

    def hold_in_the_bucket(self, *targets: str) -> None:
        """Deploy these alone, with the state in the bucket from the first."""
        self.write(REMOTE)
        self.ops("state", "bootstrap")
        self.cdktf.run("diff", STACK)
        for target in targets:
            self.apply(target)

    def held(self) -> list[str]:
        """The managed addresses of the state."""
        listed = self.cdktf.terraform(STACK, "state", "list").stdout.split()
        return [address for address in listed if not address.startswith("data.")]


@pytest.fixture
def stage(emulator: Emulator, tmp_path: Path) -> Iterator[Stage]:
    stages = write_stage(tmp_path / "stages", "moved", LOCAL)
    environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)}
    yield Stage(
        cdktf=Cdktf(folder=tmp_path, environment=environment), stages=stages, emulator=emulator
    )
    _delete_what_was_applied(emulator)
    s3 = emulator.client("s3")
    if BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        listed = s3.list_object_versions(Bucket=BUCKET)
        for each in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
        s3.delete_bucket(Bucket=BUCKET)


def test_a_stage_without_a_bucket_is_told_what_to_add(stage: Stage) -> None:
    said = stage.ops("state", "bootstrap")
    there = [bucket["Name"] for bucket in stage.emulator.client("s3").list_buckets()["Buckets"]]

    assert said.code == 2
    assert said.text.endswith('\n\n[state]\nbucket = "atomic-moved-state-123456789012"\n')
    assert "atomic-moved-state-123456789012" not in there


def test_the_bucket_is_made_safe_step_by_step(stage: Stage) -> None:
    stage.write(REMOTE)

    said = stage.ops("state", "bootstrap")

    assert said.code == 0, said.errors
    assert said.text.splitlines()[:6] == [
        f"done: bucket {BUCKET} in us-east-1",
        "done: old versions are kept",
        "done: encrypted with S3's own key",
        "done: public access is blocked",
        "done: answers over TLS only",
        "done: old versions go after 365 days",
    ]
    s3 = stage.emulator.client("s3")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (old,) = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert old["NoncurrentVersionExpiration"]["NoncurrentDays"] == 365


def test_a_second_bootstrap_changes_nothing(stage: Stage) -> None:
    stage.write(REMOTE)
    stage.ops("state", "bootstrap")
    stage.emulator.count_from_now()

    said = stage.ops("state", "bootstrap", "--json")

    assert [step["changed"] for step in json.loads(said.text)["steps"]] == [False] * 6
    assert stage.emulator.mutating_calls() == {}, said.errors


def test_statements_and_rules_of_others_stay(stage: Stage) -> None:
    s3 = stage.emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    theirs: dict[str, Any] = {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": f"arn:aws:s3:::{BUCKET}",
    }
    policy = {"Version": "2012-10-17", "Statement": [theirs]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    rule = {"ID": "theirs", "Status": "Enabled", "Prefix": "x/", "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    stage.write(REMOTE)

    assert stage.ops("state", "bootstrap").code == 0

    statements = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [each["Sid"] for each in statements] == ["Theirs", "DenyPlainText"]
    assert [(each["ID"], each.get("Filter")) for each in rules[:1]] == [("theirs", None)]
    assert [each["Filter"] for each in rules[1:]] == [{"Prefix": KEY}]


def test_a_bucket_of_another_account_is_refused(stage: Stage) -> None:
    role = stage.emulator.client("sts").assume_role(
        RoleArn="arn:aws:iam::222222222222:role/other", RoleSessionName="other"
    )["Credentials"]
    other = boto3.client(
        "s3",
        endpoint_url=stage.emulator.url,
        region_name=REGION,
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )
    other.create_bucket(Bucket="somebodys-state")
    stage.write(REMOTE.replace(BUCKET, "somebodys-state"))

    said = stage.ops("state", "bootstrap")
    assert said.code == 1
    assert said.errors.startswith(
        "error: state.bucket = somebodys-state: belongs to another account than 123456789012"
    )
    assert other.list_objects_v2(Bucket="somebodys-state")["KeyCount"] == 0


def test_a_local_state_moves_into_the_bucket_and_an_old_version_comes_back(stage: Stage) -> None:
    s3 = stage.emulator.client("s3")
    stage.cdktf.run("diff", STACK)
    stage.apply(TARGETS[0])
    assert stage.held() == ["aws_ecs_cluster.main"]
    stage.write(REMOTE)
    stage.ops("state", "bootstrap")

    stage.cdktf.run("diff", STACK, "--migrate-state")

    text = s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    assert b'"aws_ecs_cluster"' in text
    assert stage.held() == ["aws_ecs_cluster.main"]

    stage.apply(TARGETS[1])
    listed = json.loads(stage.ops("state", "backups", "--json").text)
    current, first = listed[0], listed[-1]
    asked = stage.ops("state", "restore", "--version", first["id"], stdin="n\n")

    assert (current["is_current"], first["is_current"]) == (True, False)
    assert asked.code == 2
    assert "aws_iam_role" in asked.text  # the one type whose number differs
    assert "aws_ecs_cluster" not in asked.text
    assert stage.held() == ["aws_ecs_cluster.main", "aws_iam_role.app_task"]

    restored = stage.ops("state", "restore", "--version", first["id"], "--yes", "--json")

    assert restored.code == 0, restored.errors
    assert json.loads(restored.text)["resources"] == 1
    assert stage.held() == ["aws_ecs_cluster.main"]
    after = json.loads(stage.ops("state", "backups", "--json").text)
    assert current["id"] in [version["id"] for version in after]
    serial = json.loads(s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read())["serial"]
    before = s3.get_object(Bucket=BUCKET, Key=KEY, VersionId=current["id"])["Body"].read()
    assert serial > json.loads(before)["serial"]


def test_a_version_takes_the_place_of_a_state_that_cannot_be_read(stage: Stage) -> None:
    s3 = stage.emulator.client("s3")
    stage.write(REMOTE)
    stage.ops("state", "bootstrap")
    state = {"version": 4, "serial": 7, "lineage": "ours", "terraform_version": "1.11.4"}
    text = json.dumps({**state, "outputs": {}, "resources": []})
    good = s3.put_object(Bucket=BUCKET, Key=KEY, Body=text)["VersionId"]
    broken = s3.put_object(Bucket=BUCKET, Key=KEY, Body=text[:50])["VersionId"]

    asked = stage.ops("state", "restore", "--version", good, stdin="n\n")

    assert asked.code == 2
    assert "the present state is no complete Terraform state" in asked.text
    assert "put the version back?" in asked.text
    assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read().decode() == text[:50]

    restored = stage.ops("state", "restore", "--version", good, stdin="y\n")

    assert restored.code == 0, restored.errors
    kept = s3.get_object(Bucket=BUCKET, Key=KEY, VersionId=broken)["Body"].read().decode()
    assert kept == text[:50]
    stage.cdktf.run("diff", STACK)
    pulled = json.loads(stage.cdktf.terraform(STACK, "state", "pull").stdout)
    assert (pulled["lineage"], pulled["serial"]) == ("ours", 8)


@pytest.mark.parametrize(
    "left",
    [pytest.param(None, marks=pytest.mark.nightly, id="deleted"), pytest.param(b"", id="emptied")],
)
def test_a_lost_state_is_recovered_into_the_bucket(stage: Stage, left: bytes | None) -> None:
    """GIVEN a folder that was never initialized, as in a fresh clone."""
    s3 = stage.emulator.client("s3")
    stage.hold_in_the_bucket(*TARGETS)
    before = _ids(stage)
    if left is None:
        s3.delete_object(Bucket=BUCKET, Key=KEY)
    else:
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=left)
    shutil.rmtree(stage.cdktf.outdir)

    said = stage.ops("recover", "--yes", "--json")

    assert said.code == 0, said.text + said.errors
    assert {each["address"] for each in json.loads(said.text)["recovered"]} == set(TARGETS)
    assert _ids(stage) == before
    assert stage.held() == list(TARGETS)
    planned = stage.cdktf.terraform(
        STACK, "plan", "-detailed-exitcode", *(f"-target={each}" for each in TARGETS)
    )
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert [path.name for path in stage.cdktf.folder.glob("*.tfstate")] == []


def test_what_the_state_in_the_bucket_lacks_is_recovered_beside_a_backup(stage: Stage) -> None:
    stage.hold_in_the_bucket(*TARGETS)
    before = _ids(stage)
    removed = stage.cdktf.terraform(STACK, "state", "rm", TARGETS[1])
    assert removed.returncode == 0, removed.stderr

    said = stage.ops("recover", "--yes")

    assert said.code == 0, said.text + said.errors
    assert _ids(stage) == before
    (backup,) = (stage.cdktf.folder / "recovery-backups").glob("*.tfstate")
    assert f"backup of the state: {backup}" in said.text


def test_a_state_that_somebody_has_locked_is_not_recovered_into(stage: Stage) -> None:
    s3 = stage.emulator.client("s3")
    stage.hold_in_the_bucket(TARGETS[0])
    s3.delete_object(Bucket=BUCKET, Key=KEY)
    lock = {"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply"}
    s3.put_object(Bucket=BUCKET, Key=f"{KEY}.tflock", Body=json.dumps(lock))

    said = stage.ops("recover", "--yes")

    assert said.code == 1
    (refusal,) = (line for line in said.errors.splitlines() if line.startswith("error: "))
    assert "terraform force-unlock" in refusal
    there = s3.list_objects_v2(Bucket=BUCKET, Prefix=KEY)["Contents"]
    assert [each["Key"] for each in there] == [f"{KEY}.tflock"]


def test_half_a_state_in_the_bucket_is_refused_with_the_way_back(stage: Stage) -> None:
    s3 = stage.emulator.client("s3")
    stage.write(REMOTE)
    stage.ops("state", "bootstrap")
    s3.put_object(Bucket=BUCKET, Key=KEY, Body='{"version": 4, "ser')

    said = stage.ops("recover", "--yes")

    assert said.code == 1
    (refusal,) = (line for line in said.errors.splitlines() if line.startswith("error: "))
    assert "python -m ops state restore" in refusal


def test_an_unknown_version_is_refused(stage: Stage) -> None:
    stage.write(REMOTE)
    stage.ops("state", "bootstrap")

    said = stage.ops("state", "restore", "--version", "nonsense", "--yes")

    assert said.code == 1
    refusal = said.errors.splitlines()[-1]
    assert refusal.startswith(f"error: --version nonsense: allowed: a version of s3://{BUCKET}")


def _delete_what_was_applied(emulator: Emulator) -> None:
    """The next test makes the same again, and a role's name is free for one alone."""
    ecs, iam = emulator.client("ecs"), emulator.client("iam")
    for arn in ecs.list_clusters()["clusterArns"]:
        if arn.rpartition("/")[2].startswith(f"{STACK}-"):
            ecs.delete_cluster(cluster=arn)
    for role in iam.list_roles(MaxItems=1000)["Roles"]:
        if role["RoleName"].startswith(f"{STACK}-"):
            iam.delete_role(RoleName=role["RoleName"])


def _ids(stage: Stage) -> dict[str, str]:
    document = json.loads(
        stage.emulator.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    )
    return {
        f"{resource['type']}.{resource['name']}": resource["instances"][0]["attributes"]["id"]
        for resource in document["resources"]
        if resource["mode"] == "managed"
    }
