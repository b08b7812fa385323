"""What a secret's value has to look like. No message ever holds a part of a value."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from modules.settings.characters import QUOTES, unseen_character
from modules.settings.credential_shapes import credential_kind
from modules.settings.placeholders import has_no_address, is_placeholder
from modules.settings.secrets import DATABASE_ROLES, KAFKA_BROKERS, MASTER_CREDENTIALS

# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_BYTES = 65536

_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}")
_NOTION_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# https://supertokens.com/docs: letters, digits, = and -, at least 20
_SUPERTOKENS_KEY = re.compile(r"[A-Za-z0-9=-]{20,}")


def error_in(name: str, value: str) -> str | None:
    """Say what is wrong with `value` for the secret `name`, and what is allowed; None if nothing is."""
    wrong = _size(value)
    if wrong:
        return wrong
    shape = _SHAPES.get(name)
    is_document = shape in (_credentials, _jwt)
    pasted = _pasted(value) or (None if is_document else _one_word(value))
    return pasted or _set_by_nobody(value) or (shape(value) if shape else None)


def error_in_own(value: str) -> str | None:
    """Say what is wrong with a value of a secret that a stage declares, which may be any text."""
    wrong = _size(value) or _pasted(value) or _set_by_nobody(value)
    if wrong:
        return wrong
    if value != value.strip():
        return "it begins or ends with white space: allowed: the value without it"
    if _ASSIGNMENT.match(value):
        return "it begins with a variable's name and `=`: allowed: the value alone"
    return None


def _size(value: str) -> str | None:
    if not value.strip():
        return "it is empty: allowed: a text"
    if len(value.encode()) > MAX_BYTES:
        return f"it is longer than Secrets Manager takes: allowed: at most {MAX_BYTES} bytes"
    return None


def _pasted(value: str) -> str | None:
    unseen = unseen_character(value)
    if unseen:
        return f"it holds {unseen}: allowed: characters that one can see"
    for marks, kind in QUOTES.items():
        if len(value) > 1 and value[0] in marks and value[-1] in marks:
            return f"it is in {kind}: allowed: the value without them"
    return None


def _set_by_nobody(value: str) -> str | None:
    if is_placeholder(value):
        return "it is a placeholder: allowed: the real value"
    if has_no_address(value):
        return "it has a Terraform expression where its host belongs: allowed: the host's name"
    return None


def wrong_kind(name: str, value: str) -> str | None:
    """Return whose key `value` is by its prefix, where `name` asks for another; it may be meant."""
    kind = credential_kind(value)
    expected = _ISSUERS.get(name)
    if kind is None or name in _SHAPES or kind == expected:
        return None
    return f"it is {kind} by its first characters: allowed: {expected or 'a value of another kind'}"


def _one_word(value: str) -> str | None:
    for place, character in enumerate(value, start=1):
        at = f"as character {place} of {len(value)}"
        if character.isspace():
            return f"it holds white space {at}: allowed: one word, without quotes or line breaks"
        if not character.isascii():
            return f"it holds a character that is not ASCII {at}: allowed: ASCII, which a header can carry"
    for marks, kind in QUOTES.items():
        if value[0] in marks or value[-1] in marks:
            return f"it begins or ends with one of {kind}: allowed: the value without it"
    if _ASSIGNMENT.match(value):
        return "it begins with a variable's name and `=`: allowed: the value alone"
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
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


_CREDENTIALS = ("username", "password")
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*_[A-Z0-9_]+=[^=]")
# Whose key a secret is, where the issuer gives its keys a prefix.
_ISSUERS = {"openai-api-key": "an OpenAI key", "notion-api-token": "a Notion token"}
_SHAPES: dict[str, Callable[[str], str | None]] = {
    MASTER_CREDENTIALS: _credentials,
    **{f"{role}-db-role": _credentials for role in DATABASE_ROLES},
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
