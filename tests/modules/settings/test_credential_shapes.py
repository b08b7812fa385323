"""A key or token in a stage file is refused, with the way to a secret and never with the value."""

import json
from typing import Any

import pytest

from modules.settings.credential_shapes import credential_kind, secret_kind
from modules.settings.setting_error import SettingError
from modules.settings.stage_files import parse_stage

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
# Put together here, so that no scanner takes this file for a leak.
BODY = "planted" * 4
KINDS = {
    f"sk_{'live'}_{BODY}": "a Stripe key",
    f"rk_{'test'}_{BODY}": "a Stripe key",
    f"whsec_{BODY}": "a Stripe webhook secret",
    f"sk-{'ant'}-api03-{BODY}": "an Anthropic key",
    f"sk-{'proj'}-{BODY}": "an OpenAI key",
    f"ghp_{BODY}": "a GitHub token",
    f"github_{'pat'}_{BODY}": "a GitHub token",
    f"glpat-{BODY}": "a GitLab token",
    f"ntn_{BODY}": "a Notion token",
    f"AKIA{'PLANTED' * 2}AB": "an AWS access key id",
    f"xoxb-{BODY}": "a Slack token",
    f"https://hooks.slack.com/services/T0/B0/{BODY}": "a Slack webhook",
    f"AIza{'planted' * 5}": "a Google API key",
    f"SG.{BODY}.{BODY}": "a SendGrid key",
    f"npm_{BODY}": "an npm token",
    f"hf_{BODY}": "a Hugging Face token",
    f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{BODY}": "a private key",
    f"eyJ{BODY}.eyJ{BODY}.{BODY}": "a JSON web token",
    f"sk.eyJ{BODY}.{BODY}": "a Mapbox token",
    f"GOCSPX-{BODY}": "a Google OAuth secret",
    f"1//0{BODY}": "a Google refresh token",
    f"xkeysib-{BODY}": "a Brevo key",
    f"key-{'0a' * 16}": "a Mailgun key",
    f"{'0a' * 16}-us14": "a Mailchimp key",
    f"re_{BODY}_{BODY}": "a Resend key",
    f"SK{'0a' * 16}": "a Twilio key",
    f"12345678:{'planted' * 5}": "a Telegram bot's token",
    f"dckr_pat_{BODY}": "a Docker token",
    f"r8_{BODY}": "a Replicate token",
    f"gsk_{BODY}": "a Groq key",
    f"xai-{BODY}": "an xAI key",
    f"pplx-{BODY}": "a Perplexity key",
    f"lsv2_pt_{BODY}": "a LangSmith key",
    f"lin_api_{BODY}": "a Linear key",
    f"ATATT3{BODY}": "an Atlassian token",
    f"pat{'planted' * 2}.{'0a' * 8}": "an Airtable token",
    f"figd_{BODY}": "a Figma token",
    f"PMAK-{BODY}": "a Postman key",
    f"shpat_{BODY}": "a Shopify token",
    f"EAAA{BODY}": "a Square token",
    f"access_token$production${BODY}": "a PayPal token",
    f"dop_v1_{'0a' * 8}": "a DigitalOcean token",
    f"HRKU-{BODY}": "a Heroku key",
    f"v1.0-{'0a' * 8}-{'0a' * 16}": "a Cloudflare key",
    f"dapi{'0a' * 16}": "a Databricks token",
    f"sb_secret_{BODY}": "a Supabase key",
    f"pscale_tkn_{BODY}": "a PlanetScale credential",
    f"glsa_{BODY}": "a Grafana token",
    f"NRAK-{BODY}": "a New Relic key",
    f"dp.st.{BODY}": "a Doppler token",
    f"hvs.{BODY}": "a Vault token",
    f"{'planted' * 2}.atlasv1.{BODY}": "a Terraform Cloud token",
    f"pul-{'0a' * 20}": "a Pulumi token",
    f"AGE-SECRET-{'KEY'}-1{BODY.upper()}": "an age key",
    f"AccountName=x;AccountKey={BODY};EndpointSuffix=y": "an Azure storage key",
    f"-----BEGIN PGP PRIVATE {'KEY'} BLOCK-----\n{BODY}": "a private key",
    f"Bearer {BODY}": "a login as a header has it",
    f"{'pL4nted' * 5}+/+/="[:40].replace("=", "a"): "an AWS secret access key",
}
NO_SECRETS = {
    "TOKEN_URL": "https://auth.example.com/token",
    "SECRET_NAME": "planted-name",
    "PASSWORD_MIN_LENGTH": "12",
    "MAX_TOKENS": "4096",
    "USE_TOKEN": "true",
    "TOKEN": "",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_planted",
    "NEXT_PUBLIC_API_KEY": "planted",
    "PRIVATE_KEY": "/run/keys/one.pem",
    "DB_PASSWORD_SECRET": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
    "MASKED": "the sk_live_ prefix is Stripe's",
    "CACHE_KEY": "planted",
    "SORT_KEY": "created_at",
    "DATABASE_URL": "postgres://db.example.com:5432/atomicdb",
    "LANG": "en_US.UTF-8",
    "BYPASS": "planted",
    "COMMIT": "0a" * 20,
    "PARTITION_KEY": "tenant_and_day",
    "STORE_URL": "jdbc:postgresql://db.example.com/app?user=me&password={password}",
}
SECRETS_BY_NAME = {
    "DB_PASSWORD": "hunter2planted",
    "SESSION_SECRET": "planted",
    "github_token": "planted",
    "STRIPE_API_KEY": "planted",
    "AWS_SECRET_ACCESS_KEY": "planted",
    "DATABASE_URL": "postgres://me:planted@db.example.com:5432/atomicdb",
    "STORE_URL": "jdbc:postgresql://db.example.com/app?user=me&password=planted",
    "STORE_DSN": "Server=db.example.com;Uid=me;Pwd=planted",
    "PGPASSWORD": "planted",
    "MYSQL_PWD": "planted",
    "SMTP_PASS": "planted",
    "SESSION_KEY": "planted",
    "apiToken": "planted",
    "spring.datasource.password": "planted",
    "STRIPE_KEY": "plantedPLANTED0123456",
    "SECRET_KEY_BASE": "planted",
    "APP_KEY": "base64:plantedPLANTED0123456/+=",
}
ELSEWHERE: dict[str, dict[str, Any]] = {
    "a tag": {"default_tags": {"Owner": "KEY"}},
    "a tag's key": {"default_tags": {"KEY": "x"}},
    "a description": {"secrets": {"own": {"description": "key: KEY"}}},
    "a path": {"images": {"source": "KEY"}},
    "a command": {"services": {"app": {"command": ["run", "--key=KEY"]}}},
    "an image's tag": {"services": {"app": {"image_tag": "KEY"}}},
    "a variable's name": {"services": {"app": {"environment": {"KEY": "x"}}}},
    "a build argument": {"services": {"app": {"build_args": {"A": "KEY"}}}},
    "a variable": {"services": {"app": {"environment": {"JAVA_OPTS": "-Dstripe.key=KEY -Xmx1g"}}}},
    "an address's parameter": {
        "services": {"app": {"build_args": {"A": "https://x.io/?k=KEY&v=1"}}}
    },
    "an unknown setting": {"stripe": "KEY"},
}
LOGINS_WITHIN = {
    "libpq's form": "host=db user=app password=hunter2planted",
    "the form of Go's MySQL": "app:planted@tcp(db.example.com:3306)/app?tls=true",
    "ADO's spelling": "Server=db.example.com;User ID=sa;Password=planted;",
    "ADO's form, the password first": "Password=planted;Server=db.example.com",
    "a document with a private key": json.dumps(
        {"type": "service_account", "private_key": f"-----BEGIN PRIVATE {'KEY'}-----\nplanted\n"}
    ),
    "a header": f"Authorization: Bearer {BODY}1",
    "an address among words": "try postgres://me:planted@db.example.com/app first",
}
GIVEN_TO_A_PROGRAM: dict[str, list[str]] = {
    "an option": ["node", "server.js", "--db-password=planted"],
    "an option and a word": ["redis-server", "--requirepass", "planted"],
    "a property": ["java", "-Dspring.datasource.password=planted", "-jar", "app.jar"],
    "a variable before a program": ["sh", "-c", "cd /app && PGPASSWORD=planted psql -h db"],
    "an option of a shell's program": ["sh", "-c", "exec server --password 'planted' --port 80"],
    "a token": ["agent", "--api-token=planted0123456789"],
    "a token of two words": ["agent", "--api-token", "planted0123456789"],
}
ONLY_NAMED: list[list[str]] = [
    ["sh", "-c", 'exec server --password "$PASSWORD" --token=${TOKEN}'],
    ["server", "--password-file=/run/secrets/password", "--password", "/run/password"],
    ["server", "--password", "--port=80"],
    ["server", "--secret=atomic-dev/app", "--max-tokens=4096", "--token-url=https://x.io/t"],
    ["server", "--no-password=true", "--session-token", "none"],
    ["pg_dump", "--no-password", "atomicdb"],
    ["sh", "-c", "echo 'start it with --password=... or --password=***'"],
    ["sh", "-c", "PASSWORD=$(cat /run/password) exec server"],
]
FILLED_IN = (
    "host=db user=app password={password}",
    "Server=db.example.com;User ID=sa;Password={password};",
    "host=db user=app password=${PASSWORD}",
    "Bearer authentication, and Basic understanding of it",
)


