"""How Terraform wants each type of resource named when it is imported. Not the same as its id in a state.

Source: the "Import" section of each resource's page in the provider's documentation; every row was used
for an import with provider 5.100.0.
"""

from collections.abc import Callable, Mapping
from typing import Any

from common.errors import UserError

Attributes = Mapping[str, Any]


def _attribute(name: str) -> Callable[[Attributes], str]:
    return lambda attributes: _text(attributes[name])


def _pair(first: str, second: str) -> Callable[[Attributes], str]:
    return lambda attributes: f"{_text(attributes[first])}/{_text(attributes[second])}"


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


_BUILDERS: Mapping[str, Callable[[Attributes], str]] = {
    "aws_vpc": _attribute("id"),
    "aws_subnet": _attribute("id"),
    "aws_internet_gateway": _attribute("id"),
    "aws_eip": _attribute("allocation_id"),
    "aws_nat_gateway": _attribute("id"),
    "aws_route_table": _attribute("id"),
    "aws_route_table_association": _pair("subnet_id", "route_table_id"),
    "aws_security_group": _attribute("id"),
    "aws_ecr_repository": _attribute("name"),
    "aws_s3_bucket": _attribute("bucket"),
    "aws_s3_bucket_versioning": _attribute("bucket"),
    "aws_s3_bucket_public_access_block": _attribute("bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": _attribute("bucket"),
    "aws_iam_role": _attribute("name"),
    "aws_iam_policy": _attribute("arn"),
    "aws_iam_role_policy_attachment": _pair("role", "policy_arn"),
    "aws_ecs_cluster": _attribute("name"),
    "aws_db_subnet_group": _attribute("name"),
    "aws_db_instance": _attribute("identifier"),
    "aws_secretsmanager_secret": _attribute("arn"),
}


def import_id(type_: str, attributes: Attributes) -> str:
    """The import id of an object of `type_` with these state attributes.

    Raises UserError for a type without a builder and for attributes without what the id is made of.
    """
    builder = _BUILDERS.get(type_)
    if builder is None:
        raise UserError(
            f"no import id is known for the type {type_}: allowed: {', '.join(sorted(_BUILDERS))}; "
            "leave the resource in the legacy state"
        )
    try:
        return builder(attributes)
    except KeyError as error:
        raise UserError(
            f"a {type_} without the attribute {error.args[0]} has no import id: read the state again "
            "with `terraform state pull`"
        ) from None
    except ValueError:
        raise UserError(
            f"a {type_} with an empty id cannot be imported: refresh the legacy state"
        ) from None
