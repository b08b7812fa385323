"""What moto 5.2 leaves out and this platform meets. Each gap names how it shows."""

import json
import secrets
import string
import sys
from typing import Any
from xml.etree import ElementTree

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, BaseResponse
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.efs.exceptions import FileSystemNotFound
from moto.efs.models import EFSBackend
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse
from moto.rds.models import (
    DBCluster,
    DBInstance,
    RDSBackend,
)
from moto.s3.models import s3_backends
from moto.s3.responses import S3Response
from moto.secretsmanager.exceptions import SecretNotFoundException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend
from moto.servicequotas.models import ServiceQuotasBackend
from moto.sqs.models import Queue

from local.error_shapes import error_answer, protocol_of


def fill_gaps() -> None:
    """Patch moto's classes, once per process."""
    _keep_policies_that_are_attached()
    _list_tags_of_scalable_targets()
    _tell_database_instances_apart()
    _restore_no_replica()
    _scale_serverless_v2_by_its_own_bounds()
    _describe_rules_between_groups()
    _keep_labels_of_secret_versions()
    _allow_what_is_simulated()
    _know_quotas_of_other_services()
    _ask_for_the_owner_of_a_bucket()
    _take_every_request_for_one_over_tls()
    _refuse_what_is_missing()
    _take_tags_of_aws_itself()
    _say_not_found_of_what_is_gone()
    _write_redrive_policies_without_blanks()


def _write_redrive_policies_without_blanks() -> None:
    """Answer as SQS does: with blanks each plan would write the policy anew."""
    told: Any = vars(Queue)["attributes"].fget

    def attributes(self: Queue) -> dict[str, Any]:
        found: dict[str, Any] = told(self)
        if text := found.get("RedrivePolicy"):
            found["RedrivePolicy"] = json.dumps(json.loads(text), separators=(",", ":"))
        return found

    Queue.attributes = property(attributes)  # type: ignore[assignment,method-assign]  # the patch


def _keep_policies_that_are_attached() -> None:
    """Moto deletes them, and then the role can never be deleted."""
    delete = IAMBackend.delete_policy

    def delete_unless_attached(self: IAMBackend, policy_arn: str) -> None:
        if self.get_policy(policy_arn).attachment_count:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        delete(self, policy_arn)

    IAMBackend.delete_policy = delete_unless_attached  # type: ignore[method-assign]  # the patch


def _list_tags_of_scalable_targets() -> None:
    """Without this call the provider retries 25 times, and a deploy seems to hang."""
    tags_by_arn: dict[str, dict[str, str]] = {}
    register = ApplicationAutoScalingResponse.register_scalable_target

    def register_with_tags(self: ApplicationAutoScalingResponse) -> str:
        answer = register(self)
        arn = json.loads(answer).get("ScalableTargetARN")
        if arn:
            tags_by_arn.setdefault(arn, {}).update(self._get_param("Tags") or {})
        return answer

    def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
        return json.dumps({"Tags": tags_by_arn.get(self._get_param("ResourceARN"), {})})

    def tag_resource(self: ApplicationAutoScalingResponse) -> str:
        tags_by_arn.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self: ApplicationAutoScalingResponse) -> str:
        for key in self._get_param("TagKeys"):
            tags_by_arn.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"

    ApplicationAutoScalingResponse.register_scalable_target = register_with_tags  # type: ignore[method-assign]  # the patch
    for call in (list_tags_for_resource, tag_resource, untag_resource):
        setattr(ApplicationAutoScalingResponse, call.__name__, call)


def _tell_database_instances_apart() -> None:
    """Give each instance a resource id of its own: the provider finds it by that."""
    create = DBInstance.__init__

    def create_with_own_id(self: DBInstance, *args: Any, **kwargs: Any) -> None:
        create(self, *args, **kwargs)
        alphabet = string.ascii_uppercase + string.digits
        self.dbi_resource_id = "db-" + "".join(secrets.choice(alphabet) for _ in range(26))

    DBInstance.__init__ = create_with_own_id  # type: ignore[method-assign]  # the patch


def _restore_no_replica() -> None:
    """Moto takes what was restored for a replica of the instance that it was restored from."""
    restore = RDSBackend.restore_db_instance_to_point_in_time

    def restored(self: RDSBackend, *args: Any, **kwargs: Any) -> DBInstance:
        made = restore(self, *args, **kwargs)
        made.source_db_instance_identifier = None
        return made

    RDSBackend.restore_db_instance_to_point_in_time = restored  # type: ignore[method-assign]  # the patch


def _scale_serverless_v2_by_its_own_bounds() -> None:
    """Only Serverless v1 has a scaling configuration; moto invents one for every cluster."""
    configuration_of_v1 = DBCluster.scaling_configuration_info.fget  # type: ignore[attr-defined]  # a property

    def configuration(self: DBCluster) -> dict[str, Any] | None:
        return configuration_of_v1(self) if self.engine_mode == "serverless" else None

    DBCluster.scaling_configuration_info = property(configuration)  # type: ignore[assignment]  # the patch


