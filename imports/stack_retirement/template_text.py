"""Changes a template's text in as few places as can be. Pure: text in, text out.

The text that CloudFormation has is sent back as it is, JSON or YAML with its short forms and comments: what
is written anew could change a property, and that changes an object.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from common.errors import UserError, listed
from common.templates import read_template

RETAIN: Final = "Retain"
POLICIES: Final = ("DeletionPolicy", "UpdateReplacePolicy")
HANDLE: Final = "AtomicInfraRetirement"
"""The harmless row that is added where CloudFormation takes a change of policies alone for none."""
_HANDLE_TYPE: Final = "AWS::CloudFormation::WaitConditionHandle"

_BLANK: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, kw_only=True)
class _Members:
    """Where a mapping's members are in the text: the first, and each one's value by its key.

    `between` is what stands between two members. `is_quoted` says that a key needs quotation marks.
    """

    first: int
    between: str
    is_quoted: bool
    values: Mapping[str, tuple[int, int]]

    def written(self, key: str, value: str) -> str:
        """Return a member as it is written here, with what separates it from the next."""
        return (
            f'"{key}": {value}{self.between}' if self.is_quoted else f"{key}: {value}{self.between}"
        )


def keeping(text: str, rows: Collection[str], *, with_handle: bool = False) -> str:
    """Return the template with both policies Retain on these rows, and all else as it was.

    Raises UserError for a template in which that cannot be done without touching more.
    """
    document = read_template(text)
    edits = list(_edits(text, document, rows, with_handle=with_handle))
    changed = text
    for start, end, written in sorted(edits, reverse=True):
        changed = changed[:start] + written + changed[end:]
    try:
        wrong = differences(read_template(changed), kept(document, rows, with_handle=with_handle))
    except ValueError as error:
        wrong = [str(error)]
    if wrong:
        raise UserError(
            f"the policies of {listed(wrong)} cannot be written into the template without touching more of "
            "it: set `removalPolicy: RemovalPolicy.RETAIN` on them in the CDK app and deploy that, then run "
            "the inventory again"
        )
    return changed


def kept(
    document: Mapping[str, Any], rows: Collection[str], *, with_handle: bool = False
) -> dict[str, Any]:
    """Return what `keeping` has to come to."""
    policies = dict.fromkeys(POLICIES, RETAIN)
    resources = {
        logical_id: {**row, **policies} if logical_id in rows else row
        for logical_id, row in document["Resources"].items()
    }
    if with_handle:
        resources[HANDLE] = {"Type": _HANDLE_TYPE}
    return {**document, "Resources": resources}


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the rows, and the parts beside the rows, in which two templates differ; sorted."""
    there, here = found.get("Resources") or {}, wanted.get("Resources") or {}
    rows = {name for name in there.keys() | here.keys() if there.get(name) != here.get(name)}
    parts = {name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)}
    return sorted(rows | parts - {"Resources"})


def _edits(
    text: str, document: Mapping[str, Any], rows: Collection[str], *, with_handle: bool
) -> Iterator[tuple[int, int, str]]:
    """Yield what to put into the place of which part of the text."""
    resources, members = _find(text)
    if with_handle and HANDLE not in document["Resources"]:
        type_ = f'{{"Type": "{_HANDLE_TYPE}"}}'
        yield resources.first, resources.first, resources.written(HANDLE, type_)
    for logical_id in rows:
        row = members[logical_id]
        value = f'"{RETAIN}"' if row.is_quoted else RETAIN
        added = ""
        for policy in POLICIES:
            if document["Resources"][logical_id].get(policy) == RETAIN:
                continue
            if policy in row.values:
                yield *row.values[policy], value
            else:
                added += row.written(policy, value)
        if added:
            yield row.first, row.first, added


def _find(text: str) -> tuple[_Members, Mapping[str, _Members]]:
    """Return where the rows are, and where each row's members are."""
    try:
        json.loads(text)
    except ValueError:
        return _find_in_yaml(text)
    top = _json_members(text, _skip(text, 0))
    resources = _json_members(text, top.values["Resources"][0])
    return resources, {
        logical_id: _json_members(text, start)
        for logical_id, (start, _) in resources.values.items()
    }


def _json_members(text: str, start: int) -> _Members:
    decoder = json.JSONDecoder()
    first = at = _skip(text, start + 1)
    values = {}
    while text[at] == '"':
        key, at = decoder.raw_decode(text, at)
        begin = _skip(text, _skip(text, at) + 1)
        _, end = decoder.raw_decode(text, begin)
        values[key] = (begin, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return _Members(
        first=first, between=f",{text[start + 1 : first] or ' '}", is_quoted=True, values=values
    )


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _find_in_yaml(text: str) -> tuple[_Members, Mapping[str, _Members]]:
    top = yaml.compose(text, Loader=yaml.SafeLoader)
    resources = next(value for key, value in top.value if key.value == "Resources")
    return _yaml_members(text, resources), {
        key.value: _yaml_members(text, value) for key, value in resources.value
    }


def _yaml_members(text: str, node: Any) -> _Members:
    start = node.value[0][0].start_mark
    line = "\r\n" if "\r\n" in text else "\n"
    return _Members(
        first=start.index,
        between=", " if node.flow_style else line + " " * start.column,
        is_quoted=bool(node.flow_style),
        values={
            key.value: (value.start_mark.index, value.end_mark.index) for key, value in node.value
        },
    )
