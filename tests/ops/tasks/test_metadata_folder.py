"""A folder of Hasura's metadata: what is sent of it is what Hasura's own command line would send.

The expectations follow that command line's source (github.com/hasura/graphql-engine, in cli/internal and
cli-ext/src/shared/utils): there is no copy of it here to ask.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from ops.tasks.hasura_metadata import read_source
from ops.tasks.metadata_folder import read_metadata_folder
from tests.ops.answering import answer

CONFIGURATION = {"connection_info": {"database_url": {"from_env": "HASURA_GRAPHQL_DATABASE_URL"}}}
EVENT = {"table": {"name": "Event", "schema": "public"}}
USER = {
    "table": {"name": "User", "schema": "public"},
    "select_permissions": [{"role": "user", "permission": {"columns": ["id", "on", "no"]}}],
}
FILES = {
    "version.yaml": "version: 3\n",
    "databases/databases.yaml": """
- name: default
  kind: postgres
  configuration:
    connection_info:
      database_url:
        from_env: HASURA_GRAPHQL_DATABASE_URL
  tables: "!include default/tables/tables.yaml"
  functions: !include default/functions/functions.yaml
""",
    "databases/default/tables/tables.yaml": '- "!include public_User.yaml"\n- !include "public_Event.yaml"\n',
    "databases/default/tables/public_User.yaml": """
table:
  name: User
  schema: public
select_permissions:
  - role: user
    permission: { columns: [id, on, no] }
""",
    "databases/default/tables/public_Event.yaml": "table: {name: Event, schema: public}\n",
    "databases/default/functions/functions.yaml": "- function: {name: find, schema: public}\n",
    "actions.yaml": """
actions:
  - name: book
    definition:
      kind: synchronous
      handler: '{{FUNCTIONS_BASE_URL}}/book'
      timeout: 10
      forward_client_headers: true
    permissions:
      - role: user
    comment: books an hour
custom_types:
  enums: []
  input_objects:
    - name: BookInput
  objects:
    - name: Booked
      relationships: [{ name: event }]
  scalars:
    - name: Hour
      description: of a day
""",
    "actions.graphql": '''
type Mutation {
  """ Books. """
  book(first: BookInput!, hours: [Hour!]!): Booked
}
extend type Query {
  free: [Hour]
}
input BookInput {
  "the person" name: String!
}
"what was booked"
type Booked {
  id: ID!
}
enum Color {
  "warm" RED
  BLUE
}
scalar Hour
''',
    "cron_triggers.yaml": """
- name: tick
  webhook: "{{FUNCTIONS_BASE_URL}}/tick"
  schedule: "*/5 * * * *"
""",
    "allow_list.yaml": "- collection: allowed\n  scope: {global: true}\n",
    "remote_schemas.yaml": """
- name: other
  permissions:
    - definition: { schema: !include other/user.graphql }
