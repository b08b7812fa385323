"""Copying images between two registries that run here; digests are compared by asking the registries."""

import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.errors import UserError
from ops.images.mirror import check_tool, copy_image, image_digest
from tests.ops.images.stand_ins import BUSYBOX

MISSING = [each for each in ("docker-registry", "skopeo", "buildah") if not shutil.which(each)]
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


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


def digest_header(address: str, repository: str, reference: str) -> str | None:
    """Ask a registry itself for a digest."""
    connection = http.client.HTTPConnection(address)
    kinds = (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
    headers = {"Accept": ", ".join(kinds)}
    connection.request("HEAD", f"/v2/{repository}/manifests/{reference}", headers=headers)
    answer = connection.getresponse()
    connection.close()
    return answer.getheader("Docker-Content-Digest")


@pytest.fixture(scope="module", name="theirs")
def _theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry with one image of two platforms, `them/tool:1.2`."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/store"\n'
    )
    shutil.copy(BUSYBOX, folder / "busybox")
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY busybox /bin/busybox\n")
    with pytest.MonkeyPatch.context() as patch, registry(folder / "registry") as address:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(folder / "storage.conf"))
        for arguments in (
            ["manifest", "create", "tool"],
            *(
                ["build", "--platform", f"linux/{each}", "--manifest", "tool", str(folder)]
                for each in ("amd64", "arm64")
            ),
            [
                "manifest",
                "push",
                "--all",
                "--tls-verify=false",
                "tool",
                f"docker://{address}/them/tool:1.2",
            ],
        ):
            subprocess.run(["buildah", *arguments], check=True, capture_output=True)
        yield address


@pytest.fixture(name="ours")
def _ours(tmp_path: Path) -> Iterator[str]:
    with registry(tmp_path / "registry") as address:
        yield address


def test_a_copy_has_the_digest_of_the_original_and_all_its_platforms(
    theirs: str, ours: str
) -> None:
    copied = copy_image(
        "them/tool:1.2", f"{theirs}/them/tool:1.2", f"{ours}/atomic-dev-mirror/them/tool:1.2"
    )

    assert not copied.was_there
    assert copied.digest == digest_header(theirs, "them/tool", "1.2")
    assert copied.digest == digest_header(ours, "atomic-dev-mirror/them/tool", "1.2")
    index = json.loads(
        subprocess.run(
            [
                "skopeo",
                "inspect",
                "--raw",
                "--tls-verify=false",
                f"docker://{ours}/atomic-dev-mirror/them/tool:1.2",
            ],
            check=True,
            capture_output=True,
        ).stdout
    )
    assert [each["platform"]["architecture"] for each in index["manifests"]] == ["amd64", "arm64"]
    for each in index["manifests"]:
        assert digest_header(ours, "atomic-dev-mirror/them/tool", each["digest"]) == each["digest"]


def test_a_second_run_copies_nothing(theirs: str, ours: str) -> None:
    copy_image("them/tool:1.2", f"{theirs}/them/tool:1.2", f"{ours}/m/tool:1.2")

    again = copy_image("them/tool:1.2", f"{theirs}/them/tool:1.2", f"{ours}/m/tool:1.2")

    assert again.was_there


def test_an_image_pinned_by_digest_is_kept_under_that_digest(theirs: str, ours: str) -> None:
    digest = digest_header(theirs, "them/tool", "1.2")

    copy_image("x", f"{theirs}/them/tool@{digest}", f"{ours}/m/tool@{digest}")

    assert digest_header(ours, "m/tool", str(digest)) == digest


def test_a_tag_that_holds_another_image_is_overwritten_with_the_pinned_one(
    theirs: str, ours: str
) -> None:
    copy_image("x", f"{theirs}/them/tool:1.2", f"{ours}/m/tool:1.2")
    platform = f"{theirs}/them/tool:1.2"
    subprocess.run(
        [
            "skopeo",
            "copy",
            "--src-tls-verify=false",
            "--dest-tls-verify=false",
            f"docker://{platform}",
            f"docker://{ours}/m/tool:1.2",
        ],
        check=True,
        capture_output=True,
    )
    assert image_digest(f"{ours}/m/tool:1.2") != image_digest(platform)

    copied = copy_image("x", platform, f"{ours}/m/tool:1.2")

    assert digest_header(ours, "m/tool", "1.2") == copied.digest == image_digest(platform)


def test_an_image_that_is_not_there_is_named(theirs: str, ours: str) -> None:
    with pytest.raises(UserError, match=r"them/tool:9 cannot be read from its registry"):
        copy_image("them/tool:9", f"{theirs}/them/tool:9", f"{ours}/m/tool:9")


def test_without_the_tool_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UserError, match="apt-get install skopeo"):
        check_tool()
