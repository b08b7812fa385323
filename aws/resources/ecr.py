"""Images."""

import json
from typing import Any, Final

from aws.resources.call import Call
from aws.resources.document import Document, DocumentReader, planned_policy, policy_document
from aws.resources.row import ResourceType, switched_off


def _no_longer_fixed(before: Any, after: Any) -> bool:
    return bool(before == "IMMUTABLE" and after != "IMMUTABLE")


def _rules(text: object) -> Document | None:
    """Return a lifecycle policy without what only a person reads; None for what is none."""
    try:
        policy = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if not isinstance(policy, dict):
        return None
    rules = [
        {key: value for key, value in rule.items() if key != "description"}
        for rule in policy.get("rules", [])
    ]
    return {"rules": sorted(rules, key=lambda rule: json.dumps(rule, sort_keys=True))}


def _policy(part: str, name: str, document: DocumentReader) -> ResourceType:
    """Return the row of a policy that a repository has once or not at all."""
    return ResourceType(
        type=f"aws_ecr_{part}",
        free=True,
        key=("repository",),
        attributes={"id": "repositoryName", "repository": "repositoryName"},
        import_id="{repository}",
        is_part=True,
        listing=Call(
            "ecr",
            f"Get{name}",
            "",
            {"repositoryName": "{}"},
            absent=frozenset({f"{name}NotFoundException", "RepositoryNotFoundException"}),
        ),
        overwrites=True,
        document=document,
    )


ECR: Final = (
    _policy(
        "lifecycle_policy",
        "LifecyclePolicy",
        DocumentReader(
            held=lambda _clients, row: _rules(row["lifecyclePolicyText"]),
            planned=lambda after: _rules(after.get("policy")),
        ),
    ),
    _policy(
        "repository_policy",
        "RepositoryPolicy",
        DocumentReader(
            held=lambda _clients, row: policy_document(row["policyText"]),
            planned=planned_policy,
        ),
    ),
    ResourceType(
        type="aws_ecr_repository",
        cloudformation="AWS::ECR::Repository",
        arn="arn:aws:ecr:us-east-1:111122223333:repository/name",
        label="repository",
        key=("name",),
        refuses_double=True,
        attributes={
            "id": "repositoryName",
            "name": "repositoryName",
            "arn": "repositoryArn",
            "repository_url": "repositoryUri",
        },
        import_id="{name}",
        listing=Call(
            "ecr",
            "DescribeRepositories",
            "repositories",
            {"repositoryNames": ["{}"]},
            absent=frozenset({"RepositoryNotFoundException"}),
        ),
        holds_data=True,
        kept_in_state={"force_delete": None},
        state_changes={"force_delete": switched_off},
        identity=("encryption_configuration", "name", "tags"),
        settings=("image_scanning_configuration", "image_tag_mutability"),
        chosen={"image_tag_mutability": _no_longer_fixed},
    ),
)
