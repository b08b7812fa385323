"""A preview's beginning and its end, each in steps that a second run goes on with."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from common.errors import UserError
from common.progress import Progress
from modules.settings.previews import DATABASE_LOGIN, PREFIX, STAGE_PREFIX, TAG
from ops.database.login_secrets import login_in
from ops.database.scram import verifier
from ops.database.script import CHANGED, packed
from ops.database.sql_files import SqlFile
from ops.deployed import Deployed
from ops.facts.database import database_facts
from ops.preview.file import base_in, database_of
from ops.preview.sql import DOWN, TAKEN, UP, down_scripts, up_scripts
from ops.preview.states import Found, Previews
from ops.tasks.database_task import Applied, sql_in_task
from ops.tasks.revisions import delete_revisions, tagged_revisions
from terraform.cli import Terraform
from terraform.stack import FILE_NAME, read_stack
from terraform.workspace import this_workspace

_NO_IMAGES: Final = frozenset({"RepositoryNotFoundException"})


def has_login(preview: Deployed) -> bool:
    """Return whether the preview's login is drawn: then its first phase is done."""
    return bool(login_in(preview, DATABASE_LOGIN))


def deploy(preview: Deployed, progress: Progress) -> bool:
    """Deploy the preview as its file is; whether anything had to change."""
    progress(f"planning {preview.settings.stage}")
    terraform = preview.workspace.synthesize()
    return _apply(terraform, progress, f"deploying {preview.settings.stage}")


def fill(
    base: Deployed,
    preview: Deployed,
    *,
    files: Sequence[SqlFile],
    copies: bool,
    progress: Progress,
) -> Applied:
    """Make the preview's role and database on the base's, and fill it. Raises UserError where that fails."""
    login = login_in(preview, DATABASE_LOGIN)
    if not login:
        raise UserError(f"the secret {preview.names.secret(DATABASE_LOGIN)} is gone: run it again")
    database = login["username"]
    scripts = up_scripts(database, verifier=verifier(login["password"]), files=files)
    applied = sql_in_task(
        base,
        packed(scripts),
        UP,
        {"COPIES": "yes" if copies else "no", "PREVIEW": database},
        progress=progress,
    )
    _check(applied, database)
    return applied


def end(previews: Previews, found: Found, progress: Progress) -> None:
    """Destroy a preview, with what no state holds: its database, task definitions and images."""
    base, name = previews.base, found.name
    progress(f"destroying preview {name}")
    with tempfile.TemporaryDirectory(prefix="atomic-preview-") as folder:
        _apply(empty(previews, name, Path(folder)), progress, f"destroying preview {name}")
    if database_facts(base):
        database = database_of(name)
        progress(f"dropping the database {database}")
        _check(
            sql_in_task(base, packed(down_scripts(database)), DOWN, {}, progress=progress), database
        )
    revisions = tagged_revisions(base.clients, f"{PREFIX}{name}-", {TAG: name})
    delete_revisions(base.clients, revisions, progress)
    delete_images(base, name, progress)
    previews.forget(name)
    forget_file(name, base.settings.stage)


def forget_file(name: str, base: str) -> bool:
    """Delete a preview's stage file, and return whether there was one: `up` may have made no more.

    A file of that name which is no preview of this base is somebody's own.
    """
    path = this_workspace(f"{STAGE_PREFIX}{name}").stage_path
    if base_in(path) != base:
        return False
    path.unlink()
    return True


def image_tag(name: str, commit: str) -> str:
    """Return the tag of images that are a preview's alone: its domain is in some of them.

    No name has a dot: a tag of `pr-1` begins with none of `pr-1-b`.
    """
    return f"{PREFIX}{name}.{commit}"


def empty(previews: Previews, name: str, folder: Path) -> Terraform:
    """Return terraform in a folder that says where a preview's state is, and that nothing is to be left."""
    base = previews.base.workspace
    base.synthesize_alone()
    document = read_stack(base.stack_folder).document
    kind, key = previews.backend
    backend = {**document["terraform"]["backend"][kind], key: previews.place(name)}
    (folder / FILE_NAME).write_text(
        json.dumps(
            {
                "terraform": {**document["terraform"], "backend": {kind: backend}},
                "provider": document["provider"],
            }
        )
    )
    terraform = Terraform(folder=folder, environment=base.own_environment())
    terraform.initialize()
    return terraform


def _apply(terraform: Terraform, progress: Progress, step: str) -> bool:
    plan = terraform.folder / "plan"
    changes = terraform.plan(plan)
    if changes:
        progress(step)
        terraform.apply(plan)
    plan.unlink(missing_ok=True)
    return changes


def _check(applied: Applied, database: str) -> None:
    if applied.exit_code == 0:
        return
    if applied.exit_code == TAKEN:
        raise UserError(
            f"the database has a role {database} that no preview has made: give the preview another name"
        )
    if applied.exit_code == CHANGED:
        raise UserError(
            f"applied before and changed since: {', '.join(applied.named('changed'))}: end the preview and "
            "begin it anew, or write what is new in a file of its own"
        )
    why = next(
        (line for line in applied.log if "ERROR:" in line or "error:" in line), "no line says why"
    )
    raise UserError(
        f"task {applied.task_id} on the database {database} ended with {applied.exit_code} ({why}): correct "
        "that, and run the same command again"
    )


def delete_images(base: Deployed, name: str, progress: Progress) -> None:
    """Delete the images that are the preview's alone: in a base's registry they would push others out."""
    for service, row in base.settings.services.items():
        if not row.has_own_image:
            continue
        repository = base.registry(service)
        images = base.ask_all(
            "ecr", "ListImages", "imageIds", absent=_NO_IMAGES, repositoryName=repository
        )
        own = [
            {"imageTag": each["imageTag"]}
            for each in images
            if str(each.get("imageTag", "")).startswith(image_tag(name, ""))
        ]
        for start in range(0, len(own), 100):
            progress(f"deleting images of {service}")
            base.ask(
                "ecr",
                "BatchDeleteImage",
                repositoryName=repository,
                imageIds=own[start : start + 100],
            )
