"""A CloudFormation stack goes, and what it made stays with its data; each precaution's absence loses some."""

import json
import stat
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from aws.client import boto3_clients
from common.errors import UserError
from imports.record import AdoptionRecord
from imports.stack_retirement.plan import RowPlan
from imports.stack_retirement.steps import StackRetirement
from imports.stack_retirement.template_text import HANDLE
from local.emulator import REGION, Emulator, running_emulator
from local.faults import FaultSettings
from tests.imports.stack_retirement.worlds import World, a_world

KEPT_POLICY = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


def test_what_was_announced_goes_and_all_else_stays_with_its_data(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "whole", tmp_path)
    secret, rules = world.secret(), world.default_rules()

    done = world.retire()

    assert world.status() == "DELETE_COMPLETE"
    assert {row.logical_id for row in done.rows if row.outcome == "deleted"} == {
        "Handler",
        "HandlerRole",
    }
    assert (world.objects(), world.images()) == (["calendar"], 1)
    assert world.secret() == secret
    assert {"host", "port"} <= secret.keys()
    assert (world.default_rules(), rules) == (0, 0)
    assert done.against == ()
    assert "bucket whole-data: 1 objects" in done.data
    roles = aws.client("iam").list_roles()["Roles"]
    assert world.ids["HandlerRole"] not in {role["RoleName"] for role in roles}


def test_tags_of_cloudformation_stay_on_the_bucket(aws: Emulator, tmp_path: Path) -> None:
    world = a_world(aws, "tags", tmp_path)
    before = world.bucket_tags()

    world.retire()

    del before["aws-cdk:auto-delete-objects"]
    assert world.bucket_tags() == before
    assert before["aws:cloudformation:logical-id"] == "Bucket"
    assert "aws-cdk:auto-delete-images" not in world.registry_tags()


def test_the_bucket_policy_no_longer_names_the_handler_s_role_and_else_stays(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "policy", tmp_path)
    _, denied = world.bucket_policy()["Statement"]

    world.retire()

    assert world.bucket_policy()["Statement"] == [denied]


def test_what_is_to_be_kept_and_deleted_is_told_before_anything_is_done(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "asked", tmp_path)

    def refuse(rows: Any) -> None:
        world.announced.append(rows)
        raise UserError("nobody agrees")

    aws.count_from_now()
    with pytest.raises(UserError, match="nobody agrees"):
        _retire(world, agree=refuse)

    (rows,) = world.announced
    assert _row(rows, "Mine").outcome == "kept"
    assert _row(rows, "Handler").outcome == "deleted"
    assert set(aws.mutating_calls()) <= {"DetectStackDrift"}
    assert list(tmp_path.iterdir()) == []


