"""A base as its owner has grown it, whose state is lost: the record is the same as from the state."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from imports.record import AdoptionRecord
from local.emulator import running_emulator
from local.legacy import BASE, legacy_base
from terraform.pulled_state import pulled_document
from tests.integration.story import STAGE, Story

pytestmark = pytest.mark.integration

EXTRAS = r"""
/* Constructs that a reader of its own would trip over, some of them on objects of the base. */
variable "ports" {
  type    = map(number)
  default = { web = 80, tls = 443 }
}

locals {
  given  = !!true // twice
  motto  = <<-EOT
    ${"$${not}"} %%{a} directive
  EOT
  shown  = <<EOT
one
EOT@@
  flags = (
    local.given
    # and only then
    && !false
  )
}

resource /* between type and label */ "aws_sqs_queue" "größe" {
  for_each = { for name, port in var.ports : name => port if local.flags }
  name     = "grown-${each.key}-${each.value}"
}

resource "aws_security_group" "own" {
  name        = "atomic-own-sg"
  description = trimspace(templatefile("${path.module}/../../texts/description.tpl", { who = "own" }))
  vpc_id      = aws_vpc.main.id

  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/16"]
    }
  }
}

module "queue" {
  source = "../../modules/queue"
  names  = [for name in ["b", "a"] : "grown-module-${name}"]
}
"""
OVERRIDE = """
resource "aws_security_group" "alb" {
  description = trimspace(templatefile("${path.module}/../../texts/description.tpl", { who = "alb" }))
}

resource "aws_secretsmanager_secret" "hasura_jwt_secret" {
  description = chomp(local.shown)
}

resource "aws_iam_policy" "ecs_application_task_policy" {
  description = "Zugriff für die Container: ${length(module.queue.arns)} queues"
}
"""
MODULE = """
variable "names" {
  type = list(string)
}

resource "aws_sqs_queue" "each" {
  for_each = toset(var.names)
  name     = each.value
}

