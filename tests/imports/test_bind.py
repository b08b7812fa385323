"""A record bound to a stack: what is imported, and how it is described."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from imports.bind import bind, bind_file, literally
from imports.record import AdoptedObject, write_record
from imports.sources.terraform_base.mapping import SHARED_ROLES
from imports.stage_file import stage_file
from synth import stages as synthesis
from terraform import references
from tests.imports.records import (
    REGION,
    STAGE,
    a_record,
    adopted,
    an_object,
    base_record,
    bound_document,
    document_without_shared_roles,
    observing,
    stack_document,
)

PHASES = ("adopt", "foundation", "full")
GROUP = "aws_security_group.database"
TASKS = "sg-5200ec6578f810e57"
POLICY = '{"Statement":[{"Resource":"arn:aws:s3:::b/${aws:username}","Condition":"%{x}"}]}'


def bound(resource: dict[str, Any], item: AdoptedObject, *, phase: str = "full") -> dict[str, Any]:
    """One resource after the binding."""
    document = {"resource": {item.type: {item.name: resource}}}
    result: dict[str, Any] = bind(document, a_record(item), phase=phase)["resource"]
    return dict(result[item.type][item.name])


def addresses(document: dict[str, Any]) -> set[str]:
    return {f"{type_}.{name}" for type_, named in document["resource"].items() for name in named}


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
def test_each_adopted_object_is_imported_under_its_id_and_sorted(phase: str) -> None:
    ids = {item.address: item.import_id for item in base_record().adopted}

    assert bound_document(phase)["import"] == [
        {"to": address, "id": ids[address]} for address in sorted(ids)
    ]


def test_ids_are_literals() -> None:
    document: dict[str, Any] = {"resource": {"aws_vpc": {"main": {}}}}

    result = bind(document, a_record(an_object("aws_vpc.main", "${file(1)}")), phase="full")

    assert result["import"] == [{"to": "aws_vpc.main", "id": "$${file(1)}"}]


@pytest.mark.jsii
def test_the_app_binds_the_stages_that_have_a_record_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "stages"
    folder.mkdir()
    found = {item.address: item.observed for item in base_record().adopted}
    (folder / f"{STAGE}.toml").write_text(stage_file(found, region=REGION))
    (folder / "plain.toml").write_text(
        'domain_name = "a.example.com"\noperator_email = "ops@example.com"\nphase = "foundation"\n'
    )
    write_record(folder / f"{STAGE}.adoption.json", base_record())

    status = synthesis.synthesize_stages(
        {"ATOMIC_STAGES_DIR": str(folder), "CDKTF_OUTDIR": str(tmp_path), "ATOMIC_STATE_DIR": "/s"}
    )

    def written(stack: str) -> Any:
        return json.loads((tmp_path / "stacks" / stack / "cdk.tf.json").read_text())

    assert status == 0
    assert "import" not in written("atomic-plain")
    assert len(written(f"atomic-{STAGE}")["import"]) == 46


@pytest.mark.jsii
def test_the_app_lets_go_of_the_shared_roles_where_the_stage_says_so(tmp_path: Path) -> None:
    found = {item.address: item.observed for item in base_record().adopted}
    text = stage_file(found, region=REGION).replace('phase = "adopt"', 'phase = "foundation"')
    stage = f'domain_name = "a.example.com"\nkeep_shared_roles = false\n{text}'
    (tmp_path / f"{STAGE}.toml").write_text(stage)
    write_record(tmp_path / f"{STAGE}.adoption.json", base_record())

    status = synthesis.synthesize_stages(
        {
            "ATOMIC_STAGES_DIR": str(tmp_path),
            "CDKTF_OUTDIR": str(tmp_path),
            "ATOMIC_STATE_DIR": "/s",
        }
    )

    document = json.loads((tmp_path / "stacks" / f"atomic-{STAGE}" / "cdk.tf.json").read_text())
    assert status == 0
    assert base_record().addresses - addresses(document) == SHARED_ROLES


@pytest.mark.jsii
def test_phase_adopt_holds_exactly_the_records_objects() -> None:
    document = bound_document("adopt")

    assert addresses(document) == base_record().addresses
    assert "ephemeral" not in document


@pytest.mark.jsii
@pytest.mark.parametrize("phase", ["foundation", "full"])
def test_later_phases_hold_the_records_objects_and_more(phase: str) -> None:
    assert addresses(bound_document(phase)) == addresses(stack_document(phase))
    assert addresses(bound_document(phase)) > base_record().addresses


@pytest.mark.jsii
def test_a_stage_that_drops_the_shared_roles_keeps_all_else() -> None:
    document = document_without_shared_roles("full")

    assert addresses(bound_document("full")) - addresses(document) == SHARED_ROLES
    assert {block["to"] for block in document["import"]} == base_record().addresses - SHARED_ROLES


@pytest.mark.jsii
def test_phase_adopt_keeps_the_outputs_that_speak_of_adopted_objects() -> None:
    document = bound_document("adopt")

    known = base_record().addresses | {"data.aws_caller_identity.current"}
    assert references.addresses(document["output"]) <= known
    assert {"VpcId", "ClusterName", "HasuraJwtSecretArn"} <= set(document["output"])
    assert "NotionApiTokenArn" not in document["output"]


@pytest.mark.jsii
def test_cdktf_lists_the_outputs_that_are_there() -> None:
    document = bound_document("adopt")

    listed = [name for outputs in document["//"]["outputs"].values() for name in outputs.values()]
    assert sorted(listed) == sorted(document["output"])


@pytest.mark.jsii
def test_phase_adopt_refers_to_nothing_that_is_left_out() -> None:
    document = bound_document("adopt")

    known = base_record().addresses | {"aws_caller_identity.current"}
    assert references.addresses(document["resource"]) <= known
    depended = {
        each
        for named in document["resource"].values()
        for resource in named.values()
        for each in resource.get("depends_on", ())
    }
    assert depended <= known


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("address", "attribute", "value"),
    [
        ("aws_security_group.ecs_tasks", "name", "their-tasks"),
        ("aws_security_group.ecs_tasks", "description", "Their own words"),
        ("aws_vpc.main", "cidr_block", "10.99.0.0/16"),
        ("aws_subnet.private_1", "availability_zone", "us-east-1f"),
        ("aws_vpc.main", "tags", {"Name": "theirs", "CostCentre": "7"}),
        ("aws_iam_policy.ecs_application_task_policy", "policy", '{"Statement":[]}'),
        ("aws_iam_role.ecs_task_execution_role", "assume_role_policy", '{"Statement":[1]}'),
        ("aws_secretsmanager_secret.hasura_jwt_secret", "description", "Theirs"),
        ("aws_db_instance.main", "engine", "mysql"),
        ("aws_db_instance.main", "username", "somebody"),
        ("aws_db_instance.main", "storage_encrypted", False),
    ],
)
def test_what_was_observed_takes_the_place_of_our_own(
    phase: str, address: str, attribute: str, value: object
) -> None:
    record = observing(base_record(), address, **{attribute: value})
    item = adopted(record, address)

    resource = bound_document(phase, record)["resource"][item.type][item.name]

    assert resource[attribute] == value


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
def test_tags_of_our_own_go_where_none_were_observed(phase: str) -> None:
    record = observing(base_record(), "aws_vpc.main", tags=None)
    assert "tags" in stack_document(phase)["resource"]["aws_vpc"]["main"]

    assert "tags" not in bound_document(phase, record)["resource"]["aws_vpc"]["main"]


def test_settings_are_as_found_in_phase_adopt_and_as_set_later() -> None:
    item = an_object("aws_db_instance.main", "db", instance_class="db.m5.large")
    resource = {"instance_class": "db.t3.micro", "multi_az": True}

    assert bound(resource, item, phase="adopt") == {"instance_class": "db.m5.large"}
    assert bound(resource, item, phase="full") == resource


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
def test_an_attachment_found_by_its_names_still_waits_for_role_and_policy(phase: str) -> None:
    attachments = bound_document(phase)["resource"]["aws_iam_role_policy_attachment"]

    assert attachments["ecs_application_task_role_custom_policy"]["depends_on"] == [
        "aws_iam_policy.ecs_application_task_policy",
        "aws_iam_role.ecs_application_task_role",
    ]


def test_what_is_read_and_not_managed_is_nothing_to_wait_for() -> None:
    resource = {"description": "${data.aws_region.current.region}"}

    result = bound(resource, an_object(GROUP, TASKS, description="found"))

    assert result == {"description": "found"}


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
def test_what_was_observed_is_no_expression(phase: str) -> None:
    address = "aws_iam_policy.ecs_application_task_policy"
    record = observing(base_record(), address, policy=POLICY)

    document = bound_document(phase, record)

    policy = document["resource"]["aws_iam_policy"]["ecs_application_task_policy"]["policy"]
    assert policy == POLICY.replace("${", "$${").replace("%{", "%%{")
    assert references.addresses(policy) == set()


def test_keys_and_nested_values_are_literals_too() -> None:
    assert literally({"a${b}": ["%{c}", {"d": "${e}"}], "n": [1, None, True]}) == {
        "a$${b}": ["%%{c}", {"d": "$${e}"}],
        "n": [1, None, True],
    }


def rule(port: int, words: str, **source: Any) -> dict[str, Any]:
    empty = {"cidr_blocks": None, "security_groups": None, "self": None}
    ports = {"from_port": port, "to_port": port, "protocol": "tcp"}
    return {**empty, **ports, "description": words, **source}


THEIRS = rule(443, "Encrypted web", cidr_blocks=["0.0.0.0/0"], security_groups=[], self=False)
SAME = rule(443, "HTTPS from anywhere", cidr_blocks=["0.0.0.0/0"])
OTHER = rule(8443, "HTTPS from anywhere", cidr_blocks=["0.0.0.0/0"])


def test_a_rule_for_the_same_traffic_keeps_its_words() -> None:
    item = an_object("aws_security_group.load_balancer", "sg-1", ingress=[THEIRS])

    assert bound({"ingress": [SAME]}, item)["ingress"] == [THEIRS]


def test_a_rule_of_ours_for_other_traffic_comes_with_the_later_phases() -> None:
    item = an_object("aws_security_group.load_balancer", "sg-1", ingress=[THEIRS])

    assert bound({"ingress": [SAME, OTHER]}, item)["ingress"] == [THEIRS, OTHER]
    assert bound({"ingress": [SAME, OTHER]}, item, phase="adopt")["ingress"] == [THEIRS]


@pytest.mark.parametrize(
    "other",
    [
        {**SAME, "protocol": "udp"},
        {**SAME, "to_port": 444},
        {**SAME, "cidr_blocks": ["10.0.0.0/8"]},
        {**SAME, "security_groups": ["sg-2"]},
        {**SAME, "ipv6_cidr_blocks": ["::/0"]},
        {**SAME, "prefix_list_ids": ["pl-1"]},
        {**SAME, "self": True},
    ],
)
def test_a_rule_that_differs_in_more_than_words_is_another(other: dict[str, Any]) -> None:
    item = an_object("aws_security_group.load_balancer", "sg-1", ingress=[THEIRS])

    assert bound({"ingress": [other]}, item)["ingress"] == [THEIRS, other]


def test_the_order_of_sources_makes_no_other_rule() -> None:
    ours = {**SAME, "cidr_blocks": ["b", "a"]}
    theirs = {**THEIRS, "cidr_blocks": ["a", "b"]}
    item = an_object("aws_security_group.load_balancer", "sg-1", egress=[theirs])

    assert bound({"egress": [ours]}, item)["egress"] == [theirs]


def test_a_group_without_observed_rules_has_none_in_phase_adopt() -> None:
    item = an_object("aws_security_group.msk_client", "sg-1")

    assert bound({"ingress": [SAME]}, item, phase="adopt") == {}


@pytest.mark.jsii
def test_the_databases_rule_stays_and_the_services_come_beside_it() -> None:
    before = bound_document("adopt")["resource"]["aws_security_group"]["database"]["ingress"]
    after = bound_document("full")["resource"]["aws_security_group"]["database"]["ingress"]

    assert [item["security_groups"] for item in before] == [[TASKS]]
    assert after[0] == before[0] == adopted(base_record(), GROUP).observed["ingress"][0]
    assert [item["description"] for item in after[1:]] == [
        "From supertokens",
        "From hasura",
        "From optaplanner",
    ]


@pytest.mark.parametrize("phase", ["foundation", "full"])
def test_a_route_to_the_same_destination_keeps_its_way(phase: str) -> None:
    theirs = {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}
    ours = [
        {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-2"},
        {"cidr_block": None, "ipv6_cidr_block": "::/0", "gateway_id": "igw-2"},
    ]
    item = an_object("aws_route_table.public", "rtb-1", route=[theirs])

    assert bound({"route": ours}, item, phase=phase)["route"] == [theirs, ours[1]]


@pytest.mark.parametrize("rules", ["443", [443], [None], {"from_port": 443}, [{"cidr_blocks": 4}]])
def test_rules_that_are_none_are_refused_in_one_line(rules: object) -> None:
    item = an_object("aws_security_group.load_balancer", "sg-1", ingress=rules)

    with pytest.raises(UserError, match=r"ingress of aws_security_group.load_balancer is no"):
        bound({"ingress": []}, item)


@pytest.mark.jsii
def test_a_reference_to_what_is_not_adopted_is_refused() -> None:
    record = base_record()
    less = record.model_copy(
        update={"adopted": [item for item in record.adopted if item.address != "aws_vpc.main"]}
    )

    with pytest.raises(UserError, match=r"refers to aws_vpc.main, which is not adopted"):
        bound_document("adopt", less)


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("address", ["aws_subnet.public_2", "aws_nat_gateway.nat_9"])
def test_an_address_that_the_stage_does_not_have_is_refused(phase: str, address: str) -> None:
    extra = a_record(*base_record().adopted, an_object(address, "x-1"), stage=STAGE)

    with pytest.raises(UserError) as caught:
        bound_document(phase, extra)

    assert str(caught.value).startswith(
        f"the adoption record of live names {address}, which the stage does not have: make the"
    )


def test_a_type_that_is_never_adopted_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"names aws_wafv2_web_acl.main, which the stage does not have"
    ):
        bound({}, an_object("aws_wafv2_web_acl.main", "acl"))


@pytest.mark.jsii
def test_the_stack_that_was_given_stays_as_it_is() -> None:
    document = stack_document("adopt")
    before = copy.deepcopy(document)

    bind(document, base_record(), phase="adopt")

    assert document == before


@pytest.mark.jsii
def test_a_bound_file_is_bound_in_place(tmp_path: Path) -> None:
    path = tmp_path / "cdk.tf.json"
    path.write_text(json.dumps(stack_document("adopt")))

    bind_file(path, base_record(), phase="adopt")

    assert json.loads(path.read_text()) == bound_document("adopt")


def test_a_failed_binding_leaves_no_unbound_file(tmp_path: Path) -> None:
    path = tmp_path / "cdk.tf.json"
    path.write_text(json.dumps({"resource": {}}))

    with pytest.raises(UserError):
        bind_file(path, base_record(), phase="full")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("status", ["Disabled", "Enabled", "Suspended"])
def test_the_versioning_of_an_adopted_bucket_stays_as_it_was_found(phase: str, status: str) -> None:
    found = [{"status": status}]
    record = base_record()
    items = [
        each.model_copy(update={"observed": {"bucket": "b", "versioning_configuration": found}})
        if each.address == "aws_s3_bucket_versioning.data"
        else each
        for each in record.adopted
    ]

    document = bound_document(phase, record.model_copy(update={"adopted": items}))

    versioning = document["resource"]["aws_s3_bucket_versioning"]["data"]
    assert versioning["versioning_configuration"] == found


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
def test_no_rule_that_expires_old_versions_is_added_to_an_adopted_bucket(phase: str) -> None:
    rules = bound_document(phase)["resource"].get("aws_s3_bucket_lifecycle_configuration", {})

    assert "data" not in rules


def test_a_group_that_the_owner_gave_the_database_stays_beside_the_platforms() -> None:
    ours = "${aws_security_group.database.id}"
    item = an_object("aws_db_instance.main", "db", vpc_security_group_ids=["sg-1", "sg-own"])

    def groups(phase: str) -> object:
        resource = {"vpc_security_group_ids": [ours]}
        return bound(resource, item, phase=phase)["vpc_security_group_ids"]

    assert groups("adopt") == ["sg-1", "sg-own"]
    assert groups("full") == ["sg-1", "sg-own", ours]