def test_the_backup_has_the_template_and_no_hidden_parameter(aws: Emulator, tmp_path: Path) -> None:
    world = a_world(aws, "backup", tmp_path)
    text = json.dumps(world.stack.template())

    done = world.retire()

    assert done.backup is not None
    saved = json.loads(done.backup.read_text())
    assert json.loads(saved["template"]) == json.loads(text)
    assert saved["parameters"] == {"Word": None}
    assert saved["physical_ids"]["Vpc"] == world.ids["Vpc"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    held = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "a-word-that-nobody-sees" not in held
    assert world.secret()["password"] not in held


def test_the_same_command_again_looks_and_does_nothing(aws: Emulator, tmp_path: Path) -> None:
    world = a_world(aws, "again", tmp_path)
    world.retire()
    aws.count_from_now()

    done = world.retire()

    assert aws.mutating_calls() == {}
    assert done.against == ()
    assert "bucket again-data: 1 objects" in done.data


def test_a_long_template_goes_through_a_bucket_that_is_removed(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "long", tmp_path, change=_lengthen)
    before = _buckets(aws)

    world.retire()

    assert world.status() == "DELETE_COMPLETE"
    assert _buckets(aws) == before


# --- what each precaution prevents


def test_without_the_tags_taken_away_the_bucket_would_be_emptied_by_a_replaced_row(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "armed", tmp_path)
    wanted = world.stack.template()
    for row in wanted["Resources"].values():
        row["DeletionPolicy"] = "Retain"
    # A changed name is another physical id, and CloudFormation cleans up the one before.
    wanted["Resources"]["EmptyBucket"]["Properties"]["BucketName"] = "armed-other"
    del wanted["Resources"]["EmptyBucket"]["UpdateReplacePolicy"]

    _update(world, wanted)

    assert world.objects() == []


def test_with_update_replace_policy_a_replaced_row_runs_no_handler(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "replaced", tmp_path)
    first = world.stack.template()
    first["Resources"]["EmptyBucket"].update(KEPT_POLICY)
    _update(world, first)
    first["Resources"]["EmptyBucket"]["Properties"]["BucketName"] = "replaced-other"

    _update(world, first)

    assert world.objects() == ["calendar"]


@pytest.mark.parametrize(
    ("row", "lost"),
    [
        ("EmptyBucket", "objects"),
        ("EmptyRegistry", "images"),
        ("Attachment", "host"),
        ("Restrict", "rules"),
    ],
)
def test_without_a_policy_on_a_disarmed_row_its_deletion_takes_something(
    aws: Emulator, tmp_path: Path, row: str, lost: str
) -> None:
    name = f"loses-{row.lower()}"
    world = a_world(aws, name, tmp_path)
    wanted = world.stack.template()
    for logical_id, each in wanted["Resources"].items():
        if logical_id != row:
            each.update(KEPT_POLICY)
    _update(world, wanted)

    world.stack.delete()

    held = {
        "objects": bool(world.objects()),
        "images": bool(world.images()),
        "host": "host" in world.secret(),
        "rules": world.default_rules() == 0,
    }
    assert [what for what, is_there in held.items() if not is_there] == [lost]


def test_tags_put_without_those_of_cloudformation_are_refused(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "system", tmp_path)

    with pytest.raises(Exception, match="System tags cannot be removed"):
        aws.client("s3").put_bucket_tagging(
            Bucket=world.bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
        )


def test_a_policy_that_names_a_role_which_is_gone_cannot_be_written_any_more(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "principal", tmp_path)
    policy = world.bucket_policy()
    world.retire()

    with pytest.raises(Exception, match="Invalid principal"):
        aws.client("s3").put_bucket_policy(Bucket=world.bucket, Policy=json.dumps(policy))


def test_an_update_that_reports_success_and_kept_no_policy_deletes_nothing(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "deaf", tmp_path)
    text = json.dumps(world.stack.template())

    with pytest.raises(UserError, match=r"does not keep .*whatever it said of the update"):
        world.with_clients(_Sending(aws, text)).retire()

    assert world.status() == "UPDATE_COMPLETE"
    assert world.objects() == ["calendar"]


def test_where_policies_alone_are_no_update_a_harmless_row_is_added(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "no-updates", tmp_path)
    clients = _RefusingPoliciesAlone(aws)

    done = world.with_clients(clients).retire()

    assert clients.refused == 1
    assert done.against == ()
    assert world.objects() == ["calendar"]
    assert HANDLE not in {row.logical_id for row in done.rows}


# --- refusals


def _protect(world: World) -> None:
    world.stack.cloudformation.update_termination_protection(
        StackName=world.stack.arn, EnableTerminationProtection=True
    )


def _set_policy(world: World) -> None:
    world.stack.cloudformation.set_stack_policy(
        StackName=world.stack.arn,
        StackPolicyBody='{"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", '
        '"Resource": "*"}]}',
    )


def _deploy_anew(world: World) -> None:
    wanted = world.stack.template()
    wanted["Description"] = "another"
    _update(world, wanted)


def _delete_bucket(world: World) -> None:
    s3 = world.aws.client("s3")
    s3.delete_object(Bucket=world.bucket, Key="calendar")
    s3.delete_bucket(Bucket=world.bucket)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (_protect, "has termination protection"),
        (_set_policy, "has a stack policy"),
        (_deploy_anew, "has moved on since the inventory, its template is another"),
        (_delete_bucket, "Bucket: gone from AWS"),
    ],
)
def test_what_stands_against_it_is_one_line_and_nothing_is_done(
    aws: Emulator, tmp_path: Path, act: Any, said: str
) -> None:
    world = a_world(aws, f"refused{act.__name__.replace('_', '-')}", tmp_path)
    act(world)
    aws.count_from_now()

    with pytest.raises(UserError, match=said):
        world.retire()

    assert set(aws.mutating_calls()) <= {"DetectStackDrift"}
    assert list(tmp_path.iterdir()) == []


def test_a_stack_that_somebody_has_deleted_is_told_from_one_that_was_retired(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "foreign", tmp_path)
    world.stack.delete()

    with pytest.raises(UserError, match="no backup of a retirement explains it"):
        world.retire()


def test_another_account_is_refused(aws: Emulator, tmp_path: Path) -> None:
    world = a_world(aws, "account", tmp_path)
    other = AdoptionRecord.model_validate(
        {**world.record.model_dump(), "account_id": "210987654321"}
    )

    with pytest.raises(UserError, match="is of account 210987654321 in us-east-1"):
        _retire(world, record=other)


def test_a_deletion_that_fails_says_why_and_the_same_command_finishes(
    aws: Emulator, tmp_path: Path
) -> None:
    world = a_world(aws, "stuck", tmp_path)
    iam = aws.client("iam")
    role = world.ids["HandlerRole"]
    document = {"Version": "2012-10-17", "Statement": [_ALLOWED]}
    iam.put_role_policy(RoleName=role, PolicyName="mine", PolicyDocument=json.dumps(document))

    with pytest.raises(
        UserError, match=r"is DELETE_FAILED: HandlerRole .*what was to be kept is kept"
    ):
        world.retire()
    iam.delete_role_policy(RoleName=role, PolicyName="mine")
    done = world.retire()

    assert world.status() == "DELETE_COMPLETE"
    assert done.against == ()
    assert world.objects() == ["calendar"]


