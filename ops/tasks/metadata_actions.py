"""Hasura's actions: what `actions.yaml` says of them, and their types in `actions.graphql`, put together.

As Hasura's command line does it: names, arguments, types and fields come from the GraphQL document, and all
else (handler, headers, permissions, relationships, a type's description) from YAML.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from graphql import GraphQLSyntaxError, parse
from graphql.language import ast, print_ast

from common.errors import UserError

_OPERATIONS: Final = {"Query": "query", "Mutation": "mutation"}
_FROM_SDL: Final = ("type", "arguments", "output_type")
_LEFT_OUT_WHERE_EMPTY: Final = ("forward_client_headers", "timeout")
_KINDS: Final = {
    ast.EnumTypeDefinitionNode: "enums",
    ast.InputObjectTypeDefinitionNode: "input_objects",
    ast.ObjectTypeDefinitionNode: "objects",
    ast.ScalarTypeDefinitionNode: "scalars",
}


def built_actions(document: Any, sdl: str, *, folder: Path) -> dict[str, Any]:
    """Return the metadata's `actions` and `custom_types`, each where there is one.

    `document` is what `actions.yaml` holds. Raises UserError for what does not fit together.
    """
    yaml_file, graphql_file = folder / "actions.yaml", folder / "actions.graphql"
    given = document or {}
    if not isinstance(given, Mapping):
        raise UserError(f"{yaml_file}: allowed: a mapping of actions and custom_types")
    actions, types = _from_sdl(sdl, graphql_file)
    for action in _rows(given.get("actions"), yaml_file, "actions"):
        found = actions.get(str(action.get("name")))
        if found is None:
            raise UserError(
                f"{yaml_file}: action {action.get('name')} is not in {graphql_file.name}: add its type there"
            )
        definition = action.get("definition") or {}
        found["definition"] = {
            **{key: value for key, value in definition.items() if _is_kept(key, value)},
            "kind": definition.get("kind", ""),
            "handler": definition.get("handler", ""),
            **{key: found["definition"][key] for key in _FROM_SDL},
        }
        found |= {key: action[key] for key in ("permissions", "comment") if action.get(key)}
    custom = given.get("custom_types") or {}
    for kind, named in types.items():
        for each in _rows(custom.get(kind), yaml_file, f"custom_types.{kind}"):
            found = named.get(str(each.get("name")))
            if found is None:
                raise UserError(
                    f"{yaml_file}: custom type {each.get('name')} ({kind}) is not in {graphql_file.name}: "
                    "add it there"
                )
            found.pop("description", None)
            found |= {key: each[key] for key in ("description", "relationships") if each.get(key)}
    built: dict[str, Any] = {}
    if actions:
        built["actions"] = list(actions.values())
    if any(types.values()):
        built["custom_types"] = {kind: list(named.values()) for kind, named in types.items()}
    return built


def _is_kept(key: str, value: object) -> bool:
    return key not in _FROM_SDL and not (key in _LEFT_OUT_WHERE_EMPTY and not value)


def _rows(value: Any, path: Path, where: str) -> Sequence[Mapping[str, Any]]:
    rows = value or []
    if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
        return rows
    raise UserError(f"{path}: {where}: allowed: a list, each with a name")


def _from_sdl(
    sdl: str, path: Path
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, dict[str, Any]]]]:
    """Return actions by name, and types by kind and name."""
    actions: dict[str, dict[str, Any]] = {}
    types: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in _KINDS.values()}
    if not sdl.strip():
        return actions, types
    try:
        document = parse(sdl, no_location=False)
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise UserError(f"{path}:{line}: not valid GraphQL: {error.message}") from None
    for definition in document.definitions:
        name = getattr(getattr(definition, "name", None), "value", "")
        if (
            isinstance(definition, ast.ObjectTypeDefinitionNode | ast.ObjectTypeExtensionNode)
            and name in _OPERATIONS
        ):
            for field in definition.fields or ():
                _add(actions, field.name.value, _action(field, _OPERATIONS[name]), field, path)
        elif type(definition) in _KINDS:
            kind = types[_KINDS[type(definition)]]
            _add(kind, name, _type(definition), definition, path)
        else:
            raise UserError(
                f"{path}:{_line(definition)}: {definition.kind.replace('_', ' ')} is not supported: allowed: "
                "actions in `type Query` and `type Mutation` (or `extend`), and type, input, enum, scalar"
            )
    return actions, types


def _add(
    known: dict[str, dict[str, Any]], name: str, found: dict[str, Any], node: ast.Node, path: Path
) -> None:
    if name in known:
        raise UserError(f"{path}:{_line(node)}: {name} is there twice: leave out one of the two")
    known[name] = found


def _line(node: ast.Node) -> int:
    return node.loc.start_token.line if node.loc else 1


def _action(field: ast.FieldDefinitionNode, operation: str) -> dict[str, Any]:
    return {
        "name": field.name.value,
        "definition": {
            "kind": "",
            "handler": "",
            "type": operation,
            "arguments": [_field(argument) for argument in field.arguments or ()],
            "output_type": print_ast(field.type),
        },
    }


def _type(node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": node.name.value}
    if _description(node) is not None:
        found["description"] = _description(node)
    if isinstance(node, ast.EnumTypeDefinitionNode):
        found["values"] = [
            {"value": each.name.value, "description": _description(each)}
            for each in node.values or ()
        ]
    elif not isinstance(node, ast.ScalarTypeDefinitionNode):
        found["fields"] = [_field(each) for each in node.fields or ()]
    return found


def _field(node: ast.FieldDefinitionNode | ast.InputValueDefinitionNode) -> dict[str, Any]:
    return {
        "name": node.name.value,
        "type": print_ast(node.type),
        "description": _description(node),
    }


def _description(node: Any) -> str | None:
    return node.description.value.strip() if node.description else None
