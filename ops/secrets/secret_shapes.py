"""What a secret's value has to look like. No message ever holds a part of a value."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from common.text_files import RepeatedNameError, each_once
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
    return pasted or _set_by_nobody(value) or (shape(value) if shape else None) or _within(value)


def error_in_own(value: str) -> str | None:
    """Say what is wrong with a value of a secret that a stage declares, which may be any text."""
    wrong = _size(value) or _pasted(value) or _set_by_nobody(value) or _within(value)
    if wrong:
        return wrong
    if value != value.strip():
        return "it begins or ends with white space: allowed: the value without it"
    if _is_assignment(value):
        return "it begins with a variable's name and `=`: allowed: the value alone"
    if re.match(r"-----BEGIN [A-Z ]+----- ", value) and "\n" not in value:
        return (
            "it is a key in PEM whose line breaks have become blanks: allowed: the file's own lines"
        )
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
        if len(value) > 2 and value[0] in marks and value[-2] in marks and value[-1] in ",;":
            return f"it is in {kind}, with `{value[-1]}` behind: allowed: the value without them"
    return None


def _within(value: str) -> str | None:
    """Say what is wrong within a JSON document, which its escapes may hide; of other texts nothing."""
    try:
        document = json.loads(value, object_pairs_hook=each_once)
    except RepeatedNameError:
        return "it names a key twice: allowed: each key once"
    except (ValueError, RecursionError):
        return None
    texts = document.values() if isinstance(document, dict) else ()
    for text in filter(lambda each: isinstance(each, str), texts):
        unseen = unseen_character(text)
        wrong = f"holds {unseen}" if unseen else _stands_for_another(text)
        if wrong:
            return f"a text in it {wrong}"
    return None


def _stands_for_another(value: str) -> str | None:
    """Say that a value is the name of another one, or what a program shows in its place."""
    for pattern, what in _ELSEWHERE.items():
        if re.fullmatch(pattern, value):
            return f"is {what}, not the value: allowed: the value itself"
    return None


def _set_by_nobody(value: str) -> str | None:
    if is_placeholder(value):
        return "it is a placeholder: allowed: the real value"
    if has_no_address(value):
        return "it has a Terraform expression where its host belongs: allowed: the host's name"
    elsewhere = _stands_for_another(value)
    return f"it {elsewhere}" if elsewhere else None


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
    if value[-1] in ",;":
        return (
            f"it ends with `{value[-1]}`, as a program's line does: allowed: the value without it"
        )
    if _is_assignment(value):
        return "it begins with a variable's name and `=`: allowed: the value alone"
    return None


def _is_assignment(value: str) -> bool:
    return bool(_ASSIGNMENT.match(value) or _KEY_LINE.fullmatch(value))


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
    if re.fullmatch(r"https?://[^\s/]+\S*", str(document.get("jwk_url"))):
        return None
    if "jwk_url" in document and document["jwk_url"] is not None:
        return "its jwk_url is no address: allowed: https://..."
    kind, key = document.get("type"), document.get("key")
    if not isinstance(kind, str) or not isinstance(key, str):
        return 'it is not the JSON of a key: allowed: {"type": "HS256", "key": "..."}, or "jwk_url"'
    return _key_of(kind, key)


def _key_of(kind: str, key: str) -> str | None:
    if not re.fullmatch(r"(HS|RS|ES)(256|384|512)|Ed25519", kind):
        return (
            "Hasura knows no such type: allowed: HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, "
            "ES512, Ed25519"
        )
    if not kind.startswith("HS") and not _PUBLIC_PEM.match(key.lstrip()):
        return (
            "its key is none of its type: allowed: a public key or certificate in PEM, with \\n for its "
            "line breaks"
        )
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
_ASSIGNMENT = re.compile(
    r"(export\s+[A-Za-z_]\w*|[$]env:\w+|set\s+[A-Z]\w*|[A-Z][A-Z0-9_]*_[A-Z0-9_]+|[a-z][a-z0-9]*_[a-z0-9_]+)"
    r"\s*=\s*[^=\s]",
    re.ASCII,
)
# `KEY=...` alone: what has more of them, as ADO's `Password=...;Server=...`, is a value as it is.
_KEY_LINE = re.compile(
    r"(?:(?:api-?)?key|token|secret|password)\s*=\s*[^\s=;&]+=*[,;]?", re.IGNORECASE
)
_PUBLIC_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*(?:PUBLIC KEY|CERTIFICATE)-----")
# What a value is by its form that tells where the real one is, or that it was not shown.
_ELSEWHERE = {
    r"arn:aws[a-z-]*:(secretsmanager|ssm):\S+": "the ARN of a secret or a parameter",
    r"[$](env:)?[A-Za-z_]\w*|[$]\{[^}]*\}|[$]\{\{.*\}\}|[$]\(.*\)|%[A-Z_]\w*%"
    r"|(process\.env|import\.meta\.env|os\.environ|os\.getenv|System\.getenv|Deno\.env|ENV)[.\[(]\S+"
    r"|[A-Z]+(_[A-Z]+)*_(KEY|TOKEN|SECRET|PASSWORD)": "the name of a variable",
    r"\{\{.*\}\}|op://\S+": "a reference that another program resolves",
    r"(var|local|module|data)\.[a-z_][\w.-]*|aws_[a-z0-9_]+\.[\w-]+\.[\w.]+": "an expression of Terraform's",
    # A part of it may stand before and behind: sk-...AbCd.
    r"[\w-]*(\*{3,}|\.{3,}|\u2026|\u2022{3,})[\w-]*|\S+://[^/@\s]*:\*{3,}@\S+"
    r"|\(sensitive( value)?\)|<sensitive>|\[REDACTED\]|null|None|undefined": "what a program shows in "
    "its place",
    r"<[^<>]+>": "a text in angle brackets, as instructions write what is to be filled in",
    r"(?i:(\w{2,8}[-_])?x{4,}|your[-_ ]\S.*|(insert|paste|put|add)[-_ ].*[-_ ]here|change[-_ ]?me|to-?do|tbd"
    r"|placeholder|redacted)": "what instructions write where the value is to be filled in",
}
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