""",
    "other/user.graphql": "schema { query: Query }\n",
    "graphql_schema_introspection.yaml": "disabled_for_roles: []\n",
    "network.yaml": "{}\n",
    "api_limits.yaml": "",
    "notes.md": "no metadata",
}
SENT = {
    "version": 3,
    "sources": [
        {
            "name": "default",
            "kind": "postgres",
            "configuration": CONFIGURATION,
            "tables": [USER, EVENT],
            "functions": [{"function": {"name": "find", "schema": "public"}}],
        }
    ],
    "actions": [
        {
            "name": "book",
            "definition": {
                "kind": "synchronous",
                "type": "mutation",
                "handler": "{{FUNCTIONS_BASE_URL}}/book",
                "arguments": [
                    {"name": "first", "type": "BookInput!", "description": None},
                    {"name": "hours", "type": "[Hour!]!", "description": None},
                ],
                "output_type": "Booked",
                "timeout": 10,
                "forward_client_headers": True,
            },
            "permissions": [{"role": "user"}],
            "comment": "books an hour",
        },
        {
            "name": "free",
            "definition": {
                "kind": "",
                "type": "query",
                "handler": "",
                "arguments": [],
                "output_type": "[Hour]",
            },
        },
    ],
    "custom_types": {
        "enums": [
            {
                "name": "Color",
                "values": [
                    {"value": "RED", "description": "warm"},
                    {"value": "BLUE", "description": None},
                ],
            }
        ],
        "input_objects": [
            {
                "name": "BookInput",
                "fields": [{"name": "name", "type": "String!", "description": "the person"}],
            }
        ],
        # A type that YAML names has the description that YAML gives it, or none.
        "objects": [
            {
                "name": "Booked",
                "fields": [{"name": "id", "type": "ID!", "description": None}],
                "relationships": [{"name": "event"}],
            }
        ],
        "scalars": [{"name": "Hour", "description": "of a day"}],
    },
    "cron_triggers": [
        {
            "name": "tick",
            "webhook": "{{FUNCTIONS_BASE_URL}}/tick",
            "schedule": "*/5 * * * *",
        }
    ],
    "allowlist": [{"collection": "allowed", "scope": {"global": True}}],
    "remote_schemas": [
        {"name": "other", "permissions": [{"definition": {"schema": "schema { query: Query }\n"}}]}
    ],
    "graphql_schema_introspection": {"disabled_for_roles": []},
    "network": {},
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """The folder with these files; None leaves one out."""

    def write(files: Mapping[str, str | None]) -> Path:
        folder = tmp_path / "metadata"
        for name, text in files.items():
            if text is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        return folder

    return write


def test_the_whole_folder_is_what_hasuras_command_line_would_send(write: Write) -> None:
    assert read_metadata_folder(write(FILES)) == SENT


def test_files_that_are_not_there_leave_nothing(write: Write) -> None:
    assert read_metadata_folder(write({"version.yaml": "version: 3"})) == {"version": 3}


def test_actions_without_any_leave_nothing(write: Write) -> None:
    empty = "actions: []\ncustom_types: {enums: [], input_objects: [], objects: [], scalars: []}\n"
    files = {"version.yaml": "version: 3", "actions.yaml": empty, "actions.graphql": "\n"}

    assert read_metadata_folder(write(files)) == {"version": 3}


def test_version_two_has_its_tables_at_the_top(write: Write) -> None:
    files = {"version.yaml": "version: 2", "tables.yaml": "- !include tables/a.yaml\n"}
    folder = write({**files, "tables/a.yaml": "table: {name: a, schema: public}\n"})

    assert read_metadata_folder(folder) == {
        "version": 2,
        "tables": [{"table": {"name": "a", "schema": "public"}}],
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("2026-01-02", "2026-01-02"),
        ("12:30:00", "12:30:00"),
        ("0755", 755),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("-", "-"),
        ("true", True),
        ("~", None),
        ("", None),
        ("'!include'", "!include"),
        ("{<<: {a: 1}, b: 2}", {"a": 1, "b": 2}),
    ],
)
def test_values_are_read_as_yaml_1_2_has_them(write: Write, text: str, value: object) -> None:
    content = f"key: {text}\n" if text != "-" else "key: '-'\n"
    folder = write({"version.yaml": "version: 3", "network.yaml": content})

    assert read_metadata_folder(folder)["network"] == {"key": value}


TABLES = "databases/default/tables/tables.yaml"


@pytest.mark.parametrize(
    ("file", "text", "error"),
    [
        (
            TABLES,
            "- !include nowhere.yaml\n",
            "{folder}/databases/default/tables/tables.yaml:1: "
            "{folder}/databases/default/tables/nowhere.yaml: cannot be read (No such file or directory)",
        ),
        (
            TABLES,
            '- "!include ../../../../secret.yaml"\n',
            "tables.yaml:1: includes '../../../../secret.yaml', outside of {folder}",
        ),
        (TABLES, "\n- !include /etc/passwd\n", "tables.yaml:2: includes '/etc/passwd', outside of"),
        (TABLES, "- !include tables.yaml\n", "tables.yaml:1: includes itself: "),
        (
            "databases/default/tables/public_User.yaml",
            "a: 1\nb: !include public_Event.yaml\nc: !include tables.yaml\n",
            "public_User.yaml:3: includes itself: databases/default/tables/tables.yaml includes "
            "databases/default/tables/public_User.yaml includes databases/default/tables/tables.yaml",
        ),
        (TABLES, "- !include [a]\n", "tables.yaml:1: not valid YAML: !include takes the name"),
        (TABLES, "- !python/object/apply:os.system [id]\n", "tables.yaml:1: not valid YAML: could"),
        (
            "network.yaml",
            "a: !!binary aGk=\n",
            "network.yaml:1: not valid YAML: could not determine",
        ),
        (
            "network.yaml",
            "a: !!timestamp 2026-11-27\n",
            "network.yaml:1: not valid YAML: could not",
        ),
        ("network.yaml", "a: !!set {b}\n", "network.yaml:1: not valid YAML: could not determine"),
        ("network.yaml", "a: \x1b\n", "network.yaml: not valid YAML: it has the character U+001B"),
        ("network.yaml", "a: 1\nb: [\n", "network.yaml:3: not valid YAML"),
        (
            "network.yaml",
            "a: 1\na: 2\n",
            "network.yaml:2: not valid YAML: the key 'a' is there twice",
        ),
        ("network.yaml", "{[a]: 1}\n", "network.yaml:1: not valid YAML: found unhashable key"),
        ("network.yaml", "a: 1\n---\nb: 2\n", "network.yaml:2: not valid YAML"),
        ("network.yaml", "\x00\x01", '"network.yaml" is a binary'),
        ("network.yaml", "[" * 3000, "network.yaml: nested too deeply"),
        ("version.yaml", "version: 9\n", "version.yaml: it names no version that is known"),
        ("version.yaml", "[]\n", "version.yaml: it names no version that is known"),
        ("version.yaml", "version: []\n", "version.yaml: it names no version that is known"),
        ("version.yaml", "version: {a: 1}\n", "version.yaml: it names no version that is known"),
        ("network.yaml", "a: !!bool q\n", "network.yaml:1: not valid YAML: 'q' is no bool"),
        ("network.yaml", "\na: !!int q\n", "network.yaml:2: not valid YAML: 'q' is no int"),
        ("network.yaml", "a: !!float ''\n", "network.yaml:1: not valid YAML: '' is no float"),
        ("network.yaml", "a: !!float .inf\n", "network.yaml:1: not valid YAML: '.inf' is no float"),
        ("network.yaml", "a: !!null q\n", "network.yaml:1: not valid YAML: 'q' is no null"),
        ("network.yaml", "a: !!bool [true]\n", "network.yaml:1: not valid YAML: expected a scalar"),
        ("network.yaml", "a: !!map [b, c]\n", "network.yaml:1: not valid YAML: !!map takes a"),
        ("network.yaml", "a: !!map q\n", "network.yaml:1: not valid YAML: !!map takes a mapping"),
        (
            "network.yaml",
            "a: !!seq {b: c}\n",
            "network.yaml:1: not valid YAML: expected a sequence",
        ),
        ("network.yaml", "a: !!str [b]\n", "network.yaml:1: not valid YAML: expected a scalar"),
        ("cron_trigers.yaml", "[]\n", "cron_trigers.yaml: no file of metadata of version 3"),
        ("tables.yaml", "[]\n", "tables.yaml: no file of metadata of version 3 has this name"),
        ("actions.graphql", "type Mutation {\n  book(:\n}", "actions.graphql:2: not valid GraphQL"),
        (
            "actions.graphql",
            "interface A { a: Int }",
            "actions.graphql:1: interface type definition",
        ),
        ("actions.graphql", "scalar A\nscalar A", "actions.graphql:2: A is there twice"),
        ("actions.graphql", "scalar Hour", "actions.yaml: action book is not in actions.graphql"),
        (
            "actions.graphql",
            "type Mutation { book: Int }\nscalar Hour",
            "actions.yaml: custom type BookInput (input_objects) is not in actions.graphql",
        ),
        ("actions.yaml", "[]\n", None),
        ("actions.yaml", "- a\n", "actions.yaml: allowed: a mapping of actions"),
        ("actions.yaml", "actions: {a: 1}\n", "actions.yaml: actions: allowed: a list"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_file_and_line(
    write: Write, file: str, text: str, error: str | None
) -> None:
    folder = write({**FILES, file: text})
    if error is None:
        assert "actions" in read_metadata_folder(folder)
        return

    with pytest.raises(UserError) as caught:
        read_metadata_folder(folder)

    assert error.replace("{folder}", str(folder)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_link_that_leads_outside_is_not_followed(write: Write, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("planted: 1\n")
    folder = write({**FILES, TABLES: "- !include link.yaml\n"})
    (folder / "databases/default/tables/link.yaml").symlink_to(tmp_path / "outside.yaml")

    with pytest.raises(UserError, match=r"includes 'link.yaml', outside of"):
        read_metadata_folder(folder)


def test_references_that_multiply_are_refused_before_they_are_written_out(write: Write) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    folder = write({"version.yaml": "version: 3", "network.yaml": "\n".join(lines)})

    with pytest.raises(UserError, match=r"network.yaml: it has more than 2,000,000 values"):
        read_metadata_folder(folder)


def test_a_project_of_hasuras_command_line_has_it_in_a_folder(write: Write) -> None:
    folder = write(FILES)

    found = read_source(folder.parent)

    assert (found.path, found.metadata) == (folder, SENT)


@pytest.mark.parametrize("name", ["given.json", "given.yaml"])
def test_one_file_is_taken_too(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps({"metadata": {"version": 3, "sources": []}}))

    assert read_source(tmp_path / name).metadata == {"version": 3, "sources": []}


def test_an_export_in_json_goes_before_the_yaml_beside_it_and_that_is_said(write: Write) -> None:
    folder = write({**FILES, "metadata.json": '{"version": 3, "sources": []}'})

    found = read_source(folder)

    assert (found.path, found.metadata) == (folder / "metadata.json", {"version": 3, "sources": []})
    assert f"{folder}/version.yaml and its files were not read" in found.note


def test_a_folder_without_metadata_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"it holds no Hasura metadata: allowed: a folder of YAML"):
        read_source(tmp_path)


def test_the_command_sends_the_folder(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, sent = write(FILES), []
    monkeypatch.setattr("ops.commands.hasura.open_stage", lambda _stage: None)
    monkeypatch.setattr("ops.commands.hasura.read_value", lambda *_arguments: "planted")

    def post(url: str, body: Any, *, secret: str) -> None:
        sent.append((url, body, secret))

    monkeypatch.setattr("ops.commands.hasura.post", post)
    where = "http://localhost:9999"

    said = answer(
        monkeypatch,
        capsys,
        "apply-hasura-metadata",
        "--stage",
        "dev",
        "--source",
        folder,
        "--endpoint",
        where,
    )

    ((url, body, _),) = sent
    assert said.code == 0
    assert str(folder) in said.text.replace("\n", "")
    assert url == f"{where}/v1/metadata"
    assert body["type"] == "replace_metadata"
    assert body["args"] == {"allow_inconsistent_metadata": False, "metadata": SENT}
