"""Nothing but UserError ever comes out of reading a folder."""

import contextlib
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from imports.sources.terraform_base.legacy_hcl import Facts, read_configuration

BASE = Path(__file__).parent.parent.parent / "legacy" / "base"
FACTS = Facts(account_id="123456789012", region="us-east-1", zones=("us-east-1a", "us-east-1b"))


def survives(folder: Path) -> None:
    with contextlib.suppress(UserError):
        read_configuration(folder, facts=FACTS)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(BASE, tmp_path_factory.mktemp("base") / "copy")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(path.name for path in BASE.iterdir())),
    st.integers(0, 8000),
    st.integers(0, 60),
    st.text(max_size=6) | st.sampled_from(['"', "${", "}", "\n", "[", "<<-E\n", "%{", "count = "]),
)
def test_no_damage_to_the_base_raises_anything_else(
    copy: Path, name: str, start: int, length: int, put: str
) -> None:
    text = (BASE / name).read_text()
    damaged = text[:start] + put + text[start + length :]
    (copy / name).write_text(damaged, encoding="utf-8", errors="replace")
    survives(copy)
    (copy / name).write_text(text)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["main.tf", "main.tf.json", "x.auto.tfvars", "terraform.tfvars.json"]),
    st.text() | st.binary(),
)
def test_no_file_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: str | bytes
) -> None:
    folder = tmp_path_factory.mktemp("odd", numbered=True)
    (folder / "other.tf").write_text('variable "v" {}\n')
    odd = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    (folder / name).write_bytes(odd)
    survives(folder)


KEYS = """resource variable locals data terraform provider module v aws_x count for_each dynamic
    lifecycle content default type"""
json_bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("${var.v}"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS.split()),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(json_bodies)
def test_no_json_configuration_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    folder = tmp_path_factory.getbasetemp() / "json"
    folder.mkdir(exist_ok=True)
    (folder / "main.tf.json").write_text(json.dumps(content))
    survives(folder)
