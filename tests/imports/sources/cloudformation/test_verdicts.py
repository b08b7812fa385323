"""What becomes of each row of an owner's stack, in the four shapes that copies of it are found in."""

import copy
import json
from collections import Counter
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from imports.sources.cloudformation.owners_stack import OwnersRow, OwnersStack, parse_template
from imports.sources.cloudformation.roles import roles
from imports.sources.cloudformation.verdicts import Physical, RowVerdict, verdicts
from local.emulator import PROJECT
from modules.settings.secrets import SECRETS
from modules.settings.services import SERVICES
from tests.examples import examples

JUNK: list[Any] = [
    *(None, 1, True, "x", [], {}, [None], {"Ref": 5}, {"Ref": ["a"]}, {"Fn::GetAtt": []}),
    *({"Fn::GetAtt": {}}, {"Fn::Sub": []}, {"Fn::Sub": 1}, {"Fn::Select": 3}, {"Fn::Select": []}),
]
NOWHERE = Physical(ids={}, allocations={})
NAMES = {row.output.removesuffix("Arn"): row.name for row in SECRETS}


@cache
def document(shape: str) -> dict[str, Any]:
    path = PROJECT / "local" / "cdk_stack" / "templates" / f"{shape}.json"
    return dict(json.loads(path.read_text()))


@cache
def addresses() -> frozenset[str]:
    path = PROJECT / "tests" / "snapshots" / "prod.addresses.txt"
    return frozenset(path.read_text().split())


def stack(template: dict[str, Any]) -> OwnersStack:
    return OwnersStack(
        name="AwsStack",
        template=template,
        rows={
            logical_id: OwnersRow(
                logical_id=logical_id, type=definition["Type"], definition=definition
            )
            for logical_id, definition in template["Resources"].items()
        },
    )


def judged(template: dict[str, Any], physical: Physical = NOWHERE) -> list[RowVerdict]:
    return judged_stack(stack(template), physical)


def judged_stack(owners: OwnersStack, physical: Physical = NOWHERE) -> list[RowVerdict]:
    found = roles(
        owners,
        services=[service.name for service in SERVICES],
        secrets=NAMES | {"ApiTokenSecret": "api-token-secret"},
    )
    return verdicts(owners, found, addresses=addresses(), physical=physical)


def of(template: dict[str, Any], path: str, physical: Physical = NOWHERE) -> RowVerdict:
    """Return the one verdict on the row of a construct."""
    (logical_id,) = (
        logical_id
        for logical_id, row in template["Resources"].items()
        if row.get("Metadata", {}).get("aws:cdk:path") == f"AwsStack/{path}"
    )
    (found,) = (each for each in judged(template, physical) if each.logical_id == logical_id)
    return found


@pytest.mark.parametrize(
    ("shape", "rows"), [("oldest", 104), ("older", 120), ("guide", 179), ("newest", 86)]
)
def test_every_row_gets_a_verdict(shape: str, rows: int) -> None:
    assert len({each.logical_id for each in judged(document(shape))}) == rows


@pytest.mark.parametrize("shape", ["oldest", "older", "guide", "newest"])
def test_no_address_gets_two_objects(shape: str) -> None:
    whole = [each.address for each in judged(document(shape)) if each.address and not each.why]

    assert [address for address, count in Counter(whole).items() if count > 1] == []


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("HasuraService/Service", "aws_ecs_service.hasura"),
        ("PythonAgentService/Service", "aws_ecs_service.python_agent"),
        ("FunctionsTargetGroup/Resource", "aws_lb_target_group.functions"),
        ("AppListenerRule/Resource", "aws_lb_listener_rule.app"),
        ("OauthSG/Resource", "aws_security_group.oauth"),
        ("RdsSG/Resource", "aws_security_group.database"),
        ("EfsSG/Resource", "aws_security_group.file_storage"),
        ("AlbSG/Resource", "aws_security_group.load_balancer"),
        ("AppLogGroup/Resource", "aws_cloudwatch_log_group.app"),
        ("AtomicVpc/publicSubnet2/Subnet", "aws_subnet.public_1"),
        ("AtomicVpc/privateSubnet1/RouteTable", "aws_route_table.private_0"),
        ("AtomicVpc/privateSubnet1/DefaultRoute", "aws_route_table.private_0"),
        ("AtomicVpc/publicSubnet1/EIP", "aws_eip.nat_0"),
        ("PostgresAdminCredentials/Resource", "aws_secretsmanager_secret.rds_master_credentials"),
        ("InternalApiToken/Resource", "aws_secretsmanager_secret.api_token_secret"),
        ("OpenAiApiKey/Resource", "aws_secretsmanager_secret.openai_api_key"),
        ("PythonAgentRepository/Resource", "aws_ecr_repository.python_agent"),
        ("AtomicPostgresDB/Resource", "aws_db_instance.main"),
        ("HttpsListener/Resource", "aws_lb_listener.https"),
    ],
)
def test_a_row_is_imported_to_the_address_of_what_it_is(path: str, address: str) -> None:
    path = path.replace("HttpsListener", "AtomicAlb/HttpsListener")

    assert of(document("guide"), path).address == address


