"""A stage's own resources: their addresses, their guard, who may use them, and errors of one line."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from local.emulator import PROJECT
from modules.settings.beside import Beside
from modules.settings.services import Service
from modules.settings.stage_files import parse_stage
from synth.cache import Outdir
from synth.stages import fingerprints
from synth.synthesized import synthesized
from terraform.stack import Stack
from tests.conftest import Synthesize

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
IMPORTS = """
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct
from modules.extension import Additions
"""


def synthesized_with(folder: Path, code: str, **settings: Any) -> Stack:
    """A stage with an extension of this code."""
    file = folder / "extensions" / "own.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(code)
    document = {**REQUIRED, "extension": "extensions/own.py", **settings}
    found, errors = parse_stage(document, stage="dev", root=folder)
    assert not errors
    return synthesized(found)


def refusal(folder: Path, code: str, **settings: Any) -> str:
    with pytest.raises(UserError) as caught:
        synthesized_with(folder, code, **settings)
    return str(caught.value).replace(str(folder), "HERE")


def test_its_addresses_are_the_ids_it_gives(stack: Synthesize) -> None:
    assert {each for each in stack("tailored").addresses() if ".work_failed" in each} == {
        "aws_cloudwatch_metric_alarm.work_failed_messages",
        "aws_sqs_queue.work_failed",
    }


def test_what_holds_data_refuses_to_be_destroyed(stack: Synthesize) -> None:
    queue = stack("tailored").resource("aws_sqs_queue", "work")

    assert queue["lifecycle"] == {"prevent_destroy": True}


def test_a_service_may_do_what_its_policies_name(stack: Synthesize) -> None:
    policy = stack("tailored").policy("aws_iam_role_policy", "worker_own")

    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"],
            "Resource": "${aws_sqs_queue.work.arn}",
        }
    ]
    assert "aws_iam_role_policy.insights_own" not in stack("tailored").addresses()


def test_a_variable_holds_what_the_extension_made(stack: Synthesize) -> None:
    container = stack("tailored").containers("worker")["worker"]

    assert {"name": "WORK_QUEUE", "value": "${aws_sqs_queue.work.url}"} in container["environment"]


@pytest.mark.jsii
def test_within_a_construct_of_its_own_the_ids_are_joined(tmp_path: Path) -> None:
    code = f"{IMPORTS}\ndef extend(stack, platform):\n    inner = Construct(stack, 'mail-out')\n"
    code += "    SqsQueue(inner, 'failed-ones')\n"

    stack = synthesized_with(tmp_path, code, retain_data=False)

    queue = stack.resources["aws_sqs_queue.mail_out_failed_ones"]
    assert "lifecycle" not in queue.attributes


@pytest.mark.jsii
def test_what_may_be_destroyed_is_not_guarded(tmp_path: Path) -> None:
    code = f"{IMPORTS}\ndef extend(stack, platform):\n    SqsQueue(stack, 'jobs')\n"

    stack = synthesized_with(tmp_path, code, allow_destroy=["aws_sqs_queue.jobs"])

    assert "lifecycle" not in stack.resources["aws_sqs_queue.jobs"].attributes


@pytest.mark.jsii
def test_what_terraform_brings_itself_may_be_made(tmp_path: Path) -> None:
    code = "from cdktf import DataResource\ndef extend(stack, platform):\n    DataResource(stack, 'm')\n"

    assert "terraform_data.m" in synthesized_with(tmp_path, code).resources


BAD = {
    "no function": ("EXTEND = 1\n", "own.py: has no function extend(stack, platform): write one"),
    "no python": ("def extend(:\n", "own.py:1: is no Python: invalid syntax"),
    "it raises": (
        "def extend(stack, platform):\n    return platform.roles['wroker']\n",
        "own.py:2: extend() failed: KeyError: 'wroker'",
    ),
    "an import that is not there": (
        "import nowhere\n",
        "own.py:1: extend() failed: ModuleNotFound",
    ),
    "it ends the process": (
        "def extend(stack, platform):\n    raise SystemExit(3)\n",
        "own.py:2: extend() failed: SystemExit: 3",
    ),
    "an argument that there is not": (
        f"{IMPORTS}\ndef extend(stack, platform):\n    SqsQueue(stack, 'a', size=1)\n",
        "own.py:7: extend() failed: TypeError: ",
    ),
    "one id twice": (
        f"{IMPORTS}\ndef extend(stack, platform):\n"
        "    SqsQueue(stack, 'a')\n    SqsQueue(stack, 'a')\n",
        "own.py:8: extend() failed: RuntimeError: There is already a Construct with name 'a'",
    ),
    "another answer": (
        "def extend(stack, platform):\n    return 7\n",
        'own.py: extend() returned "7": allowed: Additions(policies=..., values=...), or nothing',
    ),
    "an address of the platform's": (
        "from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket\n"
        "def extend(stack, platform):\n    S3Bucket(stack, 'data')\n",
        "own.py: aws_s3_bucket.data is there twice (",
    ),
    "a resource of another provider": (
        "from cdktf import TerraformResource\ndef extend(stack, platform):\n"
        "    TerraformResource(stack, 'a', terraform_resource_type='random_id')\n",
        "own.py: random_id.a: allowed: resources of AWS's provider (aws_...) and terraform_data",
    ),
    "one beside its own construct": (
        "from cdktf import TerraformResource, TerraformStack\ndef extend(stack, platform):\n"
        "    TerraformResource(TerraformStack.of(stack), 'a', terraform_resource_type='null_resource')\n",
        "own.py: null_resource.a: allowed: ",
    ),
    "a module": (
        "from cdktf import TerraformHclModule\ndef extend(stack, platform):\n"
        "    TerraformHclModule(stack, 'vpc', source='terraform-aws-modules/vpc/aws')\n",
        "own.py: module.vpc: allowed: ",
    ),
    "a value of the platform's name": (
        f"{IMPORTS}\ndef extend(stack, platform):\n    return Additions(values={{'region': 'x'}})\n",
        "own.py: Additions.values['region']: allowed: ",
    ),
}


@pytest.mark.jsii
@pytest.mark.parametrize(("code", "said"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_one_line_with_its_place(tmp_path: Path, code: str, said: str) -> None:
    message = refusal(tmp_path, code)

    assert message.startswith(f"HERE/extensions/{said}")
    assert "\n" not in message


ADMIN = "{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}"


@pytest.mark.jsii
@pytest.mark.parametrize(
    ("worker", "said"),
    [
        ({"policies": ["read"]}, "services.app.policies = 'read': the extension makes no such policy: all"),
        ({"policies": ["all"]}, "services.app.policies = 'all': must be a policy that names its actions"),
        ({"environment": {"Q": "{quue}"}}, 'Q = "{quue}": the extension gives no {quue}: write {queue}'),
        (
            {"command": ["x"], "wait_for_url": "http://{quue}:80/"},
            "services.app.wait_for_url = \"http://{quue}:80/\": the extension gives no {quue}: write {queue}",
        ),
        (
            {"command": ["x"], "wait_for_url": "http://a.{other}:80/"},
            "the extension gives no {other}: allowed: domain, region, bucket, namespace, keep_alive_ms, ",
        ),
    ],
)  # fmt: skip
def test_what_a_service_takes_has_to_be_given_and_bounded(
    tmp_path: Path, worker: dict[str, Any], said: str
) -> None:
    code = f"{IMPORTS}\ndef extend(stack, platform):\n"
    code += f"    return Additions(values={{'queue': 'q'}}, policies={{'all': [{ADMIN}]}})\n"

    assert said in refusal(tmp_path, code, services={"app": worker})


@pytest.mark.jsii
def test_a_policy_without_bounds_is_taken_where_it_is_named(tmp_path: Path) -> None:
    code = f"{IMPORTS}\ndef extend(stack, platform):\n"
    code += f"    return Additions(policies={{'all': [{ADMIN}]}})\n"
    app = {"policies": ["all"], "unbounded_policies": ["all"]}

    stack = synthesized_with(tmp_path, code, services={"app": app})

    assert "aws_iam_role_policy.app_own" in stack.resources


def errors_of(folder: Path, **settings: Any) -> list[str]:
    _, errors = parse_stage({**REQUIRED, **settings}, stage="dev", root=folder)
    return [str(each).replace(str(folder), "HERE") for each in errors]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("extensions/none.py", "a file that is there, and HERE/extensions/none.py is not"),
        ("../extensions/own.py", "a path that does not leave "),
        ("/etc/own.py", "a path that does not leave "),
        ("extensions/own.toml", "a file that ends in .py"),
        ("own.py", "in a folder of its own"),
    ],
)
def test_a_file_that_cannot_be_an_extension_is_refused(
    tmp_path: Path, named: str, said: str
) -> None:
    (tmp_path / "own.py").write_text("")

    (line,) = errors_of(tmp_path, extension=named)

    assert line.startswith(f'extension = "{named}": must be {said}')


ONE = '[{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"{}}}]'
SID = ', "Sid": "Read"'


def on(resource: str) -> str:
    return f'[{{"Effect": "Allow", "Action": "s3:*", "Resource": {resource}}}]'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_policy_file_is_read_as_any_shell_writes_it(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "policies" / "own.json"
    file.parent.mkdir()
    file.write_text(ONE.format(""), encoding=encoding)

    assert errors_of(tmp_path, services={"app": {"policies": ["policies/own.json"]}}) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "a policy document in JSON"),
        ("[]", "whose Statement is a list"),
        ('[{"Effect": "allow"}]', 'the Effect of a statement is "Allow" or "Deny"'),
        ('[{"Effect": "Allow", "Action": "sqs"}]', "one of Resource and NotResource"),
        ('[{"Effect": "Allow", "Action": "sqs", "Resource": "*"}]', "'sqs' is no action"),
        (
            '[{"Effect": "Allow", "Action": "*", "Resource": "*"}]',
            "names its actions and resources",
        ),
        (
            '[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]',
            "names its actions and resources",
        ),
        ('[{"Effect": "Allow", "Principal": "*"}]', "a statement has no Principal"),
        ("[" * 100_000, "it is nested too deeply"),
        ('[{"Effect": "Deny", "Effect": "Allow"}]', '"Effect" is in one object twice'),
        ('[{"Effect": "Allow", "Action": [], "Resource": "*"}]', "its Action names nothing"),
        (
            '[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": []}]',
            "its Resource names nothing",
        ),
        (ONE.format(', "Sid": "read reports"'), "a Sid is of letters and digits alone"),
        (ONE.format(', "Condition": []'), "a Condition is a table"),
        (ONE.format(', "Condition": ["x"]'), "a Condition is a table"),
        (
            ONE.format(', "Condition": {"StringEqual": {"a": "b"}}'),
            "'StringEqual' in its Condition",
        ),
        (ONE.format(', "Condition": {"NullIfExists": {"a": "b"}}'), "'NullIfExists' in its Cond"),
        (ONE.format(', "Condition": {"Bool": "true"}'), "Bool in its Condition is a table"),
        (ONE.format(', "Condition": {"Bool": {"a": [null]}}'), "a in its Condition is a value"),
        (
            f"[{ONE.format(SID)[1:-1]}, {ONE.format(SID)[1:-1]}]",
            "the Sid Read is of one statement alone",
        ),
        (on('"my-bucket/*"'), "Resource 'my-bucket/*' is no ARN"),
        (on("5"), "Resource 5 is no ARN"),
        (on('["arn:aws:s3:::a", null]'), "Resource None is no ARN"),
        (on('"**"'), "Resource '**' is no ARN"),
        (on('"arn:aws:*:*:*:*"'), "names its actions and resources"),
        (on('"arn:aws:s3:::*"'), "names its actions and resources"),
        (on('"arn:aws:s3"'), "names its actions and resources"),
        (on('"arn:*:*"'), "names its actions and resources"),
        (ONE.format(', "Sid": "\\ud800"'), "half of one"),
    ],
)
def test_a_policy_file_that_iam_would_refuse_or_that_knows_no_bounds_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "policies" / "own.json"
    file.parent.mkdir()
    file.write_text(text)

    (line,) = errors_of(tmp_path, services={"app": {"policies": ["policies/own.json"]}})

    assert line.startswith('services.app.policies = "policies/own.json": must be ')
    assert said in line


@pytest.mark.parametrize(
    "text",
    [
        ONE.format("").replace("s3:Get", "S3:get"),
        ONE.format(
            ', "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:PrincipalTag/a": ["b"]}}'
        ),
        ONE.format(', "Condition": {"Null": {"aws:TokenIssueTime": "true"}, "Bool": {"a": true}}'),
        ONE.format(', "Condition": {"NumericLessThanEquals": {"a": 5}, "ArnNotLike": {"a": "b"}}'),
        on('"arn:aws:s3:::my-bucket/${aws:username}/*"'),
        on('"arn:aws:sqs:us-east-1:123456789012:*"'),
        on('["${aws_s3_bucket.mine.arn}/*", "#{TfToken[TOKEN.5]}"]'),
        on('"*"').replace("s3:*", "S3:ListAllMyBuckets"),
    ],
)
def test_a_policy_file_that_iam_takes_is_taken(tmp_path: Path, text: str) -> None:
    file = tmp_path / "policies" / "own.json"
    file.parent.mkdir()
    file.write_text(text)

    assert errors_of(tmp_path, services={"app": {"policies": ["policies/own.json"]}}) == []


@pytest.mark.jsii
def test_two_policies_with_one_sid_become_a_document_that_iam_takes() -> None:
    from modules.extension import Additions  # noqa: PLC0415  # starts the jsii kernel

    one, other = ({"Sid": "VisualEditor0", "Action": each} for each in ("sqs:A", "sqs:B"))
    additions = Additions(policies={"one": [one], "other": [other]})
    service = Service(name="app", policies=("one", "other"))

    assert additions.statements(service, Beside()) == [one, {"Action": "sqs:B"}]


@pytest.mark.jsii
def test_a_policy_file_is_the_services_own(tmp_path: Path) -> None:
    file = tmp_path / "policies" / "own.json"
    file.parent.mkdir()
    file.write_text(
        '{"Version": "2012-10-17", "Statement":'
        ' {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "arn:aws:ses:x"}}'
    )
    services = {"app": {"policies": ["policies/own.json"]}}
    settings, errors = parse_stage({**REQUIRED, "services": services}, stage="dev", root=tmp_path)
    assert not errors

    policy = synthesized(settings).resources["aws_iam_role_policy.app_own"].attributes["policy"]

    assert '"Action": "ses:SendEmail"' in policy


@pytest.mark.jsii
def test_a_policy_files_variables_are_iams(tmp_path: Path) -> None:
    file = tmp_path / "policies" / "own.json"
    file.parent.mkdir()
    file.write_text(
        '[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*",'
        ' "Condition": {"StringLike": {"aws:PrincipalTag/%{a}": ["${aws:userid}"]}}}]'
    )
    services = {"app": {"policies": ["policies/own.json"]}}
    settings, errors = parse_stage({**REQUIRED, "services": services}, stage="dev", root=tmp_path)
    assert not errors

    policy = synthesized(settings).resources["aws_iam_role_policy.app_own"].attributes["policy"]

    (statement,) = json.loads(policy)["Statement"]
    assert statement["Resource"] == "arn:aws:s3:::b/$${aws:username}/*"
    assert statement["Condition"]["StringLike"] == {"aws:PrincipalTag/%%{a}": ["$${aws:userid}"]}


def test_a_policy_of_no_extension_is_refused(tmp_path: Path) -> None:
    (line,) = errors_of(tmp_path, services={"app": {"policies": ["read-work"]}})

    assert "a policy of the stage's extension, which it does not have" in line


@pytest.mark.jsii
def test_ones_own_application_takes_the_place_of_the_eight_as_the_page_shows_it(
    tmp_path: Path,
) -> None:
    page = (PROJECT / "docs" / "extensions.md").read_text()
    shown = page.partition("## Your own application in place of the eight services\n")[2]
    toml, code = re.findall(r"```(?:toml|python)\n(.*?)```", shown, re.DOTALL)[:2]

    stack = synthesized_with(
        tmp_path, code, **{**tomllib.loads(toml), "extension": "extensions/own.py"}
    )

    assert [each.address for each in stack.of("aws_ecs_service")] == ["aws_ecs_service.web"]
    task = stack.resources["aws_ecs_task_definition.web"].attributes
    web = next(each for each in json.loads(task["container_definitions"]) if each["name"] == "web")
    assert {"name": "DB_HOST", "value": "${aws_db_instance.main.address}"} in web["environment"]
    assert {each["name"] for each in web["secrets"]} == {"DB_USER", "DB_PASSWORD"}
    (rule,) = stack.resources["aws_security_group.database"].attributes["ingress"]
    assert rule["security_groups"] == ["${aws_security_group.web.id}"]


def test_a_changed_file_is_synthesized_anew(tmp_path: Path) -> None:
    file = tmp_path / "extensions" / "own.py"
    file.parent.mkdir()
    prints = []
    for text in ("# one", "# two"):
        file.write_text(text)
        document = {**REQUIRED, "extension": "extensions/own.py"}
        settings, _ = parse_stage(document, stage="dev", root=tmp_path)
        prints.append(fingerprints([settings], {}, {})[settings.stack_name])

    assert prints[0] != prints[1]
    assert not Outdir(path=tmp_path).holds("atomic-dev", prints[1])
