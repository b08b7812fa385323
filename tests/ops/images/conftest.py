"""The stand-in images of the application, built once in a store of the tests' own, and registries."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


def runs(engine: str) -> bool:
    """Return whether an engine that keeps containers apart is at hand: docker's client alone is not."""
    if shutil.which(engine) is None:
        return False
    return not subprocess.run([engine, "version"], capture_output=True, check=False).returncode


RUNNING = tuple(filter(runs, ("docker", "podman")))
# Where none runs, what looks at its containers is not made.
collect_ignore = [] if RUNNING else ["test_daemons.py"]


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


@pytest.fixture(scope="session", name="store")
def _store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the store that buildah uses from now on."""
    if not shutil.which("buildah") or not stand_ins.BUSYBOX.exists():
        pytest.skip("not installed: Debian's packages buildah and busybox-static")
    folder = tmp_path_factory.mktemp("images")
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/store"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(folder / "storage.conf"))
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session", name="shop")
def _shop(store: Path) -> Workshop:
    """The sources, and the base images in the store."""
    settings = stage_settings("dev")
    public = {name: tuple(settings.services[name].build_args) for name in NEXT}
    stand_ins.build_bases(store)
    return Workshop(tree=stand_ins.write_tree(store, public=public), settings=settings)


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Run a registry of Debian's package; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    folder.mkdir()
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": address},
    }
    (folder / "config.yml").write_text(json.dumps(settings))
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log
        )
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0:
                        break
                time.sleep(0.1)
            yield address
        finally:
            server.kill()
            server.wait()


@pytest.fixture(scope="session", name="theirs")
def _theirs(store: Path) -> Iterator[str]:
    """A registry with one image of two platforms, `them/tool:1.2`."""
    missing = [each for each in ("docker-registry", "skopeo") if not shutil.which(each)]
    if missing:
        pytest.skip(f"not installed: Debian's packages {', '.join(missing)}")
    folder = store / "theirs"
    folder.mkdir()
    shutil.copy(stand_ins.BUSYBOX, folder / "busybox")
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY busybox /bin/busybox\n")
    with registry(store / "registry") as address:
        for arguments in (
            ["manifest", "create", "tool"],
            *(
                ["build", "--platform", f"linux/{each}", "--manifest", "tool", str(folder)]
                for each in ("amd64", "arm64")
            ),
            [
                *("manifest", "push", "--all", "--tls-verify=false", "tool"),
                f"docker://{address}/them/tool:1.2",
            ],
        ):
            subprocess.run(["buildah", *arguments], check=True, capture_output=True)
        yield address


@pytest.fixture(name="ours")
def _ours(tmp_path: Path) -> Iterator[str]:
    with registry(tmp_path / "registry") as address:
        yield address
