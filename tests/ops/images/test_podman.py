"""The same looks with podman, whose containers have limits and a network of their own, as Fargate's have."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from socket import SO_REUSEADDR, SOL_SOCKET, socket

import pytest

from modules.settings.services import Service
from ops.commands.images_check import checked
from ops.images.image_check import Checked
from tests.ops.images import stand_ins
from tests.ops.images.conftest import Workshop

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not shutil.which("podman"), reason="not installed: Debian's package podman"),
]


@pytest.fixture(scope="module", name="shop")
def _shop(shop: Workshop) -> Workshop:
    """The stand-ins' images, where podman runs containers; both engines read one store."""
    command = ["podman", "run", "--rm", stand_ins.SMALL, "true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"podman runs no container here: {tried.stderr.strip()}")
    return shop


@pytest.fixture(autouse=True)
def _nothing_stays(shop: Workshop) -> Iterator[None]:
    yield
    listed = ["podman", "ps", "--all", "--quiet"]
    assert shop
    assert subprocess.run(listed, capture_output=True, check=True).stdout == b""


def look(shop: Workshop, row: Service, **changed: str) -> Checked:
    return checked(
        "podman",
        shop.settings,
        row,
        image=shop.build(row, "podman"),
        changed=changed,
        seconds=15,
        progress=lambda _: None,
    )


def test_what_its_row_says_is_seen_through_the_published_ports(shop: Workshop) -> None:
    found = look(shop, shop.row("functions"))

    assert found.errors == ()
    assert ", ".join(found.looked_at) == (
        "built for amd64, listens on 3000 and 3030, /healthz answers 401; "
        "/v1/functions/healthz answers 401"
    )


def test_a_bundle_is_read_out_of_the_container(shop: Workshop) -> None:
    found = look(shop, shop.row("app"))

    assert found.errors == ()
    assert found.looked_at[-1] == "31 of 31 addresses in its bundle"


def test_a_port_that_is_taken_here_stands_in_nobodys_way(shop: Workshop) -> None:
    with closing(socket()) as other:
        other.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 3000))
        other.listen()

        assert look(shop, shop.row("handshake")).errors == ()


def test_the_port_that_it_listens_on_instead_is_named(shop: Workshop) -> None:
    row = shop.row("optaplanner").model_copy(update={"port": 80})

    (error,) = look(shop, row).errors

    assert error.startswith("it listens on 8081, and its row says 80: change `port`")


def test_a_server_on_the_loopback_address_alone_is_named(shop: Workshop) -> None:
    found = look(shop, shop.row("app"), HOSTNAME="127.0.0.1")

    assert "listens on 3000 of the loopback address alone" in found.errors[0]


def test_what_writes_to_a_read_only_root_is_named_with_its_last_lines(shop: Workshop) -> None:
    writes = ("sh", "-c", "touch /of-mine && exec sleep 600")
    row = shop.row("python-agent").model_copy(update={"command": writes, "user": "0:0"})

    alone = look(shop, row)
    read_only = look(shop, row.model_copy(update={"read_only_root": True}))

    assert alone.errors == ()
    assert read_only.errors == ("it ended with exit code 1",)
    assert read_only.output == ("touch: /of-mine: Read-only file system",)


def test_what_needs_more_memory_than_its_task_has_is_ended(shop: Workshop) -> None:
    takes = (
        "sh",
        "-c",
        "head -c 200000000 /dev/zero | tail -c 190000000 > /dev/null && exec sleep 600",
    )
    row = shop.row("python-agent").model_copy(update={"command": takes})

    small = row.model_copy(update={"memory_mib": 64})

    assert look(shop, row).errors == ()
    assert look(shop, small).errors == ("it ended with exit code 137",)
