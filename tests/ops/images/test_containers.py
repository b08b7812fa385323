"""How docker and podman are asked to run a container, with an engine that only notes what it is told."""

import http.server
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.errors import UserError
from modules.settings.secrets import SecretRef
from modules.settings.services import Service
from ops.images.bundles import bundle_errors
from ops.images.container import Launch
from ops.images.containers import read_config, started
from ops.images.image_check import Look, check_bundle, check_running, is_healthy, other_path
from ops.images.launch import made_up, planned_launch, read_variables
from ops.images.sockets import Listener, listeners_in
from tests.stages import stage_settings

IMAGE = "host/atomic-dev-app:t"
INSPECTED = [
    {
        "Architecture": "amd64",
        "Config": {
            "Env": ["NEXT_PUBLIC_A=https://a"],
            "WorkingDir": "/app",
            "Cmd": ["node", "s.js"],
        },
    }
]
# 127.0.0.1:3000 and 0.0.0.0:3030 listen; 10.0.0.1:3000 is a connection.
TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 11 1 0
   1: 00000000:0BD6 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 12 1 0
   2: 0100000A:0BB8 0200000A:9C40 01 00000000:00000000 00:00000000 00000000  0 0 13 1 0
"""
TABLE_6 = """\
   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 14
   1: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 15
   2: 00000000000000000000000000000000:1F92 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 16
"""
ENGINE = """\
#!/bin/sh
echo "$*" >> FOLDER/log
case "$1" in
image) cat FOLDER/inspected ;;
run) cat FOLDER/refused >&2 2>/dev/null; exit CODE ;;
inspect) cat FOLDER/state ;;
logs) echo of the program ;;
exec) cat FOLDER/sockets ;;
port) cat FOLDER/port ;;
cp) cat FOLDER/files ;;
esac
"""


@pytest.fixture(name="engine")
def _engine(tmp_path: Path) -> Path:
    (tmp_path / "inspected").write_text(json.dumps(INSPECTED))
    (tmp_path / "state").write_text("true 0\n")
    (tmp_path / "sockets").write_text("")
    write_engine(tmp_path)
    return tmp_path


def write_engine(folder: Path, *, code: int = 0) -> None:
    text = ENGINE.replace("FOLDER", str(folder)).replace("CODE", str(code))
    (folder / "docker").write_text(text)
    (folder / "docker").chmod(0o755)


def launch(**changed: object) -> Launch:
    settings = stage_settings("dev")
    row = settings.services["app"].model_copy(update=changed)
    return planned_launch(settings, row, image=IMAGE, name="atomic-check-app-1", changed={"A": "b"})


def test_a_container_is_run_with_all_that_its_task_has(engine: Path) -> None:
    docker = str(engine / "docker")
    planned = launch(
        user="1000:1000", read_only_root=True, command=("node", "x.js"), uses_file_storage=True
    )

    with started(docker, planned, read_config(docker, IMAGE)):
        pass

    _, run, removed = (engine / "log").read_text().splitlines()
    assert run.startswith("run --detach --name atomic-check-app-1 --memory 512m ")
    assert "--publish 127.0.0.1::3000 " in run
    assert "--env HOSTNAME=0.0.0.0 " in run
    assert "--env SUPERTOKENS_API_KEY=made-up-supertokens-api-key " in run
    assert "--env A=b " in run
    assert run.endswith(
        f"--user 1000:1000 --read-only --tmpfs /mnt/lancedb_data --tmpfs /tmp {IMAGE} node x.js"
    )
    assert removed == "rm -f atomic-check-app-1"


def test_an_error_on_the_way_leaves_no_container(engine: Path) -> None:
    docker = str(engine / "docker")

    with pytest.raises(KeyboardInterrupt), started(docker, launch(), read_config(docker, IMAGE)):
        raise KeyboardInterrupt

    assert (engine / "log").read_text().splitlines()[-1] == "rm -f atomic-check-app-1"


def test_what_the_engine_refuses_is_said_and_nothing_stays(engine: Path) -> None:
    docker = str(engine / "docker")
    (engine / "refused").write_text("port is already allocated\n")
    write_engine(engine, code=125)

    with (
        pytest.raises(UserError, match=f"cannot start {IMAGE}: port is already allocated"),
        started(docker, launch(), read_config(docker, IMAGE)),
    ):
        pass

    assert (engine / "log").read_text().splitlines()[-1] == "rm -f atomic-check-app-1"


@pytest.mark.parametrize("answer", ["", "[]", "no image", '{"Config": 1}'])
def test_an_engine_that_describes_no_image_is_said(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("ops.images.containers.ask_engine", lambda _: answer)

    with pytest.raises(UserError, match="describes no image"):
        read_config("docker", IMAGE)


def test_an_image_of_docker_says_what_it_is(engine: Path) -> None:
    config = read_config(str(engine / "docker"), IMAGE)

    assert (config.architecture, config.working_folder) == ("amd64", "/app")
    assert config.environment == {"NEXT_PUBLIC_A": "https://a"}


@pytest.fixture(name="server")
def _server() -> Iterator[int]:
    """A server that has one page, `/`."""

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the screen of the tests clean."""

    with http.server.HTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_port_is_asked_where_docker_publishes_it(engine: Path, server: int) -> None:
    docker = str(engine / "docker")
    (engine / "sockets").write_text(TABLE.replace("0BD6", "0BB8"))
    (engine / "port").write_text(f"127.0.0.1:{server}\n")
    row = stage_settings("dev").services["app"]

    with started(docker, launch(), read_config(docker, IMAGE)) as container:
        found = check_running(
            Look(container=container, service=row, seconds=5, progress=lambda _: None)
        )

    assert found == (["listens on 3000", "/ answers 200"], [])


