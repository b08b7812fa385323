"""The shipped dev stage for an emulator, in one deploy: services log in as the master user."""

from pathlib import Path

from local.emulator import PROJECT

_DATABASE = "[database]\n"


def stage_in_one_step(folder: Path, *, more: str = "") -> Path:
    """Write dev's file into a folder, so that nothing comes before phase full; return the folder."""
    text = (PROJECT / "stages" / "dev.toml").read_text()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dev.toml").write_text(
        text.replace(_DATABASE, f"{_DATABASE}login_roles = false\n") + more
    )
    return folder
