"""Says what to do where the packages are missing: imported first by each package with a command line.

Without it, a shell that is not activated answers with a traceback about the first package that is not there.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

if any(find_spec(package) is None for package in ("boto3", "cdktf", "pydantic", "typer")):
    sys.exit(
        f"error: {sys.executable} has not the project's packages: run `. ./activate` in {PROJECT} first (and "
        "`make setup` before it, once)"
    )