def mistakes_in(service: dict[str, Any]) -> list[SettingError]:
    _, mistakes = parse_stage({**REQUIRED, "services": {"app": service}}, stage="dev")
    return mistakes


@pytest.mark.parametrize(("value", "kind"), KINDS.items(), ids=KINDS.values())
def test_a_key_is_known_by_its_issuers_prefix(value: str, kind: str) -> None:
    assert credential_kind(value) == kind


@pytest.mark.parametrize("value", KINDS, ids=KINDS.values())
def test_a_key_in_environment_is_refused_whatever_its_variable_is_called(value: str) -> None:
    (mistake,) = mistakes_in({"environment": {"COLOUR": value}})

    assert mistake.field == "services.app.environment.COLOUR"
    assert KINDS[value] in mistake.allowed
    assert "planted" not in str(mistake).lower()


@pytest.mark.parametrize("document", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_key_is_refused_wherever_it_was_pasted(document: dict[str, Any]) -> None:
    key = f"sk_{'live'}_{BODY}"
    text = json.dumps({**REQUIRED, **document}).replace("KEY", key)

    _, mistakes = parse_stage(json.loads(text), stage="dev")

    assert any("and this is a Stripe key" in str(each) for each in mistakes)
    assert all("planted" not in str(each) for each in mistakes)


@pytest.mark.parametrize("text", LOGINS_WITHIN.values(), ids=LOGINS_WITHIN)
@pytest.mark.parametrize(
    "place",
    [
        {"services": {"app": {"environment": {"COLOUR": "TEXT"}}}},
        {"services": {"app": {"build_args": {"COLOUR": "TEXT"}}}},
        {"services": {"app": {"command": ["run", "TEXT"]}}},
        {"secrets": {"own": {"description": "TEXT"}}},
    ],
    ids=["environment", "build_args", "command", "description"],
)
def test_a_login_among_other_text_is_refused_wherever_it_stands(
    place: dict[str, Any], text: str
) -> None:
    document = json.loads(json.dumps(place).replace('"TEXT"', json.dumps(text)))

    _, mistakes = parse_stage({**REQUIRED, **document}, stage="dev")

    assert any("no secret, and this is a" in str(each) for each in mistakes)
    assert all("planted" not in str(each) for each in mistakes)


@pytest.mark.parametrize("command", GIVEN_TO_A_PROGRAM.values(), ids=GIVEN_TO_A_PROGRAM)
@pytest.mark.parametrize("setting", ["command", "health_command"])
def test_a_secret_given_to_a_program_is_refused_and_not_shown(
    command: list[str], setting: str
) -> None:
    mistakes = mistakes_in({setting: command})

    assert any("this is a secret by the name before it" in str(each) for each in mistakes)
    assert all("planted" not in str(each) for each in mistakes)


@pytest.mark.parametrize("command", ONLY_NAMED, ids=" ".join)
def test_a_program_that_reads_its_secret_elsewhere_is_taken(command: list[str]) -> None:
    assert mistakes_in({"command": command}) == []


@pytest.mark.parametrize("text", FILLED_IN)
def test_a_login_that_somebody_else_fills_in_is_taken(text: str) -> None:
    assert mistakes_in({"environment": {"COLOUR": text}, "command": ["run", text]}) == []


@pytest.mark.parametrize("text", ["sk-production-east", "xai-production-cluster"])
def test_a_plain_name_in_environment_is_no_key(text: str) -> None:
    assert mistakes_in({"environment": {"CLUSTER": text}}) == []


def test_a_stage_of_slovakia_is_no_key_of_openais() -> None:
    document = {**REQUIRED, "prefix": "sk-production", "default_tags": {"Team": "sk-platform-eu"}}

    assert parse_stage(document, stage="dev")[1] == []


@pytest.mark.parametrize(("name", "value"), SECRETS_BY_NAME.items())
def test_a_value_that_its_variable_calls_a_secret_is_refused(name: str, value: str) -> None:
    (mistake,) = mistakes_in({"environment": {name: value}})

    assert "planted" not in str(mistake)
    assert "python -m ops secrets set" in mistake.remedy


@pytest.mark.parametrize(("name", "value"), NO_SECRETS.items())
def test_what_only_tells_of_a_secret_is_taken(name: str, value: str) -> None:
    assert secret_kind(name, value) is None


def test_the_remedy_names_the_secret_that_there_is_for_it() -> None:
    (mistake,) = mistakes_in({"environment": {"DEEPGRAM_API_KEY": "planted"}})

    assert 'write DEEPGRAM_API_KEY = "deepgram-api-key" in services.app.secrets' in mistake.remedy
    assert "declare" not in mistake.remedy


def test_the_remedy_for_a_new_secret_says_where_it_is_added() -> None:
    (mistake,) = mistakes_in({"environment": {"STRIPE_API_KEY": "planted"}})

    assert "declare [secrets.stripe-api-key]" in mistake.remedy


@pytest.mark.parametrize(
    "service",
    [
        {"secrets": {"STRIPE_API_KEY": f"sk_{'live'}_{BODY}"}},
        {"environment": {"A": f"planted{BODY}"}, "secrets": {"A": "openai-api-key"}},
        {"stripe_key": f"sk_{'live'}_{BODY}"},
    ],
)
def test_a_key_in_a_wrong_place_is_not_shown_either(service: dict[str, Any]) -> None:
    mistakes = mistakes_in(service)

    assert mistakes
    assert all("planted" not in str(each) for each in mistakes)
