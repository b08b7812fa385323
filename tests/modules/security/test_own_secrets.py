"""Secrets that a stage declares, in the stack: like the platform's own, and read by who asks for them."""

import json

from tests.conftest import Synthesize
from tests.stack import Stack

STAGE = "own-secrets"
VERSION, SECRET = "aws_secretsmanager_secret_version", "aws_secretsmanager_secret"
PLACEHOLDER = "ENTER_VALUE_IN_SECRETS_MANAGER"
OWN = ["google", "mongodb_uri", "sentry_dsn", "stripe"]


def value_from(stack: Stack, service: str) -> dict[str, str]:
    """Where ECS takes a service's variables from."""
    text = stack.resource("aws_ecs_task_definition", service)["container_definitions"]
    return {each["name"]: each["valueFrom"] for each in json.loads(text)[0]["secrets"]}


def test_it_is_made_beside_the_platforms_own(stack: Synthesize) -> None:
    added = set(stack(STAGE).names(SECRET)) - set(stack("dev").names(SECRET))

    assert sorted(added) == OWN


def test_it_is_named_described_and_kept_as_they_are(stack: Synthesize) -> None:
    own, platforms = (stack(STAGE).resource(SECRET, each) for each in ("stripe", "openai_api_key"))

    assert own == {**platforms, "name": "atomic-own-secrets-stripe", "description": "Payments"}
    assert own["lifecycle"] == {"prevent_destroy": True}


def test_until_it_is_set_it_holds_a_placeholder_in_each_key(stack: Synthesize) -> None:
    values = {name: stack(STAGE).resource(VERSION, name)["secret_string_wo"] for name in OWN}

    assert values["sentry_dsn"] == values["mongodb_uri"] == PLACEHOLDER
    assert json.loads(values["stripe"]) == {"KEY": PLACEHOLDER, "WEBHOOK_SECRET": PLACEHOLDER}
    assert set(json.loads(values["google"])) == {"CLIENT_ID_WEB", "CLIENT_SECRET_WEB"}


def test_its_arn_is_an_output(stack: Synthesize) -> None:
    added = stack(STAGE).outputs.keys() - stack("dev").outputs.keys()

    assert {name: stack(STAGE).outputs[name] for name in added} == {
        "SecretGoogleArn": f"${{{SECRET}.google.arn}}",
        "SecretMongodbUriArn": f"${{{SECRET}.mongodb_uri.arn}}",
        "SecretSentryDsnArn": f"${{{SECRET}.sentry_dsn.arn}}",
        "SecretStripeArn": f"${{{SECRET}.stripe.arn}}",
    }


def test_a_container_gets_what_its_row_asks_for(stack: Synthesize) -> None:
    app, oauth = (value_from(stack(STAGE), each) for each in ("app", "oauth"))

    assert app["STRIPE_KEY"] == f"${{{SECRET}.stripe.arn}}:KEY::"
    assert app["SENTRY_DSN"] == f"${{{SECRET}.sentry_dsn.arn}}"
    assert oauth["GOOGLE_CLIENT_ID_WEB"] == f"${{{SECRET}.google.arn}}:CLIENT_ID_WEB::"
    assert not {each for each in oauth if each.startswith("ZOOM_")}


def test_only_who_asks_for_it_may_read_it(stack: Synthesize) -> None:
    def readable(service: str) -> str:
        return json.dumps(stack(STAGE).policy("aws_iam_role_policy", f"{service}_execution"))

    assert f"{SECRET}.stripe.arn" in readable("app")
    assert f"{SECRET}.google.arn" in readable("oauth")
    assert "stripe" not in readable("oauth")
    assert "stripe" not in readable("hasura")


def test_a_service_waits_for_its_first_value(stack: Synthesize) -> None:
    waits_for = stack(STAGE).resource("aws_ecs_service", "app")["depends_on"]

    assert {f"{VERSION}.stripe", f"{VERSION}.sentry_dsn"} <= set(waits_for)
