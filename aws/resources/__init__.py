"""The catalogue of AWS: one row a type of resource, one file a service. A new type is one row.

`tests/aws/test_resources.py` names what a row of a stage's type lacks, and holds every row against botocore's
models of the services.
"""

from collections.abc import Mapping
from typing import Final

from aws.resources.acm import ACM
from aws.resources.backup import BACKUP
from aws.resources.chatbot import CHATBOT
from aws.resources.cloudfront import CLOUDFRONT
from aws.resources.cloudwatch import CLOUDWATCH
from aws.resources.costs import COSTS
from aws.resources.document import Attributes
from aws.resources.ec2 import EC2
from aws.resources.ecr import ECR
from aws.resources.ecs import APPLICATION_AUTOSCALING, ECS
from aws.resources.efs import EFS
from aws.resources.elbv2 import ELBV2
from aws.resources.iam import IAM
from aws.resources.kms import KMS
from aws.resources.rds import RDS
from aws.resources.route53 import ROUTE53
from aws.resources.row import ResourceType
from aws.resources.s3 import S3
from aws.resources.scheduler import SCHEDULER
from aws.resources.secretsmanager import SECRETSMANAGER
from aws.resources.security_groups import SECURITY_GROUPS
from aws.resources.servicediscovery import SERVICEDISCOVERY
from aws.resources.sns import SNS
from aws.resources.sqs import SQS
from aws.resources.wafv2 import WAFV2
from common.errors import UserError

# In the order in which the deletion of one frees the next.
RESOURCES: Final[Mapping[str, ResourceType]] = {
    each.type: each
    for each in (
        *BACKUP,
        *KMS,
        *CLOUDFRONT,
        *ACM,
        *EFS,
        *SERVICEDISCOVERY,
        *SECURITY_GROUPS,
        *EC2,
        *ECR,
        *ECS,
        *APPLICATION_AUTOSCALING,
        *ELBV2,
        *IAM,
        *RDS,
        *ROUTE53,
        *S3,
        *SECRETSMANAGER,
        *SNS,
        *WAFV2,
        *CLOUDWATCH,
        *CHATBOT,
        *COSTS,
        *SCHEDULER,
        *SQS,
    )
}
CARRYING: Final = frozenset(each.type for each in RESOURCES.values() if each.carries_data)
PROTECTING: Final = frozenset(each.type for each in RESOURCES.values() if each.protects)
DOCUMENTS: Final = frozenset(each.type for each in RESOURCES.values() if each.document)
ADOPTABLE: Final = frozenset(each.type for each in RESOURCES.values() if each.identity is not None)


def import_id(type_: str, attributes: Attributes) -> str:
    """Return the import id of an object of `type_` with these state attributes.

    Raises UserError for a type that is not imported and for attributes without what the id is made of.
    """
    resource = RESOURCES.get(type_)
    if resource is None or resource.not_imported:
        allowed = sorted(each.type for each in RESOURCES.values() if not each.not_imported)
        raise UserError(
            f"no import id is known for the type {type_}: allowed: {', '.join(allowed)}; "
            "leave the resource in the legacy state"
        )
    try:
        return resource.import_id_of(attributes)
    except KeyError as error:
        raise UserError(
            f"a {type_} without the attribute {error.args[0]} has no import id: refresh the "
            "legacy state, or take a backup of it that says it"
        ) from None
    except ValueError:
        raise UserError(
            f"a {type_} with an empty id cannot be imported: refresh the legacy state"
        ) from None


def is_state_only(type_: str, attribute: str, before: object, after: object) -> bool:
    """Return whether a change is one that reaches the state alone, and no API."""
    resource = RESOURCES.get(type_)
    allowed = resource.state_changes.get(attribute) if resource else None
    return allowed is not None and allowed(before, after)
