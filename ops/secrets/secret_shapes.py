"""What a secret's value has to look like. No message ever holds a part of a value."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from modules.settings.secrets import (
    KAFKA_BROKERS,
    LEGACY_PLACEHOLDERS,
    MASTER_CREDENTIALS,
    PLACEHOLDER,
)

# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_BYTES = 65536

_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}")
_NOTION_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# https://supertokens.com/docs: letters, digits, = and -, at least 20
_SUPERTOKENS_KEY = re.compile(r"[A-Za-z0-9=-]{20,}")


def is_placeholder(value: str) -> bool:
    """Whether a value is one that waits for a person."""
    return any(mark in value for mark in (PLACEHOLDER, *LEGACY_PLACEHOLDERS))


def complaint(name: str, value: str) -> str | None:
    """What is wrong with `value` for the secret `name`, and what is allowed; None when nothing is known."""
    if not value.strip():
        return "it is empty: allowed: a text"
    if is_placeholder(value):
        return "it is a placeholder: allowed: the real value"
    if len(value.encode()) > MAX_BYTES:
        return f"it is longer than Secrets Manager takes: allowed: at most {MAX_BYTES} bytes"
    shape = _SHAPES.get(name, _one_word)
    return shape(value)


def _one_word(value: str) -> str | None:
    if re.search(r"\s", value):
        return "it holds white space: allowed: one word, without quotes or line breaks"
    return None


def _credentials(value: str) -> str | None:
    document = _json_object(value)
    if all(isinstance(document.get(key), str) and document[key] for key in _CREDENTIALS):
        return None
    return 'it is not the JSON of a user: allowed: {"username": "...", "password": "..."}'


def _jwt(value: str) -> str | None:
    """Hasura takes a key of the type's length, or the URL of a key set.

    https://hasura.io/docs/2.0/auth/authentication/jwt/
    """
    document = _json_object(value)
    if isinstance(document.get("jwk_url"), str):
        return None
    kind, key = document.get("type"), document.get("key")
    if not isinstance(kind, str) or not isinstance(key, str):
        return 'it is not the JSON of a key: allowed: {"type": "HS256", "key": "..."}, or "jwk_url"'
    least = {"HS256": 32, "HS384": 48, "HS512": 64}.get(kind, 1)
    if len(key) < least:
        return f"its key is too short for {kind}: allowed: at least {least} characters"
    return None


def _brokers(value: str) -> str | None:
    if all(_HOST_AND_PORT.fullmatch(each) for each in value.split(",")):
        return None
    return "it is not a list of brokers: allowed: HOST:PORT, several with commas between"


def _notion_id(value: str) -> str | None:
    if _NOTION_ID.fullmatch(value):
        return None
    return "it is not a Notion database id: allowed: 32 hexadecimal digits, hyphens between or not"


def _supertokens_key(value: str) -> str | None:
    if _SUPERTOKENS_KEY.fullmatch(value):
        return None
    return "SuperTokens refuses it: allowed: letters, digits, = and -, at least 20"


def _uri(prefix: str, *, with_user: bool) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        form = f"{prefix}{'USER:PASSWORD@' if with_user else ''}HOST:PORT/DATABASE"
        wrong = f"it is not such an address: allowed: {form}"
        if not value.startswith(prefix):
            return wrong
        try:
            parts = urlsplit("//" + value.removeprefix(prefix))
            complete = parts.hostname and parts.port and parts.path.strip("/")
        except ValueError:
            return wrong
        logs_in = bool(parts.username and parts.password)
        return None if complete and logs_in == with_user else wrong

    return check


def _json_object(value: str) -> dict[str, object]:
    try:
        document = json.loads(value)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


_CREDENTIALS = ("username", "password")
_SHAPES: dict[str, Callable[[str], str | None]] = {
    MASTER_CREDENTIALS: _credentials,
    "hasura-jwt-secret": _jwt,
    "supertokens-api-key": _supertokens_key,
    "supertokens-db-conn-string": _uri("postgresql://", with_user=True),
    "hasura-db-conn-string": _uri("postgres://", with_user=True),
    "optaplanner-db-conn-string": _uri("jdbc:postgresql://", with_user=False),
    "notion-notes-db-id": _notion_id,
    "notion-research-projects-db-id": _notion_id,
    "notion-research-tasks-db-id": _notion_id,
    KAFKA_BROKERS: _brokers,
}
