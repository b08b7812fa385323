"""Keeps secrets out of Terraform's logs: the provider's hold what it asks AWS and what AWS answers."""

from collections.abc import MutableMapping

_OFF = frozenset({"", "OFF"})
NOTE = (
    "TF_LOG and TF_LOG_PROVIDER would print secrets (the AWS provider logs requests and answers): "
    "only Terraform's own log is written, as TF_LOG_CORE"
)


def quiet(environment: MutableMapping[str, str]) -> bool:
    """Turn what would let the provider log into TF_LOG_CORE; whether anything had to be turned."""
    loud = [
        name
        for name in environment
        if name == "TF_LOG" or name.startswith(("TF_LOG_PROVIDER", "TF_LOG_SDK"))
    ]
    # TF_LOG first: it is the level that was meant for all.
    levels = [environment.pop(name) for name in sorted(loud)]
    wanted = [level for level in levels if level.upper() not in _OFF]
    if wanted:
        environment.setdefault("TF_LOG_CORE", wanted[0])
    return bool(wanted)
