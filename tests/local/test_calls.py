"""What stands in front of the embedded AWS: counting, and no work done twice."""

import io
from collections.abc import Iterable
from typing import Any

import pytest

from local.calls import Calls, call_name, is_mutating

FORM = "application/x-www-form-urlencoded"


class Backend:
    """Answers each call with its own number, with the statuses given."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read())
        start_response(self.statuses[len(self.bodies) - 1], [])
        return [str(len(self.bodies)).encode()]


def ask(calls: Calls, action: str, *, invocation: str = "", attempt: int = 1) -> tuple[str, bytes]:
    body = f"Action={action}".encode()
    heard: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "HTTP_AMZ_SDK_INVOCATION_ID": invocation,
        "HTTP_AMZ_SDK_REQUEST": f"attempt={attempt}; max=25",
    }
    answer = calls(environ, lambda status, _headers: heard.append(status))
    return heard[0], b"".join(answer)


def test_a_change_asked_again_is_not_made_twice() -> None:
    backend = Backend("200 OK", "400 Bad Request")
    calls = Calls(backend)

    first = ask(calls, "AuthorizeSecurityGroupIngress", invocation="a")
    second = ask(calls, "AuthorizeSecurityGroupIngress", invocation="a", attempt=2)

    assert first == second == ("200 OK", b"1")
    assert len(backend.bodies) == 1


def test_a_change_that_failed_is_tried_again() -> None:
    calls = Calls(Backend("500 Internal Server Error", "200 OK"))

    ask(calls, "CreateVpc", invocation="a")

    assert ask(calls, "CreateVpc", invocation="a", attempt=2) == ("200 OK", b"2")


def test_the_same_change_asked_for_anew_is_made_anew() -> None:
    calls = Calls(Backend("200 OK", "200 OK"))

    ask(calls, "CreateVpc", invocation="a")

    assert ask(calls, "CreateVpc", invocation="b") == ("200 OK", b"2")


def test_a_call_asked_again_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    calls = Calls(Backend("200 OK"))

    ask(calls, "CreateVpc", invocation="a")
    ask(calls, "CreateVpc", invocation="a", attempt=2)

    assert capsys.readouterr().err == "asked again (attempt=2; max=25): CreateVpc: 200 OK\n"


@pytest.mark.parametrize(
    ("headers", "body", "name"),
    [
        ({"Content-Type": FORM}, b"Action=CreateVpc&Version=1", "CreateVpc"),
        (
            {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.CreateService"},
            b"",
            "CreateService",
        ),
        ({"Content-Type": "application/xml"}, b"", "POST /bucket"),
    ],
)
def test_a_call_is_named_by_its_action(headers: dict[str, str], body: bytes, name: str) -> None:
    assert call_name("POST", headers, body, "/bucket") == name


@pytest.mark.parametrize(
    ("name", "mutating"),
    [
        ("DescribeVpcs", False),
        ("GET /bucket", False),
        ("POST /describe-slack-workspaces", False),
        ("CreateVpc", True),
        ("PUT /bucket", True),
        ("POST /create-slack-channel-configuration", True),
    ],
)
def test_only_calls_that_may_change_something_are_mutating(name: str, *, mutating: bool) -> None:
    assert is_mutating(name) is mutating
