"""What a construct asks the stage's context."""

import os

import pytest

from modules.base.guard import Guard
from modules.base.naming import Names
from modules.context import Context
from synth.bindings import accelerate


def context(*adopted: str) -> Context:
    return Context(
        names=Names(prefix="acme", stack="atomic-dev"),
        account_id="123456789012",
        region="us-east-1",
        time_zone="UTC",
        log_retention_days=30,
        guard=Guard(retain_data=True, allow_destroy=frozenset()),
        adopted=frozenset(adopted),
        key_arn=None,
    )


@pytest.mark.jsii
@pytest.mark.parametrize(
    ("name", "adopted"), [("hasura-admin-secret", True), ("hasura-jwt-secret", False)]
)
def test_an_object_is_adopted_by_its_type_and_name(name: str, *, adopted: bool) -> None:
    accelerate(os.environ)
    from cdktf_cdktf_provider_aws.secretsmanager_secret import (  # noqa: PLC0415  # starts jsii
        SecretsmanagerSecret,
    )
    from cdktf_cdktf_provider_aws.vpc import Vpc  # noqa: PLC0415

    found = context("aws_secretsmanager_secret.hasura_admin_secret")

    assert found.is_adopted(SecretsmanagerSecret, name) is adopted
    assert found.is_adopted(Vpc, name) is False


@pytest.mark.jsii
def test_a_stage_without_a_legacy_base_has_adopted_nothing() -> None:
    accelerate(os.environ)
    from cdktf_cdktf_provider_aws.vpc import Vpc  # noqa: PLC0415

    assert context().is_adopted(Vpc, "main") is False
