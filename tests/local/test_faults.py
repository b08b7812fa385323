"""Faults of the embedded AWS: which call meets which, and how it is told."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import create_parser

from local.error_shapes import Protocol, error_answer, protocol_of
from local.faults import PATH, Fault, Faults, FaultSettings, decide, is_refused_by_clock

CALLS = range(1, 2001)


def drawn(settings: FaultSettings) -> list[Fault | None]:
    return [decide(settings, number) for number in CALLS]


def test_no_call_meets_a_fault_unless_asked_for() -> None:
    assert set(drawn(FaultSettings())) == {None}


def test_the_same_seed_draws_the_same_faults() -> None:
    settings = FaultSettings(seed=7, throttled_share=0.3, dropped_after_share=0.3)

    assert drawn(settings) == drawn(settings.model_copy())


def test_another_seed_draws_others() -> None:
    assert drawn(FaultSettings(seed=1, throttled_share=0.5)) != drawn(
        FaultSettings(seed=2, throttled_share=0.5)
    )


def test_each_fault_takes_its_share_of_the_calls() -> None:
    settings = FaultSettings(
        throttled_share=0.1,
        server_error_share=0.1,
        delayed_share=0.2,
        dropped_before_share=0.1,
        dropped_after_share=0.1,
    )

    counted = Counter(drawn(settings))

    shares = {fault: counted[fault] / len(CALLS) for fault in counted if fault}
    assert shares == pytest.approx(
        {
            Fault.THROTTLED: 0.1,
            Fault.SERVER_ERROR: 0.1,
            Fault.DELAYED: 0.2,
            Fault.DROPPED_BEFORE: 0.1,
            Fault.DROPPED_AFTER: 0.1,
        },
        abs=0.03,
    )


def test_credentials_expire_after_their_last_call_and_stay_expired() -> None:
    settings = FaultSettings(expire_after_calls=3)

    assert [decide(settings, number) for number in range(1, 6)] == [
        None,
        None,
        None,
        Fault.EXPIRED,
        Fault.EXPIRED,
    ]


def test_shares_that_are_more_than_the_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 1"):
        FaultSettings(throttled_share=0.6, delayed_share=0.5)


@pytest.mark.parametrize(
    ("offset", "s3", "refused"),
    [
        (0, False, False),
        (299, False, False),
        (301, False, True),
        (-301, False, True),
        (301, True, False),
        (-901, True, True),
    ],
)
def test_a_clock_that_is_off_refuses_what_was_signed_by_ours(
    offset: int, *, s3: bool, refused: bool
) -> None:
    settings = FaultSettings(clock_offset_seconds=offset)
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    found = is_refused_by_clock(settings, signed_at="20260102T030405Z", now=now, s3=s3)

    assert found is refused


def signed_for(service: str) -> str:
    return (
        f"AWS4-HMAC-SHA256 Credential=test/20260102/us-east-1/{service}/aws4_request, Signature=0"
    )


FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.mark.parametrize(
    ("service", "target", "content_type", "protocol"),
    [
        ("ec2", "", FORM, Protocol.EC2),
        ("iam", "", FORM, Protocol.QUERY),
        ("ecs", "AmazonEC2ContainerServiceV20141113.CreateService", "", Protocol.JSON),
        ("elasticfilesystem", "", "application/json", Protocol.REST_JSON),
        ("route53", "", "application/xml", Protocol.REST_XML),
        ("s3", "", "application/xml", Protocol.S3),
    ],
)
def test_a_request_tells_its_protocol(
    service: str, target: str, content_type: str, protocol: Protocol
) -> None:
    assert protocol_of(signed_for(service), target=target, content_type=content_type) is protocol


@pytest.mark.parametrize(
    ("protocol", "parsed_as"),
    [
        (Protocol.EC2, "ec2"),
        (Protocol.QUERY, "query"),
        (Protocol.JSON, "json"),
        (Protocol.REST_JSON, "rest-json"),
        (Protocol.REST_XML, "rest-xml"),
        (Protocol.S3, "rest-xml"),
    ],
)
def test_an_error_is_worded_as_the_protocols_own_clients_read_it(
    protocol: Protocol, parsed_as: str
) -> None:
    answer = error_answer(
        protocol, status="400 Bad Request", code="Throttling", message="too <fast>"
    )

    parsed = create_parser(parsed_as).parse(
        {"status_code": 400, "headers": dict(answer.headers), "body": answer.body},
        None,  # type: ignore[arg-type]  # an error has no shape of its own
    )

    assert parsed["Error"]["Code"] == "Throttling"
    assert parsed["Error"]["Message"] == "too <fast>"


class Socket:
    """Knows whether it was shut."""

    def __init__(self) -> None:
        self.shut = False

    def shutdown(self, _how: int) -> None:
        self.shut = True


class Backend:
    """Counts the calls that reach it."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.calls += 1
        start_response("200 OK", [("Date", "its own")])
        return [b"done"]


