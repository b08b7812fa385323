"""What CloudFormation can make here: one row a type, a file an AWS service."""

from collections.abc import Mapping
from typing import Final

from local.cloudformation.rows import compute, custom, data, edge, network, roles, watch
from local.cloudformation.rows.row import Row
from local.cloudformation.template import TemplateError

ROWS: Final[Mapping[str, Row]] = {
    **network.ROWS,
    **roles.ROWS,
    **compute.ROWS,
    **data.ROWS,
    **edge.ROWS,
    **watch.ROWS,
    **custom.ROWS,
}


def row_of(type_: str) -> Row | None:
    """Return the row of a type; of a custom one the row of all that have no handler here."""
    if type_ in ROWS:
        return ROWS[type_]
    return custom.ANY if type_.startswith("Custom::") else None


def known_row(type_: str) -> Row:
    """Return the row of a type. Raises TemplateError for one that is not known here."""
    row = row_of(type_)
    if row is None:
        raise TemplateError(f"Unrecognized resource types: [{type_}]")
    return row
