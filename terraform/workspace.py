"""The project around the command line: where stages, records, synthesized stacks and states are."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.errors import StageError, UserError
from modules.settings.stage_files import StageFileError, read_stage
from modules.settings.stage_settings import StageSettings, stack_name
from terraform.cli import Terraform
from terraform.environment import own_environment, refusal

PROJECT = Path(__file__).resolve().parent.parent
# Below the folder of local states. What is in it holds secrets, as the legacy state does.
BACKUPS = "adoption-backups"


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One stage of the project, with the environment its processes run in."""

    stage: str
    environ: Mapping[str, str]

    @property
    def stages_dir(self) -> Path:
        """The folder of stage files and records."""
        return Path(self.environ.get("ATOMIC_STAGES_DIR") or PROJECT / "stages")

    @property
    def stage_path(self) -> Path:
        """The stage file."""
        return self.stages_dir / f"{self.stage}.toml"

    @property
    def state_folder(self) -> Path:
        """The folder of local state files."""
        return Path(self.environ.get("ATOMIC_STATE_DIR") or PROJECT).resolve()

    @property
    def emulated(self) -> bool:
        """Whether AWS is an emulator."""
        return bool(self.environ.get("AWS_ENDPOINT_URL"))

    @property
    def outdir(self) -> Path:
        """Where stacks are synthesized to: cdktf's own folder, so that both share what is initialized."""
        return Path(self.environ.get("CDKTF_OUTDIR") or PROJECT / "cdktf.out").resolve()

    @property
    def stack_folder(self) -> Path:
        """The folder of the synthesized stack, in which terraform works."""
        return self.outdir / "stacks" / stack_name(self.stage)

    def settings(self) -> StageSettings:
        """Return the stage's settings.

        Raises StageError with the stage file's errors.
        """
        try:
            return read_stage(self.stages_dir, self.stage)
        except StageFileError as error:
            raise StageError(str(error)) from None

    def process_environment(self) -> dict[str, str]:
        """Return the environment of terraform: the user's, with dummy keys where AWS is an emulator."""
        dummies = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return {**(dummies if self.emulated else {}), **self.environ}

    def own_environment(self) -> dict[str, str]:
        """Return the same for a throw-away folder of our own: nothing in it leads terraform elsewhere."""
        return own_environment(self.process_environment())

    def synthesize(self) -> Terraform:
        """Synthesize the stage as `cdktf synth` does, and initialize its folder.

        Raises UserError with what the synthesis or Terraform says.
        """
        terraform = self.synthesize_alone()
        terraform.initialize()
        return terraform

    def synthesize_alone(self) -> Terraform:
        """Return the same without initializing, for which Terraform has to be able to read the state.

        Raises UserError with what the synthesis says, and for an environment that leads terraform elsewhere.
        """
        self.settings()  # refuses the file's errors in full; the synthesis would tell its last line
        elsewhere = refusal(self.environ, self.stack_folder)
        if elsewhere:
            raise UserError(elsewhere)
        try:
            synthesize(
                [self.stage], stages_dir=self.stages_dir, outdir=self.outdir, environ=self.environ
            )
        except SynthesisError as error:
            lines = str(error).splitlines() or ["no message"]
            raise UserError(f"stage {self.stage} cannot be synthesized: {lines[-1]}") from None
        return Terraform(
            folder=self.stack_folder,
            environment=self.process_environment(),
        )


class SynthesisError(Exception):
    """What a synthesis says that fails; it may say nothing."""


def synthesize(
    stages: Sequence[str], *, stages_dir: Path, outdir: Path, environ: Mapping[str, str]
) -> None:
    """Synthesize stages as their files have them into a folder, as `cdktf synth` does.

    Raises SynthesisError.
    """
    finished = subprocess.run(
        [sys.executable, str(PROJECT / "main.py")],
        cwd=PROJECT,
        env={
            **environ,
            "ATOMIC_STAGE": ",".join(stages),
            "ATOMIC_STAGES_DIR": str(stages_dir.resolve()),
            "CDKTF_OUTDIR": str(outdir),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise SynthesisError(finished.stderr.strip())


def this_workspace(stage: str) -> Workspace:
    """Open a stage in the environment of this process."""
    return Workspace(stage=stage, environ=dict(os.environ))


def set_default_credentials(workspace: Workspace) -> None:
    """Let boto3 in this process have the dummy keys too."""
    for name, value in workspace.process_environment().items():
        # Nothing else of a stage's environment is this process's.
        if name.startswith("AWS_"):
            os.environ.setdefault(name, value)
