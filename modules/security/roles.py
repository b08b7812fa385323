"""IAM roles, and what they may do."""

import json
from collections.abc import Sequence

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.base.address import address
from modules.security import policies


def role(
    scope: Construct,
    id_: str,
    label: str,
    *,
    name: str,
    trust: policies.Document,
    description: str | None = None,
) -> IamRole:
    """Make the role `aws_iam_role.LABEL`, which those in `trust` may take."""
    document = json.dumps(trust)
    return address(label, IamRole)(
        scope, id_, name=name, description=description, assume_role_policy=document
    )


def allow(
    scope: Construct,
    id_: str,
    label: str,
    *,
    role: IamRole,
    name: str,
    statements: Sequence[policies.Statement],
) -> IamRolePolicy:
    """Let a role do what the statements say, by a policy of its own, `aws_iam_role_policy.LABEL`."""
    document = json.dumps(policies.document(statements))
    return address(label, IamRolePolicy)(scope, id_, name=name, role=role.name, policy=document)
