"""Secrets that a stage file declares: what the application takes of them, and what is refused."""

import tomllib

import pytest

from modules.settings.own_secrets import TAKEN, ends_like_an_arn, single_name, singles
from modules.settings.secrets import SECRETS, SecretRef
from modules.settings.services import SERVICES, Service
from modules.settings.setting_error import SettingError
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings

BASE = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'

# spec of the application: the variables of each service, by what they are a part of
GOOGLE_WEB = {"GOOGLE_CLIENT_ID_WEB", "GOOGLE_CLIENT_SECRET_WEB"}
GOOGLE_ATOMIC = {"GOOGLE_CLIENT_ID_ATOMIC_WEB", "GOOGLE_CLIENT_SECRET_ATOMIC_WEB"}
ZOOM_PASS = {"ZOOM_PASS_KEY", "ZOOM_SALT_FOR_PASS", "ZOOM_IV_FOR_PASS"}
TAKES = {
    "functions": {
        *GOOGLE_WEB,
        *GOOGLE_ATOMIC,
        "GOOGLE_CLIENT_ID_ANDROID",
        "GOOGLE_CLIENT_ID_IOS",
        "ZOOM_CLIENT_ID",
        *ZOOM_PASS,
        "KAFKA_USERNAME",
        "KAFKA_PASSWORD",
        "MONGODB_URI",
    },
    "oauth": {
        *GOOGLE_WEB,
        *ZOOM_PASS,
        "ZOOM_CLIENT_ID",
        "ZOOM_CLIENT_SECRET",
        "ZOOM_WEBHOOK_SECRET_TOKEN",
    },
    "app": {*GOOGLE_ATOMIC, *ZOOM_PASS},
}


def parsed(text: str) -> StageSettings:
    settings, mistakes = parse_stage(tomllib.loads(BASE + text), stage="dev")
    assert not mistakes, mistakes
    return settings


def mistake_in(text: str) -> SettingError:
    _, (mistake,) = parse_stage(tomllib.loads(BASE + text), stage="dev")
    return mistake


def own(settings: StageSettings, service: str) -> dict[str, str]:
    """What a service gets from secrets that the stage declares."""
    return {
        variable: reference
        for variable, reference in settings.services[service].secrets.items()
        if SecretRef.parse(reference).name in settings.secrets
    }


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_a_row_takes_the_applications_own_secrets(row: Service) -> None:
    assert set(row.optional_secrets) == TAKES.get(row.name, set())


def test_every_value_that_is_known_is_taken_by_a_service() -> None:
    taken = {reference for row in SERVICES for reference in row.optional_secrets.values()}

    assert taken == {f"{group}:{key}" for group, facts in TAKEN.items() for key in facts.keys}


def test_without_a_declaration_no_service_gets_any() -> None:
    assert {name: own(parsed(""), name) for name in TAKES} == {name: {} for name in TAKES}


def test_a_group_is_taken_as_json_keys_without_naming_a_variable() -> None:
    settings = parsed("[secrets.google]")

    assert own(settings, "oauth") == {
        "GOOGLE_CLIENT_ID_WEB": "google:CLIENT_ID_WEB",
        "GOOGLE_CLIENT_SECRET_WEB": "google:CLIENT_SECRET_WEB",
    }
    assert set(own(settings, "functions")) == {
        each for each in TAKES["functions"] if each.startswith("GOOGLE_")
    }


def test_only_the_keys_that_are_declared_are_taken() -> None:
    settings = parsed('[secrets.google]\nkeys = ["CLIENT_ID_WEB"]')

    assert own(settings, "functions") == {"GOOGLE_CLIENT_ID_WEB": "google:CLIENT_ID_WEB"}


def test_one_value_is_taken_from_a_secret_of_its_own() -> None:
    settings = parsed("[secrets.mongodb-uri]\n[secrets.zoom-client-secret-value]")

    assert own(settings, "functions") == {"MONGODB_URI": "mongodb-uri"}
    assert own(settings, "oauth") == {"ZOOM_CLIENT_SECRET": "zoom-client-secret-value"}


def test_what_a_person_says_of_a_variable_stays() -> None:
    settings = parsed(
        '[secrets.google]\n[secrets.other]\n[services.oauth.environment]\nGOOGLE_CLIENT_ID_WEB = "1.apps"\n'
        '[services.oauth.secrets]\nGOOGLE_CLIENT_SECRET_WEB = "other"'
    )

    assert own(settings, "oauth") == {"GOOGLE_CLIENT_SECRET_WEB": "other"}
    assert settings.services["oauth"].environment["GOOGLE_CLIENT_ID_WEB"] == "1.apps"


def test_what_the_application_takes_is_optional_and_others_are_required() -> None:
    settings = parsed("[secrets.google]\n[secrets.mongodb-uri]\n[secrets.stripe]")

    assert {name: secret.optional for name, secret in settings.secrets.items()} == {
        "google": True,
        "mongodb-uri": True,
        "stripe": False,
    }


def test_the_stage_file_may_say_otherwise() -> None:
    assert parsed("[secrets.google]\noptional = false").secrets["google"].optional is False


