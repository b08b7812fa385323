"""The embedded AWS: `python -m local.aws --port 5000`.

Prints `ready: http://127.0.0.1:PORT` once it answers. Everything is in memory: stopping it (Ctrl-C or
SIGTERM) is the end of that account.
"""

import gc
import os
import signal
import socket
import sys
from functools import cache
from typing import Annotated

import typer

from common.screen import Version
from local.moto_patches import patch_moto

HOST = "127.0.0.1"


class PortTakenError(Exception):
    """The port cannot be listened on."""


def listen(port: int) -> socket.socket:
    """Open a listening socket on the loopback address; port 0 takes any free port.

    Raises PortTakenError, with one line that says what to do.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTakenError(
            f"port {port} on {HOST} cannot be used ({error}): stop what listens there, or choose "
            "another with --port (0 takes any free one)"
        ) from None
    listener.listen(128)
    return listener


def serve(listener: socket.socket, *, log_requests: bool, lenient: bool) -> None:
    """Answer on `listener` until the process is told to stop; `lenient` takes what moto takes."""
    # moto makes so many objects that Python spends a third of the time on looking for garbage.
    gc.set_threshold(50_000, 10, 10)
    # moto reads these when it is imported.
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "5")
    # 1,301 snapshots of images that nobody starts here, in the account's own name.
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    # Only now, for that reason, and because it takes a second that a taken port should not cost.
    from moto import backends  # noqa: PLC0415
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    from local.calls import Calls  # noqa: PLC0415
    from local.chat import Chat  # noqa: PLC0415
    from local.faults import Faults  # noqa: PLC0415
    from local.validation.gate import Strict  # noqa: PLC0415

    class QuietRequestHandler(MotoRequestHandler):
        def log_request(self, *_args: object) -> None:
            """Say nothing: a deploy makes some thousand requests."""

    # moto lists its own folders for each request, a fifth of what most requests take.
    backends.list_of_moto_modules = cache(lambda of=backends.list_of_moto_modules: frozenset(of()))
    patch_moto()
    moto = Chat(DomainDispatcherApplication(create_backend_app))
    server = make_server(
        HOST,
        listener.getsockname()[1],
        Faults(Calls(moto if lenient else Strict(moto))),
        threaded=True,
        request_handler=MotoRequestHandler if log_requests else QuietRequestHandler,
        fd=listener.fileno(),
    )
    gc.freeze()
    print(f"ready: http://{HOST}:{listener.getsockname()[1]}", flush=True)
    server.serve_forever()


def main(
    port: Annotated[int, typer.Option(help="port to listen on; 0 takes any free one")] = 5000,
    log_requests: Annotated[bool, typer.Option(help="print each request")] = False,
    lenient: Annotated[
        bool,
        typer.Option("--lenient", envvar="ATOMIC_AWS_LENIENT", help="take what AWS refuses"),
    ] = False,
    _version: Version = False,
) -> None:
    """Serve an AWS in memory on 127.0.0.1. Example: python -m local.aws --port 5000."""
    try:
        listener = listen(port)
    except PortTakenError as error:
        print(f"local.aws: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        serve(listener, log_requests=log_requests, lenient=lenient)
    except KeyboardInterrupt:
        print("stopped", flush=True)


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
app.command()(main)

if __name__ == "__main__":
    app()