def test_a_container_that_has_ended_is_seen_with_its_exit_code(engine: Path) -> None:
    docker = str(engine / "docker")
    (engine / "state").write_text("false 137\n")
    row = stage_settings("dev").services["app"]

    with started(docker, launch(), read_config(docker, IMAGE)) as container:
        found = check_running(
            Look(container=container, service=row, seconds=5, progress=lambda _: None)
        )
        assert container.output() == "of the program\n"

    assert found == ([], ["it ended with exit code 137"])


def test_the_bundle_is_copied_out_of_a_container_of_docker(engine: Path) -> None:
    docker = str(engine / "docker")
    content = b'fetch("https://a")'
    with tarfile.open(engine / "files", "w") as archive:
        member = tarfile.TarInfo(".next/page.js")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    config = read_config(docker, IMAGE)

    with started(docker, launch(), config) as container:
        found = check_bundle(container, config, {"NEXT_PUBLIC_A": "https://a"})

    assert found == (["1 of 1 addresses in its bundle"], [])


def test_open_ports_are_read_from_the_kernels_tables() -> None:
    assert sorted(listeners_in(TABLE + TABLE_6)) == [
        Listener(port=3000, loopback=True),
        Listener(port=3030, loopback=False),
        Listener(port=8080, loopback=True),
        Listener(port=8081, loopback=True),
        Listener(port=8082, loopback=False),
    ]


@pytest.mark.parametrize(
    ("image", "content", "error"),
    [
        ({"NEXT_PUBLIC_A": "https://a"}, b"", None),
        ({}, b'x("https://a/b")', None),
        ({"NEXT_PUBLIC_A": ""}, b'x("https://a")', "NEXT_PUBLIC_A is empty in its bundle"),
        ({"NEXT_PUBLIC_A": "https://b"}, b"", "it was built for another stage"),
        ({}, b"x(process.env.NEXT_PUBLIC_A)", "which asks for it in the browser"),
        ({}, b"", "NEXT_PUBLIC_A is nowhere in it"),
    ],
)
def test_an_address_that_a_browser_would_not_get_is_named(
    image: dict[str, str], content: bytes, error: str | None
) -> None:
    expected = {"NEXT_PUBLIC_A": "https://a", "NODE_IMAGE": "node"}

    errors = bundle_errors(expected, image=image, files=[content])

    assert [error in each for each in errors if error] == ([True] if error else [])
    assert bool(errors) == bool(error)


@pytest.mark.parametrize(
    ("status", "matcher", "healthy"),
    [(200, "200", True), (204, "200-399", True), (401, "200,401", True), (404, "200-399", False)],
)
def test_a_matcher_is_read_as_a_load_balancer_reads_it(
    status: int, matcher: str, *, healthy: bool
) -> None:
    assert is_healthy(status, matcher) == healthy


@pytest.mark.parametrize(
    ("path", "health_path", "other"),
    [
        ("/v1/x", "/healthz", "/v1/x/healthz"),
        ("/v1/x", "/v1/x/healthz", "/healthz"),
        ("/v1/x", "/v1/x", "/"),
        ("/v1/x", "/v1/xyz", "/v1/x/v1/xyz"),
        ("/", "/healthz", "/healthz"),
        (None, "/", "/"),
    ],
)
def test_the_health_path_is_asked_with_and_without_the_prefix(
    path: str | None, health_path: str, other: str
) -> None:
    assert other_path(Service(name="x", path=path, health_path=health_path)) == other


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("openai-api-key", "made-up-openai-api-key"),
        ("rds-master-credentials:username", "made-up-username"),
        ("msk-bootstrap-brokers", "127.0.0.1:9092"),
        ("optaplanner-db-conn-string", "jdbc:postgresql://127.0.0.1:5432/made_up"),
    ],
)
def test_a_made_up_secret_has_the_form_of_its_own(reference: str, value: str) -> None:
    rows = stage_settings("dev").secret_rows

    assert made_up(SecretRef.parse(reference), rows).partition("?")[0] == value


def test_a_typed_variable_may_hold_the_sign_that_parts_it() -> None:
    assert read_variables(["URL=http://a?b=c"]) == {"URL": "http://a?b=c"}
