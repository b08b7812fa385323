"""A stand-in for Session Manager's plugin: it reads what the published one reads, and forwards a socket.

Its source: https://github.com/aws/session-manager-plugin/blob/mainline/src/sessionmanagerplugin/session
"""

import json
import sys
from pathlib import Path
from typing import Any

PROGRAM = """\
import json, os, pathlib, signal, socket, sys, threading

folder = pathlib.Path(__file__).parent
if sys.argv[1:] == ["--version"]:
    print(VERSION)
    sys.exit()
_, response, region, operation, profile, request, endpoint = sys.argv
# Of the newer ones: an argument is for everybody to see.
response = os.environ.get(response, response)
(folder / "called").write_text(json.dumps({
    "session": json.loads(response), "as_argument": sys.argv[1] == response, "region": region,
    "operation": operation, "profile": profile, "request": json.loads(request), "endpoint": endpoint,
    "pid": os.getpid(),
}))
parameters = json.loads(request).get("Parameters")
if not parameters:
    print("in a shell of", json.loads(request)["Target"])
    sys.exit(EXIT_CODE)
if EXIT_CODE:
    print("SessionId: x : something of the agent's")
    sys.exit(EXIT_CODE)
there = ("localhost", int((folder / "leads-to").read_text()))
listener = socket.create_server(("127.0.0.1", int(parameters["localPortNumber"][0])))
print(f"Port {parameters['localPortNumber'][0]} opened for sessionId x.")
print("Waiting for connections...", flush=True)

def copy(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)

while True:
    here, _ = listener.accept()
    far = socket.create_connection(there)
    for pair in ((here, far), (far, here)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
"""


def install(
    folder: Path, *, leads_to: int = 0, version: str = "1.2.707.0", exit_code: int = 0
) -> Path:
    """Write the program into a folder for PATH; return the folder."""
    folder.mkdir(exist_ok=True)
    program = folder / "session-manager-plugin"
    text = PROGRAM.replace("VERSION", repr(version)).replace("EXIT_CODE", str(exit_code))
    program.write_text(f"#!{sys.executable}\n{text}")
    program.chmod(0o755)
    (folder / "leads-to").write_text(str(leads_to))
    return folder


def called(folder: Path) -> dict[str, Any]:
    """What it was called with."""
    found: dict[str, Any] = json.loads((folder / "called").read_text())
    return found
