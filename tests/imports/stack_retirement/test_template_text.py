"""Policies are written into a template's text, and not a byte beside them changes."""

import difflib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.templates import read_template
from imports.stack_retirement import template_text
from imports.stack_retirement.template_text import HANDLE, differences, keeping, kept
from local.emulator import PROJECT

YAML = """\
# Written by hand.
Parameters:
  Name: {Type: String, Default: 007}
Resources:
  Bucket:   # the data
    Type: AWS::S3::Bucket
    DeletionPolicy: Delete # as it was
    Properties:
      BucketName: !Sub "${Name}-data"
      Tags: [{Key: a, Value: !Ref Name}]
  Topic: {Type: "AWS::SNS::Topic", Properties: {TopicName: !GetAtt Bucket.Arn}}
  Note:
      Properties:
        Text: |
          Type: nothing
      Type: AWS::SNS::Topic
Outputs:
  Arn: {Value: !GetAtt Bucket.Arn}
"""


def template(shape: str) -> str:
    return (PROJECT / "local" / "cdk_stack" / "templates" / f"{shape}.json").read_text()


def lines(before: str, after: str) -> list[str]:
    """Return the lines that were added or removed."""
    delta = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in delta if line[0] in "+-"]


@pytest.mark.parametrize("shape", ["oldest", "older", "guide", "newest"])
def test_every_row_of_a_deployed_template_keeps_its_object(shape: str) -> None:
    text = template(shape)
    rows = json.loads(text)["Resources"]

    found = json.loads(keeping(text, set(rows)))

    assert {row["DeletionPolicy"] for row in found["Resources"].values()} == {"Retain"}
    assert {row["UpdateReplacePolicy"] for row in found["Resources"].values()} == {"Retain"}


@pytest.mark.parametrize("shape", ["oldest", "older", "guide", "newest"])
def test_nothing_of_the_text_but_policies_changes(shape: str) -> None:
    text = template(shape)

    changed = lines(text, keeping(text, set(json.loads(text)["Resources"])))

    assert changed
    assert [line for line in changed if "Policy" not in line] == []


def test_a_row_that_goes_is_left_as_it_was() -> None:
    before = json.loads(template("guide"))
    cluster = next(
        name for name, row in before["Resources"].items() if row["Type"] == "AWS::ECS::Cluster"
    )

    after = json.loads(keeping(template("guide"), {cluster}))

    assert differences(after, before) == [cluster]


def test_yaml_keeps_its_short_forms_its_comments_and_its_numbers() -> None:
    assert keeping(YAML, {"Bucket", "Topic", "Note"}) == YAML.replace(
        "    Type: AWS::S3::Bucket\n    DeletionPolicy: Delete #",
        "    UpdateReplacePolicy: Retain\n    Type: AWS::S3::Bucket\n    DeletionPolicy: Retain #",
    ).replace(
        '{Type: "AWS::SNS',
        '{"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", Type: "AWS::SNS',
    ).replace(
        "      Properties:\n        Text",
        "      DeletionPolicy: Retain\n      UpdateReplacePolicy: Retain\n      Properties:\n        Text",
    )


@pytest.mark.parametrize("text", [YAML, YAML.replace("\n", "\r\n"), template("newest")])
def test_a_harmless_row_is_added_beside_the_others(text: str) -> None:
    changed = keeping(text, (), with_handle=True)

    assert differences(read_template(changed), read_template(text)) == [HANDLE]
    assert keeping(changed, (), with_handle=True) == changed


def test_what_is_kept_already_is_sent_as_it_is() -> None:
    once = keeping(YAML, {"Bucket", "Topic"})

    assert keeping(once, {"Bucket", "Topic"}) == once


def test_what_was_not_written_as_it_should_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a mistake of our own: what was written is read again."""
    monkeypatch.setattr(template_text, "_edits", lambda *_, **__: [])

    with pytest.raises(
        UserError, match="Bucket cannot be written into the template without touching more"
    ):
        keeping(YAML, {"Bucket"})


def test_the_comparison_names_the_row_whose_policy_was_not_taken() -> None:
    wanted = kept(read_template(YAML), {"Bucket", "Note"})
    found = kept(read_template(YAML), {"Bucket"})

    assert differences(found, wanted) == ["Note"]


def test_the_comparison_names_a_part_beside_the_rows() -> None:
    assert differences({"Resources": {}, "Outputs": {"a": 1}}, {"Resources": {}}) == ["Outputs"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(
    rows=st.dictionaries(
        st.text(alphabet="AbC1", min_size=1, max_size=5),
        st.dictionaries(st.text(max_size=5), values, max_size=3).map(
            lambda row: {"Type": "AWS::SNS::Topic", **row}
        ),
        min_size=1,
        max_size=4,
    ),
    indent=st.sampled_from([None, 0, 1, 4, "\t"]),
)
def test_json_of_any_form_comes_to_the_same_with_policies(
    rows: dict[str, dict[str, Any]], indent: int | str | None
) -> None:
    document = {"Resources": rows, "Description": "a } in a text"}

    found = keeping(json.dumps(document, indent=indent), set(rows))

    assert json.loads(found) == kept(document, set(rows))
