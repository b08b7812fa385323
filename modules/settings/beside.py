"""What belongs to a stage and is no value of its file: the services it leaves out, and the files it names.

These are read once, with the stage file, so that everything behind it depends on settings alone.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from common.errors import UserError
from common.policy_statements import statements_of
from common.text_files import read_json
from modules.settings.rules.statements import policy_error
from modules.settings.services import Service
from modules.settings.setting_error import SettingError, at
from modules.settings.setting_types import Section


class Beside(Section):
    """What a stage's reader found.

    `extension` is the file itself and `digest` tells the contents of its folder apart, where there is one.
    `documents` are the statements of policies, by how a service names their file.
    """

    left_out: dict[str, Service] = Field({})
    extension: str | None = None
    digest: str = ""
    documents: dict[str, list[dict[str, Any]]] = Field({})


def read_beside(
    declared: Mapping[str, Service], extension: str | None, root: Path | None
) -> tuple[Beside, list[SettingError]]:
    """Return what stands beside these values, and what is wrong with it."""
    left_out = {name: row for name, row in declared.items() if not row.enabled}
    if root is None:
        return Beside(left_out=left_out), []
    errors: list[SettingError] = []
    path: Path | str | None = own_file(root, extension, ending=".py") if extension else None
    if isinstance(path, str):
        errors.append(
            at("extension", extension).must_be(
                path,
                'name the file as in "extensions/queue.py"',
            )
        )
        path = None
    documents: dict[str, list[dict[str, Any]]] = {}
    for service in declared.values():
        for named in service.policies if service.enabled else ():
            # Another name is one of the extension's, which tells its own as it is built.
            if "/" in named or named.endswith(".json"):
                found = policy_statements(root, service, named)
                if isinstance(found, SettingError):
                    errors.append(found)
                else:
                    documents[named] = found
    return Beside(
        left_out=left_out,
        extension=str(path) if path else None,
        digest=extension_digest(path) if path else "",
        documents=documents,
    ), errors


def own_file(root: Path, named: str, *, ending: str) -> Path | str:
    """Return the file below `root` that a setting names, or what is wrong with it: what it has to be."""
    path = (root / named).resolve()
    if Path(named).is_absolute() or not path.is_relative_to(root.resolve()):
        return f"a path that does not leave {root.resolve().name}, the folder above that of the stage files"
    if path.suffix != ending:
        return f"a file that ends in {ending}"
    if not path.is_file():
        return f"a file that is there, and {path} is not"
    if path.parent == root.resolve():
        return "in a folder of its own, as in extensions/, beside the folder of the stage files"
    return path


def extension_digest(extension: Path) -> str:
    """Hash what an extension is made of: all files of its folder."""
    digest = hashlib.sha256()
    for path in sorted(extension.parent.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(extension.parent)}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def policy_statements(
    root: Path, service: Service, named: str
) -> list[dict[str, Any]] | SettingError:
    """Return the statements of a policy's file, or what is wrong with it."""

    def wrong(allowed: str, remedy: str = "mend the file") -> SettingError:
        return at(f"services.{service.name}.policies", named).must_be(
            allowed,
            remedy,
        )

    path = own_file(root, named, ending=".json")
    if isinstance(path, str):
        return wrong(path, "name a file of JSON, or a policy of the extension by its name")
    try:
        document = read_json(path, wanted="one", remedy="mend it")
    except UserError as error:
        return wrong(f"a policy document in JSON: {error}", "or take it out of policies")
    statements = statements_of(document) if isinstance(document, dict) else document
    if not isinstance(statements, list) or not statements:
        return wrong("a policy document, whose Statement is a list")
    if any(0xD800 <= ord(char) < 0xE000 for char in json.dumps(statements, ensure_ascii=False)):
        return wrong("a policy document of whole characters: an escape in it is half of one")
    refused = policy_error(statements, unbounded=named in service.unbounded_policies)
    return wrong(refused.allowed, refused.remedy) if refused else statements
