"""What is wrong with the way to AWS is one line, wherever botocore finds it."""

import pytest

from aws.client import ask, boto3_clients, client_of, within
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
