"""How an object is deleted, by a call or by a person's command."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from botocore import xform_name

from aws.client import Clients, ask


@dataclass(frozen=True)
class Removal:
    """The call that deletes an object; `{0}`, `{1}` in its parameters are the parts of its import id.

    `first` deletes what has to go before. `by_hand` is why the deletion is left to a person.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    _: KW_ONLY
    first: Callable[[Clients, str], None] = lambda _clients, _id: None
    by_hand: str = ""

    def carry_out(self, clients: Clients, import_id: str) -> None:
        """Delete an object. Raises UserError when AWS refuses a call."""
        self.first(clients, import_id)
        ask(clients, self.service, self.operation, **self._filled(import_id))

    def command(self, import_id: str) -> str:
        """Return the command that deletes an object, for a person."""
        options = " ".join(
            f"--{xform_name(name, '-')} {' '.join(value) if isinstance(value, list) else value}"
            for name, value in self._filled(import_id).items()
        )
        return f"aws {self.service} {xform_name(self.operation, '-')} {options}"

    def _filled(self, import_id: str) -> dict[str, Any]:
        parts = import_id.split("|")
        return {
            name: [each.format(*parts) for each in value]
            if isinstance(value, list)
            else value.format(*parts)
            for name, value in self.parameters.items()
        }
