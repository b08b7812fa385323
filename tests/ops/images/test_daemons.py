"""The same looks with docker and podman, whose containers have limits and a network, as Fargate's do.

The tests are made for the engines that run on this machine; conftest.py asks them.
"""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket

import pytest

from modules.settings.services import Service
from ops.commands.images_check import checked
from ops.images.image_check import Checked
from tests.conftest import RUNS_NO_CONTAINER
from tests.ops.images import stand_ins
from tests.ops.images.conftest import RUNNING, Workshop

pytestmark = pytest.mark.engine


@dataclass(frozen=True, kw_only=True)
class Look:
    """One engine, and the stand-ins' images in its store."""

    engine: str
    shop: Workshop
    folder: Path

    def row(self, name: str) -> Service:
        return self.shop.row(name)

    def at(self, row: Service, **changed: str) -> Checked:
        image = self.shop.build(row, self.engine)
        self.hand_over(image)
        return checked(
            self.engine,
            self.shop.settings,
            row,
            image=image,
            changed=changed,
            seconds=60,
            progress=lambda _: None,
        )

    def hand_over(self, image: str) -> None:
        """Give docker what buildah has built; podman reads the same store."""
        if self.engine == "docker":
            archive = self.folder / "image.tar"
            archive.unlink(missing_ok=True)
            for command in (
                ["buildah", "push", image, f"docker-archive:{archive}:{image}"],
                ["docker", "load", "--input", str(archive)],
            ):
                subprocess.run(command, capture_output=True, check=True)


@pytest.fixture(scope="module", name="engine", params=RUNNING)
def _engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", name="look")
def _look(engine: str, shop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Look:
    look = Look(engine=engine, shop=shop, folder=tmp_path_factory.mktemp(engine))
    look.hand_over(stand_ins.SMALL)
    # Limits that every machine allows: whether those of a check are allowed is for the tests to say.
    least = [part for name in ("nofile", "nproc") for part in ("--ulimit", f"{name}=64:64")]
    command = [engine, "run", "--rm", *least, stand_ins.SMALL, "true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"{engine} {RUNS_NO_CONTAINER}: {tried.stderr.strip()}")
    return look


@pytest.fixture(autouse=True)
def _nothing_stays(look: Look) -> Iterator[None]:
    listed = [look.engine, "ps", "--all", "--quiet"]
    before = subprocess.run(listed, capture_output=True, check=True).stdout
    yield
    assert subprocess.run(listed, capture_output=True, check=True).stdout == before


def test_what_its_row_says_is_seen_through_the_published_ports(look: Look) -> None:
    found = look.at(look.row("functions"))

    assert found.errors == ()
    assert ", ".join(found.looked_at) == (
        "built for amd64, listens on 3000 and 3030, /healthz answers 401; "
        "/v1/functions/healthz answers 401"
    )


@pytest.mark.of("podman")
def test_it_has_the_open_files_of_fargate_where_this_machine_allows_as_many(look: Look) -> None:
    writes = ("sh", "-c", "ulimit -n; exit 3")
    row = look.row("handshake").model_copy(update={"command": writes})

    found = look.at(row)

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = 65_535 if most == resource.RLIM_INFINITY else min(65_535, most)
    assert found.output == (str(allowed),)


def test_a_bundle_is_read_out_of_the_container(look: Look) -> None:
    found = look.at(look.row("app"))

    assert found.errors == ()
    assert found.looked_at[-1] == "31 of 31 addresses in its bundle"


def test_a_port_that_is_taken_here_stands_in_nobodys_way(look: Look) -> None:
    with closing(socket()) as other:
        other.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 3000))
        other.listen()

        assert look.at(look.row("handshake")).errors == ()


def test_the_port_that_it_listens_on_instead_is_named(look: Look) -> None:
    row = look.row("optaplanner").model_copy(update={"port": 80})

    (error,) = look.at(row).errors

    assert error.startswith("it listens on 8081, and its row says 80: change `port`")


def test_a_server_on_the_loopback_address_alone_is_named(look: Look) -> None:
    found = look.at(look.row("app"), HOSTNAME="127.0.0.1")

    assert "listens on 3000 of the loopback address alone" in found.errors[0]


def test_what_writes_to_a_read_only_root_is_named_with_its_last_lines(look: Look) -> None:
    writes = ("sh", "-c", "touch /of-mine && exec sleep 600")
    row = look.row("python-agent").model_copy(update={"command": writes, "user": "0:0"})

    alone = look.at(row)
    read_only = look.at(row.model_copy(update={"read_only_root": True}))

    assert alone.errors == ()
    assert read_only.errors == ("it ended with exit code 1",)
    assert read_only.output == ("touch: /of-mine: Read-only file system",)


def test_what_needs_more_memory_than_its_task_has_is_ended(
    look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    takes = ("sh", "-c", "head -c 90000000 /dev/zero | tail -c 80000000 > /dev/null && exit 3")
    row = look.row("handshake").model_copy(update={"command": takes})

    small = row.model_copy(update={"memory_mib": 16})

    assert look.at(row).errors == ("it ended with exit code 3",)
    assert look.at(small).errors == ("it ended with exit code 137",)
    assert list(tmp_path.iterdir()) == []
