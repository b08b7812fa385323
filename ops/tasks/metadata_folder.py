"""A folder of Hasura's metadata, YAML files and `actions.graphql`, read as Hasura's command line reads it.

https://hasura.io/docs/2.0/migrations-metadata-seeds/metadata-format/ says what is in it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from common.errors import UserError
from ops.tasks.metadata_actions import built_actions
from ops.tasks.metadata_yaml import YamlFolder

VERSION_FILE: Final = "version.yaml"
_ACTIONS: Final = "actions.yaml"
_SDL: Final = "actions.graphql"
# What `replace_metadata` calls the content of a file.
_KEYS: Final = {
    "remote_schemas.yaml": "remote_schemas",
    "query_collections.yaml": "query_collections",
    "query_tags.yaml": "query_tags",
    "allow_list.yaml": "allowlist",
    "cron_triggers.yaml": "cron_triggers",
    "rest_endpoints.yaml": "rest_endpoints",
    "inherited_roles.yaml": "inherited_roles",
    "api_limits.yaml": "api_limits",
    "graphql_schema_introspection.yaml": "graphql_schema_introspection",
    "network.yaml": "network",
    "metrics_config.yaml": "metrics_config",
    "opentelemetry.yaml": "opentelemetry",
    "backend_configs.yaml": "backend_configs",
}
_OF_VERSION: Final[Mapping[object, Mapping[str, str]]] = {
    2: {"tables.yaml": "tables", "functions.yaml": "functions"},
    3: {"databases/databases.yaml": "sources"},
}


def is_metadata_folder(folder: Path) -> bool:
    """Return whether this is a folder of metadata in YAML."""
    return (folder / VERSION_FILE).is_file()


def read_metadata_folder(folder: Path) -> dict[str, Any]:
    """Return what `hasura metadata apply` would send of this folder.

    Raises UserError, with the file and its line, for what cannot be read, and for a file that is none of
    Hasura's: with a slip in its name it would be left out without a word.
    """
    files = YamlFolder(folder)
    version = files.read(VERSION_FILE)
    number = version.get("version") if isinstance(version, dict) else None
    if number not in list(_OF_VERSION):  # it may be a list or a mapping, which have no hash
        raise UserError(
            f"{folder / VERSION_FILE}: it names no version that is known: allowed: `version: 3` (or 2)"
        )
    keys = {**_OF_VERSION[number], **_KEYS}
    known = {VERSION_FILE, _ACTIONS, *keys}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        if path.name not in known:
            raise UserError(
                f"{path}: no file of metadata of version {number} has this name: allowed: "
                f"{', '.join(sorted(known))}; what another file includes lies in a folder below"
            )
    metadata: dict[str, Any] = {"version": number}
    for name, key in keys.items():
        content = files.read(name) if (folder / name).exists() else None
        if content is not None:
            metadata[key] = content
    actions = files.read(_ACTIONS) if (folder / _ACTIONS).exists() else None
    sdl = files.text(_SDL) if (folder / _SDL).exists() else ""
    return metadata | built_actions(actions, sdl, folder=folder)
