"""A known value is found in each form and each place in which it may have been written down."""

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from modules.settings.secrets import PLACEHOLDER, SECRETS
from security.secrets_scan import Found, scan, secret_parts, stored_values

VALUE = 'p/w "ü<&>\\+4711 q'
VALUES = {"password": VALUE}


def in_json(value: str) -> str:
    return json.dumps({"a": value})


# form -> how a program writes the value into a text
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": lambda value: value,
    "within other text": lambda value: f"xx{value}yy",
    "URL-encoded": lambda value: f"postgres://u:{quote(value, safe='')}@h",
    "URL-encoded but for slashes": quote,
    "form-encoded": lambda value: f"a={quote_plus(value)}",
    "JSON": in_json,
    "JSON without escapes of letters": lambda value: json.dumps({"a": value}, ensure_ascii=False),
    "JSON of Go": lambda value: in_json(value).translate(
        {ord(each): f"\\u{ord(each):04x}" for each in "<>&"}
    ),
    "JSON in JSON": lambda value: in_json(in_json(value)),
    "JSON in JSON without escapes of letters": lambda value: json.dumps(
        json.dumps(value, ensure_ascii=False), ensure_ascii=False
    ),
    **{
        f"base64, {offset} bytes in": lambda value, offset=offset: base64.b64encode(  # type: ignore[misc]  # a default binds the loop's value
            b"x" * offset + value.encode() + b"tail"
        ).decode()
        for offset in range(4)
    },
    "URL-safe base64": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_value_is_found_in_each_form(form: str) -> None:
    result = scan([], values=VALUES, texts={"log": WRITTEN[form](VALUE)})

    assert {(each.place, each.name) for each in result.found} == {("log", "password")}


@pytest.mark.parametrize("form", WRITTEN)
def test_another_value_is_not_found(form: str) -> None:
    result = scan([], values=VALUES, texts={"log": WRITTEN[form]("p/w other 4711")})

    assert result.found == ()


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tfstate", content)
    return buffer.getvalue()


# place -> path within the folder, how its content is packed, what is told of it
PLACES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "a state": ("terraform.atomic-dev.tfstate", bytes, ""),
    "synthesized JSON": ("cdktf.out/stacks/atomic-dev/cdk.tf.json", bytes, ""),
    "a plan": ("cdktf.out/stacks/atomic-dev/plan", zipped, "!tfstate"),
    "a hidden folder": (".terraform/terraform.tfstate", bytes, ""),
    "a compressed log": ("aws.log.gz", gzip.compress, "!"),
    "a plan in an archive": (
        "all.zip",
        lambda content: zipped(zipped(content)),
        "!tfstate!tfstate",
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", WRITTEN)
def test_a_value_is_found_in_each_place(tmp_path: Path, place: str, form: str) -> None:
    path, pack, inner = PLACES[place]
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pack(WRITTEN[form](VALUE).encode()))

    result = scan([tmp_path], values=VALUES)

    assert {each.place for each in result.found} == {f"{file}{inner}"}


def test_what_is_left_out_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "legacy").mkdir()
    (tmp_path / "legacy" / "terraform.tfstate").write_text(VALUE)
    (tmp_path / "ours").write_text("nothing")

    result = scan([tmp_path], values=VALUES, without=[tmp_path / "legacy"])

    assert (result.places, result.found) == ((str(tmp_path / "ours"),), ())


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(VALUE)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "elsewhere")

    assert scan([tmp_path / "folder"], values=VALUES).places == ()


def test_the_line_says_how_much_was_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("nothing")

    result = scan([tmp_path], values={**VALUES, "token": "0123456789"}, texts={"log": "nothing"})

    assert str(result) == "scanned 2 files and texts, 2 values: none found"


def test_the_line_names_what_was_found_without_its_value() -> None:
    result = scan([], values=VALUES, texts={"log": VALUE})

    assert Found(place="log", name="password", form="plain") in result.found
    assert "password (plain) in log" in str(result)
    assert VALUE not in str(result)


def test_a_value_that_anything_might_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="the value of pin has less than 8 characters"):
        scan([], values={"pin": "1234567"})


STORED = {
    "rds-master-credentials": '{"username": "postgresadmin", "password": "generated-password"}',
    "hasura-admin-secret": "generated-admin-secret",
    "hasura-db-conn-string": "postgres://postgresadmin:generated-password@h:5432/atomicdb",
    "optaplanner-db-conn-string": "jdbc:postgresql://h:5432/atomicdb",
    "openai-api-key": PLACEHOLDER,
    "notion-api-token": "the-operators-own",
    "hasura-jwt-secret": '{"type": "HS256", "key": "REPLACE_WITH_A_KEY"}',
}


def test_what_is_secret_of_the_stored_values() -> None:
    parts = secret_parts(STORED)

    assert parts == {
        "rds-master-credentials": STORED["rds-master-credentials"],
        "rds-master-credentials:password": "generated-password",
        "hasura-admin-secret": "generated-admin-secret",
        "hasura-db-conn-string": STORED["hasura-db-conn-string"],
        "notion-api-token": "the-operators-own",
    }


def test_a_json_secret_that_somebody_has_made_another_is_looked_for_as_a_whole() -> None:
    parts = secret_parts({"rds-master-credentials": "no-json-any-more"})

    assert parts["rds-master-credentials:password"] == "no-json-any-more"


def test_values_are_read_by_the_arns_that_the_stack_gives_out() -> None:
    class Client:
        def get_secret_value(self, **request: str) -> dict[str, str]:
            return {"SecretString": f"value of {request['SecretId']}"}

    stored = stored_values(Client(), {"HasuraAdminSecretArn": "arn:one", "VpcId": "vpc-1"})

    assert stored == {"hasura-admin-secret": "value of arn:one"}


def test_every_row_has_an_output_of_its_own_to_be_read_by() -> None:
    assert len({row.output for row in SECRETS}) == len(SECRETS)
