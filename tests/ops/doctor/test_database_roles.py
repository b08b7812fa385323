"""What the doctor says of who logs in to the database."""

import pytest

from modules.settings.secrets import MASTER_USER, NOBODY_YET, OWN_ROLE
from ops.doctor.contents import judge_logins

ROLES = ("supertokens", "hasura", "optaplanner")
APPLY = "python -m ops database apply ../YOUR-SCHEMA --stage dev"


def test_a_stage_whose_schema_was_not_applied_is_told_how() -> None:
    states = dict.fromkeys(ROLES, NOBODY_YET)

    (found,) = judge_logins(states, stage="dev", stack="atomic-dev", wanted=True)

    assert found.state == "attention"
    assert found.what.startswith("the schema was not applied: nobody can log in as hasura, ")
    assert found.remedy == APPLY


def test_a_stage_from_before_there_were_roles_is_told_how() -> None:
    states = {**dict.fromkeys(ROLES, OWN_ROLE), "hasura": MASTER_USER}

    (found,) = judge_logins(states, stage="dev", stack="atomic-dev", wanted=True)

    assert (found.state, found.what) == (
        "attention",
        "hasura log in as the database's master user",
    )
    assert found.remedy == APPLY


def test_a_stage_without_the_secrets_has_to_be_deployed() -> None:
    (found,) = judge_logins({}, stage="dev", stack="atomic-dev", wanted=True)

    assert (found.state, found.remedy) == ("attention", "cdktf deploy atomic-dev")


@pytest.mark.parametrize(
    ("tag", "wanted", "said"),
    [
        (OWN_ROLE, True, "supertokens, hasura, optaplanner log in as themselves"),
        (MASTER_USER, False, "services log in as the master user, as login_roles = false has it"),
    ],
)
def test_a_stage_that_is_as_it_asks_to_be_is_fine(tag: str, wanted: bool, said: str) -> None:
    states = dict.fromkeys(ROLES, tag)

    (found,) = judge_logins(states, stage="dev", stack="atomic-dev", wanted=wanted)

    assert (found.state, found.what) == ("fine", said)
