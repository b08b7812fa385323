"""What is wrong with the way to AWS is one line, wherever botocore finds it."""

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from botocore.credentials import AssumeRoleCredentialFetcher
from botocore.exceptions import ClientError

from aws.client import ask, ask_unless, boto3_clients, client_of, within
from common.errors import UserError
from local.emulator import running_emulator


@pytest.mark.parametrize(
    "name", ["AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS"]
)
def test_a_number_that_is_none_is_not_put_down_to_the_endpoint(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "a few")

    with pytest.raises(UserError) as caught:
        client_of(boto3_clients(region="us-east-1"), "sts")

    assert name in str(caught.value)
    assert "AWS_ENDPOINT_URL" not in str(caught.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:5611 ",
        "http://127.0.0.1:5611\r",
        "127.0.0.1:5611",
        "http://[::1",
        "http://",
    ],
)
def test_an_endpoint_that_is_no_url_is_told_in_one_line(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

    with pytest.raises(UserError, match="set AWS_ENDPOINT_URL to a URL such as"):
        ask(boto3_clients(region="us-east-1"), "sts", "GetCallerIdentity")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_DEFAULTS_MODE", "bogus"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "bogus"),
        ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "bogus"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "bogus"),
        ("AWS_CONFIG_FILE", __file__),
    ],
)
def test_a_client_that_cannot_be_set_up_is_not_blamed_on_the_network(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(UserError, match=r"correct that in ~/.aws/config, or in the AWS_ variable"):
        ask(boto3_clients(region="us-east-1"), "sts", "GetCallerIdentity")


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:port", "http://127.0.0.1:1", "127.0.0.1:1", "x y"]
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY"])
def test_a_proxy_that_does_not_answer_is_told_in_one_line(
    variable: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = variable.partition("_")[0].lower()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{scheme}://aws.invalid")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv(variable, proxy)

    with pytest.raises(UserError):
        ask(boto3_clients(region="us-east-1"), "sts", "GetCallerIdentity")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_ENDPOINT_URL", f"http://me:{'planted'}@127.0.0.1:1"),
        ("AWS_ENDPOINT_URL", f"http://me:{'planted'}@a b"),
        ("HTTP_PROXY", f"http://me:{'planted'}@127.0.0.1:1"),
        ("AWS_ACCESS_KEY_ID", "planted\nx"),
        ("AWS_SESSION_TOKEN", "planted\r"),
    ],
)
def test_what_does_not_work_is_told_without_a_login_or_a_token(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws.invalid")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv(variable, value)

    with pytest.raises(UserError) as caught:
        ask(boto3_clients(region="us-east-1"), "sts", "GetCallerIdentity")

    assert "planted" not in str(caught.value)


Told = Callable[..., str]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what is said where credentials come from a profile, or from variables, alone."""

    def run(profile: str = "", **variables: str) -> str:
        config = tmp_path / "config"
        config.write_text(f"[default]\n{profile}\n")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        given = {
            "AWS_CONFIG_FILE": str(config),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        }
        for name, value in {**given, **variables}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(UserError) as caught:
            ask(boto3_clients(region="us-east-1"), "sts", "GetCallerIdentity")
        return str(caught.value)

    return run


@pytest.mark.parametrize(
    "script",
    [
        "echo planted",
        "echo '[\"planted\"]'",
        "printf 'planted\\377'",
        'echo \'{"Version": "planted"}\'',
        'echo \'{"Version": 1, "AccessKeyId": "planted", "SecretAccessKey": "x", "Expiration": "planted"}\'',
        "echo planted >&2; exit 3",
    ],
)
def test_a_credential_process_that_gives_none_is_named_without_what_it_printed(
    script: str, tmp_path: Path, told: Told
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)

    said = told(f"credential_process = {program}")

    assert "credential_process" in said
    assert "AWS_ENDPOINT_URL" not in said
    assert "planted" not in said


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("/nonexistent/program", "/nonexistent/program: No such file or directory"),
        ("no-such-program --login", "no-such-program: No such file or directory"),
        ('/bin/sh -c "x', "look at credential_process"),
    ],
)
def test_a_credential_process_that_cannot_be_run_is_told_with_its_program(
    command: str, shown: str, told: Told
) -> None:
    assert shown in told(f"credential_process = {command}")


ROLE = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x"}
CONTAINER = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x"}


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({**ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/token"}, "/nonexistent/token: No"),
        ({**ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/"}, "/: Is a directory"),
        (
            {**CONTAINER, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nonexistent/token"},
            "/nonexistent/token: No such file or directory",
        ),
        (
            {**CONTAINER, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "planted\nx"},
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        ),
        (
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "planted"},
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ),
        ({**ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "planted" * 20}, "AWS_WEB_IDENTITY_TOKEN_FILE"),
    ],
)
def test_a_token_that_cannot_be_read_is_told_with_where_to_look(
    variables: dict[str, str], names: str, told: Told
) -> None:
    said = told(**variables)

    assert names in said
    assert "AWS_ENDPOINT_URL" not in said
    assert "planted" not in said


def test_a_web_identity_token_that_is_no_text_is_told_with_its_variable(
    tmp_path: Path, told: Told
) -> None:
    token = tmp_path / "token"
    token.write_bytes(b"\xff\xfe")

    said = told(**ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=str(token))

    assert "AWS_WEB_IDENTITY_TOKEN_FILE" in said


def test_a_code_that_cannot_be_asked_for_is_told_with_mfa_serial(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_a_terminal(_self: AssumeRoleCredentialFetcher) -> None:
        raise EOFError

    monkeypatch.setattr(AssumeRoleCredentialFetcher, "_assume_role_kwargs", without_a_terminal)
    role, mfa = ROLE["AWS_ROLE_ARN"], "arn:aws:iam::123456789012:mfa/me"
    source = "[profile source]\naws_access_key_id = a\naws_secret_access_key = b"

    said = told(f"role_arn = {role}\nsource_profile = source\nmfa_serial = {mfa}\n{source}")

    assert "mfa_serial in ~/.aws/config" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv5"),
    ],
)
def test_a_wrong_setting_of_the_machines_credentials_is_not_blamed_on_the_network(
    name: str, value: str, told: Told
) -> None:
    said = told(**{name: value, "AWS_EC2_METADATA_DISABLED": "false"})

    assert "check the network" not in said


def test_a_role_that_is_refused_is_not_taken_for_the_answer_of_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Refused:
        def get_frozen_credentials(self) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole")

    monkeypatch.setattr(boto3.Session, "get_credentials", lambda _self: Refused())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    denied = frozenset({"AccessDenied"})

    with pytest.raises(UserError, match="AWS refused AssumeRole"):
        ask_unless(boto3_clients(region="us-east-1"), "s3", "HeadBucket", denied, Bucket="theirs")


def test_an_emulator_on_this_machine_is_asked_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with running_emulator() as emulator:
        monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.url)
        identity = ask(boto3_clients(region="us-east-1"), "sts", "GetCallerIdentity")
        emulator.count_from_now()

    assert identity["Account"]


def test_clients_of_a_region_within_another_are_of_the_inner_one() -> None:
    asked: list[str] = []
    clients = within("eu-west-1", within("eu-central-1", asked.append))

    clients("wafv2")

    assert asked == ["wafv2@eu-west-1"]
