"""The adoption record: what is written, what is read, and what is refused."""

import contextlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from imports.record import (
    AdoptedObject,
    AdoptionRecord,
    LegacyOrigin,
    ReleasedObject,
    StackOrigin,
    StackRow,
    read_record,
    record_of,
    record_path,
    write_record,
)
from tests.examples import examples
from tests.imports.records import a_record, an_object, base_record, uncovered

VPC = an_object("aws_vpc.main", "vpc-1", cidr_block="10.0.0.0/16", tags={"Name": "a", "Env": "b"})
QUEUE = uncovered("aws_sqs_queue.own")
RELEASED = ReleasedObject(legacy_address="random_password.a", reason="a value")
SMALL = a_record(VPC, released=[RELEASED], not_covered=[QUEUE])


def document() -> Any:
    return SMALL.model_dump(mode="json")


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_record(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def is_read_or_refused(path: Path) -> None:
    with contextlib.suppress(UserError):
        assert isinstance(read_record(path), AdoptionRecord)


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    path = record_path(tmp_path, "live")

    write_record(path, base_record())

    before, read = path.read_bytes(), read_record(path)
    assert read is not None
    write_record(path, read)
    assert path.read_bytes() == before
    assert sorted(read.adopted, key=lambda item: item.address) == sorted(
        base_record().adopted, key=lambda item: item.address
    )
    assert (read.released, read.legacy) == (base_record().released, base_record().legacy)


def test_the_order_of_discovery_leaves_no_trace(tmp_path: Path) -> None:
    turned = base_record().model_copy(
        update={
            "adopted": base_record().adopted[::-1],
            "released": base_record().released[::-1],
        }
    )

    write_record(tmp_path / "a", base_record())
    write_record(tmp_path / "b", turned)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_objects_and_their_facts_are_sorted(tmp_path: Path) -> None:
    write_record(tmp_path / "r", base_record())

    document = json.loads((tmp_path / "r").read_text())
    addresses = [item["address"] for item in document["adopted"]]
    assert addresses == sorted(addresses)
    assert list(document) == sorted(document)
    assert all(list(item["observed"]) == sorted(item["observed"]) for item in document["adopted"])


def test_a_changed_tag_is_one_changed_line(tmp_path: Path) -> None:
    retagged = an_object(
        "aws_vpc.main", "vpc-1", cidr_block="10.0.0.0/16", tags={"Name": "a", "Env": "other"}
    )
    write_record(tmp_path / "a", a_record(VPC))
    write_record(tmp_path / "b", a_record(retagged))

    before, after = ((tmp_path / name).read_text().splitlines() for name in "ab")

    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == [
        ('          "Env": "b",', '          "Env": "other",')
    ]


def test_the_record_of_the_base_holds_no_released_value(tmp_path: Path) -> None:
    write_record(tmp_path / "r", base_record())

    record = json.loads((tmp_path / "r").read_text())
    assert {key for item in record["released"] for key in item} == {"legacy_address", "reason"}
    assert not re.search("password|secret_string", json.dumps(record["adopted"]))


def test_without_a_file_there_is_no_record(tmp_path: Path) -> None:
    assert read_record(tmp_path / "none") is None


DOUBLES = {
    "the address aws_vpc.main is there 2 times": [
        VPC,
        an_object("aws_vpc.main", "vpc-2").model_copy(update={"legacy_address": "other"}),
    ],
    "the object aws_subnet subnet-1 is there 2 times": [
        an_object("aws_subnet.public_0", "subnet-1"),
        an_object("aws_subnet.public_1", "subnet-1"),
    ],
    "the legacy address aws_sqs_queue.own is there 2 times": [
        VPC.model_copy(update={"legacy_address": QUEUE.legacy_address})
    ],
    "the legacy address random_password.a is there 2 times": [
        VPC.model_copy(update={"legacy_address": RELEASED.legacy_address})
    ],
}


@pytest.mark.parametrize(("message", "adopted"), DOUBLES.items(), ids=DOUBLES)
def test_nothing_may_stand_in_the_record_twice(
    tmp_path: Path, message: str, adopted: list[Any]
) -> None:
    record = SMALL.model_copy(update={"adopted": adopted})
    write_record(tmp_path / "r", record)

    assert message in refusal(tmp_path / "r")


def test_the_same_id_is_fine_for_objects_of_different_types(tmp_path: Path) -> None:
    bucket = an_object("aws_s3_bucket.data", "data")
    versioning = an_object("aws_s3_bucket_versioning.data", "data")

    write_record(tmp_path / "r", a_record(bucket, versioning))

    assert read_record(tmp_path / "r") == a_record(bucket, versioning)


NOT_RECORDS: dict[str, tuple[object, str]] = {
    "nothing": ("", "not an adoption record"),
    "text": ("adopt all", "not an adoption record"),
    "merge conflict": ("<<<<<<< HEAD\n{}", "not an adoption record"),
    "byte order mark": ("\ufeff{}", "not an adoption record"),
    "long number": ('{"format": ' + "1" * 5000 + "}", "not an adoption record"),
    "deep list": ("[" * 100_000, "not an adoption record"),
    "deep object": ('{"a":' * 100_000, "not an adoption record"),
    "null": (None, "not an adoption record"),
    "list": ([], "not an adoption record"),
    "NaN": ("NaN", "not an adoption record"),
    "nothing in it": ({}, "not an adoption record"),
    "another format": (document() | {"format": 2}, "not an adoption record: format"),
    "format as text": (document() | {"format": "1"}, "not an adoption record: format"),
    "unknown key": (document() | {"force": True}, "not an adoption record: force"),
    "account of 11 digits": (document() | {"account_id": "12345678901"}, "account_id"),
    "account as number": (document() | {"account_id": 123456789012}, "account_id"),
    "adopted is no list": (document() | {"adopted": {}}, "adopted"),
    "serial as text": (
        document() | {"legacy": {"source": "state", "serial": "7"}},
        "legacy.serial",
    ),
    "other source": (document() | {"legacy": {"source": "memory"}}, "legacy.source"),
    "no region": ({k: v for k, v in document().items() if k != "region"}, "region"),
}


@pytest.mark.parametrize(("content", "message"), NOT_RECORDS.values(), ids=NOT_RECORDS)
def test_what_is_no_record_is_refused_in_one_line(
    tmp_path: Path, content: object, message: str
) -> None:
    assert message in refusal(written(tmp_path / "r", content))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("address", "aws_vpc"),
        ("address", "aws_vpc.main[0]"),
        ("address", "random_password.main"),
        ("address", "aws_vpc.main\nx"),
        ("import_id", ""),
        ("import_id", None),
        ("legacy_address", ""),
        ("observed", None),
        ("observed", []),
        ("note", "by hand"),
    ],
)
def test_an_object_with_a_bad_fact_is_refused_by_its_place(
    tmp_path: Path, key: str, value: object
) -> None:
    content = document()
    content["adopted"][0][key] = value

    assert f"not an adoption record: adopted.0.{key}: " in refusal(written(tmp_path / "r", content))


