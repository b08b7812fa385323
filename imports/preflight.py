"""Looks, before Terraform runs, whether everything the adoption record names is really there."""

from dataclasses import dataclass, field
from typing import Final, Literal

from aws.client import Clients, account_of, region_of
from aws.resources.row import Live
from common.errors import one_line
from imports.existing import BUCKET, CLUSTER, kind_of, read_existing
from imports.record import AdoptedObject, AdoptionRecord
from terraform.addresses import address_order

Whereabouts = Literal["found", "missing", "elsewhere"]


@dataclass(frozen=True, kw_only=True)
class Presence:
    """What AWS says of one import id of the record.

    `address` and `import_id` are empty for the finding that the account or region is another one.
    `detail` and `remedy` are empty for what is found, `live` is None for what AWS does not list.
    """

    address: str
    import_id: str
    verdict: Whereabouts
    detail: str = ""
    remedy: str = ""
    live: Live | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the object can be imported."""
        return self.verdict == "found"

    def __str__(self) -> str:
        """Return the finding in one line."""
        what = f"{self.address} ({self.import_id})" if self.address else "the adoption record"
        rest = "".join(f": {text}" for text in (self.detail, self.remedy) if text)
        return one_line(f"{what} is {self.verdict}{rest}")


def preflight(record: AdoptionRecord, clients: Clients) -> list[Presence]:
    """Return a finding for each object of the record, sorted by address.

    When the credentials are of another account or region that is the only finding, since nothing
    could be found. Raises UserError when AWS refuses a call, or for a type that is not known.
    """
    account, region = account_of(clients), region_of(clients)
    if (account, region) != (record.account_id, record.region):
        return [_other_account(record, account=account, region=region)]
    types = {each.type for each in record.adopted}
    existing = read_existing(
        clients,
        types=types,
        buckets={each.import_id for each in record.adopted if each.type.startswith(BUCKET)},
        clusters={each.import_id for each in record.adopted if each.type == CLUSTER},
    )
    lives = {(type_, live.import_id): live for type_ in types for live in existing[type_]}
    found = [
        _finding(each, lives.get((each.type, each.import_id)), record) for each in record.adopted
    ]
    return sorted(found, key=lambda each: address_order(each.address))


def _finding(each: AdoptedObject, live: Live | None, record: AdoptionRecord) -> Presence:
    kind = kind_of(each.type)
    elsewhere = _elsewhere(each, live, record)
    verdict: Whereabouts = "found"
    detail = remedy = ""
    if elsewhere:
        verdict, detail, remedy = "elsewhere", elsewhere, _INVENTORY_THERE
    elif live is None:
        verdict, remedy = "missing", _INVENTORY
        detail = f"AWS lists no such {kind.label} in {record.region}"
    elif live.gone is not None:
        verdict, remedy = "missing", _INVENTORY
        detail = f"the {kind.label} is {live.gone}"
    return Presence(
        address=each.address,
        import_id=each.import_id,
        verdict=verdict,
        detail=detail,
        remedy=remedy,
        live=live,
    )


def _elsewhere(each: AdoptedObject, live: Live | None, record: AdoptionRecord) -> str | None:
    """Say in which other place an object is, where its own name or AWS tells."""
    region = live.attributes.get("region") if live else None
    account: str | None = None
    if live is None and each.import_id.startswith("arn:"):
        parts = each.import_id.split(":")
        region, account = (parts[3] or None, parts[4] or None) if len(parts) > 5 else (None, None)
    if region not in {None, record.region}:
        return f"it is in {region}, not in {record.region}"
    if account not in {None, record.account_id}:
        return f"it is in the account {account}, not in {record.account_id}"
    return None


def _other_account(record: AdoptionRecord, *, account: str, region: str) -> Presence:
    return Presence(
        address="",
        import_id="",
        verdict="elsewhere",
        detail=(
            f"it was made in account {record.account_id}, region {record.region}; the credentials "
            f"in use are of account {account}, region {region}"
        ),
        remedy="log in to the record's account and set AWS_REGION to its region",
    )


_INVENTORY: Final = (
    "run `python -m imports inventory` again, and compare the record with its last commit"
)
_INVENTORY_THERE: Final = f"correct the record, or {_INVENTORY}"
