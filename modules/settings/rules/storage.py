"""What S3 takes as the name of a bucket, and Terraform as the place of a state in it."""

import ipaddress
import re

from modules.settings.rules.refusal import Refusal

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
BUCKET_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html; the lock's name is longer.
_LONGEST_KEY_BYTES = 1024 - len(".tflock")
_KMS_ID = (
    r"([0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
)
_KMS_ALIAS = r"alias/[A-Za-z0-9/_-]+"
_KMS_KEY = re.compile(
    rf"{_KMS_ID}|{_KMS_ALIAS}|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{{12}}:(key/{_KMS_ID}|{_KMS_ALIAS})"
)


def bucket_name(name: str) -> Refusal | None:
    """Refuse what S3 takes no bucket's name for."""
    remedy = "name a bucket that exists, for none can have this name"
    if not _BUCKET.fullmatch(name):
        return Refusal(
            allowed="3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends",
            remedy=remedy,
        )
    if ".." in name or name.startswith(BUCKET_STARTS) or name.endswith(_BUCKET_ENDS):
        return Refusal(
            allowed="a name without two dots in a row, that does not begin with "
            f"{', '.join(BUCKET_STARTS)} or end with {', '.join(_BUCKET_ENDS)}, which S3 keeps for itself",
            remedy=remedy,
        )
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return None
    return Refusal(allowed="a name that is no IP address", remedy=remedy)


def state_key(key: str) -> Refusal | None:
    """Refuse what Terraform's S3 backend refuses at init, and steps that would name another object.

    https://developer.hashicorp.com/terraform/language/backend/s3. Terraform takes "." and ".." for names; web
    consoles and clients of S3 resolve them.
    """
    if not key.strip():
        return Refusal(allowed="an object's name", remedy="write one, or leave it out")
    if key.startswith("s3://"):
        name = key.removeprefix("s3://").partition("/")[2].strip("/")
        return Refusal(
            allowed="an object's name without its bucket",
            remedy=f'write "{name}", and the bucket in state.bucket' if name else "leave it out",
        )
    steps = key.split("/")
    tidy = "/".join(step for step in steps if step not in {"", ".", ".."})
    if tidy != key:
        return Refusal(
            allowed='an object\'s name without "/" at either end, "//", "." or ".." in it',
            remedy=f'write "{tidy}"' if tidy else "write one, or leave it out",
        )
    size = len(key.encode())
    if size > _LONGEST_KEY_BYTES:
        return Refusal(
            allowed=f"a name of at most {_LONGEST_KEY_BYTES} bytes, not {size}",
            remedy="shorten it, or leave it out",
        )
    if not key.isprintable():
        return Refusal(
            allowed="a name of printable characters",
            remedy="write it without tabs and the like, or leave it out",
        )
    return None


def kms_key(key: str) -> Refusal | None:
    """Refuse what Terraform's S3 backend takes no key for."""
    if _KMS_KEY.fullmatch(key):
        return None
    return Refusal(
        allowed="the id, the alias or the ARN of a KMS key",
        remedy="copy the key's ARN from its page, or leave it out",
    )
