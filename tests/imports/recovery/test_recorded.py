"""What the adoption record names is looked up in AWS before it is believed."""

import pytest

from aws.client import Clients
from common.errors import UserError
from imports.record import AdoptedObject, AdoptionRecord, LegacyOrigin
from imports.recovery.recorded import Recorded, recorded

VPC = "aws_vpc.main"


def _record(objects: dict[str, str], *, account: str = "123456789012") -> AdoptionRecord:
    return AdoptionRecord(
        stage="live",
        account_id=account,
        region="us-east-1",
        legacy=LegacyOrigin(source="state"),
        adopted=[
            AdoptedObject(address=address, legacy_address=address, import_id=id_, observed={})
            for address, id_ in objects.items()
        ],
        released=[],
        not_covered=[],
    )


def _vpc(clients: Clients) -> str:
    return str(clients("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def test_what_stands_is_found_by_its_id_with_what_others_refer_to(clients: Clients) -> None:
    secret = clients("secretsmanager").create_secret(Name="atomic-key", SecretString="x")["ARN"]
    address = "aws_secretsmanager_secret.openai_api_key"
    vpc = _vpc(clients)

    found = recorded(_record({VPC: vpc, address: secret}), clients, wanted={VPC, address})

    assert {each: live.import_id for each, live in found.found.items()} == {
        VPC: vpc,
        address: secret,
    }
    assert found.found[VPC].attributes["id"] == vpc
    assert found.found[address].attributes["arn"] == secret
    assert found.gone == {}


def test_what_does_not_stand_is_told_with_the_remedy(clients: Clients) -> None:
    found = recorded(_record({VPC: "vpc-00000000"}), clients, wanted={VPC})

    assert found.found == {}
    assert "vpc-00000000" in found.gone[VPC]
    assert "take it out of the adoption record" in found.gone[VPC]


def test_only_what_is_wanted_is_looked_for(clients: Clients) -> None:
    assert recorded(_record({VPC: "vpc-00000000"}), clients, wanted=set()) == Recorded(
        found={}, gone={}
    )


def test_a_stage_without_a_record_has_nothing_recorded(clients: Clients) -> None:
    assert recorded(None, clients, wanted={VPC}) == Recorded(found={}, gone={})


def test_a_record_of_another_account_is_refused(clients: Clients) -> None:
    record = _record({VPC: _vpc(clients)}, account="210987654321")

    with pytest.raises(UserError, match="account 210987654321"):
        recorded(record, clients, wanted={VPC})
