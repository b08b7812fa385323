"""What a secret's value is that nobody has set: one rule, for Python and for Terraform.

A write follows from it, so it asks about whole parts: a marker inside somebody's password is no placeholder.
Each pattern is of the syntax that Python's `re` and Terraform's RE2 share, and matches a whole value.
"""

import json
import re
import string
from typing import Final

_PREFIXES: Final = ("ENTER_", "REPLACE_WITH_")
_PART: Final = "(?:DB_USER|DB_PASS|DB_PASSWORD|DB_HOST|DB_PORT)"

_SCHEME: Final = r"(?:jdbc:)?[A-Za-z][A-Za-z0-9+.-]*://"
_LOGIN: Final = "(?:[^/?#]*@)?"
_HOST: Final = r"(?:\[[^\]/?#]*\]|[^:/?#@]*)"
_REST: Final = r"(?:[/?#][\s\S]*)?"
_PLACEHOLDER_URI: Final = (
    f"{_SCHEME}(?:"
    f"{_PART}(?::[^/?#]*)?@[^/?#]*{_REST}"  # the user
    f"|[^:/?#@]*:{_PART}@[^@/?#]*{_REST}"  # the password
    f"|{_LOGIN}{_PART}(?::[^:/?#@]*)?{_REST}"  # the host
    f"|{_LOGIN}{_HOST}:{_PART}{_REST}"  # the port
    # JDBC names user and password behind the address.
    rf"|[^?#]*\?(?:[^#]*&)?(?:user|password)={_PART}(?:[&#][\s\S]*)?"
    ")"
)
_PLACEHOLDER: Final = rf"(?:{'|'.join(_PREFIXES)})[\s\S]*|{_PLACEHOLDER_URI}"

# `aws_db_instance.main.address` or `${...}` where a host belongs: earlier releases wrote the text of an
# expression into an adopted secret. No name in DNS has an underscore before its first dot and AWS behind.
_EXPRESSION: Final = r"(?:aws_[a-z0-9_]+\.[A-Za-z0-9_.-]+|[$]\{[^/?#]*)"
_NO_ADDRESS: Final = f"{_SCHEME}{_LOGIN}{_EXPRESSION}(?::[^:/?#@]*)?{_REST}"

# Of Base64 in both of its forms, and between the parts of a token.
_SIGNS_OF_KEYS: Final = "+/=-_."
# A URI, or PostgreSQL's own form in keys and values.
_CONNECTION_STRING: Final = r"[\s\S]*(?:://|\bhost *=)[\s\S]*"


def is_placeholder(value: str) -> bool:
    """Return whether nobody has set `value` yet: it is a text that waits for a person.

    It begins with `ENTER_` or `REPLACE_WITH_`; or it is a URI whose user, password, host or port is
    `DB_USER`, `DB_PASS`, `DB_PASSWORD`, `DB_HOST` or `DB_PORT`; or a JSON object whose `key` is one of these.
    """
    if re.fullmatch(_PLACEHOLDER, value):
        return True
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return False
    key = document.get("key") if isinstance(document, dict) else None
    return isinstance(key, str) and bool(re.fullmatch(_PLACEHOLDER, key))


def has_no_address(value: str) -> bool:
    """Return whether `value` is a URI with a Terraform expression, as text, where its host belongs."""
    return bool(re.fullmatch(_NO_ADDRESS, value))


def is_no_connection_string(value: str) -> bool:
    """Return whether `value` names no server: CDK draws a random word until a person sets a string."""
    return not re.fullmatch(_CONNECTION_STRING, value)


def looks_drawn(value: str) -> bool:
    """Return whether `value` is what Secrets Manager draws by default, as for a `Secret` of the CDK.

    That is 32 characters of ASCII without a blank, with one of each kind; a third are signs, and hardly ever
    those alone that keys have as well.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
    """
    signs = re.escape("".join(each for each in string.punctuation if each not in _SIGNS_OF_KEYS))
    each_kind = rf"(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9])(?=.*[{signs}])"
    return bool(re.fullmatch(rf"{each_kind}[!-~]{{32}}", value))


def placeholder_condition(value: str) -> str:
    """Return the bare Terraform expression of `is_placeholder`; `value` is a bare expression, too."""
    return (
        f"({_matches(_PLACEHOLDER, value)} || {_matches(_PLACEHOLDER, f'jsondecode({value}).key')})"
    )


def no_address_condition(value: str) -> str:
    """Return the bare Terraform expression of `has_no_address`; `value` is a bare expression, too."""
    return _matches(_NO_ADDRESS, value)


def no_connection_string_condition(value: str) -> str:
    """Return the bare Terraform expression of `is_no_connection_string`; `value` is one, too."""
    return f"!{_matches(_CONNECTION_STRING, value)}"


def _matches(pattern: str, value: str) -> str:
    # `can` makes false of no match, of no JSON, and of no value at all.
    return f"can(regex({json.dumps(f'^(?:{pattern})$')}, {value}))"
