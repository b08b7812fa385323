"""The state of a stage as it is stored, in a file or in a bucket, and who has locked it."""

from aws.client import ask_unless, boto3_clients
from terraform.state_lock import NO_OBJECT, StateLock, local_lock, s3_lock
from terraform.workspace import Workspace, set_default_credentials


def place_of(workspace: Workspace) -> str:
    """Return where the state is: a path, or the address of an object."""
    settings = workspace.settings()
    if settings.state is None:
        return str(workspace.state_folder / settings.local_state)
    return f"s3://{settings.state.bucket}/{settings.state_key}"


def stored(workspace: Workspace) -> bytes | None:
    """Return the state as it is stored; None where there is none. Raises UserError when AWS refuses."""
    settings = workspace.settings()
    if settings.state is None:
        path = workspace.state_folder / settings.local_state
        return path.read_bytes() if path.is_file() else None
    clients = boto3_clients(region=settings.state_region)
    place = {"Bucket": settings.state.bucket, "Key": settings.state_key}
    found = ask_unless(clients, "s3", "GetObject", NO_OBJECT, **place)
    return bytes(found["Body"].read()) if found else None


def lock_of(workspace: Workspace) -> StateLock | None:
    """Return the lock of the state, held or left behind; None without one.

    Raises UserError when AWS refuses.
    """
    settings = workspace.settings()
    if settings.state is None:
        return local_lock(workspace.state_folder / settings.local_state)
    set_default_credentials(workspace)
    clients = boto3_clients(region=settings.state_region)
    return s3_lock(clients, bucket=settings.state.bucket, key=settings.state_key)
