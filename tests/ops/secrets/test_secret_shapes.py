"""What a secret's value has to look like."""

import json

import pytest

from common.errors import UserError
from modules.settings.secrets import DATABASE_ROLES, PLACEHOLDER, SECRETS, SecretRow
from ops.secrets.secret_document import piped_keys
from ops.secrets.secret_shapes import error_in, error_in_own, wrong_kind
from ops.secrets.secret_values import check_is_the_operators, secret_row

OWN = SecretRow(
    name="stripe", output="StripeArn", origin="operator", description="", keys=("id",), is_own=True
)
GOOD = {
    "rds-master-credentials": '{"username": "postgresadmin", "password": "planted"}',
    **{
        f"{role}-db-role": json.dumps({"username": role, "password": "planted"})
        for role in DATABASE_ROLES
    },
    "hasura-jwt-secret": json.dumps({"type": "HS256", "key": "k" * 32}),
    "supertokens-api-key": "a" * 20,
    "supertokens-db-conn-string": "postgresql://user:planted%2F@db.example.com:5432/atomicdb",
    "hasura-db-conn-string": "postgres://user:planted@db.example.com:5432/atomicdb",
    "optaplanner-db-conn-string": "jdbc:postgresql://db.example.com:5432/atomicdb",
    "notion-notes-db-id": "0123456789abcdef0123456789abcdef",
    "notion-research-projects-db-id": "01234567-89ab-cdef-0123-456789abcdef",
    "notion-research-tasks-db-id": "0123456789ABCDEF0123456789ABCDEF",
    "msk-bootstrap-brokers": "b-1.example.com:9096,b-2.example.com:9096",
}


@pytest.mark.parametrize("name", [row.name for row in SECRETS])
def test_a_value_of_the_right_shape_is_taken(name: str) -> None:
    assert error_in(name, GOOD.get(name, "planted-value")) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("openai-api-key", ""),
        ("openai-api-key", "  "),
        ("openai-api-key", PLACEHOLDER),
        ("openai-api-key", "planted value"),
        ("openai-api-key", "x" * 65537),
        ("rds-master-credentials", "planted"),
        ("rds-master-credentials", '{"username": "planted"}'),
        ("hasura-jwt-secret", "planted"),
        ("hasura-jwt-secret", '["planted"]'),
        ("hasura-jwt-secret", '{"planted":' * 6000),
        ("rds-master-credentials", "[" * 6000),
        ("hasura-jwt-secret", '{"type": "HS256", "key": "planted"}'),
        ("hasura-jwt-secret", json.dumps({"type": "HS512", "key": "planted" * 5})),
        ("supertokens-api-key", "planted-but-short"),
        ("supertokens-api-key", "planted_with_an_underscore"),
        ("hasura-db-conn-string", "postgresql://u:planted@db:5432/atomicdb"),
        ("hasura-db-conn-string", "postgres://planted@db:5432/atomicdb"),
        ("hasura-db-conn-string", "postgres://u:planted@db:port/atomicdb"),
        ("hasura-db-conn-string", "postgres://u:planted@db:5432"),
        ("optaplanner-db-conn-string", "jdbc:postgresql://u:planted@db:5432/atomicdb"),
        ("notion-notes-db-id", "planted"),
        ("msk-bootstrap-brokers", "planted"),
        ("msk-bootstrap-brokers", "b-1.example.com:9096, planted.example.com:9096"),
        ("hasura-db-conn-string", "postgres://u:planted@d\nb:5432/atomicdb"),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused_without_showing_it(name: str, value: str) -> None:
    said = error_in(name, value)

    assert said is not None
    assert "allowed:" in said
    assert "planted" not in said


ELSEWHERE = {
    "arn:aws:secretsmanager:us-east-1:111111111111:secret:planted": "the ARN of a secret",
    "arn:aws:ssm:us-east-1:111111111111:parameter/planted": "the ARN of a secret or a parameter",
    "$PLANTED": "the name of a variable",
    "${planted}": "the name of a variable",
    "$env:PLANTED": "the name of a variable",
    "${{planted}}": "the name of a variable",
    "%PLANTED%": "the name of a variable",
    "$(planted)": "the name of a variable",
    "{{resolve:secretsmanager:planted}}": "a reference that another program resolves",
    "op://planted/item/field": "a reference that another program resolves",
    "var.planted": "an expression of Terraform's",
    "aws_secretsmanager_secret.planted.arn": "an expression of Terraform's",
    "***": "what a program shows in its place",
    "[REDACTED]": "what a program shows in its place",
    "null": "what a program shows in its place",
    "process.env.PLANTED_KEY": "the name of a variable",
    'os.environ["PLANTED"]': "the name of a variable",
    "YOUR_PLANTED_API_KEY": "the name of a variable",
    "sk-...plAN": "what a program shows in its place",
    "sk-****plAN": "what a program shows in its place",
    "sk-proj-************************plAN": "what a program shows in its place",
    "postgres://planted:***@db.example.com:5432/atomicdb": "what a program shows in its place",
    "<planted-key>": "a text in angle brackets",
    "your-planted-key-here": "what instructions write where the value is to be filled in",
    "your_planted_value": "what instructions write where the value is to be filled in",
    "sk-xxxxxxxxxxxx": "what instructions write where the value is to be filled in",
    "changeme": "what instructions write where the value is to be filled in",
    "insert-planted-key-here": "what instructions write where the value is to be filled in",
}


