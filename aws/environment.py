"""What in the environment sends Terraform and boto3 to two accounts, or to two AWSs.

Each reads names that the other does not know, or knows in another order: the one would then deploy in one
account, and what looks after it look into another. Standard library alone, because cdktf's terraform asks
here too.

https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

from collections.abc import Mapping
from typing import Final

# Terraform takes the first, boto3 the second.
_PROFILES: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
# Names of before today's: Terraform still takes them, boto3 does not.
_OLD: Final = {
    "AWS_ACCESS_KEY": "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_KEY": "AWS_SECRET_ACCESS_KEY",
}
_ENDPOINT: Final = "AWS_ENDPOINT_URL"
_IGNORES_IT: Final = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"


def two_accounts(environment: Mapping[str, str]) -> str | None:
    """Return why Terraform and boto3 would ask in two places, with the remedy; None where they would not.

    It holds no value but the names of profiles.
    """
    profile, default = (environment.get(name, "") for name in _PROFILES)
    if profile and default and profile != default:
        return (
            f"AWS_PROFILE is {profile!r} and AWS_DEFAULT_PROFILE {default!r}: Terraform would take the one, "
            "and what looks after it the other: run `unset AWS_DEFAULT_PROFILE` first"
        )
    for old, known in _OLD.items():
        if environment.get(old) and not environment.get(known):
            return (
                f"{old} is set and {known} is not: Terraform would ask with that key, and what looks after "
                f"it with another: set {known}, and run `unset {old}`"
            )
    if environment.get(_ENDPOINT) and environment.get(_IGNORES_IT, "").lower() == "true":
        return (
            f"{_IGNORES_IT} is set: AWS itself would be asked, and not what {_ENDPOINT} names: run `unset "
            f"{_IGNORES_IT}` first, or unset {_ENDPOINT}"
        )
    return None
