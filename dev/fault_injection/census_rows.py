"""How objects are listed: all rows of one call, and lists within lists."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Client = Callable[[str], Any]
Row = Mapping[str, Any]
Lister = Callable[[Client], Iterator[str]]


def rows_of(
    client: Client, service: str, operation: str, result: str, **arguments: Any
) -> list[Row]:
    """All rows of one listing call."""
    found = client(service)
    if not found.can_paginate(operation):
        return list(getattr(found, operation)(**arguments)[result])
    pages = found.get_paginator(operation).paginate(**arguments)
    return [row for page in pages for row in page[result]]


def listed(
    service: str,
    operation: str,
    result: str,
    id_: str,
    *,
    where: Callable[[Row], bool] = lambda _: True,
    **arguments: Any,
) -> Lister:
    """The lister of objects that stand in one list by their `id_`."""

    def ids(client: Client) -> Iterator[str]:
        for row in rows_of(client, service, operation, result, **arguments):
            if where(row):
                yield str(row[id_])

    return ids
