"""Putting Hasura's metadata in place, against an HTTP server of our own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from moto import mock_aws

from common.errors import UserError
from ops.tasks.hasura_metadata import check_address, post, read_metadata, replacement
from tests.ops.answering import answer

METADATA = {"version": 3, "sources": []}
SECRET = "planted-admin-secret"


@dataclass
class FakeHasura:
    """A server that takes calls and answers with `code`, and what it was told."""

    url: str = ""
    code: int = 200
    calls: list[tuple[str, str | None, Any]] = field(default_factory=list)


@pytest.fixture(name="hasura")
def _hasura() -> Iterator[FakeHasura]:
    fake = FakeHasura()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            secret = self.headers["X-Hasura-Admin-Secret"]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.calls.append((self.path, secret, body))
            self.send_response(fake.code)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(f"it was {secret}".encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_port}/v1/metadata"
        yield fake
        server.shutdown()
        thread.join()


def test_programs_are_told_what_was_applied_and_by_whom(
    hasura: FakeHasura,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "metadata.json").write_text(json.dumps(METADATA))
    endpoint = hasura.url.removesuffix("/v1/metadata")
    given = ("--stage", "dev", "--source", tmp_path, "--endpoint", endpoint, "--json")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("ATOMIC_STAGES_DIR", raising=False)
    with mock_aws():
        secrets = boto3.client("secretsmanager", region_name="us-east-1")
        secrets.create_secret(Name="atomic-dev-hasura-admin-secret", SecretString=SECRET)

        said = answer(monkeypatch, capsys, "apply-hasura-metadata", *given)

    assert said.code == 0, said.errors
    assert json.loads(said.text) == {"applied": f"{tmp_path}/metadata.json", "by": endpoint}
    assert [(path, secret) for path, secret, _ in hasura.calls] == [("/v1/metadata", SECRET)]


@pytest.mark.parametrize("document", [METADATA, {"resource_version": 4, "metadata": METADATA}])
def test_an_export_with_or_without_its_envelope_is_read(
    tmp_path: Path, document: dict[str, object]
) -> None:
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(document))

    assert read_metadata(path) == METADATA


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"metadata": []}', "version: 3"])
def test_what_is_no_metadata_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "metadata.json"
    path.write_text(text)

    with pytest.raises(UserError, match="hasura metadata export -o json"):
        read_metadata(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            '{"metadata": {"version": 3}, "metadata": {"version": 3}}',
            '"metadata" is in one object twice',
        ),
        ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_what_a_file_is_in_place_of_metadata_is_told(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "metadata.json"
    path.write_text(text)

    with pytest.raises(UserError, match=why):
        read_metadata(path)


def test_the_metadata_is_posted_with_the_admin_secret(hasura: FakeHasura) -> None:
    post(hasura.url, replacement(METADATA), secret=SECRET)

    ((path, secret, body),) = hasura.calls
    assert (path, secret) == ("/v1/metadata", SECRET)
    assert body["type"] == "replace_metadata"
    assert body["args"] == {"allow_inconsistent_metadata": False, "metadata": METADATA}


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (400, "correct the metadata"),
        (404, "does not serve its metadata API"),
        (307, "does not serve its metadata API"),
    ],
)
def test_a_refusal_is_told_without_the_secret_and_a_redirect_is_not_followed(
    hasura: FakeHasura, code: int, remedy: str
) -> None:
    hasura.code = code

    with pytest.raises(UserError, match=remedy) as refused:
        post(hasura.url, replacement(METADATA), secret=SECRET)

    assert SECRET not in str(refused.value)
    assert len(hasura.calls) == 1


@pytest.mark.parametrize("address", ["http://app.example.com", "ftp://localhost", "localhost", ""])
def test_the_secret_goes_nowhere_in_plain_text(address: str) -> None:
    with pytest.raises(UserError, match="allowed: https://HOST"):
        check_address(address)


@pytest.mark.parametrize("address", ["https://app.example.com", "http://localhost:8080"])
def test_tls_and_the_end_of_a_tunnel_are_allowed(address: str) -> None:
    check_address(address)