@pytest.mark.parametrize(("value", "what"), ELSEWHERE.items())
def test_what_only_stands_for_a_value_is_refused(value: str, what: str) -> None:
    for said in (
        error_in("openai-api-key", value),
        error_in_own(value),
        error_in_own(json.dumps({"a": "planted", "b": value})),
        error_in("hasura-jwt-secret", json.dumps({"type": "HS256", "key": "k" * 32, "kid": value})),
    ):
        assert said is not None
        assert f"is {what}" in said
        assert "planted" not in said


@pytest.mark.parametrize(
    "value",
    [
        "$ecret-of-mine",
        "a$B",
        "100%",
        "arn-of-a-sort",
        "nullable",
        "x*y",
        "a.b..c-d_e",
        "pk_A_KEYS",
    ],
)
def test_a_value_with_a_sign_of_its_own_is_taken(value: str) -> None:
    assert error_in_own(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "export PLANTED_KEY=x",
        "planted_key=x",
        "PLANTED_KEY = x",
        "$env:PLANTED=x",
        "export planted=x",
        "KEY=sk-planted",
        "TOKEN=sk-proj-planted_planted==",
        "apikey = planted",
    ],
)
def test_a_line_of_a_shell_is_refused(value: str) -> None:
    assert (
        error_in_own(value) == "it begins with a variable's name and `=`: allowed: the value alone"
    )


def test_what_json_spells_by_escapes_is_held_against_what_one_can_see() -> None:
    for escaped in ("\\u200b", "\\u0000", "\\ud800", "\\ufeff"):
        said = error_in("hasura-jwt-secret", f'{{"type": "HS256", "key": "{"k" * 32}{escaped}"}}')
        assert said is not None
        assert said.startswith("a text in it holds ")
        assert "as character 33 of 33" in said


def test_a_key_that_is_named_twice_is_refused() -> None:
    twice = f'{{"type": "HS256", "key": "planted", "key": "{"k" * 32}"}}'

    assert error_in("hasura-jwt-secret", twice) == "it names a key twice: allowed: each key once"
    with pytest.raises(UserError, match="names a key twice"):
        piped_keys(OWN, '{"id": "planted", "id": "planted"}')


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"type": "hs256", "key": "k" * 32}, "Hasura knows no such type"),
        ({"type": "RS256", "key": "k" * 32}, "allowed: a public key or certificate in PEM"),
        (
            {"type": "RS256", "key": f"-----BEGIN PRIVATE {'KEY'}-----\nplanted"},
            "allowed: a public key or certificate in PEM",
        ),
        ({"jwk_url": "planted"}, "its jwk_url is no address"),
        ({"jwk_url": ""}, "its jwk_url is no address"),
    ],
)
def test_a_key_that_hasura_does_not_start_with_is_refused(
    document: dict[str, str], why: str
) -> None:
    said = error_in("hasura-jwt-secret", json.dumps(document))

    assert said is not None
    assert why in said
    assert "planted" not in said


@pytest.mark.parametrize(
    "document",
    [
        {"jwk_url": "https://example.com/jwks.json"},
        {"type": "RS256", "key": "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"},
        {"type": "ES256", "key": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"},
        {"type": "HS256", "key": "k" * 32, "claims_format": "stringified_json"},
    ],
)
def test_the_forms_of_a_key_that_hasura_takes_are_taken(document: dict[str, str]) -> None:
    assert error_in("hasura-jwt-secret", json.dumps(document)) is None


def test_a_pem_whose_lines_became_blanks_is_refused() -> None:
    first, last = f"-----BEGIN PRIVATE {'KEY'}-----", f"-----END PRIVATE {'KEY'}-----"
    said = error_in_own(f"{first} MIIE {last}")

    assert said is not None
    assert "line breaks have become blanks" in said
    assert error_in_own(f"{first}\nMIIE\n{last}") is None


@pytest.mark.parametrize("row", SECRETS, ids=lambda row: row.name)
def test_only_the_operators_secrets_are_set_without_force(row: SecretRow) -> None:
    if row.origin == "operator":
        check_is_the_operators(row)
    else:
        with pytest.raises(UserError, match=r"if you mean it, add --force$"):
            check_is_the_operators(row)


def test_an_unknown_secret_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"no secret 'openai': allowed: .*openai-api-key"):
        secret_row("openai")


