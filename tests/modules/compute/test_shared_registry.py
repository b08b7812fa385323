"""Registries of one stage that others pull from, in other accounts and regions."""

import pytest

from modules.settings.stage_files import parse_stage
from tests.conftest import Synthesize

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
HOST, OTHER = "210987654321.dkr.ecr.eu-central-1.amazonaws.com", "210987654321"


def test_a_stage_that_uses_anothers_has_none_and_pulls_from_there(stack: Synthesize) -> None:
    lodged = stack("lodged")

    assert lodged.names("aws_ecr_repository") == []
    app = lodged.containers("app")["app"]
    assert app["image"] == f"{HOST}/atomic-prod-app:latest"
    assert lodged.outputs["EcrRepositoryApp"] == f"{HOST}/atomic-prod-app"


def test_its_services_may_pull_their_own_image_there(stack: Synthesize) -> None:
    statements = stack("lodged").policy("aws_iam_role_policy", "app_execution")["Statement"]

    (pull,) = [each for each in statements if each["Sid"] == "PullImage"]
    assert pull["Resource"] == [f"arn:aws:ecr:eu-central-1:{OTHER}:repository/atomic-prod-app"]


def test_the_stage_that_has_them_lets_the_other_account_pull_and_not_push(
    stack: Synthesize,
) -> None:
    fronted = stack("fronted")

    policies = fronted.names("aws_ecr_repository_policy")
    assert policies == fronted.names("aws_ecr_repository")
    (statement,) = fronted.policy("aws_ecr_repository_policy", "app")["Statement"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{OTHER}:root"]}
    assert {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"} <= set(statement["Action"])
    assert not [each for each in statement["Action"] if "Put" in each or "Upload" in each]


def test_without_either_there_is_no_policy(stack: Synthesize) -> None:
    assert stack("dev").names("aws_ecr_repository_policy") == []


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"registry": f"{HOST}/atomic-prod", "shared_with": [OTHER]}, "images.shared_with"),
        ({"registry": "atomic-prod"}, "images.registry"),
        ({"registry": f"{OTHER}.dkr.ecr.cn-north-1.amazonaws.com.cn/a"}, "images.registry"),
        ({"shared_with": ["prod"]}, "images.shared_with.0"),
    ],
)
def test_what_cannot_be_shared_is_one_error(chosen: dict[str, object], field: str) -> None:
    _, errors = parse_stage({**REQUIRED, "images": chosen}, stage="x")

    assert [each.field for each in errors] == [field]


def test_ones_own_registry_is_no_other_stages() -> None:
    chosen = {
        **REQUIRED,
        "account_id": OTHER,
        "region": "eu-central-1",
        "prefix": "atomic-prod",
        "images": {"registry": f"{HOST}/atomic-prod"},
    }
    _, errors = parse_stage(chosen, stage="x")

    assert [each.field for each in errors] == ["images.registry"]


def test_a_stage_lends_no_registry_that_is_another_stages() -> None:
    chosen = {**REQUIRED, "previews": {}, "images": {"registry": f"{HOST}/atomic-prod"}}
    _, errors = parse_stage(chosen, stage="x")

    assert [each.field for each in errors] == ["images.registry"]
