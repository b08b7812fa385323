"""The images of a preview: built for its own address, under tags that are its alone."""

from collections.abc import Sequence
from pathlib import Path

from common.progress import Progress
from ops.deployed import Deployed
from ops.images.engines import find_engine
from ops.images.image_builds import commit_tag, planned_builds, push_builds, source_tree
from ops.images.image_tags import pushed_before


def built_services(deployed: Deployed, services: Sequence[str]) -> list[str]:
    """Return the services whose images the project builds."""
    rows = deployed.settings.services
    return [name for name in services if rows[name].has_own_image]


def commit_of(deployed: Deployed, services: Sequence[str], source: Path) -> str:
    """Return the commit of the tree that the images are built from. Raises UserError where there is none."""
    rows = [deployed.settings.services[name] for name in built_services(deployed, services)]
    return commit_tag(source_tree(deployed.settings, source), rows)


def build_and_push(preview: Deployed, tag: str, source: Path, progress: Progress) -> None:
    """Build what is not pushed under this tag, and push it. Raises UserError where that fails."""
    chosen = built_services(preview, list(preview.settings.services))
    there = pushed_before(preview, chosen, tag)
    missing = [name for name in chosen if name not in there]
    if not missing:
        return
    tree, engine = source_tree(preview.settings, source), find_engine()
    builds = planned_builds(preview, tree, missing, tag)
    push_builds(preview, engine, builds, progress)
