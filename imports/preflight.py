"""Looks, before Terraform runs, whether everything the adoption record names is really there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from aws.client import Clients, account_of, region_of
from aws.resources.call import Row
from common.errors import one_line
from imports.record import AdoptedObject, AdoptionRecord
from imports.sources.terraform_base.live_rows import id_of, kind_of, read_rows
from terraform.addresses import address_order

Verdict = Literal["found", "missing", "elsewhere"]

_OF_BUCKETS: Final = "aws_s3_bucket"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What AWS says of one import id of the record.

    `address` and `import_id` are empty for the finding that the account or region is another one.
    `detail` and `remedy` are empty for what is found.
    """

    address: str
    import_id: str
    verdict: Verdict
    detail: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether the object can be imported."""
        return self.verdict == "found"

    def __str__(self) -> str:
        """Return the finding in one line."""
        what = f"{self.address} ({self.import_id})" if self.address else "the adoption record"
        rest = "".join(f": {text}" for text in (self.detail, self.remedy) if text)
        return one_line(f"{what} is {self.verdict}{rest}")


def preflight(record: AdoptionRecord, clients: Clients) -> list[Finding]:
    """Return a finding for each object of the record, sorted by address.

    When the credentials are of another account or region that is the only finding, since nothing
    could be found. Raises UserError when AWS refuses a call, or for a type that is not known.
    """
    return [finding for finding, _ in preflight_rows(record, clients)]


def preflight_rows(record: AdoptionRecord, clients: Clients) -> list[tuple[Finding, Row | None]]:
    """The same, each with the row that AWS lists the object in, if there is one."""
    account, region = account_of(clients), region_of(clients)
    if (account, region) != (record.account_id, record.region):
        return [(_other_account(record, account=account, region=region), None)]
    rows = read_rows(
        clients,
        types={each.type for each in record.adopted},
        buckets={each.import_id for each in record.adopted if each.type.startswith(_OF_BUCKETS)},
        clusters={each.import_id for each in record.adopted if each.type == "aws_ecs_cluster"},
    )
    by_id = {
        type_: {id_of(type_, row): row for row in rows[type_]}
        for type_ in {each.type for each in record.adopted}
    }
    found = [
        (_finding(each, by_id[each.type], record), by_id[each.type].get(each.import_id))
        for each in record.adopted
    ]
    return sorted(found, key=lambda each: address_order(each[0].address))


def _finding(each: AdoptedObject, rows: Mapping[str, Row], record: AdoptionRecord) -> Finding:
    kind, row = kind_of(each.type), rows.get(each.import_id)
    elsewhere = _elsewhere(each, row, record)
    verdict: Verdict = "found"
    detail = remedy = ""
    if elsewhere:
        verdict, detail, remedy = "elsewhere", elsewhere, _INVENTORY_THERE
    elif row is None:
        verdict, remedy = "missing", _INVENTORY
        detail = f"AWS lists no such {kind.label} in {record.region}"
    elif (state := kind.gone(row)) is not None:
        verdict, remedy = "missing", _INVENTORY
        detail = f"the {kind.label} is {state}"
    return Finding(
        address=each.address,
        import_id=each.import_id,
        verdict=verdict,
        detail=detail,
        remedy=remedy,
    )


def _elsewhere(each: AdoptedObject, row: Row | None, record: AdoptionRecord) -> str | None:
    """Say in which other place an object is, where its own name or AWS tells."""
    region = row.get("BucketRegion") if row else None
    account: str | None = None
    if row is None and each.import_id.startswith("arn:"):
        parts = each.import_id.split(":")
        region, account = (parts[3] or None, parts[4] or None) if len(parts) > 5 else (None, None)
    if region not in {None, record.region}:
        return f"it is in {region}, not in {record.region}"
    if account not in {None, record.account_id}:
        return f"it is in the account {account}, not in {record.account_id}"
    return None


def _other_account(record: AdoptionRecord, *, account: str, region: str) -> Finding:
    return Finding(
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
