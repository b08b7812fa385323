"""Starts the embedded AWS for as long as something needs it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config

from local.calls import PATH as CALLS
from local.calls import is_mutating
from local.faults import PATH as FAULTS
from local.faults import FaultSettings

PROJECT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
_STARTED_BY = [sys.executable, "-m", "local.aws"]


class EmulatorError(Exception):
    """The embedded AWS did not start."""


# A proxy of the environment knows no way to this machine's loopback.
_ITSELF = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """A running embedded AWS."""

    url: str
    process: subprocess.Popen[str]

    @property
    def environment(self) -> Mapping[str, str]:
        """What tells Terraform, boto3 and the AWS command line to go there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    def client(self, named: str) -> Any:
        """Return a boto3 client of it; of `wafv2@eu-central-1` in another region."""
        return _client(self.url, named)

    def another_client(self, named: str) -> Any:
        """Make a client that nobody else holds: what is hung onto its events is its own."""
        return _client.__wrapped__(self.url, named)

    def count_from_now(self) -> None:
        """Begin to count calls anew."""
        _ITSELF.open(  # our own loopback address
            urllib.request.Request(f"{self.url}{CALLS}/reset", method="POST")  # noqa: S310
        ).close()

    def mutating_calls(self) -> dict[str, int]:
        """Return the calls since then that may have changed something, by name."""
        with _ITSELF.open(f"{self.url}{CALLS}") as answer:
            calls: dict[str, int] = json.load(answer)
        return {name: count for name, count in calls.items() if is_mutating(name)}

    def inject(self, settings: FaultSettings) -> None:
        """From now on, let these faults meet the calls, and count them anew."""
        _ITSELF.open(  # our own loopback address
            urllib.request.Request(  # noqa: S310
                f"{self.url}{FAULTS}", data=settings.model_dump_json().encode(), method="POST"
            )
        ).close()

    def injected(self) -> dict[str, int]:
        """Return the faults injected since then, by kind."""
        with _ITSELF.open(f"{self.url}{FAULTS}") as answer:
            found: dict[str, int] = json.load(answer)["injected"]
        return found


@cache
def _client(url: str, named: str) -> Any:
    """Make a client, which takes longer than what most are asked."""
    service, _, region = named.partition("@")
    return boto3.client(  # type: ignore[call-overload]  # the name is a variable
        service,
        endpoint_url=url,
        region_name=region or REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # it takes any
        config=Config(proxies={}),  # a proxy knows no way to this machine's loopback
    )


@contextmanager
def running_emulator(log: IO[str] | None = None, *, port: int = 0) -> Iterator[Emulator]:
    """Run an embedded AWS on a free port (or on `port`) until the end of the block.

    What it has to say (errors, calls asked again) goes to `log`, or with our own errors.

    Raises EmulatorError when it does not start.
    """
    process = subprocess.Popen(
        [*_STARTED_BY, "--port", str(port)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None  # noqa: S101  # PIPE was asked for
            first = process.stdout.readline()
            if not first.startswith("ready: "):
                raise EmulatorError(f"the embedded AWS did not start: {first.strip() or 'no word'}")
            yield Emulator(url=first.removeprefix("ready: ").strip(), process=process)
        finally:
            process.terminate()
