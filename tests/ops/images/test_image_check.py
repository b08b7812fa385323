"""Each service's image, built from stand-in sources by its own row and started as its task would be."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from common.errors import UserError
from modules.settings.services import Service
from ops.commands.images_check import checked
from ops.images.image_check import Checked
from tests.ops.images.conftest import BASES, Workshop

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("shop")]

AT_ONCE = 10.0
"""Seconds that a container of these tests gets: they start within one."""
MARK = f"of-test-{os.getpid()}"


def look(
    shop: Workshop, row: Service, image: str, *, seconds: float = AT_ONCE, **changed: str
) -> Checked:
    return checked(
        "buildah",
        shop.settings,
        row,
        image=image,
        changed=changed,
        seconds=seconds,
        progress=lambda _: None,
    )


@pytest.fixture(scope="module", name="built")
def _built(shop: Workshop) -> dict[str, str]:
    """All six, built as their rows say."""
    return {name: shop.build(shop.row(name), "whole") for name in BASES}


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    """After each look no container is left, and nothing listens any more."""
    yield
    left = subprocess.run(
        ["buildah", "containers", "--quiet"], capture_output=True, text=True, check=True
    )
    assert left.stdout == ""
    for port in (3000, 3030, 8081):
        with closing(socket.socket()) as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (
            "functions",
            "listens on 3000 and 3030, /healthz answers 401; /v1/functions/healthz answers 401",
        ),
        (
            "handshake",
            "listens on 3000, / answers 200; /v1/handshake/ answers 404, "
            "1 of 1 addresses in its bundle",
        ),
        (
            "oauth",
            "listens on 3000, / answers 200; /v1/oauth/ answers 404, 2 of 2 addresses in its bundle",
        ),
        (
            "optaplanner",
            "listens on 8081, / answers 404; /v1/optaplanner/ answers 404",
        ),
        ("app", "listens on 3000, / answers 200, 31 of 31 addresses in its bundle"),
        ("python-agent", "stays up (its row has no port to ask)"),
    ],
)
def test_an_image_that_does_what_its_row_says_is_fine(
    shop: Workshop, built: dict[str, str], name: str, seen: str
) -> None:
    found = look(shop, shop.row(name), built[name])

    assert found.errors == ()
    assert ", ".join(found.looked_at) == f"built for amd64, {seen}"


def test_the_port_that_it_listens_on_instead_is_named(
    shop: Workshop, built: dict[str, str]
) -> None:
    row = shop.row("functions").model_copy(update={"port": 80})

    found = look(shop, row, built["functions"])

    assert found.errors == (
        "it listens on 3000 and 3030, and its row says 80: change `port` in [services.functions] of the "
        "stage file, or let it listen on 80",
    )


def test_a_page_that_is_missing_is_named_with_its_status(
    shop: Workshop, built: dict[str, str]
) -> None:
    row = shop.row("app").model_copy(update={"health_path": "/healthz"})

    found = look(shop, row, built["app"])

    assert found.errors == (
        "it answers 404 to /healthz, and healthy is 200-399: name another health_path or health_matcher "
        "in [services.app] of the stage file",
    )


def test_a_prefix_that_the_application_does_not_know_is_named(
    shop: Workshop, built: dict[str, str]
) -> None:
    row = shop.row("handshake").model_copy(
        update={"strip_path": False, "health_path": "/v1/handshake"}
    )

    found = look(shop, row, built["handshake"])

    assert found.errors == (
        "it answers 404 to /v1/handshake, and healthy is 200-399; / answers 200: set strip_path = true "
        'and health_path = "/" in [services.handshake] of the stage file',
    )


def test_a_process_that_ends_is_named_with_its_last_lines(
    shop: Workshop, built: dict[str, str]
) -> None:
    secrets = {"PASSWORD": "api-token-secret"}
    row = shop.row("optaplanner").model_copy(update={"secrets": secrets})

    found = look(shop, row, built["optaplanner"], CALLBACK_SECRET_TOKEN="")

    assert [each.partition(":")[0] for each in found.errors] == ["it ended with exit code 1"]
    assert "name one of yours with --env" in found.errors[0]
    assert "no callback secret" in found.output


def test_a_bundle_with_an_empty_address_is_named(shop: Workshop) -> None:
    row = shop.row("oauth")
    image = shop.build(row, "empty", without="NEXT_PUBLIC_APP_URL")

    found = look(shop, row, image)

    assert found.errors == (
        "NEXT_PUBLIC_APP_URL is empty in its bundle: build it with `python -m ops images build`, which "
        "gives it as a build argument",
    )


def test_an_image_of_another_stage_is_named(shop: Workshop) -> None:
    row = shop.row("handshake")
    elsewhere = row.model_copy(
        update={
            "build_args": {
                name: value.replace("{domain}", "other.example.com")
                for name, value in row.build_args.items()
            }
        }
    )
    image = shop.build(elsewhere, "elsewhere")

    (error,) = look(shop, row, image).errors

    assert error.startswith("it was built for another stage: NEXT_PUBLIC_ATOMIC_HANDSHAKE_API is")
    assert "https://other.example.com/" in error
    assert "https://dev.example.com/" in error


def test_a_server_on_the_loopback_address_alone_is_named(
    shop: Workshop, built: dict[str, str]
) -> None:
    found = look(shop, shop.row("app"), built["app"], HOSTNAME="127.0.0.1")

    assert "listens on 3000 of the loopback address alone" in found.errors[0]


def test_an_image_for_another_processor_is_not_even_started(
    shop: Workshop, built: dict[str, str]
) -> None:
    row = shop.row("app").model_copy(update={"cpu_architecture": "ARM64"})

    found = look(shop, row, built["app"])

    assert found.errors == (
        'it was built for amd64, and cpu_architecture = "ARM64" runs arm64: build it with `python -m ops '
        "images build`",
    )
    assert found.looked_at == ()


def test_a_port_of_this_machine_that_is_taken_is_said(
    shop: Workshop, built: dict[str, str]
) -> None:
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 3000))
        other.listen()

        with pytest.raises(UserError, match="port 3000 of this machine is taken"):
            look(shop, shop.row("app"), built["app"])


def test_an_image_that_was_not_built_is_named(shop: Workshop) -> None:
    with pytest.raises(UserError, match="buildah has no image localhost/app:none: build it first"):
        look(shop, shop.row("app"), "localhost/app:none")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_it_leaves_no_container(
    built: dict[str, str], number: signal.Signals
) -> None:
    script = (
        "from tests.ops.images.test_image_check import look\n"
        "from tests.ops.images.conftest import Workshop\n"
        "from tests.stages import stage_settings\n"
        "shop = Workshop(tree=None, settings=stage_settings('dev'))\n"
        "row = shop.row('python-agent')\n"
        "print('begins', flush=True)\n"
        f"look(shop, row, {built['python-agent']!r}, seconds=60, MARK={MARK!r})\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )
    for _ in range(200):
        if running := _marked():
            break
        time.sleep(0.1)

    process.send_signal(number)
    _, errors = process.communicate(timeout=30)

    assert running
    assert "KeyboardInterrupt" in errors
    assert _marked() == []


def _marked() -> list[str]:
    """The processes of this machine that carry the test's own variable."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"MARK={MARK}" in path.read_bytes().decode(errors="replace").split("\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found
