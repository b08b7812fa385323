"""The embedded CloudFormation is done in milliseconds: nobody waits for it as for AWS's."""

import pytest

from imports.sources.cloudformation import owners_stack
from imports.stack_retirement import stack_calls


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners_stack, "_POLL_SECONDS", 0.02)
    monkeypatch.setattr(stack_calls, "_FIRST_POLL_SECONDS", 0.02)
