"""What AWS has under a stage's names while the stage's state holds nothing: that stage is not new."""

from collections.abc import Iterator

from aws.client import account_of
from common.errors import listed
from ops.deployed import Deployed
from ops.facts.database import database_facts
from ops.facts.services import service_facts
from terraform.premises import UntrustedStateError

_NO_BUCKET = frozenset({"404", "NoSuchBucket"})


def refuse_lost_state(deployed: Deployed, place: str) -> None:
    """Raise UntrustedStateError where AWS has what an empty state at `place` does not hold.

    Raises UserError when AWS refuses to tell.
    """
    found = list(_existing(deployed))
    if found:
        raise UntrustedStateError(
            f"the state {place} holds nothing, and AWS has {len(found)} of this stage's objects "
            f"({listed(found, limit=3)}): run `python -m ops recover --stage {deployed.settings.stage}`"
        )


def _existing(deployed: Deployed) -> Iterator[str]:
    """Objects that bear the stage's own names: its database, services, secrets and data bucket."""
    database = database_facts(deployed)
    if database:
        yield f"database {database.name}"
    yield from (f"service {each.name}" for each in service_facts(deployed) if each.stands)
    names = {deployed.names.secret(row.name) for row in deployed.settings.secret_rows}
    secrets = deployed.ask_all("secretsmanager", "ListSecrets", "SecretList")
    yield from sorted(f"secret {each['Name']}" for each in secrets if each["Name"] in names)
    bucket = deployed.names.data_bucket(account_of(deployed.clients), deployed.settings.region)
    if deployed.ask_unless("s3", "HeadBucket", _NO_BUCKET, Bucket=bucket) is not None:
        yield f"bucket {bucket}"
