"""The import script: its text, and what a shell makes of it."""

import os
import subprocess
from pathlib import Path
from typing import Any

from imports.record import AdoptedObject
from imports.script import import_commands
from tests.imports.test_retire import a_record

STUB = """#!/bin/sh
if [ "$1 $2" = "state show" ]; then
    echo 'a secret'
    exec grep -qxF "$3" known
fi
[ "$3" != "vpc-broken" ] || exit 1
printf '%s|' "$@" >> calls
echo >> calls
echo "$2" >> known
"""


def adopted(address: str, object_id: str) -> AdoptedObject:
    return AdoptedObject(address=address, legacy_address=address, import_id=object_id, observed={})


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    stub = folder / "bin" / "terraform"
    stub.parent.mkdir(exist_ok=True)
    stub.write_text(STUB)
    stub.chmod(0o755)
    (folder / "known").touch()
    return subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=folder,
        env={"PATH": f"{stub.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def script_of(*items: AdoptedObject, **changes: Any) -> str:
    return import_commands(a_record(adopted=list(items), **changes))


def test_one_line_for_each_object_sorted() -> None:
    script = script_of(
        adopted("aws_subnet.public_10", "s-10"), adopted("aws_subnet.public_2", "s-2")
    )

    assert script.startswith("#!/bin/sh\n")
    assert "cdktf.out/stacks/atomic-dev" in script
    assert [line for line in script.splitlines() if not line.startswith("#")] == [
        "set -eu",
        "",
        "terraform state show aws_subnet.public_2 >/dev/null 2>&1 || "
        "terraform import aws_subnet.public_2 s-2",
        "terraform state show aws_subnet.public_10 >/dev/null 2>&1 || "
        "terraform import aws_subnet.public_10 s-10",
    ]


def test_ids_reach_terraform_as_they_are(tmp_path: Path) -> None:
    odd = 'it\'s; touch pwned\n$(touch pwned) `touch pwned` "*"'

    done = run(tmp_path, script_of(adopted("aws_vpc.main", odd), adopted("aws_eip.nat_0", "eip")))

    assert (done.returncode, done.stdout) == (0, "")
    assert (
        tmp_path / "calls"
    ).read_text() == f"import|aws_eip.nat_0|eip|\nimport|aws_vpc.main|{odd}|\n"
    assert not (tmp_path / "pwned").exists()


def test_a_stage_cannot_leave_its_comment(tmp_path: Path) -> None:
    done = run(tmp_path, script_of(adopted("aws_vpc.main", "vpc-1"), stage="dev\ntouch pwned"))

    assert done.returncode == 0
    assert not (tmp_path / "pwned").exists()


def test_after_a_failure_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    eip, subnet = adopted("aws_eip.nat_0", "eip"), adopted("aws_subnet.public_0", "s-0")

    failed = run(tmp_path, script_of(eip, adopted("aws_route_table.public", "vpc-broken"), subnet))
    again = run(tmp_path, script_of(eip, adopted("aws_route_table.public", "rtb-1"), subnet))

    assert failed.returncode == 1
    assert again.returncode == 0
    assert (tmp_path / "calls").read_text().splitlines() == [
        "import|aws_eip.nat_0|eip|",
        "import|aws_route_table.public|rtb-1|",
        "import|aws_subnet.public_0|s-0|",
    ]
