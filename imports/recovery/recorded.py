"""What an adoption record says of a lost state: which object is at which address, whatever it looks like."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from aws.client import Clients
from aws.resources.row import Live
from common.errors import UserError
from imports.preflight import preflight
from imports.record import AdoptionRecord


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The objects of a record that exist, by address, and a line for each address whose object does not."""

    found: Mapping[str, Live]
    gone: Mapping[str, str]


def recorded(record: AdoptionRecord | None, clients: Clients, *, wanted: Set[str]) -> Recorded:
    """Look at AWS for what the record names at the wanted addresses.

    Raises UserError for a record of another account or region than the credentials are of: nothing of it
    could be found.
    """
    sought = [item for item in record.adopted if item.address in wanted] if record else []
    if record is None or not sought:
        return Recorded(found={}, gone={})
    found: dict[str, Live] = {}
    gone: dict[str, str] = {}
    for finding in preflight(record.model_copy(update={"adopted": sought}), clients):
        if not finding.address:
            raise UserError(str(finding))
        if finding.ok and finding.live is not None:
            # What AWS still does to it is asked again, until that is done.
            found[finding.address] = replace(finding.live, unfinished=None)
        else:
            gone[finding.address] = (
                f"{finding.address} ({finding.import_id}) is {finding.verdict}: {finding.detail}: take it "
                "out of the adoption record, and the next deploy makes it anew"
            )
    return Recorded(found=found, gone=gone)