def test_a_service_is_told_by_its_container_when_every_construct_was_renamed() -> None:
    template = copy.deepcopy(document("guide"))
    for row in template["Resources"].values():
        row.pop("Metadata", None)

    found = {each.address for each in judged(template)}

    assert {"aws_ecs_service.hasura", "aws_lb_listener_rule.hasura"} <= found


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("AtomicDataBucket/AutoDeleteObjectsCustomResource/Default", "empties the bucket"),
        ("AppRepository/AutoDeleteImagesCustomResource/Default", "empties the registry"),
        ("PostgresAdminCredentials/Attachment/Resource", "takes host and port out of the secret"),
        (
            "AtomicVpc/RestrictDefaultSecurityGroupCustomResource/Default",
            "opens the VPC's default security group",
        ),
    ],
)
def test_a_row_whose_deletion_would_destroy_something_is_disarmed(path: str, why: str) -> None:
    found = of(document("guide"), path)

    assert found.verdict == "disarm"
    assert why in found.why


def test_what_only_the_old_stack_needs_is_left_to_it() -> None:
    found = of(document("guide"), "HasuraTaskDef/Resource")

    assert found.verdict == "leave to CloudFormation"


def test_an_unknown_service_is_kept_with_all_that_it_needs() -> None:
    rows = {each.logical_id: each for each in judged(document("newest"))}
    task = next(name for name in rows if name.startswith("PostgraphileTaskDef"))
    role = next(name for name in rows if name.startswith("ECSTaskExecutionRole9"))
    policy = next(name for name in rows if name.startswith("ECSTaskExecutionRoleDefaultPolicy"))

    assert {rows[name].verdict for name in (task, role, policy)} == {"not covered"}
    assert rows[role].why == f"{task} needs it"


def test_two_rows_that_could_be_one_thing_are_both_left_alone() -> None:
    template = copy.deepcopy(document("guide"))
    bucket = next(
        name for name, row in template["Resources"].items() if row["Type"] == "AWS::S3::Bucket"
    )
    template["Resources"]["Second"] = template["Resources"][bucket]

    found = [each for each in judged(template) if each.logical_id in (bucket, "Second")]

    assert [each.verdict for each in found] == ["not covered", "not covered"]
    assert found[0].why == "another row could be the same thing: neither is touched"


OWN_OBJECTS: dict[str, dict[str, Any]] = {
    "OwnBucket": {"Type": "AWS::S3::Bucket"},
    "OwnPolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "OwnBucket"}}},
    "OwnTopic": {"Type": "AWS::SNS::Topic"},
    "OwnSubscription": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {"TopicArn": {"Ref": "OwnTopic"}, "Endpoint": "me@example.com"},
    },
    "OwnFiles": {"Type": "AWS::EFS::FileSystem"},
    "OwnPoint": {
        "Type": "AWS::EFS::AccessPoint",
        "Properties": {"FileSystemId": {"Ref": "OwnFiles"}},
    },
}


@pytest.mark.parametrize("shape", ["oldest", "older", "guide", "newest"])
def test_an_owner_s_own_bucket_topic_and_files_are_never_taken_for_the_platform_s(
    shape: str,
) -> None:
    template = copy.deepcopy(document(shape))
    before = judged(template)
    template["Resources"] |= OWN_OBJECTS

    after = judged(template)

    assert [each for each in after if each.logical_id not in OWN_OBJECTS] == before
    assert {each.verdict for each in after if each.logical_id in OWN_OBJECTS} == {"not covered"}


def test_a_renamed_bucket_topic_and_file_system_are_told_by_who_uses_them() -> None:
    text = json.dumps(document("guide"))
    for construct in ("AlarmTopic", "AtomicDataBucket", "LanceDbFileSystem"):
        text = text.replace(construct, f"Our{construct}")

    said = {each.address: each.logical_id for each in judged(json.loads(text))}

    assert said["aws_s3_bucket.data"].startswith("OurAtomicDataBucket")
    assert said["aws_sns_topic.alarms"].startswith("OurAlarmTopic")
    assert said["aws_sns_topic_subscription.operator"].startswith("OurAlarmTopic")
    assert said["aws_efs_file_system.lancedb"].startswith("OurLanceDbFileSystem")


def test_an_owner_s_own_function_role_alarm_and_dashboard_do_not_go_with_the_stack() -> None:
    template = copy.deepcopy(document("guide"))
    before = judged(template)
    service = next(each.logical_id for each in before if each.address == "aws_ecs_service.hasura")
    own: dict[str, Any] = {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Role": {"Type": "AWS::IAM::Role"},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "Role"}]}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Role": {"Fn::GetAtt": ["Role", "Arn"]}},
        },
        "ForBackups": {"Type": "AWS::IAM::Role"},
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"Dimensions": [{"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}]},
        },
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardBody": {"Fn::Sub": f"${{Queue}} ${{{service}.Name}}"}},
        },
    }
    template["Resources"] |= own

    after = judged(template)

    assert [each for each in after if each.logical_id not in own] == before
    assert {each.verdict for each in after if each.logical_id in own} == {"not covered"}