def ask(
    faults: Faults,
    *,
    path: str = "/",
    method: str = "POST",
    body: bytes = b"",
    service: str = "ec2",
) -> tuple[str, dict[str, str], bytes, Socket]:
    heard: list[tuple[str, dict[str, str]]] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": signed_for(service),
        "HTTP_X_AMZ_DATE": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
        "wsgi.input": io.BytesIO(body),
        "werkzeug.socket": Socket(),
    }
    answer = faults(environ, lambda status, headers: heard.append((status, dict(headers))))
    return *heard[0], b"".join(answer), environ["werkzeug.socket"]  # type: ignore[return-value]  # ours


def with_faults(settings: FaultSettings) -> tuple[Faults, Backend]:
    backend = Backend()
    faults = Faults(backend)
    status, _, _, _ = ask(faults, path=PATH, body=settings.model_dump_json().encode())
    assert status == "200 OK"
    return faults, backend


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (FaultSettings(throttled_share=1), "RequestLimitExceeded"),
        (FaultSettings(server_error_share=1), "InternalError"),
        (FaultSettings(expire_after_calls=0), "RequestExpired"),
        (FaultSettings(clock_offset_seconds=600), "RequestExpired"),
    ],
)
def test_a_refused_call_does_not_reach_the_account(settings: FaultSettings, code: str) -> None:
    faults, backend = with_faults(settings)

    _, _, body, _ = ask(faults)

    assert re.findall("<Code>(.*)</Code>", body.decode()) == [code]
    assert backend.calls == 0


@pytest.mark.parametrize(
    ("settings", "reached"),
    [
        (FaultSettings(dropped_before_share=1), 0),
        (FaultSettings(dropped_after_share=1), 1),
    ],
)
def test_a_dropped_call_gets_no_answer(settings: FaultSettings, reached: int) -> None:
    faults, backend = with_faults(settings)

    with pytest.raises(ConnectionResetError):
        ask(faults)

    assert backend.calls == reached


def test_a_delayed_call_is_answered() -> None:
    faults, backend = with_faults(FaultSettings(delayed_share=1, delay_seconds=0))

    assert ask(faults)[2] == b"done"
    assert backend.calls == 1


def test_every_fault_is_counted_by_its_kind() -> None:
    faults, _ = with_faults(FaultSettings(throttled_share=1))
    for _ in range(3):
        ask(faults)

    told = json.loads(ask(faults, path=PATH, method="GET")[2])

    assert told["calls"] == 3
    assert told["injected"] == {"throttled": 3}


def test_new_settings_begin_anew() -> None:
    faults, _ = with_faults(FaultSettings(throttled_share=1))
    ask(faults)

    told = json.loads(ask(faults, path=PATH, body=b"{}")[2])

    assert told["injected"] == {}
    assert ask(faults)[2] == b"done"


def test_settings_that_are_wrong_are_refused_and_change_nothing() -> None:
    faults, _ = with_faults(FaultSettings(throttled_share=1))

    status, _, body, _ = ask(faults, path=PATH, body=b'{"throtled_share": 1}')

    assert status == "400 Bad Request"
    assert b"throtled_share" in body
    assert b"RequestLimitExceeded" in ask(faults)[2]


def test_answers_carry_the_date_of_a_clock_that_is_off() -> None:
    faults, _ = with_faults(FaultSettings(clock_offset_seconds=86400))

    _, headers, _, _ = ask(faults)

    told = datetime.strptime(headers["Date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert (told - datetime.now(UTC)).total_seconds() == pytest.approx(86400, abs=60)
