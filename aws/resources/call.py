"""The calls that list objects, and what is in their answers."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from botocore import xform_name

from aws.client import Clients, account_of, ask_all, ask_unless, client_of, within

Row = Mapping[str, Any]
"""One object as AWS lists it, with the parameters that it was asked by."""
Answers = dict[str, Any]
"""What calls have answered, by what was asked: several types may be in one list."""


@dataclass(frozen=True)
class Call:
    """A call that lists objects. `{}` in its parameters is what is looked for: a name, or the parent's id.

    `result` is the path to the list, or to the one object, in the answer; without one the answer is
    the object. AWS answers with one of the error codes `absent` where what was asked for by name does not
    exist. A `single` result is one row whatever it is: the row's `document`. `answered_in` gives the region
    that alone tells of what is looked for, where it is not the clients' own.
    """

    service: str
    operation: str
    result: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    _: KW_ONLY
    absent: frozenset[str] = frozenset()
    single: bool = False
    answered_in: Callable[[str], str | None] = lambda _sought: None

    def rows(
        self, clients: Clients, sought: str | None, answers: Answers | None = None
    ) -> list[Row]:
        """Return what is there, over all pages; for None everything that can be asked for at once.

        What `answers` hold already is not asked for again. Raises UserError when AWS refuses the call.
        """
        asked = {
            name: _filled(value, sought, clients)
            for name, value in self.parameters.items()
            if sought is not None or "{}" not in str(value)
        }
        region = self.answered_in(sought or "")
        clients = within(region, clients) if region else clients
        known = {} if answers is None else answers
        question = f"{self.service} {self.operation} {self.result} {asked}"
        if question not in known:
            known[question] = self._answer(clients, asked)
        found = known[question]
        by = {name: value for name, value in asked.items() if isinstance(value, str)}
        if self.single:
            return [{**by, "document": found}] if found else []
        items = found if isinstance(found, list) else [found] if found else []
        return [
            {**by, **(each if isinstance(each, Mapping) else {"value": each})} for each in items
        ]

    def _answer(self, clients: Clients, asked: Mapping[str, Any]) -> Any:
        if not self.result:
            return ask_unless(clients, self.service, self.operation, self.absent, **asked)
        client = client_of(clients, self.service)
        if client.can_paginate(xform_name(self.operation)):
            return ask_all(
                clients, self.service, self.operation, self.result, absent=self.absent, **asked
            )
        answer = ask_unless(clients, self.service, self.operation, self.absent, **asked)
        return member(answer, self.result)


def filtered(name: str) -> Mapping[str, Any]:
    """Return the parameters of an EC2 call that asks for what a filter lets through."""
    return {"Filters": [{"Name": name, "Values": ["{}"]}]}


def member(row: Any, path: str) -> Any:
    """Return what is at a dotted path; None where a part of it is not there."""
    for part in path.split("."):
        if isinstance(row, list):
            row = row[int(part)] if len(row) > int(part) else None
        else:
            row = row.get(part) if isinstance(row, Mapping) else None
    return row


def _filled(value: Any, sought: str | None, clients: Clients) -> Any:
    if isinstance(value, str):
        if value == "{account}":
            return account_of(clients)
        return value.replace("{}", sought or "")
    if isinstance(value, Mapping):
        return {key: _filled(item, sought, clients) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, sought, clients) for item in value]
    return value