def test_an_owner_s_own_addition_is_not_covered() -> None:
    template = copy.deepcopy(document("guide"))
    template["Resources"]["Queue"] = {"Type": "AWS::SQS::Queue"}

    (found,) = (each for each in judged(template) if each.logical_id == "Queue")

    assert (found.verdict, found.why) == ("not covered", "the platform has nothing of this type")


def test_import_ids_are_made_of_what_cloudformation_calls_the_objects() -> None:
    template = document("guide")
    ids = {name: f"id-of-{name}" for name in template["Resources"]}
    service = next(name for name in ids if name.startswith("HasuraService"))
    ids[service] = "arn:aws:ecs:us-east-1:123456789012:service/the-cluster/the-service"
    address = next(name for name in ids if name.endswith("EIPC23BCC20") or "EIP" in name)
    physical = Physical(ids=ids, allocations={ids[address]: "eipalloc-1"})

    assert of(template, "HasuraService/Service", physical).import_id == "the-cluster/the-service"
    assert of(template, "AtomicVpc/publicSubnet1/EIP", physical).import_id == "eipalloc-1"
    association = of(template, "AtomicVpc/privateSubnet1/RouteTableAssociation", physical).import_id
    assert association.startswith("id-of-AtomicVpcprivateSubnet1Subnet")
    assert "/id-of-AtomicVpcprivateSubnet1RouteTable" in association


@given(chance=st.randoms(use_true_random=False))
@examples(150)
def test_a_template_of_any_kind_is_judged_or_refused_in_one_line(chance: Random) -> None:
    template = copy.deepcopy(document("guide"))
    for row in chance.sample(list(template["Resources"].values()), 25):
        part = chance.choice([row, row.get("Properties") or row, row.get("Metadata") or row])
        part[chance.choice([*part])] = copy.deepcopy(chance.choice(JUNK))
    refused = ""

    try:
        rows = judged_stack(parse_template(json.dumps(template), source="template"))
    except UserError as error:
        rows, refused = [], str(error)

    assert refused.count("\n") == 0
    assert refused or {each.logical_id for each in rows} == template["Resources"].keys()


def test_a_container_beside_a_service_s_own_takes_nothing_from_it() -> None:
    template = copy.deepcopy(document("guide"))
    rows = template["Resources"]
    group = {**rows["FunctionsLogGroup0226F429"], "Metadata": {}}
    (traffic,) = (
        row
        for name, row in rows.items()
        if name.startswith("FunctionsSGfromAwsStackAlb")
        and row["Type"] == "AWS::EC2::SecurityGroupIngress"
    )
    rows["CollectorLogs"] = group
    rows["CollectorTraffic"] = {
        **traffic,
        "Properties": {**traffic["Properties"], "FromPort": 4317, "ToPort": 4317},
    }
    (task,) = (name for name in rows if name.startswith("FunctionsTaskDef"))
    collector = {
        "Name": "AdotCollectorContainer",
        "PortMappings": [{"ContainerPort": 4317}],
        "LogConfiguration": {"Options": {"awslogs-group": {"Ref": "CollectorLogs"}}},
    }
    rows[task]["Properties"]["ContainerDefinitions"].insert(0, collector)

    said = {each.logical_id: each for each in judged(template)}

    assert said["FunctionsLogGroup0226F429"].address == "aws_cloudwatch_log_group.functions"
    (rule,) = (name for name, row in rows.items() if row is traffic)
    assert said[rule].address == (
        "aws_vpc_security_group_ingress_rule.functions_from_load_balancer"
    )
    for name in ("CollectorLogs", "CollectorTraffic"):
        assert (said[name].verdict, said[name].address) == ("not covered", "")


@pytest.mark.parametrize("as_text", [False, True])
def test_what_get_template_prints_is_read_as_the_template(as_text: bool) -> None:
    whole = document("guide")
    body = json.dumps(whole) if as_text else whole

    read = parse_template(
        json.dumps({"TemplateBody": body, "StagesAvailable": []}), source="a.json"
    )

    assert list(read.rows) == list(whole["Resources"])


@pytest.mark.parametrize("key", ["Fn::ForEach::Topics", "Fn::Transform"])
def test_what_cloudformation_expands_is_named_with_the_form_that_holds_it(key: str) -> None:
    template = {"Resources": {**document("guide")["Resources"], key: ["Name", ["a"], {}]}}

    with pytest.raises(UserError, match=rf'"{key}" is expanded .* --template-stage Processed'):
        parse_template(json.dumps(template), source="a.json")


def test_a_template_that_holds_itself_is_refused() -> None:
    text = "Resources:\n  A: &a\n    Type: AWS::SQS::Queue\n    Properties: *a\n"

    with pytest.raises(UserError, match="line 4: CloudFormation takes no aliases"):
        parse_template(text, source="a.yaml")
