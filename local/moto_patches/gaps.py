"""What moto leaves out of IAM, EC2, RDS, S3, secrets, queues and scaling, and answers wrongly anywhere."""

import json
import secrets
import string
import sys
from typing import Any
from xml.etree import ElementTree

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.responses import ActionResult, BaseResponse
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.efs.exceptions import FileSystemNotFound
from moto.efs.models import EFSBackend
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse
from moto.rds.models import DBCluster, DBInstance, RDSBackend
from moto.s3.models import s3_backends
from moto.s3.responses import S3Response
from moto.secretsmanager.exceptions import SecretNotFoundException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend
from moto.servicequotas.models import ServiceQuotasBackend
from moto.sqs.models import Queue

from local.error_shapes import error_answer, protocol_of
from local.moto_patches.patching import Own, adds, around, before

_TARGETS_TAGS: dict[str, dict[str, str]] = {}
# AWS's defaults for a new account, beside those of VPCs, which moto knows.
_QUOTAS = {("ec2", "L-0263D0A3"): 5.0, ("fargate", "L-3032A538"): 6.0}


@around(Queue, "attributes")
def _write_redrive_policies_without_blanks(own: Own, self: Queue) -> dict[str, Any]:
    """Answer as SQS does: with blanks each plan would write the policy anew."""
    found: dict[str, Any] = own(self)
    if text := found.get("RedrivePolicy"):
        found["RedrivePolicy"] = json.dumps(json.loads(text), separators=(",", ":"))
    return found


@before(IAMBackend)
def _delete_policy(self: IAMBackend, policy_arn: str) -> None:
    """Moto deletes one that is attached, and then the role can never be deleted."""
    if self.get_policy(policy_arn).attachment_count:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")


@around(ApplicationAutoScalingResponse)
def _register_scalable_target(own: Own, self: ApplicationAutoScalingResponse) -> Any:
    answer = own(self)
    arn = json.loads(answer).get("ScalableTargetARN")
    if arn:
        _TARGETS_TAGS.setdefault(arn, {}).update(self._get_param("Tags") or {})
    return answer


@adds(ApplicationAutoScalingResponse)
def _list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
    """Without it the provider retries 25 times, and a deploy seems to hang."""
    return json.dumps({"Tags": _TARGETS_TAGS.get(self._get_param("ResourceARN"), {})})


@adds(ApplicationAutoScalingResponse)
def _tag_resource(self: ApplicationAutoScalingResponse) -> str:
    _TARGETS_TAGS.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
    return "{}"


@adds(ApplicationAutoScalingResponse)
def _untag_resource(self: ApplicationAutoScalingResponse) -> str:
    for key in self._get_param("TagKeys"):
        _TARGETS_TAGS.get(self._get_param("ResourceARN"), {}).pop(key, None)
    return "{}"


@around(DBInstance, "__init__")
def _tell_instances_apart(own: Own, self: DBInstance, *args: Any, **kwargs: Any) -> None:
    """Give each instance a resource id of its own: the provider finds it by that."""
    own(self, *args, **kwargs)
    alphabet = string.ascii_uppercase + string.digits
    self.dbi_resource_id = "db-" + "".join(secrets.choice(alphabet) for _ in range(26))


@around(RDSBackend)
def _restore_db_instance_to_point_in_time(
    own: Own, self: RDSBackend, *args: Any, **kwargs: Any
) -> DBInstance:
    """Moto takes what was restored for a replica of the instance that it was restored from."""
    made: DBInstance = own(self, *args, **kwargs)
    made.source_db_instance_identifier = None
    return made


@around(DBCluster)
def _scaling_configuration_info(own: Own, self: DBCluster) -> Any:
    """Only Serverless v1 has a scaling configuration; moto invents one for every cluster."""
    return own(self) if self.engine_mode == "serverless" else None


@around(SecurityGroupRule, "description")
def _describe_rules_between_groups(_own: Own, self: SecurityGroupRule) -> str | None:
    """Keep the description of a rule that names a group, as of one that names a range."""
    found = self.ip_range.get("Description") or self.source_group.get("Description")
    return str(found) if found else None