def test_a_row_stands_behind_the_platforms_own() -> None:
    *platforms, row = parsed('[secrets.stripe]\ndescription = "Payments"').secret_rows

    assert tuple(platforms) == SECRETS
    assert (row.name, row.output, row.origin, row.description) == (
        "stripe",
        "SecretStripeArn",
        "operator",
        "Payments",
    )


def test_no_name_of_one_value_ends_like_an_arn() -> None:
    assert [name for name in singles() if ends_like_an_arn(name) or len(name) > 32] == []
    assert single_name(SecretRef(name="zoom", key="CLIENT_SECRET")) == "zoom-client-secret-value"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('[secrets.stripe]\nvalue = "planted-1"', "secrets.stripe.value"),
        ('[secrets.stripe]\ndescripton = "planted-1"', "secrets.stripe.descripton"),
        ("[secrets.stripe]\npin = 48151623", "secrets.stripe.pin"),
        ('[secrets]\nstripe = "planted-1"', "secrets.stripe"),
        ('secrets = "planted-1"', "secrets"),
        ('[secrets.google]\nCLIENT_ID_WEB = "planted-1"', "secrets.google.CLIENT_ID_WEB"),
        ('[secrets.stripe]\nkeys = "planted-1"', "secrets.stripe.keys"),
        ('[secrets.stripe]\nkeys = { KEY = "planted-1" }', "secrets.stripe.keys"),
        ('[secrets.stripe]\nkeys = ["KEY=planted-1"]', "secrets.stripe.keys.0"),
        (f'[secrets.stripe]\nkeys = ["sk_{"live"}_planted1"]', "secrets.stripe.keys"),
        (
            f'[secrets.stripe]\ndescription = "it is sk_{"live"}_planted1"',
            "secrets.stripe.description",
        ),
        (f'[services.app.secrets]\nKEY = "sk_{"live"}_planted1"', "services.app.secrets.KEY"),
        ('[services.app.secrets]\nKEY = "planted with blanks"', "services.app.secrets.KEY"),
    ],
)
def test_a_value_in_the_file_is_refused_and_not_shown(text: str, field: str) -> None:
    mistake = mistake_in(text)

    assert mistake.field == field
    assert "planted" not in str(mistake)
    assert "48151623" not in str(mistake)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('[secrets.stripe]\nvalue = "x"', "`python -m ops secrets set stripe`"),
        ('[secrets]\nstripe = "x"', "write [secrets.stripe], deploy, and run"),
        (
            '[secrets.google]\nCLIENT_ID_WEB = "x"',
            'keys = ["CLIENT_ID_WEB"], deploy, and run '
            "`python -m ops secrets set google --key CLIENT_ID_WEB`",
        ),
        ('[secrets.stripe]\nkeys = { KEY = "x" }', 'write keys = ["KEY"]'),
        ('[secrets.stripe]\nkeys = "KEY"', 'write names alone, as in keys = ["CLIENT_ID"]'),
        ('[secrets.stripe]\nkeys = ["A", "A"]', "leave out one of the two"),
        ("[secrets.stripe]\nrequired = false", "write optional = true"),
        ("[secrets.stripe]\nrequired = true", "delete it: a secret is required"),
        ("[secrets.stripe]\nenabled = false", "delete all of the table"),
        ('[secrets.stripe]\noptional = "yes"', "write optional = true"),
        ("[secrets.Stripe_Key]", "write [secrets.stripe-key]"),
        ("[secrets.openai-api-key]", "`python -m ops secrets set openai-api-key` sets it"),
        ("[secrets.hasura-admin-secret]", "the platform makes it, and gives it its value"),
        ("[secrets.openaiapi-key]", "rename it"),
        ("[secrets.stripe-secret]", "write [secrets.stripe-secret-value]"),
        ("[secrets.zoom-client-secret]", "write [secrets.zoom-client-secret-value]"),
        ("[secrets.gogle]", "did you mean google?"),
        ("[secrets.google]\n[secrets.google-client-id-web]", "take CLIENT_ID_WEB out of"),
        ("[secrets.one-two]\n[secrets.onetwo]", "rename it"),
        ('[services.app.secrets]\nKEY = "stripe"', "declare it as [secrets.stripe]"),
        (
            '[secrets.stripe]\n[services.app.secrets]\nKEY = "stripe:KEY"',
            'write "stripe", or keys = ["KEY"] under [secrets.stripe]',
        ),
        (
            '[secrets.stripe]\nkeys = ["KEY"]\n[services.app.secrets]\nKEY = "stripe:KEI"',
            'as in "stripe:KEY", or add it to secrets.stripe.keys',
        ),
        (
            '[services.app.environment]\nSTRIPE_SECRET = "x-y-z-1"',
            'declare [secrets.stripe-secret-value], write STRIPE_SECRET = "stripe-secret-value"',
        ),
    ],
)
def test_a_slip_gets_its_remedy(text: str, remedy: str) -> None:
    assert remedy in mistake_in(text).remedy


def test_an_error_in_a_declaration_is_told_once() -> None:
    assert mistake_in('[secrets.google]\nkeys = ["A B"]').field == "secrets.google.keys.0"
