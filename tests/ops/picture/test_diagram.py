"""`python -m ops diagram`, and the picture in the documentation."""

import re
import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner

from common.errors import UserError
from ops.__main__ import app
from ops.commands.diagram import png
from ops.picture.architecture import architecture
from ops.picture.layout import layout
from ops.picture.svg import svg
from terraform.stack import Stack
from tests.conftest import Synthesize
from tests.stages import SHIPPED, VARIANTS

PICTURE = Path(__file__).parent.parent.parent.parent / "docs" / "architecture.svg"


def drawn(stack: Synthesize, stage: str) -> str:
    document = stack(stage).json
    return svg(layout(architecture(f"atomic-{stage} in us-east-1", Stack(document=document))))


def test_the_picture_in_the_documentation_is_prod_as_it_is(
    stack: Synthesize, request: pytest.FixtureRequest
) -> None:
    today = drawn(stack, "prod")

    if request.config.getoption("--update-snapshots"):
        PICTURE.write_text(today)

    assert PICTURE.read_text() == today, "run `make snapshots` and look at docs/architecture.svg"


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_every_stage_and_variant_can_be_drawn(stack: Synthesize, stage: str) -> None:
    text = drawn(stack, stage)

    services = len(stack(stage).names("aws_ecs_service"))
    assert text.count('class="box service"') == services
    assert text.count('class="box zone"') == len(stack(stage).names("aws_subnet"))
    assert text.count('class="box database"') == 1


def test_aurora_tells_its_capacity(stack: Synthesize) -> None:
    text = drawn(stack, "aurora")

    assert "Aurora PostgreSQL 15" in text
    assert "Serverless v2, 0.5 to 8 ACU" in text


def test_without_nat_no_subnet_has_a_gateway(stack: Synthesize) -> None:
    assert ">NAT<" not in drawn(stack, "frugal")
    assert drawn(stack, "prod").count(">NAT<") == 2


def test_a_png_has_two_pixels_for_one(stack: Synthesize) -> None:
    text = drawn(stack, "prod")
    found = re.search(r'viewBox="0 0 (\d+) ([\d.]+)"', text)
    assert found

    data = png(text)

    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    assert width == 2560
    assert height == pytest.approx(2 * float(found[2]), abs=2)


@pytest.mark.jsii
def test_the_command_writes_both_kinds(tmp_path: Path) -> None:
    files = [tmp_path / "dev.svg", tmp_path / "dev.png"]

    answer = CliRunner().invoke(
        app, ["diagram", "--stage", "dev", *(f"--out={path}" for path in files)]
    )

    assert answer.exit_code == 0, answer.output
    assert "<svg" in files[0].read_text()
    assert files[1].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("picture.pdf", "ends in .svg or .png"), ("nowhere/picture.svg", "there is no folder")],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_done(
    tmp_path: Path, name: str, complaint: str
) -> None:
    answer = CliRunner().invoke(app, ["diagram", "--out", str(tmp_path / name)])

    assert isinstance(answer.exception, UserError)
    assert complaint in str(answer.exception)
    assert list(tmp_path.iterdir()) == []