@pytest.mark.parametrize("cut", range(0, 700, 50))
def test_a_truncated_record_is_refused(tmp_path: Path, cut: int) -> None:
    write_record(tmp_path / "whole", SMALL)
    text = (tmp_path / "whole").read_text()
    assert cut < len(text) - 2

    assert "not an adoption record" in refusal(written(tmp_path / "r", text[:cut]))


@pytest.mark.parametrize("depth", [10, 300, 900, 950, 1000, 3000])
def test_nesting_of_any_depth_is_read_or_refused(tmp_path: Path, depth: int) -> None:
    content = json.dumps(document()).replace('"10.0.0.0/16"', "[" * depth + "]" * depth)

    is_read_or_refused(written(tmp_path / "r", content))


def test_a_record_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b'{"stage": "\xff"}')

    assert "not an adoption record" in refusal(tmp_path / "r")


def test_a_stage_that_adopts_nothing_has_no_record(tmp_path: Path) -> None:
    assert record_of(tmp_path, "dev", phase="full", region="us-east-1") is None


def test_phase_adopt_needs_a_record(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no adoption record: run `python -m imports inv"):
        record_of(tmp_path, "dev", phase="adopt", region="us-east-1")


@pytest.mark.parametrize(
    ("stage", "region", "message"),
    [
        ("prod", "us-east-1", "is of the stage dev, and the stage file says prod"),
        ("dev", "eu-west-1", "is of the region us-east-1, and the stage file says eu-west-1"),
    ],
)
@pytest.mark.parametrize("phase", ["adopt", "foundation", "full"])
def test_the_record_of_another_stage_or_region_is_refused(
    tmp_path: Path, stage: str, region: str, message: str, phase: str
) -> None:
    write_record(record_path(tmp_path, stage), SMALL)

    with pytest.raises(UserError) as caught:
        record_of(tmp_path, stage, phase=phase, region=region)

    assert message in str(caught.value)


def test_the_record_of_the_stage_is_found_beside_its_stage_file(tmp_path: Path) -> None:
    write_record(tmp_path / "dev.adoption.json", SMALL)

    assert record_of(tmp_path, "dev", phase="full", region="us-east-1") == SMALL


def test_a_failing_write_leaves_the_old_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record_path(tmp_path, "dev")
    write_record(path, SMALL)
    before = path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="cannot be written: No space left on device"):
        write_record(path, base_record())

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


fuzz = settings(examples(250), derandomize=True, database=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)
KEYS = sorted({*document(), *document()["adopted"][0], *document()["legacy"], "legacy_address"})
ODD = st.text(alphabet=st.characters(), max_size=8) | JSON


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd") / "dev.adoption.json"


@fuzz
@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_refused(odd: Path, content: bytes) -> None:
    odd.write_bytes(content)
    is_read_or_refused(odd)


@fuzz
@given(JSON | st.dictionaries(st.sampled_from(KEYS), ODD))
def test_any_json_is_a_record_or_refused(odd: Path, content: object) -> None:
    odd.write_text(json.dumps(content))
    is_read_or_refused(odd)


@fuzz
@given(st.data())
def test_a_changed_record_is_a_record_or_refused(odd: Path, data: st.DataObject) -> None:
    content = document()
    places: list[Any] = [content, content["legacy"]]
    places += [item for part in ("adopted", "released", "not_covered") for item in content[part]]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(KEYS) | st.text(max_size=6))] = data.draw(ODD)
    odd.write_text(json.dumps(content))
    is_read_or_refused(odd)


@fuzz
@given(st.integers(0, 900), st.integers(0, 20), st.text(max_size=5))
def test_a_damaged_record_is_a_record_or_refused(
    odd: Path, start: int, length: int, put: str
) -> None:
    text = json.dumps(document(), indent=2)
    odd.write_bytes((text[:start] + put + text[start + length :]).encode(errors="replace"))
    is_read_or_refused(odd)


ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/AwsStack/0b6c"


def a_row(logical_id: str, *addresses: str) -> StackRow:
    return StackRow(
        logical_id=logical_id,
        physical_id="vpc-1",
        type="AWS::EC2::VPC",
        verdict="import" if addresses else "not covered",
        addresses=list(addresses),
    )


def of_a_stack(*rows: StackRow) -> AdoptionRecord:
    """The record of a CloudFormation stack whose bucket is two objects here."""
    parts = [
        AdoptedObject(
            address=address, legacy_address="Bucket", import_id="b", observed={}, source="stack"
        )
        for address in ("aws_s3_bucket.data", "aws_s3_bucket_policy.data")
    ]
    stack = StackOrigin(
        arn=ARN,
        name="AwsStack",
        template_sha256="0" * 64,
        last_updated="2026-01-01T00:00:00+00:00",
        rows=list(rows),
    )
    return a_record(VPC, *parts, legacy=LegacyOrigin(source="none"), stack=stack)


def test_a_record_of_a_base_alone_says_nothing_of_a_stack(tmp_path: Path) -> None:
    write_record(tmp_path / "record", base_record())

    written = json.loads((tmp_path / "record").read_text())

    assert "stack" not in written
    assert not any("source" in item for item in written["adopted"])


def test_a_row_of_a_stack_may_be_several_objects_here(tmp_path: Path) -> None:
    record = of_a_stack(a_row("Vpc", "aws_vpc.main"), a_row("Own"))

    write_record(tmp_path / "record", record)

    read = read_record(tmp_path / "record")
    assert read is not None
    assert read.stack is not None
    assert [row.logical_id for row in read.stack.rows] == ["Own", "Vpc"]
    assert {item.legacy_address for item in read.of("stack").adopted} == {"Bucket"}
    assert [item.address for item in read.of("base").adopted] == ["aws_vpc.main"]


def test_a_row_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record"
    write_record(path, of_a_stack(a_row("Vpc"), a_row("Vpc")))

    assert "the row Vpc is there 2 times" in refusal(path)
