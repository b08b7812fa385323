"""The legacy state's reader: what it takes, and one line for everything else."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.text_files import decode_state
from imports.sources.terraform_base.legacy_state import load_state
from terraform.addresses import address_order, resource_blocks
from terraform.cli import CommandResult, Terraform
from terraform.state import State, parse_state
from tests.examples import examples

APPLIED = Path(__file__).parent.parent / "legacy" / "applied_state.json"


def resource(**changes: Any) -> dict[str, Any]:
    whole = {
        "mode": "managed",
        "type": "aws_vpc",
        "name": "main",
        "instances": [{"attributes": {"id": "vpc-1"}}],
    }
    return whole | changes


def state(*resources: dict[str, Any], **changes: Any) -> str:
    document = {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 7,
        "lineage": "a-lineage",
        "outputs": {"token": {"value": "planted", "type": "string"}},
        "resources": list(resources),
    }
    return json.dumps(document | changes)


def read(text: str) -> State:
    return parse_state(text, source="old.tfstate")


def refusal(text: str) -> str:
    with pytest.raises(UserError) as caught:
        read(text)
    return str(caught.value)


@dataclass(frozen=True, kw_only=True)
class Answering(Terraform):
    """A terraform that pulls what it is told to, or fails as it is told to."""

    result: CommandResult | None
    version: bytes = b"Terraform v1.11.4\n"

    def __call__(
        self,
        *arguments: str,
        stdin: str | None = None,  # noqa: ARG002  # as Terraform has it
    ) -> CommandResult:
        if arguments == ("version",):
            return CommandResult(exit_code=0, stdout=self.version)
        assert arguments[:2] == ("state", "pull")
        assert self.result is not None, "nothing is to be run"
        return self.result


def answering(stdout: bytes, *, exit_code: int = 0, stderr: bytes = b"") -> Terraform:
    result = CommandResult(exit_code=exit_code, stdout=stdout, stderr=stderr)
    return Answering(folder=Path("legacy"), environment={}, result=result)


NEVER = Answering(folder=Path("legacy"), environment={}, result=None)


def test_the_applied_base_has_57_objects() -> None:
    assert len(read(APPLIED.read_text()).objects) == 57


def test_lineage_serial_and_version_are_kept() -> None:
    found = read(state())
    assert (found.lineage, found.serial, found.terraform_version) == ("a-lineage", 7, "1.11.4")


def test_an_object_has_its_type_name_and_attributes() -> None:
    (found,) = read(state(resource())).objects
    assert (found.type, found.name, found.index, found.module) == ("aws_vpc", "main", None, "")
    assert found.attributes == {"id": "vpc-1"}


@pytest.mark.parametrize(
    ("module", "index", "address"),
    [
        ("", None, "aws_vpc.main"),
        ("", 0, "aws_vpc.main[0]"),
        ("", "k", 'aws_vpc.main["k"]'),
        ("module.x", "k", 'module.x.aws_vpc.main["k"]'),
        ('module.x["a b"].module.y[1]', None, 'module.x["a b"].module.y[1].aws_vpc.main'),
        ("", 'a"b\\c${d}', 'aws_vpc.main["a\\"b\\\\c$${d}"]'),
    ],
)
def test_addresses_are_written_as_terraform_writes_them(
    module: str, index: int | str | None, address: str
) -> None:
    text = state(resource(module=module, instances=[{"index_key": index, "attributes": {}}]))
    assert [found.address for found in read(text).objects] == [address]


ODD = Path(__file__).with_name("odd_state.json")


def test_odd_names_and_keys_have_the_addresses_that_terraform_prints() -> None:
    # As `terraform state list` printed them over this very state.
    assert [each.address for each in read(ODD.read_text()).objects] == [
        "module.lager[0].terraform_data.größe",
        "module.lager[1].terraform_data.größe",
        'module.orte["c[0]"].terraform_data.größe',
        'module.orte["d\\"e"].terraform_data.größe',
        'module.orte["ä.b"].terraform_data.größe',
        "terraform_data.gone",
        "terraform_data.new",
        "terraform_data.secret",
        "terraform_data.tainted",
        'terraform_data.zürich["$${x}"]',
        'terraform_data.zürich["%%{y}"]',
        'terraform_data.zürich["a.b/c"]',
        'terraform_data.zürich["back\\\\slash"]',
        'terraform_data.zürich["new\\nline"]',
        'terraform_data.zürich["q\\"uote"]',
        'terraform_data.zürich["tab\\tin"]',
        'terraform_data.zürich["é"]',
        'terraform_data.zürich["日本"]',
    ]


@pytest.mark.parametrize("name", ["e\u0301te\u0301", "हिन्दी", "_own", "a-b", "größe"])
def test_a_name_is_whatever_terraform_takes_for_one(name: str) -> None:
    assert read(state(resource(name=name))).objects[0].name == name


@pytest.mark.parametrize("name", ["-a", "1a", "a b", "a.b", ""])
def test_what_terraform_takes_for_no_name_is_refused(name: str) -> None:
    assert "a resource has the name" in refusal(state(resource(name=name)))


def test_flat_attributes_of_terraform_0_11_are_read() -> None:
    flat = {
        "id": "vpc-1",
        "tags.%": "2",
        "tags.a.b": "c",
        "tags.name": "x",
        "groups.#": "2",
        "groups.1742": "sg-1",
        "groups.98": "sg-2",
        "block.#": "1",
        "block.0.size": "20",
        "block.0.inner.#": "0",
        "odd": 5,
    }

    (found,) = read(state(resource(instances=[{"attributes_flat": flat}]))).objects

    assert found.attributes == {
        "id": "vpc-1",
        "tags": {"a.b": "c", "name": "x"},
        "groups": ["sg-1", "sg-2"],
        "block": [{"size": "20", "inner": []}],
    }


@pytest.mark.parametrize(
    "instance",
    [{}, {"attributes": None, "status": "tainted"}, {"attributes": []}, {"attributes_flat": "x"}],
)
def test_an_object_that_the_state_says_nothing_of_is_there_all_the_same(instance: Any) -> None:
    found = read(state(resource(instances=[instance]), resource(name="other"))).objects

    assert [(each.address, each.attributes) for each in found] == [
        ("aws_vpc.main", {}),
        ("aws_vpc.other", {"id": "vpc-1"}),
    ]


@pytest.mark.parametrize(
    "foreign",
    [
        resource(mode="ghost", name="own"),
        resource(mode=None, name=5, instances="x"),
        resource(mode="list", type=[], instances=[None]),
        resource(name="own", instances=None),
        resource(name="own", instances=[], provider=7, each="odd"),
        {"mode": "managed", "type": "aws_x", "name": "own"},
        {"mode": "data", "type": "x y", "name": None, "instances": {}},
    ],
)
def test_one_foreign_object_leaves_the_others_readable(foreign: Any) -> None:
    assert [each.address for each in read(state(foreign, resource())).objects] == ["aws_vpc.main"]


@pytest.mark.parametrize(
    ("key", "address"),
    [
        (1.0, "aws_vpc.main[1]"),
        (True, 'aws_vpc.main["true"]'),
        ([], 'aws_vpc.main["[]"]'),
        (1.5, 'aws_vpc.main["1.5"]'),
    ],
)
def test_an_odd_key_makes_an_odd_address_and_no_unreadable_state(key: Any, address: str) -> None:
    text = state(resource(instances=[{"index_key": key, "schema_version": "odd"}]))
    assert [each.address for each in read(text).objects] == [address]


def test_objects_are_sorted_with_instance_2_before_10() -> None:
    many: list[dict[str, Any]] = [{"index_key": i, "attributes": {}} for i in (10, 2)]
    objects = read(state(resource(instances=many), resource(type="aws_eip"))).objects
    assert [o.address for o in objects] == ["aws_eip.main", "aws_vpc.main[2]", "aws_vpc.main[10]"]


def test_data_sources_are_not_objects() -> None:
    assert read(state(resource(mode="data"), resource())).objects[0].type == "aws_vpc"
    assert read(state(resource(mode="data"))).objects == ()


def test_a_deposed_object_is_named_and_is_no_object() -> None:
    old = {"deposed": "abc", "attributes": {}}
    found = read(state(resource(instances=[old, {"attributes": {}}])))
    assert found.deposed == ("aws_vpc.main",)
    assert len(found.objects) == 1


def test_a_tainted_object_is_named() -> None:
    text = state(resource(instances=[{"status": "tainted", "attributes": {}}]))
    assert read(text).tainted == ("aws_vpc.main",)


def test_no_attribute_value_is_shown_by_repr() -> None:
    found = read(state(resource(instances=[{"attributes": {"password": "hunter2"}}])))
    assert "hunter2" not in repr(found)
    assert "planted" not in repr(found)


def test_half_a_character_becomes_a_question_mark() -> None:
    text = state(resource()).replace("vpc-1", "x\\ud800")
    assert read(text).objects[0].attributes == {"id": "x?"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        (state(resource())[:-40], "not whole JSON"),
        ("[]", "a state is a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        (state(resource(instances=[{"attributes": json.loads("[" * 200 + "]" * 200)}])), "deeply"),
        ('{"version": NaN}', "a number JSON does not allow"),
        (state(version=3), 'state version "3"; only version 4'),
        (state(version=True), 'state version "True"'),
        (state(version="4"), "only version 4"),
        ("{}", "it has no version"),
        ('{"version": 3, "backend": {"type": "s3"}}', "Terraform's note of where"),
        (f"Acquiring state lock.\n{state(resource())}", "another program's lines come before"),
        (f"{state(resource())}\nReleasing state lock.\n", "another program's lines come before"),
        (f"[command]/bin/terraform state pull\n{state()}", "`terraform_wrapper: false`"),
        (state(lineage=""), "no lineage"),
        (state(serial="x"), "no whole number"),
        (state(resources={}), "no list of objects"),
        (state(outputs=["x"]), "its outputs are no objects by name"),
        (state(outputs={"token": "planted"}), "its outputs are no objects by name"),
        (state(resource(type="a b")), 'the type "a b"'),
        (state(resource(name=None)), 'the name "None"'),
        (state(resource(module="x")), 'the module "x"'),
        (state(resource(), resource()), "is in it twice"),
        ('{"serial": 1, "lineage": "x", "encrypted_data": "AAAA"}', "encrypted by OpenTofu"),
        (state(sops={"mac": "x"}), "encrypted by SOPS"),
        ('{"format_version": "1.0", "values": {}}', "terraform show -json"),
    ],
)
def test_what_is_no_state_is_refused_in_one_line(text: str, says: str) -> None:
    message = refusal(text)
    assert says in message
    assert "\n" not in message


def test_a_state_too_large_to_be_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terraform.state.MAX_CHARACTERS", 10)
    assert "at most 10" in refusal(state())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04rest", "a plan file"),
        (b"\x1f\x8brest", "gzip"),
        (b"\x00GITCRYPT\x00", "git-crypt"),
        (b"$ANSIBLE_VAULT;1.1", "Ansible Vault"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----", "encrypted"),
        (b"\x80\x01\x82", "binary or encrypted"),
        (b'{"a": "\x00"}', "binary or encrypted"),
        (b"{}\x00\x00", "cut off"),
        (b"\x00" * 512, "cut off"),
        ("{é}".encode("utf-16")[:-1], "cut off"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"<html><body>Sign in", "a web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Error/>", "XML"),
        (b"<<<<<<< HEAD\n{}", "in the middle of a merge"),
    ],
)
def test_archives_and_encrypted_files_are_told_apart(content: bytes, says: str) -> None:
    with pytest.raises(UserError, match=says):
        decode_state(content, source="old.tfstate")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_redirected_state_is_read_in_each_encoding_shells_write(encoding: str) -> None:
    assert decode_state("{é}".encode(encoding), source="x") == "{é}"


def test_a_named_file_is_read_and_nothing_is_run(tmp_path: Path) -> None:
    path = tmp_path / "old.tfstate"
    path.write_text(state(resource()))
    found = load_state(NEVER, path)
    assert found is not None
    assert found.objects[0].address == "aws_vpc.main"


def test_a_missing_file_is_no_state(tmp_path: Path) -> None:
    assert load_state(NEVER, tmp_path / "gone") is None


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "s").touch()
    with pytest.raises(UserError, match="is empty"):
        load_state(NEVER, tmp_path / "s")


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        load_state(NEVER, tmp_path)


def test_without_a_file_the_state_is_pulled() -> None:
    found = load_state(answering(state(resource()).encode()), None)
    assert found is not None
    assert found.source == "terraform state pull"


def test_pulling_nothing_is_no_state() -> None:
    assert load_state(answering(b"\n"), None) is None


def test_a_state_without_resources_is_no_state() -> None:
    assert load_state(answering(state().encode()), None) is None


FAILED = CommandResult(
    exit_code=1,
    stdout=b"",
    stderr=b"\xe2\x95\xb7\n\xe2\x94\x82 Error: Module not installed\n\xe2\x95\xb5",
)


@pytest.mark.parametrize("place", ["declared", "initialized"])
def test_a_failed_pull_from_elsewhere_says_why_in_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n' * (place == "declared"))
    if place == "initialized":
        (tmp_path / ".terraform").mkdir()
        (tmp_path / ".terraform" / "terraform.tfstate").write_text("{}")

    with pytest.raises(UserError) as caught:
        load_state(Answering(folder=tmp_path, environment={}, result=FAILED), None)

    assert '"Module not installed"' in str(caught.value)
    assert "terraform init" in str(caught.value)


@pytest.mark.parametrize(
    ("workspace", "path"),
    [("", "terraform.tfstate"), ("blue", "terraform.tfstate.d/blue/terraform.tfstate")],
)
def test_where_nothing_is_initialized_the_state_is_the_folder_s_own_file(
    tmp_path: Path, workspace: str, path: str
) -> None:
    (tmp_path / "main.tf").write_text('module "net" {\n  source = "../net"\n}\n')
    folder = Answering(folder=tmp_path, environment={"TF_WORKSPACE": workspace}, result=FAILED)
    before = load_state(folder, None)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(state(resource()))

    found = load_state(folder, None)

    assert before is None
    assert found is not None
    assert len(found.objects) == 1


def pulling_nothing(folder: Path, *, exit_code: int = 0) -> Terraform:
    result = CommandResult(exit_code=exit_code, stdout=b"", stderr=FAILED.stderr)
    return Answering(folder=folder, environment={}, result=result)


UNSEEN = {
    "terragrunt.hcl": 'remote_state {\n  backend = "s3"\n}\n',
    "backend.tofu": 'terraform {\n  backend "s3" {}\n}\n',
    "main.tofu.json": "{}",
    "prod.s3.tfbackend": 'bucket = "acme"\n',
    "prod.tfstate": "{}",
}


@pytest.mark.parametrize("exit_code", [0, 1])
@pytest.mark.parametrize("name", UNSEEN)
def test_a_state_that_terraform_does_not_see_is_not_taken_for_none(
    tmp_path: Path, name: str, exit_code: int
) -> None:
    (tmp_path / "main.tf").write_text("")
    (tmp_path / name).write_text(UNSEEN[name])

    with pytest.raises(UserError, match=f"^{tmp_path}/{name}: "):
        load_state(pulling_nothing(tmp_path, exit_code=exit_code), None)


def test_an_emptied_state_beside_another_place_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "terragrunt.hcl").write_text("")
    result = CommandResult(exit_code=0, stdout=state().encode())

    with pytest.raises(UserError, match="Terragrunt"):
        load_state(Answering(folder=tmp_path, environment={}, result=result), None)


def test_a_folder_that_terragrunt_has_made_is_believed(tmp_path: Path) -> None:
    (tmp_path / "terragrunt.hcl").write_text("")
    (tmp_path / "backend.tf").write_text('terraform {\n  backend "s3" {}\n}\n')

    assert load_state(pulling_nothing(tmp_path), None) is None


def test_opentofu_reads_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "main.tofu").write_text("")
    folder = Answering(
        folder=tmp_path,
        environment={},
        result=pulling_nothing(tmp_path).state_pull(),
        version=b"OpenTofu v1.11.0\n",
    )

    assert load_state(folder, None) is None


def test_opentofu_that_is_not_initialized_is_told_of_its_backend(tmp_path: Path) -> None:
    (tmp_path / "backend.tofu").write_text(UNSEEN["backend.tofu"])
    folder = Answering(
        folder=tmp_path, environment={}, result=FAILED, version=b"OpenTofu v1.11.0\n"
    )

    with pytest.raises(UserError, match="terraform init"):
        load_state(folder, None)


@pytest.mark.parametrize("workspace", ["", "blue"])
def test_an_emptied_state_beside_its_backup_is_not_taken_for_a_lost_one(
    tmp_path: Path, workspace: str
) -> None:
    path = tmp_path / "terraform.tfstate"
    if workspace:
        path = tmp_path / "terraform.tfstate.d" / workspace / path.name
        path.parent.mkdir(parents=True)
    path.write_text("")
    nothing = CommandResult(exit_code=0, stdout=b"")
    folder = Answering(folder=tmp_path, environment={"TF_WORKSPACE": workspace}, result=nothing)
    assert load_state(folder, None) is None
    path.with_name(f"{path.name}.backup").write_text(state(resource()))

    with pytest.raises(UserError) as told:
        load_state(folder, None)

    assert f"`cp {path}.backup {path}`" in str(told.value)


def test_a_missing_terraform_is_said(tmp_path: Path) -> None:
    gone = Terraform(folder=tmp_path, environment={"TERRAFORM_BINARY_NAME": "no-such-terraform"})

    with pytest.raises(UserError, match="cannot be run"):
        load_state(gone, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
KEYS = """version lineage serial resources mode type name module instances index_key attributes
    deposed status"""
keys = st.sampled_from(KEYS.split())
odd_states = st.recursive(
    json_values | st.sampled_from([4, "managed", "aws_vpc", "main"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=9),
    max_leaves=30,
)


def survives(content: bytes) -> None:
    with contextlib.suppress(UserError):
        load_state(answering(content), None)


@given(st.binary())
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    survives(content)


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    survives(text.encode("utf-8", "surrogatepass"))


@given(odd_states)
def test_no_json_raises_anything_else(value: object) -> None:
    survives(json.dumps(value).encode())


@given(odd_states)
def test_no_resources_raise_anything_else(value: object) -> None:
    whole = json.loads(state(resource()))
    for place in (whole, whole["resources"][0], whole["resources"][0]["instances"][0]):
        for key in list(place):
            survives(json.dumps(_replaced(whole, place, key, value)).encode())


def _replaced(whole: dict[str, Any], place: dict[str, Any], key: str, value: object) -> Any:
    kept = place[key]
    place[key] = value
    copy = json.loads(json.dumps(whole))
    place[key] = kept
    return copy


@examples(200)
@given(st.integers(min_value=0, max_value=APPLIED.stat().st_size), st.binary(max_size=3))
def test_no_damage_to_a_real_state_raises_anything_else(cut: int, put: bytes) -> None:
    content = APPLIED.read_bytes()
    survives(content[:cut])
    survives(content[:cut] + put + content[cut + 1 :])


@given(st.lists(st.text()))
def test_any_addresses_can_be_sorted(addresses: list[str]) -> None:
    assert len(sorted(addresses, key=address_order)) == len(addresses)


def test_an_object_says_what_it_depends_on_and_whether_it_is_tainted() -> None:
    instance = {
        "attributes": {},
        "dependencies": ["aws_subnet.a", "data.aws_region.here"],
        "status": "tainted",
    }

    (found,) = read(state(resource(instances=[instance]))).objects

    assert found.dependencies == ("aws_subnet.a", "data.aws_region.here")
    assert found.tainted


def test_the_document_has_all_of_the_state() -> None:
    text = state(resource())

    assert read(text).document == json.loads(text)


def test_a_block_stands_once_for_its_instances_in_modules_too() -> None:
    addresses = [
        "aws_subnet.public[0]",
        "aws_subnet.public[1]",
        'module.a["b.c]"].aws_eip.nat["x.y"]',
    ]

    assert resource_blocks(addresses) == [
        'resource "aws_eip" "nat"',
        'resource "aws_subnet" "public"',
    ]


def test_a_name_that_is_not_ascii_is_one() -> None:
    state = {
        "version": 4, "lineage": "a", "serial": 1, "resources": [
            {"mode": "managed", "type": "aws_sqs_queue", "name": "größe", "instances": [{"attributes": {}}]}
        ],
    }  # fmt: skip

    (found,) = parse_state(json.dumps(state), source="a state").objects

    assert found.address == "aws_sqs_queue.größe"
