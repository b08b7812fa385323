"""Which kinds of resources a stage has: what else a state or a plan holds is another project's."""

from typing import Final

# AWS's provider, and the resource that Terraform brings itself, which an extension may make.
_PROVIDER: Final = "aws_"
_BUILT_IN: Final = "terraform_data"


def is_of_a_stage(type_: str) -> bool:
    """Return whether a stage may have a resource of this type."""
    return type_.startswith(_PROVIDER) or type_ == _BUILT_IN
