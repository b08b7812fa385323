"""What is a placeholder, asked of Python and of Terraform: a write follows from either."""

import json
import os

import pytest

from modules.settings.placeholders import (
    has_no_address,
    is_no_connection_string,
    is_placeholder,
    no_address_condition,
    no_connection_string_condition,
    placeholder_condition,
)
from modules.settings.secrets import PLACEHOLDER
from terraform.cli import Terraform

PLACEHOLDERS = [
    PLACEHOLDER,
    "ENTER_",
    "ENTER_OPENAI_KEY_BY_HAND",
    "REPLACE_WITH_A_LONG_KEY",
    "ENTER_two\nlines",
    "postgresql://DB_USER:DB_PASS@DB_HOST:5432/atomicdb",
    "jdbc:postgresql://DB_HOST:DB_PORT/atomicdb",
    "postgres://DB_USER@db.example.com/atomicdb",
    "postgres://DB_USER:real@db.example.com:5432/atomicdb",
    "postgres://me:DB_PASSWORD@db.example.com:5432/atomicdb",
    "postgres://me:DB_PASS@db.example.com:5432/atomicdb",
    "postgres://me:real@DB_HOST:5432/atomicdb",
    "postgres://me:re@al@DB_HOST/atomicdb",
    "postgres://DB_HOST",
    "postgres://me:real@db.example.com:DB_PORT/atomicdb?sslmode=require",
    "postgres://me:real@[::1]:DB_PORT/atomicdb",
    "jdbc:postgresql://db.example.com:5432/atomicdb?ssl=true&password=DB_PASS",
    "jdbc:postgresql://db.example.com:5432/atomicdb?user=DB_USER#end",
    '{"type": "HS256", "key": "REPLACE_WITH_A_LONG_KEY", "issuer": "supertokens"}',
    '{"key": "ENTER_KEY"}',
    '{"key": "postgres://DB_USER:x@h/d"}',
]
REAL = [
    "",
    " ENTER_after_a_blank",
    "sk-example-aCENTER_b9",
    "enter_lower",
    "DB_HOST",
    "postgresql://u:CENTER_9@host:5432/db",
    "postgresql://u:ENTER_9@host:5432/db",
    "postgresql://u:REPLACE_WITH_@host:5432/db",
    "postgresql://u:xDB_PASS@host:5432/db",
    "postgresql://u:DB_PASS1@host:5432/db",
    "postgresql://u:DB_PASS@x@host:5432/db",
    "postgresql://u:x%40DB_HOST@host:5432/db",
    "postgresql://MY_DB_USER:p@host:5432/db",
    "postgresql://DB_USER2:p@host:5432/db",
    "postgresql://u:p@DB_HOST.example.com:5432/db",
    "postgresql://u:p@my-DB_HOST:5432/db",
    "postgresql://u:p@host:5432/DB_HOST",
    "postgresql://u:p@host:5432/db?application_name=DB_USER",
    "postgresql://u:p@host:5432/db?xpassword=DB_PASS",
    "jdbc:postgresql://host:5432/db#?password=DB_PASS",
    '{"type": "HS256", "key": "a key with REPLACE_WITH_ in it"}',
    '{"keys": "ENTER_KEY"}',
    '{"key": 5}',
    '["ENTER_KEY"]',
    '{"key": "ENTER_KEY"',
]
NO_ADDRESS = [
    "jdbc:postgresql://aws_db_instance.main.address:5432/atomicdb",
    "postgres://postgresadmin:x%2Fy@aws_rds_cluster.main.endpoint:5432/atomicdb",
    "postgresql://u:p@${aws_db_instance.main.address}:5432/db",
    "postgresql://u:p@${TfToken[TOKEN.12]}/db",
]
ADDRESS = [
    "postgres://u:p@db.example.com:5432/atomicdb",
    "postgres://u:aws_db_instance.main.address@db.example.com:5432/atomicdb",
    "postgres://u:p@aws-db.example.com:5432/aws_db_instance.main",
    "postgres://aws_user.x.y:p@localhost/db",
    "aws_db_instance.main.address",
]
WORDS = ["", "q7=:/h0st!x", 'Zk4"hosting', "p$%/:/w", "a word\nand another"]
STRINGS = [
    "postgresql://u:p@db.example.com:5432/atomicdb",
    "jdbc:postgresql://db.example.com:5432/atomicdb",
    "host=db.example.com user=u password=p",
    "user=u host = db.example.com",
]
CASES = [*dict.fromkeys([*PLACEHOLDERS, *REAL, *NO_ADDRESS, *ADDRESS, *WORDS, *STRINGS])]


@pytest.fixture(scope="module")
def by_terraform(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bool, bool, bool]]:
    """What Terraform makes of each case: is it a placeholder, without an address, no connection string."""
    folder = tmp_path_factory.mktemp("conditions")
    conditions = (placeholder_condition, no_address_condition, no_connection_string_condition)
    answer = f"[{', '.join(condition('each') for condition in conditions)}]"
    document = {"locals": {"cases": [literal(case) for case in CASES]}}
    document["locals"]["answers"] = f"${{[for each in local.cases : {answer}]}}"  # type: ignore[assignment]
    (folder / "main.tf.json").write_text(json.dumps(document))
    terraform = Terraform(folder=folder, environment=os.environ)
    printed = json.loads(terraform.checked("console", stdin="jsonencode(local.answers)\n"))
    return dict(zip(CASES, map(tuple, json.loads(printed)), strict=True))


def literal(text: str) -> str:
    return text.replace("${", "$${")


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_a_value_that_nobody_has_set_is_a_placeholder(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("value", [*REAL, *NO_ADDRESS, *ADDRESS])
def test_a_marker_inside_a_longer_part_makes_none(value: str) -> None:
    assert not is_placeholder(value)


@pytest.mark.parametrize("value", NO_ADDRESS)
def test_an_expression_where_the_host_belongs_is_no_address(value: str) -> None:
    assert has_no_address(value)


@pytest.mark.parametrize("value", [*PLACEHOLDERS, *REAL, *ADDRESS])
def test_any_other_host_is_left_to_its_owner(value: str) -> None:
    assert not has_no_address(value)


@pytest.mark.parametrize("value", WORDS)
def test_a_drawn_word_is_no_connection_string(value: str) -> None:
    assert is_no_connection_string(value)


@pytest.mark.parametrize("value", [*STRINGS, *NO_ADDRESS])
def test_what_names_a_host_is_one(value: str) -> None:
    assert not is_no_connection_string(value)


@pytest.mark.terraform
@pytest.mark.parametrize("value", CASES)
def test_terraform_judges_as_python_does(
    by_terraform: dict[str, tuple[bool, bool, bool]], value: str
) -> None:
    assert by_terraform[value] == (
        is_placeholder(value),
        has_no_address(value),
        is_no_connection_string(value),
    )
