"""Copying images between two registries that run here; digests are compared by asking the registries."""

import http.client
import json
import subprocess
from pathlib import Path

import pytest

from common.errors import UserError
from ops.images.mirror import check_tool, copy_image, image_digest

pytestmark = pytest.mark.engine


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
