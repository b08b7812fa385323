"""What moto leaves out and `make prowler` or the doctor asks for."""

import json
from datetime import UTC, datetime
from typing import Any

from moto.backup.models import Vault
from moto.core.responses import ActionResult
from moto.rds.models import DBInstance
from moto.rds.responses import RDSResponse
from moto.s3.models import FakeBucket
from moto.wafv2.responses import WAFV2Response

from local.moto_patches.patching import Own, adds, around

# As AWS has made them for every region, in this validity.
_AUTHORITY, _FROM, _UNTIL = "rds-ca-rsa2048-g1", 2021, 2061


@adds(WAFV2Response)
def _list_resources_for_web_acl(self: WAFV2Response) -> str:
    """Without it every load balancer counts as unprotected."""
    request = json.loads(self.body)
    asked = request.get("ResourceType", "APPLICATION_LOAD_BALANCER")
    kind = {"APPLICATION_LOAD_BALANCER": ":loadbalancer/app/", "API_GATEWAY": "/restapis/"}
    acl = self.wafv2_backend.wacls.get(request["WebACLArn"])
    arns = acl.associated_resources if acl else []
    return json.dumps({"ResourceArns": [arn for arn in arns if kind.get(asked, asked) in arn]})


@adds(RDSResponse)
def _describe_certificates(self: RDSResponse) -> ActionResult:
    """Without it every certificate counts as expired."""
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


@adds(RDSResponse)
def _describe_db_engine_versions(self: RDSResponse) -> ActionResult:
    """Without it every version counts as one that AWS no longer has."""
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


@adds(RDSResponse)
def _describe_db_major_engine_versions(self: RDSResponse) -> ActionResult:
    support = {
        "LifecycleSupportName": "open-source-rds-standard-support",
        "LifecycleSupportStartDate": datetime(_FROM, 5, 24, tzinfo=UTC),
        "LifecycleSupportEndDate": datetime(_UNTIL, 5, 24, tzinfo=UTC),
    }
    asked = {name: self.params.get(name) for name in ("Engine", "MajorEngineVersion")}
    version = {**asked, "SupportedEngineLifecycles": [support]}
    return ActionResult({"DBMajorEngineVersions": [version]})


@adds(RDSResponse)
def _describe_pending_maintenance_actions(_self: RDSResponse) -> ActionResult:
    return ActionResult({"PendingMaintenanceActions": []})  # nothing ever waits here


def _enhanced_monitoring_resource_arn(self: DBInstance) -> str | None:
    """Tell where the operating system's figures of a database go, if it is measured at all."""
    if not self.monitoring_interval:
        return None
    where = f"{self.backend.region_name}:{self.backend.account_id}"
    return f"arn:aws:logs:{where}:log-group:RDSOSMetrics:log-stream:{self.resource_id}"


DBInstance.enhanced_monitoring_resource_arn = property(  # type: ignore[attr-defined]  # the patch
    _enhanced_monitoring_resource_arn
)


@around(FakeBucket, "__init__")
def _own_what_others_put_in(own: Own, self: FakeBucket, *arguments: Any, **named: Any) -> None:
    """Let a bucket refuse access lists unless somebody says otherwise, as AWS does since April 2023."""
    own(self, *arguments, **named)
    self.ownership_rule = self.ownership_rule or "BucketOwnerEnforced"  # type: ignore[assignment]  # as moto's own


@around(Vault, "__init__")
def _encrypt_by_aws(own: Own, self: Vault, *arguments: Any, **named: Any) -> None:
    """Tell AWS's own key where a vault names none; without a key its list cannot be read."""
    own(self, *arguments, **named)
    if not self.encryption_key_arn:
        where = ":".join(self.backup_vault_arn.split(":")[3:5])
        self.encryption_key_arn = f"arn:aws:kms:{where}:alias/aws/backup"