@around(S3Response)
def _head_bucket(own: Own, self: S3Response) -> Any:
    """Refuse whoever expects a bucket of another account than its own; moto does not look."""
    expected = self.headers.get("x-amz-expected-bucket-owner")
    _, owner = s3_backends.bucket_accounts.get(self.bucket_name, (None, expected))
    return own(self) if not expected or owner == expected else (403, {}, "")


@around(IAMPolicyStatement)
def _is_action_permitted(own: Own, self: IAMPolicyStatement, *args: Any, **kwargs: Any) -> Any:
    """Ignore a bucket's TLS-only condition: moto does not evaluate it, and would answer nobody."""
    if self._statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}:
        return PermissionResult.NEUTRAL
    return own(self, *args, **kwargs)


@around(BaseResponse)
def _call_action(own: Own, self: BaseResponse) -> Any:
    """Answer a call that moto lacks with a client error, in words that its client reads.

    Clients retry a server error for minutes, and an answer that they cannot read too.
    """
    try:
        return own(self)
    except NotImplementedError as error:
        message = f"the embedded AWS lacks this call: {type(self).__name__}: {error}"
        print(message, file=sys.stderr, flush=True)
        asked = self.headers
        wording = protocol_of(
            asked.get("Authorization", ""),
            target=asked.get("X-Amz-Target", ""),
            content_type=asked.get("Content-Type", ""),
        )
        said = error_answer(
            wording, status="400 Bad Request", code="NotImplemented", message=message
        )
        return 400, dict(said.headers), said.body.decode()


@before(SecretsManagerBackend)
def _list_secret_version_ids(self: SecretsManagerBackend, secret_id: str) -> None:
    """Moto fails on one that is gone: a server error, which clients retry for minutes."""
    if not self._is_valid_identifier(secret_id):
        raise SecretNotFoundException


@before(EFSBackend)
def _describe_file_system_policy(self: EFSBackend, file_system_id: str) -> None:
    """Moto fails on one that is gone, as above."""
    if file_system_id not in self.file_systems_by_id:
        raise FileSystemNotFound(file_system_id)


@around(FakeSecret, "reset_default_version")
def _keep_labels(
    own: Own, self: FakeSecret, secret_version: dict[str, Any], version_id: str
) -> None:
    """Take only AWS's own labels from the last version of a secret when a new one is made."""
    last = self.versions.get(self.default_version_id or "", {"version_stages": []})
    moved = {"AWSCURRENT", "AWSPREVIOUS", *secret_version["version_stages"]}
    kept = [label for label in last["version_stages"] if label not in moved]
    own(self, secret_version, version_id)
    last["version_stages"] += kept


@adds(IamResponse)
def _simulate_principal_policy(self: IamResponse) -> ActionResult:
    """Allow every action of a simulated policy: the embedded AWS asks nobody for a permission."""
    return ActionResult(
        {
            "EvaluationResults": [
                {"EvalActionName": action, "EvalDecision": "allowed"}
                for action in self._get_param("ActionNames")
            ]
        }
    )


@around(ServiceQuotasBackend)
def _get_service_quota(
    own: Own, self: ServiceQuotasBackend, service_code: str, quota_code: str
) -> Any:
    limit = _QUOTAS.get((service_code, quota_code))
    if limit is None:
        return own(self, service_code, quota_code)
    return {"ServiceCode": service_code, "QuotaCode": quota_code, "Value": limit}


@around(S3Response, "_bucket_tagging_from_body")
def _take_tags_of_aws_itself(_own: Own, self: S3Response) -> dict[str, str]:
    """Take the tags that CloudFormation sets; whether a caller may is the validation's to say."""
    root = ElementTree.fromstring(self.body)  # noqa: S314  # our own callers'
    tags = [tag for tag in root.iter() if tag.tag.rpartition("}")[2] == "Tag"]
    return dict([part.text or "" for part in tag] for tag in tags)  # key and value, in this order
