"""Where Terraform keeps a stage's state."""

from pathlib import PurePath

from cdktf import LocalBackend, S3Backend, TerraformStack

from modules.settings import stage_settings as s


def configure_state(
    stack: TerraformStack,
    *,
    stage: s.StageSettings,
    state_folder: PurePath,
    emulated: bool,
) -> None:
    """Give the stack its backend: S3 where the stage says so, else a file in `state_folder`."""
    if stage.state is None:
        LocalBackend(stack, path=str(state_folder / stage.local_state))
        return
    settings = stage.state
    S3Backend(
        stack,
        bucket=settings.bucket,
        key=stage.state_key,
        region=stage.state_region,
        encrypt=settings.encrypt,
        kms_key_id=settings.kms_key_id,
        use_path_style=True if emulated else None,
        skip_credentials_validation=True if emulated else None,
        skip_metadata_api_check=True if emulated else None,
        skip_requesting_account_id=True if emulated else None,
        access_key="test" if emulated else None,
        secret_key="test" if emulated else None,  # the emulator takes any
    )
    # cdktf 0.21 does not know the argument yet.
    stack.add_override("terraform.backend.s3.use_lockfile", settings.use_lockfile)
