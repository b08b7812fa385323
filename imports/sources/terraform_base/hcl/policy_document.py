"""The JSON text an `aws_iam_policy_document` data source gives, as provider 5 writes it."""

import json
from typing import Final

from imports.sources.terraform_base.hcl.functions_text import escape_json, items_of
from imports.sources.terraform_base.hcl.values import EvaluationError, Value, text_of

# No function of the language can have this name: a data source is deferred under it.
POLICY_DOCUMENT: Final = "aws_iam_policy_document"

_UNSUPPORTED: Final = (
    "source_policy_documents",
    "override_policy_documents",
    "source_json",
    "override_json",
)
_LISTS: Final = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


def policy_document(arguments: Value) -> Value:
    """Return the document for the data source's arguments (blocks as lists of maps)."""
    given = _map(arguments)
    if any(given.get(name) for name in _UNSUPPORTED):
        raise EvaluationError("a policy document made of others is not evaluated here")
    version = text_of(given.get("version") or "2012-10-17")
    document: dict[str, object] = {"Version": version}
    if given.get("policy_id"):
        document["Id"] = text_of(given["policy_id"])
    statements = [_statement(_map(each), version) for each in items_of(given.get("statement", []))]
    if statements:
        document["Statement"] = statements
    return escape_json(json.dumps(document, indent=2, ensure_ascii=False))


def _statement(given: dict[str, Value], version: str) -> dict[str, object]:
    statement: dict[str, object] = {}
    if given.get("sid"):
        statement["Sid"] = text_of(given["sid"])
    statement["Effect"] = text_of(given.get("effect") or "Allow")
    for name, key in _LISTS.items():
        texts = _texts(given.get(name), version)
        if texts:
            statement[key] = _one_or_sorted(texts)
    for name, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if given.get(name):
            statement[key] = _principals(items_of(given[name]), version)
    if given.get("condition"):
        statement["Condition"] = _conditions(items_of(given["condition"]), version)
    return statement


def _principals(blocks: list[Value], version: str) -> object:
    grouped: dict[str, list[str]] = {}
    for block in blocks:
        given = _map(block)
        texts = _texts(given.get("identifiers"), version)
        grouped.setdefault(text_of(given.get("type")), []).extend(texts)
    if grouped == {"*": ["*"]}:
        return "*"
    return {kind: _one_or_sorted(grouped[kind]) for kind in sorted(grouped)}


def _conditions(blocks: list[Value], version: str) -> object:
    tests: dict[str, dict[str, list[str]]] = {}
    for block in blocks:
        given = _map(block)
        variables = tests.setdefault(text_of(given.get("test")), {})
        texts = _texts(given.get("values"), version)
        variables.setdefault(text_of(given.get("variable")), []).extend(texts)
    return {
        test: {name: _one_or_all(values) for name, values in sorted(variables.items())}
        for test, variables in sorted(tests.items())
    }


def _texts(value: Value, version: str) -> list[str]:
    texts = [text_of(each) for each in items_of(value if value is not None else [])]
    # &{...} is how a policy variable is written where Terraform would see a template.
    return texts if version == "2008-10-17" else [text.replace("&{", "${") for text in texts]


def _one_or_sorted(texts: list[str]) -> object:
    return _one_or_all(sorted(set(texts), reverse=True))


def _one_or_all(texts: list[str]) -> object:
    return texts[0] if len(texts) == 1 else texts


def _map(value: Value) -> dict[str, Value]:
    if isinstance(value, dict):
        return value
    raise EvaluationError("a policy document has a part that is no block")