UNSEEN = {
    "\x1b": "an escape character (U+001B)",
    "\x00": "a control character (U+0000)",
    "\x7f": "a control character (U+007F)",
    "\ufeff": "a byte order mark (U+FEFF)",
    "\u200b": "a zero-width character (U+200B)",
    "\u00ad": "a zero-width character (U+00AD)",
    "\u202e": "a mark of writing direction (U+202E)",
    "\u2066": "a mark of writing direction (U+2066)",
    "\ue000": "a private-use character (U+E000)",
    "\u00a0": "a blank that is none of the keyboard's (U+00A0)",
    "\u2028": "a line separator (U+2028)",
    "\ufe0f": "an invisible character (U+FE0F)",
    "\u3164": "an invisible character (U+3164)",
    "\U000e0041": "a zero-width character (U+E0041)",
}


@pytest.mark.parametrize("character", UNSEEN, ids=lambda text: f"U+{ord(text):04X}")
@pytest.mark.parametrize("name", ["openai-api-key", "hasura-jwt-secret", "hasura-db-conn-string"])
def test_a_character_that_nobody_sees_is_refused_with_its_kind_and_place(
    name: str, character: str
) -> None:
    good = GOOD.get(name, "planted-value")
    said = error_in(name, f"{good[:5]}{character}{good[5:]}")

    assert said == (
        f"it holds {UNSEEN[character]} as character 6 of {len(good) + 1}: allowed: characters that "
        "one can see"
    )


@pytest.mark.parametrize(
    ("quotes", "kind"),
    [
        ('""', "double quotes"),
        ("''", "single quotes"),
        ("``", "backquotes"),
        ("\u201c\u201d", "a word processor's quotes"),
    ],
)
@pytest.mark.parametrize("name", ["openai-api-key", "hasura-jwt-secret", "hasura-db-conn-string"])
def test_quotes_around_the_whole_are_refused(name: str, quotes: str, kind: str) -> None:
    said = error_in(name, f"{quotes[0]}{GOOD.get(name, 'planted-value')}{quotes[1]}")

    assert said == f"it is in {kind}: allowed: the value without them"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("planted value", "white space as character 8 of 13"),
        ("planted\nvalue", "white space as character 8 of 13"),
        ("pl\u0430nted", "not ASCII as character 3 of 7"),
        ('"planted', "begins or ends with one of double quotes"),
        ("OPENAI_API_KEY=planted", "a variable's name"),
        ("sk-proj-planted,", "it ends with `,`, as a program's line does"),
        ("sk-proj-planted;", "it ends with `;`, as a program's line does"),
    ],
)
def test_what_else_a_paste_brings_along_is_refused_with_its_place(value: str, said: str) -> None:
    complained = error_in("openai-api-key", value)

    assert complained is not None
    assert said in complained
    assert "planted" not in complained


@pytest.mark.parametrize("value", ['"sk-planted",', "'sk-planted';"])
def test_quotes_with_a_programs_mark_behind_them_are_refused_in_any_secret(value: str) -> None:
    said = error_in_own(value)

    assert said is not None
    assert f"with `{value[-1]}` behind: allowed: the value without them" in said
    assert "planted" not in said


@pytest.mark.parametrize("value", ["Password=planted;Server=db", "token=a&key=b", "QUJD=="])
def test_a_value_with_an_equals_sign_of_its_own_is_taken(value: str) -> None:
    assert error_in_own(value) is None


@pytest.mark.parametrize(
    "value", ["sk-proj-aB_3-x.Y", "SG.planted-x.planted_y", "sk-proj-planted=="]
)
def test_the_signs_that_real_keys_have_are_taken(value: str) -> None:
    assert error_in("openai-api-key", value) is None


def test_a_password_may_have_any_letter_and_json_line_breaks() -> None:
    value = '{\n\t"username": "me",\r\n "password": "pl\u00e4nted \u6c34"}\n'

    assert error_in("rds-master-credentials", value) is None


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("openai-api-key", "sk-ant-api03-planted", "an Anthropic key"),
        ("openai-api-key", f"sk_{'live'}_planted", "a Stripe key"),
        ("deepgram-api-key", "ghp_plantedplanted", "a GitHub token"),
        ("notion-api-token", "sk-planted-planted", "an OpenAI key"),
    ],
)
def test_another_services_key_is_told_by_its_prefix(name: str, value: str, kind: str) -> None:
    said = wrong_kind(name, value)

    assert said is not None
    assert kind in said
    assert "planted" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("openai-api-key", "sk-proj-planted"),
        ("openai-api-key", "planted-without-a-prefix"),
        ("notion-api-token", "ntn_plantedplantedplanted"),
        ("notion-api-token", "secret_plantedplantedplanted"),
        ("hasura-jwt-secret", GOOD["hasura-jwt-secret"]),
    ],
)
def test_a_key_of_the_right_service_or_of_none_that_is_known_is_taken(
    name: str, value: str
) -> None:
    assert wrong_kind(name, value) is None
