"""What the inventory says of the stage file that it finds."""

from pathlib import Path

import pytest

from aws.client import Clients
from common.errors import UserError
from imports.take_stock import phase_notes, refuse_gone
from tests.imports.records import a_record, an_object, settings_of


@pytest.mark.parametrize("phase", ["foundation", "full"])
def test_a_stage_file_in_a_later_phase_is_noted_with_the_phase_that_adopts(phase: str) -> None:
    (note,) = phase_notes(settings_of(phase), Path("prod.toml"))

    assert note.startswith(f'prod.toml says phase = "{phase}"')
    assert 'write phase = "adopt" there' in note


def test_a_stage_file_that_adopts_needs_no_note() -> None:
    assert phase_notes(settings_of("adopt"), Path("prod.toml")) == []


def test_what_the_state_names_and_aws_no_longer_has_is_named_with_what_to_do(
    clients: Clients,
) -> None:
    secrets = clients("secretsmanager")
    here, gone = (secrets.create_secret(Name=name, SecretString="x")["ARN"] for name in "ab")
    objects = {"aws_secretsmanager_secret.a": here, "aws_secretsmanager_secret.b": gone}
    record = a_record(*(an_object(address, id_) for address, id_ in objects.items()))
    refuse_gone(record, clients)

    secrets.delete_secret(SecretId=gone)

    with pytest.raises(UserError) as refused:
        refuse_gone(record, clients)
    said = str(refused.value)
    assert said.startswith(
        f"1 of the legacy base's objects cannot be read: aws_secretsmanager_secret.b ({gone}): "
    )
    assert "scheduled for deletion" in said
    assert "terraform state rm aws_secretsmanager_secret.b" in said
