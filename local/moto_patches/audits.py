"""What moto 5.2 leaves out and `make prowler` or the doctor asks for. Each gap names how it shows."""

import json
from datetime import UTC, datetime
from typing import Any

from moto.backup.models import Vault
from moto.core.responses import ActionResult
from moto.rds.models import DBInstance
from moto.rds.responses import RDSResponse
from moto.s3.models import FakeBucket
from moto.wafv2.responses import WAFV2Response

# As AWS has made them for every region, in this validity.
_AUTHORITY, _FROM, _UNTIL = "rds-ca-rsa2048-g1", 2021, 2061


def fill_audit_gaps() -> None:
    """Patch moto's classes, once per process."""
    _list_what_a_firewall_protects()
    _tell_of_database_certificates_and_versions()
    _measure_databases()
    _own_what_others_put_into_a_bucket()
    _encrypt_vaults_by_aws()


def _list_what_a_firewall_protects() -> None:
    """Without it every load balancer counts as unprotected."""

    def list_resources_for_web_acl(self: WAFV2Response) -> str:
        request = json.loads(self.body)
        asked = request.get("ResourceType", "APPLICATION_LOAD_BALANCER")
        kind = {"APPLICATION_LOAD_BALANCER": ":loadbalancer/app/", "API_GATEWAY": "/restapis/"}
        acl = self.wafv2_backend.wacls.get(request["WebACLArn"])
        arns = acl.associated_resources if acl else []
        return json.dumps({"ResourceArns": [arn for arn in arns if kind.get(asked, asked) in arn]})

    WAFV2Response.list_resources_for_web_acl = list_resources_for_web_acl  # type: ignore[attr-defined]  # the patch


def _tell_of_database_certificates_and_versions() -> None:
    """Without them every certificate counts as expired, and every version as one that AWS no longer has."""

    def describe_certificates(self: RDSResponse) -> ActionResult:
        region = self.backend.region_name
        certificate = {
            "CertificateIdentifier": _AUTHORITY,
            "CertificateType": "CA",
            "CertificateArn": f"arn:aws:rds:{region}::cert:{_AUTHORITY}",
            "ValidFrom": datetime(_FROM, 5, 24, tzinfo=UTC),
            "ValidTill": datetime(_UNTIL, 5, 24, tzinfo=UTC),
            "CustomerOverride": False,
        }
        return ActionResult({"Certificates": [certificate]})

    def describe_db_engine_versions(self: RDSResponse) -> ActionResult:
        asked = self.params.get("Engine")
        databases: tuple[Any, ...] = (
            *self.backend.databases.values(),
            *self.backend.clusters.values(),
        )
        there = {
            (each.engine, each.engine_version) for each in databases if asked in {None, each.engine}
        }
        versions = [
            {"Engine": engine, "EngineVersion": version, "DBEngineDescription": engine}
            for engine, version in sorted(there)
        ]
        return ActionResult({"DBEngineVersions": versions})

    def describe_db_major_engine_versions(self: RDSResponse) -> ActionResult:
        support = {
            "LifecycleSupportName": "open-source-rds-standard-support",
            "LifecycleSupportStartDate": datetime(_FROM, 5, 24, tzinfo=UTC),
            "LifecycleSupportEndDate": datetime(_UNTIL, 5, 24, tzinfo=UTC),
        }
        asked = {name: self.params.get(name) for name in ("Engine", "MajorEngineVersion")}
        version = {**asked, "SupportedEngineLifecycles": [support]}
        return ActionResult({"DBMajorEngineVersions": [version]})

    def describe_pending_maintenance_actions(_self: RDSResponse) -> ActionResult:
        return ActionResult({"PendingMaintenanceActions": []})  # nothing ever waits here

    for call in (
        describe_certificates,
        describe_db_engine_versions,
        describe_db_major_engine_versions,
        describe_pending_maintenance_actions,
    ):
        setattr(RDSResponse, call.__name__, call)


def _measure_databases() -> None:
    """Tell where the operating system's figures of a database go, if it is measured at all."""

    def enhanced_monitoring_resource_arn(self: DBInstance) -> str | None:
        if not self.monitoring_interval:
            return None
        where = f"{self.backend.region_name}:{self.backend.account_id}"
        return f"arn:aws:logs:{where}:log-group:RDSOSMetrics:log-stream:{self.resource_id}"

    DBInstance.enhanced_monitoring_resource_arn = property(  # type: ignore[attr-defined]  # the patch
        enhanced_monitoring_resource_arn
    )


def _own_what_others_put_into_a_bucket() -> None:
    """Let a bucket refuse access lists unless somebody says otherwise, as AWS does since April 2023."""
    begin = FakeBucket.__init__

    def begin_owned(self: FakeBucket, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self.ownership_rule = self.ownership_rule or "BucketOwnerEnforced"  # type: ignore[assignment]  # as moto's own

    FakeBucket.__init__ = begin_owned  # type: ignore[method-assign]  # the patch


def _encrypt_vaults_by_aws() -> None:
    """Tell AWS's own key where a vault names none; without a key its list cannot be read."""
    begin = Vault.__init__

    def begin_encrypted(
        self: Vault, backup_vault_name: str, encryption_key_arn: str, *more: Any, **named: Any
    ) -> None:
        begin(self, backup_vault_name, encryption_key_arn, *more, **named)
        if not self.encryption_key_arn:
            where = ":".join(self.backup_vault_arn.split(":")[3:5])
            self.encryption_key_arn = f"arn:aws:kms:{where}:alias/aws/backup"

    Vault.__init__ = begin_encrypted  # type: ignore[method-assign]  # the patch
