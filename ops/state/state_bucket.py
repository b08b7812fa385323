"""Prepares the S3 bucket of Terraform's state: versions kept, encrypted, private, over TLS only.

Each step looks first and changes only what is not so; run again it changes nothing.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws.client import Clients, ask, ask_unless
from common.errors import UserError
from common.policy_statements import statements_of
from modules.security import policies

# How long a state can be restored after another has taken its place.
OLD_VERSIONS_DAYS = 365
_RULE_ID = "atomic-old-states"
_SMALLEST = "TransitionDefaultMinimumObjectSize"
_MISSING = frozenset({"404", "NoSuchBucket", "NotFound"})
_NOT_OURS = frozenset({"403", "AccessDenied", "Forbidden"})
_TAKEN = frozenset({"BucketAlreadyExists", "OperationAborted"})
# S3's own region, which its API does not take as a location.
_CLASSIC_REGION = "us-east-1"
_ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One property of the bucket; `changed` where it was not so before."""

    what: str
    changed: bool


@dataclass(frozen=True, kw_only=True)
class StateBucket:
    """The bucket of a stage's state, in an account that it has to belong to."""

    clients: Clients
    name: str
    key: str
    region: str
    account_id: str
    kms_key_id: str | None

    def prepare(self) -> Iterator[Step]:
        """Make the bucket what it has to be, one step at a time.

        Raises UserError when it belongs to another account or region and when AWS refuses a call.
        """
        is_new = self._create()
        yield Step(what=f"bucket {self.name} in {self.region}", changed=is_new)
        yield Step(what="old versions are kept", changed=self._version())
        yield self._encrypt()
        yield Step(what="public access is blocked", changed=self._block())
        yield Step(what="answers over TLS only", changed=self._refuse_plain_text())
        yield self._expire(is_new=is_new)

    def _create(self) -> bool:
        found = ask_unless(self.clients, "s3", "HeadBucket", _MISSING | _NOT_OURS, **self._owned)
        if found is not None:
            location = ask(self.clients, "s3", "GetBucketLocation", **self._owned)
            region = location.get("LocationConstraint") or _CLASSIC_REGION
            if region != self.region:
                raise UserError(
                    f"state.region = {self.region}: bucket {self.name} is in {region}: allowed: its own "
                    f'region; remedy: write region = "{region}" into the section [state]'
                )
            return False
        arguments: dict[str, Any] = {"Bucket": self.name}
        if self.region != _CLASSIC_REGION:
            arguments["CreateBucketConfiguration"] = {"LocationConstraint": self.region}
        if ask_unless(self.clients, "s3", "CreateBucket", _TAKEN, **arguments) is None:
            raise UserError(
                f"state.bucket = {self.name}: belongs to another account than {self.account_id}, or is "
                "closed to it: allowed: a bucket of this account, or a name that nobody has; remedy: choose "
                "another name in the section [state], or use that account's credentials"
            )
        # In us-east-1 creating one's own bucket again succeeds: now it has to be there, and ours.
        ask(self.clients, "s3", "HeadBucket", **self._owned)
        return True

    def _version(self) -> bool:
        return self._ensure(
            "GetBucketVersioning",
            "PutBucketVersioning",
            {"VersioningConfiguration": {"Status": "Enabled"}},
            lambda found: found.get("Status") == "Enabled",
        )

    def _encrypt(self) -> Step:
        cipher = (
            {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.kms_key_id}
            if self.kms_key_id
            else {"SSEAlgorithm": "AES256"}
        )
        found = ask_unless(
            self.clients,
            "s3",
            "GetBucketEncryption",
            frozenset({"ServerSideEncryptionConfigurationNotFoundError"}),
            **self._owned,
        )
        rules = found["ServerSideEncryptionConfiguration"]["Rules"] if found else []
        rule = rules[0] if rules else {}
        there = rule.get("ApplyServerSideEncryptionByDefault", {})
        # Somebody's own choice may be the stronger one: with KMS, or with it twice (`aws:kms:dsse`).
        is_kms = there.get("SSEAlgorithm", "").startswith("aws:kms")
        stays = is_kms and self.kms_key_id in {None, there.get("KMSMasterKeyID")}
        own = f"KMS key {self.kms_key_id}" if self.kms_key_id else "S3's own key"
        what = f"encrypted with {'KMS by default' if stays and not self.kms_key_id else own}"
        if stays or there == cipher:
            return Step(what=what, changed=False)
        ask(
            self.clients,
            "s3",
            "PutBucketEncryption",
            ServerSideEncryptionConfiguration={
                "Rules": [{**rule, "ApplyServerSideEncryptionByDefault": cipher}]
            },
            **self._owned,
        )
        return Step(what=what, changed=True)

    def _block(self) -> bool:
        return self._ensure(
            "GetPublicAccessBlock",
            "PutPublicAccessBlock",
            {"PublicAccessBlockConfiguration": _ALL_BLOCKED},
            lambda found: found.get("PublicAccessBlockConfiguration") == _ALL_BLOCKED,
            "NoSuchPublicAccessBlockConfiguration",
        )

    def _refuse_plain_text(self) -> bool:
        arn = f"arn:{self._partition}:s3:::{self.name}"
        statement = policies.tls_only(action="s3:*", resources=[arn, f"{arn}/*"])
        found = ask_unless(
            self.clients,
            "s3",
            "GetBucketPolicy",
            frozenset({"NoSuchBucketPolicy"}),
            **self._owned,
        )
        policy = json.loads(found["Policy"]) if found else policies.document([])
        there = statements_of(policy) or []
        if statement in there:
            return False
        kept = [each for each in there if each.get("Sid") != statement["Sid"]]
        document = json.dumps({**policy, "Statement": [*kept, statement]})
        ask(self.clients, "s3", "PutBucketPolicy", Policy=document, **self._owned)
        return True

    def _expire(self, *, is_new: bool) -> Step:
        """See to a rule for old versions: in a bucket that was there already, of this state's alone."""
        expiry = {"NoncurrentDays": OLD_VERSIONS_DAYS}
        found = ask_unless(
            self.clients,
            "s3",
            "GetBucketLifecycleConfiguration",
            frozenset({"NoSuchLifecycleConfiguration"}),
            **self._owned,
        )
        there = found["Rules"] if found else []
        ours = [
            each
            for each in there
            if each.get("ID") in {_RULE_ID, self._own_rule_id}
            and self.key.startswith(_prefix(each))
        ]
        wanted = [{**each, "NoncurrentVersionExpiration": expiry} for each in ours] or [
            {
                "ID": _RULE_ID if is_new else self._own_rule_id,
                "Status": "Enabled",
                "Filter": {"Prefix": "" if is_new else self.key},
                "NoncurrentVersionExpiration": expiry,
            }
        ]
        whose = " of this state" if all(_prefix(each) for each in wanted) else ""
        what = f"old versions{whose} go after {OLD_VERSIONS_DAYS} days"
        if wanted == ours:
            return Step(what=what, changed=False)
        ids = {each["ID"] for each in wanted}
        others = [each for each in there if each.get("ID") not in ids]
        # S3 sets back to its default what a put leaves out.
        size = {key: value for key, value in (found or {}).items() if key == _SMALLEST}
        ask(
            self.clients,
            "s3",
            "PutBucketLifecycleConfiguration",
            LifecycleConfiguration={"Rules": [*others, *wanted]},
            **size,
            **self._owned,
        )
        return Step(what=what, changed=True)

    def _ensure(
        self,
        get: str,
        put: str,
        wanted: Mapping[str, Any],
        is_so: Callable[[Mapping[str, Any]], bool],
        missing: str = "",
    ) -> bool:
        """Call `put` unless what `get` answers is so; whether it was called."""
        found = ask_unless(self.clients, "s3", get, frozenset({missing}), **self._owned)
        if found is not None and is_so(found):
            return False
        ask(self.clients, "s3", put, **wanted, **self._owned)
        return True

    @property
    def _own_rule_id(self) -> str:
        # A key may be longer than an ID; the rule's filter says which one it is.
        return f"{_RULE_ID}-{hashlib.sha256(self.key.encode()).hexdigest()[:12]}"

    @property
    def _owned(self) -> dict[str, str]:
        """S3 refuses a call on this bucket when it belongs to another account."""
        return {"Bucket": self.name, "ExpectedBucketOwner": self.account_id}

    @property
    def _partition(self) -> str:
        """`aws`, or what the region's own is (`aws-cn`, `aws-us-gov`)."""
        return str(ask(self.clients, "sts", "GetCallerIdentity")["Arn"]).split(":")[1]


def _prefix(rule: Mapping[str, Any]) -> str:
    return str(rule.get("Filter", {}).get("Prefix", ""))
