"""The embedded AWS as a program."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from local.emulator import PROJECT, Emulator, running_emulator

pytestmark = pytest.mark.integration


@pytest.fixture
def heeding_ctrl_c() -> Iterator[None]:
    """Children hear SIGINT even where these tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding_ctrl_c")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_when_it_is_ready_and_stops_when_told(how: signal.Signals) -> None:
    with running_emulator() as emulator:
        identity = emulator.client("sts").get_caller_identity()

        emulator.process.send_signal(how)

        assert identity["Account"] == "123456789012"
        assert emulator.process.wait(timeout=10) == 0


def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        answer = subprocess.run(
            [sys.executable, "-m", "local.aws", "--port", str(port)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert answer.returncode == 1
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert f"port {port} on 127.0.0.1 cannot be used" in line


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ecs", "get_task_protection", {"cluster": "any"}),
        ("efs", "describe_replication_configurations", {}),
        # These two read XML.
        ("rds", "describe_db_recommendations", {}),
        ("ec2", "describe_ipam_byoasn", {}),
    ],
)
def test_a_call_that_it_lacks_fails_at_once_and_says_so_in_its_clients_words(
    emulator: Emulator, service: str, operation: str, arguments: dict[str, str]
) -> None:
    client = emulator.client(service)

    with pytest.raises(client.exceptions.ClientError, match="the embedded AWS lacks this call"):
        getattr(client, operation)(**arguments)