output "arns" {
  value = [for queue in aws_sqs_queue.each : queue.arn]
}
"""
JSON = {"resource": {"aws_s3_bucket": {"json": {"bucket": "grown-${var.stack_name_prefix}"}}}}
OWN = 2 + 1 + 2 + 1


def _grow(repository: Path) -> Path:
    """The base in a repository, with files beside it and above it."""
    folder = repository / "terraform" / "aws"
    shutil.copytree(BASE, folder)
    for path, text in {
        "terraform/aws/extras.tf": EXTRAS.replace("@@", "  "),  # blanks after a heredoc
        "terraform/aws/extras.tf.json": json.dumps(JSON),
        "terraform/aws/override.tf": OVERRIDE,
        "texts/description.tpl": "Browsers to ${who}\n",
        "modules/queue/main.tf": MODULE,
    }.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text)
    return folder


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("lost")
    (folder / "stages").mkdir()
    source = _grow(folder / "source")
    applied = folder / "applied"
    for name in ("modules", "texts"):
        shutil.copytree(folder / "source" / name, applied / name)
    with running_emulator() as emulator:
        legacy = legacy_base(
            applied / "terraform" / "aws", emulator, environment=os.environ, source=source
        )
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
        yield Story(emulator=emulator, legacy=legacy, folder=folder)


@pytest.fixture(scope="module")
def known(story: Story) -> AdoptionRecord:
    """The record from the state."""
    answer = story.imports("inventory", *story.from_legacy)
    assert answer.code == 0, answer.text + answer.errors
    record = story.record
    _forget(story)
    return record


@pytest.fixture
def lost(story: Story, known: AdoptionRecord) -> Iterator[Path]:
    """The same folder without its state, and without what an initialization leaves."""
    assert len(known.adopted) == 46
    repository = story.folder / "lost"
    shutil.copytree(story.folder / "source", repository)
    yield repository / "terraform" / "aws"
    shutil.rmtree(repository)
    _forget(story)


def _forget(story: Story) -> None:
    for path in story.stages.iterdir():
        path.unlink()


def _inventory(story: Story, folder: Path, *options: str, **environ: str) -> tuple[int, str]:
    settings = {"TF_CLI_CONFIG_FILE": story.legacy.environment["TF_CLI_CONFIG_FILE"]}
    answer = story.imports(
        "inventory",
        "--stage",
        STAGE,
        "--legacy",
        str(folder),
        *options,
        environ={**settings, **environ},
    )
    return answer.code, answer.text + answer.errors


def test_the_record_is_the_same_as_from_the_state(
    story: Story, known: AdoptionRecord, lost: Path
) -> None:
    before = sorted(lost.parent.parent.rglob("*"))

    code, said = _inventory(story, lost)

    assert code == 0, said
    assert "46 to adopt, 11 to release" in said
    assert story.record.legacy.source == "configuration"
    assert story.record.adopted == known.adopted
    assert story.record.released == known.released
    assert story.record.not_covered == known.not_covered
    assert len(known.not_covered) == OWN
    assert sorted(lost.parent.parent.rglob("*")) == before


def test_a_variable_counts_as_terraform_takes_it_and_an_initialized_folder_as_any_other(
    story: Story, known: AdoptionRecord, lost: Path
) -> None:
    shutil.copytree(story.legacy.folder / ".terraform", lost / ".terraform", symlinks=True)
    shutil.copy(story.legacy.folder / ".terraform.lock.hcl", lost)

    code, said = _inventory(story, lost, TF_VAR_enable_nat_gateway="1")

    assert code == 0, said
    assert story.record.adopted == known.adopted


def test_a_base_within_a_module_is_adopted_all_the_same(
    story: Story, known: AdoptionRecord, lost: Path
) -> None:
    around = lost.parent / "around"
    around.mkdir()
    (around / "main.tf").write_text('module "base" {\n  source = "../aws"\n}\n')

    code, said = _inventory(story, around)

    assert code == 0, said
    ours = {item.address: (item.import_id, item.observed) for item in known.adopted}
    assert {i.address: (i.import_id, i.observed) for i in story.record.adopted} == ours
    assert {item.legacy_address.partition(".aws_")[0] for item in story.record.adopted} == {
        "module.base"
    }


def test_a_number_that_only_an_apply_tells_writes_no_record(story: Story, lost: Path) -> None:
    (lost / "late.tf").write_text(
        'resource "aws_eip" "late" {\n  for_each = toset([aws_vpc.main.id])\n}\n'
    )

    code, said = _inventory(story, lost)

    assert code == 1
    assert "late.tf, line 2: aws_eip.late: Invalid for_each argument" in said
    assert list(story.stages.iterdir()) == []


def test_a_secret_that_is_gone_is_named_and_no_record_is_written(story: Story, lost: Path) -> None:
    secrets = story.emulator.client("secretsmanager")
    secrets.delete_secret(SecretId="atomic-hasura-jwt-secret", RecoveryWindowInDays=30)

    code, said = _inventory(story, lost)

    secrets.restore_secret(SecretId="atomic-hasura-jwt-secret")
    assert code == 2
    assert "restore-secret" in said
    assert list(story.stages.iterdir()) == []


def test_with_the_state_at_hand_a_folder_that_does_not_plan_is_a_note(
    story: Story, known: AdoptionRecord, lost: Path
) -> None:
    state = story.folder / "pulled.tfstate"
    state.write_text(json.dumps(pulled_document(story.legacy)))
    (lost / "broken.tf").write_text("locals {\n  a = local.nowhere\n}\n")

    code, said = _inventory(story, lost, "--state", str(state))

    state.unlink()
    assert code == 0, said
    assert "note: the configuration is not compared with AWS, only the state is: " in said
    assert "broken.tf, line 2: Reference to undeclared local value" in said
    assert story.record.adopted == known.adopted