def _describe_rules_between_groups() -> None:
    """Keep the description of a rule that names a group, as of one that names a range."""

    def description(self: SecurityGroupRule) -> str | None:
        found = self.ip_range.get("Description") or self.source_group.get("Description")
        return str(found) if found else None

    SecurityGroupRule.description = property(description)  # type: ignore[assignment,method-assign]  # the patch


def _ask_for_the_owner_of_a_bucket() -> None:
    """Refuse whoever expects a bucket of another account than its own; moto does not look."""
    head_bucket = S3Response.head_bucket

    def head_own_bucket(self: S3Response) -> TYPE_RESPONSE:
        expected = self.headers.get("x-amz-expected-bucket-owner")
        _, owner = s3_backends.bucket_accounts.get(self.bucket_name, (None, expected))
        return head_bucket(self) if not expected or owner == expected else (403, {}, "")

    S3Response.head_bucket = head_own_bucket  # type: ignore[method-assign]  # the patch


def _take_every_request_for_one_over_tls() -> None:
    """Ignore a bucket's TLS-only condition: moto does not evaluate it, and would answer nobody."""
    judge = IAMPolicyStatement.is_action_permitted

    def over_tls(self: IAMPolicyStatement, *args: Any, **kwargs: Any) -> PermissionResult:
        if self._statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}:
            return PermissionResult.NEUTRAL
        return judge(self, *args, **kwargs)

    IAMPolicyStatement.is_action_permitted = over_tls  # type: ignore[method-assign]  # the patch


def _refuse_what_is_missing() -> None:
    """Answer a call that moto lacks with a client error, in words that its client reads.

    Clients retry a server error for minutes, and an answer that they cannot read too.
    """
    call_action = BaseResponse.call_action

    def answer(self: BaseResponse) -> TYPE_RESPONSE:
        try:
            return call_action(self)
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

    BaseResponse.call_action = answer  # type: ignore[method-assign]  # the patch


def _say_not_found_of_what_is_gone() -> None:
    """Moto fails on it: a server error, which clients retry for minutes."""
    versions = SecretsManagerBackend.list_secret_version_ids
    policy = EFSBackend.describe_file_system_policy

    def list_versions(self: SecretsManagerBackend, secret_id: str) -> str:
        if not self._is_valid_identifier(secret_id):
            raise SecretNotFoundException
        return versions(self, secret_id)

    def describe_policy(self: EFSBackend, file_system_id: str) -> str:
        if file_system_id not in self.file_systems_by_id:
            raise FileSystemNotFound(file_system_id)
        return policy(self, file_system_id)

    SecretsManagerBackend.list_secret_version_ids = list_versions  # type: ignore[method-assign]  # the patch
    EFSBackend.describe_file_system_policy = describe_policy  # type: ignore[method-assign]  # the patch


def _keep_labels_of_secret_versions() -> None:
    """Take only AWS's own labels from the last version of a secret when a new one is made."""
    reset = FakeSecret.reset_default_version

    def keep_labels(self: FakeSecret, secret_version: dict[str, Any], version_id: str) -> None:
        last = self.versions.get(self.default_version_id or "", {"version_stages": []})
        moved = {"AWSCURRENT", "AWSPREVIOUS", *secret_version["version_stages"]}
        kept = [label for label in last["version_stages"] if label not in moved]
        reset(self, secret_version, version_id)
        last["version_stages"] += kept

    FakeSecret.reset_default_version = keep_labels  # type: ignore[method-assign]  # the patch


def _allow_what_is_simulated() -> None:
    """Allow every action of a simulated policy: the embedded AWS asks nobody for a permission."""

    def simulate_principal_policy(self: IamResponse) -> ActionResult:
        return ActionResult(
            {
                "EvaluationResults": [
                    {"EvalActionName": action, "EvalDecision": "allowed"}
                    for action in self._get_param("ActionNames")
                ]
            }
        )

    IamResponse.simulate_principal_policy = simulate_principal_policy  # type: ignore[attr-defined]  # the patch


def _know_quotas_of_other_services() -> None:
    """Moto knows the limits of VPCs alone; these are AWS's defaults for a new account."""
    known = {("ec2", "L-0263D0A3"): 5.0, ("fargate", "L-3032A538"): 6.0}
    ask = ServiceQuotasBackend.get_service_quota

    def get_service_quota(
        self: ServiceQuotasBackend, service_code: str, quota_code: str
    ) -> dict[str, Any]:
        limit = known.get((service_code, quota_code))
        if limit is None:
            return ask(self, service_code, quota_code)
        return {"ServiceCode": service_code, "QuotaCode": quota_code, "Value": limit}

    ServiceQuotasBackend.get_service_quota = get_service_quota  # type: ignore[method-assign]  # the patch


def _take_tags_of_aws_itself() -> None:
    """Take the tags that CloudFormation sets; whether a caller may is the validation's to say."""

    def tags_from_body(self: S3Response) -> dict[str, str]:
        root = ElementTree.fromstring(self.body)  # noqa: S314  # our own callers'
        tags = [tag for tag in root.iter() if tag.tag.rpartition("}")[2] == "Tag"]
        return dict(
            [part.text or "" for part in tag] for tag in tags
        )  # key and value, in this order

    S3Response._bucket_tagging_from_body = tags_from_body  # type: ignore[method-assign]  # the patch