_ALLOWED = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


# --- kills


class KilledError(BaseException):
    """Stands for kill -9."""


class Killing:
    """Clients that end before or after one of the calls that change something, or before the call `at`."""

    def __init__(
        self,
        aws: Emulator,
        deadly: int,
        *,
        at: str = "",
        by: type[BaseException] = KilledError,
    ) -> None:
        self._deadly, self._at, self._by, self.now = deadly, at, by, 0
        self._client = cache(partial(self._make, aws))

    def __call__(self, service: str) -> Any:
        return self._client(service)

    def _make(self, aws: Emulator, service: str) -> Any:
        client = aws.another_client(service)
        client.meta.events.register("before-call", self._tick)
        client.meta.events.register("after-call", self._tick)
        return client

    def _tick(self, model: Any, **_: Any) -> None:
        if model.name.startswith(("Describe", "Get", "List", "Detect")):
            return
        self.now += 1
        if self.now == self._deadly or model.name == self._at:
            raise self._by


@pytest.mark.every_moment
@pytest.mark.parametrize("by", [KilledError, KeyboardInterrupt])
def test_ended_before_and_after_each_change_the_same_command_finishes(
    aws: Emulator, tmp_path: Path, by: type[BaseException]
) -> None:
    kills = 0
    while True:
        kills += 1
        name = f"{by.__name__.lower()}-{kills}"
        world = a_world(aws, name, tmp_path / str(kills), change=_lengthen)
        secret = world.secret()
        try:
            world.with_clients(Killing(aws, kills, by=by)).retire()
        except by:
            assert world.objects() == ["calendar"], kills
        else:
            break
        done = world.retire()

        assert world.status() == "DELETE_COMPLETE", kills
        assert done.against == (), kills
        assert (world.objects(), world.images(), world.secret()) == (["calendar"], 1, secret), kills
        assert world.default_rules() == 0, kills
    # Tags, policy, bucket of the template, update, deletion: each before and after.
    assert kills > 18


def test_under_throttling_and_lost_answers_the_same_command_finishes(
    aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = a_world(aws, "weather", tmp_path)
    secret = world.secret()
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    world = world.with_clients(boto3_clients(region=REGION))
    shares = {"throttled_share": 0.05, "dropped_after_share": 0.05, "server_error_share": 0.05}
    aws.inject(FaultSettings(seed=7, **shares))
    refusals: list[str] = []
    done: StackRetirement | None = None
    try:
        while done is None:
            assert len(refusals) < 20, refusals
            try:
                done = world.retire()
            except UserError as error:
                refusals.append(str(error))
    finally:
        injected = aws.injected()
        aws.inject(FaultSettings())

    assert sum(injected.values()) > 3
    assert done.against == ()
    assert (world.objects(), world.images(), world.secret()) == (["calendar"], 1, secret)


# --- helpers


def _retire(world: World, *, record: AdoptionRecord | None = None, agree: Any = None) -> Any:
    from imports.stack_retirement.retire_stack import retire_stack  # noqa: PLC0415

    return retire_stack(
        record or world.record,
        clients=world.clients,
        backup_folder=world.folder,
        agree=agree or world.announced.append,
        progress=lambda _: None,
    )


def _row(rows: Sequence[RowPlan], name: str) -> RowPlan:
    (found,) = (row for row in rows if row.logical_id == name)
    return found


def _lengthen(wanted: dict[str, Any]) -> None:
    wanted["Metadata"] = {"Note": "x" * 52_000}


def _buckets(aws: Emulator) -> set[str]:
    return {each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]}


def _update(world: World, wanted: dict[str, Any]) -> None:
    world.stack.cloudformation.update_stack(
        StackName=world.stack.arn,
        TemplateBody=json.dumps(wanted),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "Word", "UsePreviousValue": True}],
    )
    assert world.stack.wait() == "UPDATE_COMPLETE"


class _Sending:
    """Clients that send another template than they are given."""

    def __init__(self, aws: Emulator, text: str) -> None:
        self._aws, self._text = aws, text

    def __call__(self, service: str) -> Any:
        client = self._aws.another_client(service)
        client.meta.events.register(
            "provide-client-params.cloudformation.UpdateStack",
            lambda params, **_: {**params, "TemplateBody": self._text},
        )
        return client


class _RefusingPoliciesAlone:
    """Clients of a CloudFormation that takes a change of policies alone for none, as it did for years."""

    def __init__(self, aws: Emulator) -> None:
        self._aws, self.refused = aws, 0

    def __call__(self, service: str) -> Any:
        client = self._aws.another_client(service)
        client.meta.events.register(
            "provide-client-params.cloudformation.UpdateStack", self._previous_template
        )
        return client

    def _previous_template(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        if HANDLE in params["TemplateBody"]:
            return params
        self.refused += 1
        rest = {key: value for key, value in params.items() if key != "TemplateBody"}
        return {**rest, "UsePreviousTemplate": True}
