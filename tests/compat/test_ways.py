"""What a way changes in a file, and what it leaves."""

from pathlib import Path

import pytest

from tests.compat.rename import rename
from tests.compat.ways import WAYS, Way

AWS6, TERRAIN = WAYS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from cdktf_cdktf_provider_aws.vpc import Vpc\n",
            "from cdktn_provider_aws.vpc import Vpc\n",
        ),
        ("from cdktf import App\n", "from cdktn import App\n"),
        ("import cdktf\n", "import cdktn\n"),
        ('("cdktf", "cdktf-cdktf-provider-aws")\n', '("cdktn", "cdktn-provider-aws")\n'),
        ('path.join("@cdktf", "provider-aws")\n', 'path.join("@cdktn", "provider-aws")\n'),
    ],
)
def test_terrain_has_other_names_for_the_packages(before: str, after: str) -> None:
    assert TERRAIN.rewritten("modules/app.py", before) == after


@pytest.mark.parametrize(
    "text", ['["cdktf", "deploy"]', "from local.cdktf import Cdktf", "cdktf.out"]
)
def test_the_command_keeps_its_name(text: str) -> None:
    assert TERRAIN.rewritten("local/cdktf.py", text) == text


def test_provider_6_on_cdktf_changes_no_name() -> None:
    text = "from cdktf import App\nfrom cdktf_cdktf_provider_aws.vpc import Vpc\n"

    assert AWS6.rewritten("modules/app.py", text) == text


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_the_providers_version_changes_where_it_is_said(way: Way) -> None:
    assert way.rewritten("terraform/mirrors.py", '"5.100.0"') == f'"{way.provider}"'
    assert way.rewritten("tests/ops/plans/ordinary.json", '"5.100.0"') == '"5.100.0"'


def test_terrain_spells_the_providers_place_in_full() -> None:
    text = TERRAIN.rewritten("tests/snapshots/dev.json", '{"source": "aws"}')

    assert text == '{"source": "hashicorp/aws"}'


def test_terrain_is_told_which_terraform_there_is() -> None:
    text = TERRAIN.rewritten("cdktf.json", '{"context": {}}')

    assert text == '{"context": {"targetVersions": {"terraform": ">=1.11.0"}}}'


def test_what_the_set_up_has_made_is_passed_over(tmp_path: Path) -> None:
    for name in ("app.py", "node_modules/app.py", ".venv/app.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("import cdktf\nx = 1\n")

    assert rename(tmp_path, TERRAIN) == (1, 1)
    assert (tmp_path / "app.py").read_text() == "import cdktn\nx = 1\n"
    assert (tmp_path / ".venv" / "app.py").read_text() == "import cdktf\nx = 1\n"
