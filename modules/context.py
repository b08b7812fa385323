"""What every construct of a stage stands on, beside its own settings and those it works with."""

from dataclasses import dataclass

from cdktf import TerraformResource

from modules.base.address import address_of
from modules.base.guard import Guard
from modules.base.naming import Names


@dataclass(frozen=True, kw_only=True)
class Context:
    """The facts of one stage that most constructs need.

    `account_id` is known when Terraform runs. `key_arn` is the stage's own KMS key; without one AWS's keys
    encrypt. `adopted` are the addresses of objects that were there before this project; `as_found` is a stage
    that has nothing else yet, and leaves them as they are.
    """

    names: Names
    account_id: str
    region: str
    time_zone: str
    log_retention_days: int
    guard: Guard
    adopted: frozenset[str]
    key_arn: str | None
    as_found: bool = False

    @property
    def retain_data(self) -> bool:
        """Whether what the stage stores survives the stage."""
        return self.guard.retain_data

    def is_adopted(self, type_: type[TerraformResource], name: str) -> bool:
        """Return whether the object at this address was there before, with settings and values of its own."""
        return bool(self.adopted) and address_of(type_, name) in self.adopted
