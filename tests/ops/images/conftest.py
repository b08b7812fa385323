"""The stand-in images of the application, built once with buildah in a store of the tests' own."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from modules.settings.services import Service
from modules.settings.stage_settings import StageSettings
from ops.images.image_builds import build_command, build_values, planned_build
from tests.ops.images import stand_ins
from tests.stages import stage_settings

NEXT = ("app", "handshake", "oauth")
BASES: Mapping[str, Mapping[str, str]] = {
    "functions": {"NODE_IMAGE": stand_ins.WITH_NODE},
    "python-agent": {"PYTHON_IMAGE": stand_ins.SMALL},
    "optaplanner": {"MAVEN_IMAGE": stand_ins.SMALL, "JAVA_IMAGE": stand_ins.SMALL},
    **{name: {"NODE_IMAGE": stand_ins.SMALL} for name in NEXT},
}


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Sources in the application's shape, and the settings of a stage whose images they are."""

    tree: Path
    settings: StageSettings

    def row(self, name: str) -> Service:
        """A row with stand-ins for its base images."""
        row = self.settings.services[name]
        return row.model_copy(update={"build_args": {**row.build_args, **BASES[name]}})

    def build(self, row: Service, tag: str, *, without: str = "") -> str:
        """Build an image, leaving one build argument out; return its name."""
        planned = planned_build(
            self.tree,
            row,
            registry=f"localhost/{row.name}",
            tag=tag,
            values=build_values(self.settings),
        )
        command = build_command("buildah", planned)
        at = next((at for at, word in enumerate(command) if word.startswith(f"{without}=")), None)
        if without:
            assert at is not None
            del command[at - 1 : at + 1]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        return planned.reference


@pytest.fixture(scope="session", name="shop")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The sources, and base images in the store that buildah uses from now on."""
    missing = [each for each in ("buildah", stand_ins.BUSYBOX, "node") if not shutil.which(each)]
    if missing:
        pytest.skip(
            f"not installed: {', '.join(map(str, missing))} (Debian: buildah busybox-static)"
        )
    folder = tmp_path_factory.mktemp("images")
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/store"\n'
    )
    settings = stage_settings("dev")
    public = {name: tuple(settings.services[name].build_args) for name in NEXT}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(folder / "storage.conf"))
        stand_ins.build_bases(folder)
        yield Workshop(tree=stand_ins.write_tree(folder, public=public), settings=settings)
    shutil.rmtree(folder)
