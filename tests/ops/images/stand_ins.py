"""Sources of our own in the shape of the application's, and base images of this machine's own packages.

They stand in for what a test cannot download: busybox for the programs that Dockerfiles call, this machine's
Node.js for the one service whose code has to find its own parts. What they show is that the right folders
arrive at the right places, with the right arguments; not that the application's code runs.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

BUSYBOX: Final = Path("/bin/busybox")
SMALL, WITH_NODE = "localhost/stand-in-small:1", "localhost/stand-in-node:1"

# Of a base image: name and program. What is no program of busybox is a script.
_SCRIPTS: Final[Mapping[str, str]] = {
    # Next.js' server, which reads PORT and HOSTNAME.
    "node": 'exec sh "$@"',
    "java": 'for last in "$@"; do :; done; exec sh "$last"',
    "mvn": "mkdir -p target/quarkus-app; cp src/main/server.sh target/quarkus-app/quarkus-run.jar",
    "pip": 'echo "$*" >> /pip-was-asked-for',
}
_NPM: Final = """\
case "$*" in
*--prefix*) mkdir -p /opt/tsx/node_modules/.bin
  echo "require.extensions['.ts'] = require.extensions['.js']" > /opt/tsx/typescript.js
  printf '#!/bin/sh\\nexec node -r /opt/tsx/typescript.js "$@"\\n' > /opt/tsx/node_modules/.bin/tsx
  chmod +x /opt/tsx/node_modules/.bin/tsx ;;
*) mkdir -p node_modules; echo "$PWD" > node_modules/installed ;;
esac
"""

_NEXT_DOCKERFILE: Final = """\
ARG NODE_IMAGE=node:18-alpine
FROM ${NODE_IMAGE} AS builder
WORKDIR /app
COPY build server.js ./
%(arguments)s
RUN sh build
FROM ${NODE_IMAGE}
WORKDIR /app
USER 1001
COPY --from=builder /app/.next/standalone ./
COPY --from=builder /app/.next/static ./.next/static
%(arguments)s
CMD ["node", "server.js"]
"""
_NEXT_SERVER: Final = """\
exec httpd -f -p "${HOSTNAME:-127.0.0.1}:${PORT:-3000}" -h /app/public
"""
_OPTAPLANNER: Final = """\
[ -n "$CALLBACK_SECRET_TOKEN" ] || { echo "no callback secret"; exit 1; }
mkdir -p /tmp/www
exec httpd -f -p "$QUARKUS_HTTP_PORT" -h /tmp/www
"""
_FUNCTIONS_SERVER: Final = """\
const http = require('http')
const { agenda } = require('../../project/functions/agendaService')
const answer = (request, response) => {
  response.writeHead(request.headers.authorization ? 403 : 401)
  response.end()
}
console.log(`started ${agenda} in ${process.cwd()}, ${process.env.FUNCTIONS_RELATIVE_PATH}`)
for (const port of [3000, 3030]) http.createServer(answer).listen(port)
"""
_AGENDA: Final = """\
const fs = require('fs')
exports.agenda = fs.readFileSync(__dirname + '/node_modules/installed', 'utf8').trim()
"""


def write_tree(root: Path, *, public: Mapping[str, tuple[str, ...]]) -> Path:
    """Write the application's tree and the scheduler's beside it; return the first.

    `public` are the variables that each Next.js project compiles in.
    """
    tree = root / "atomic"
    docker = tree / "atomic-docker"
    for service, names in public.items():
        _next(docker / f"{service}_build_docker", names)
    _write(docker / "functions_build_docker/server.ts", _FUNCTIONS_SERVER)
    _write(docker / "functions_build_docker/package.json", "{}")
    _write(docker / "project/functions/agendaService.ts", _AGENDA)
    _write(docker / "project/functions/package.json", "{}")
    _write(docker / "project/functions/atom-agent/agent.py", "")
    _write(docker / "project/.env", "PASSWORD=of-a-developer\n")
    _write(docker / "project/data/of-a-run", "")
    _write(
        docker / "python_agent_build_docker/Dockerfile",
        "FROM scratch\nCOPY ../project /app/project\n",
    )
    scheduler = root / "atomic-scheduler" / "kotlin-quarkus"
    _write(scheduler / "pom.xml", "")
    _write(scheduler / "src/main/server.sh", _OPTAPLANNER)
    for repository in (tree, scheduler.parent):
        git(repository, "init", "--quiet")
        git(repository, "add", "--force", ".")
        git(repository, "commit", "--quiet", "-m", "first")
    return tree


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True)


def build_bases(folder: Path) -> None:
    """Build both base images in buildah's store."""
    for image, scripts, with_node in (
        (SMALL, _SCRIPTS, False),
        (WITH_NODE, {"npm": _NPM}, True),
    ):
        root = folder / "root"
        (root / "usr/local/bin").mkdir(parents=True)
        (root / "tmp").mkdir(mode=0o777)
        (root / "tmp").chmod(0o1777)
        (root / "bin").mkdir()
        shutil.copy(BUSYBOX, root / "bin/busybox")
        programs = subprocess.run(
            [BUSYBOX, "--list"], capture_output=True, text=True, check=True
        ).stdout.split()
        for name in programs:
            if name != "busybox":
                (root / "bin" / name).symlink_to("busybox")
        for name, script in scripts.items():
            path = root / "usr/local/bin" / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        if with_node:
            _copy_node(root)
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY root /\n")
        subprocess.run(
            ["buildah", "build", "--isolation", "chroot", "-t", image, str(folder)],
            check=True,
            capture_output=True,
        )
        shutil.rmtree(root)


def _next(folder: Path, names: tuple[str, ...]) -> None:
    declared = "\n".join(f"ARG {name}\nENV {name}=${{{name}}}" for name in names)
    _write(folder / "Dockerfile", _NEXT_DOCKERFILE % {"arguments": declared})
    written = "\n".join(f'echo "fetch(\\"${name}\\")" >> .next/static/page.js' for name in names)
    _write(
        folder / "build",
        "mkdir -p .next/static .next/standalone/public\n"
        f"{written}\necho page > .next/standalone/public/index.html\n"
        "cp server.js .next/standalone/server.js\n",
    )
    _write(folder / "server.js", _NEXT_SERVER)


def _copy_node(root: Path) -> None:
    node = Path(os.path.realpath(str(shutil.which("node"))))
    shutil.copy(node, root / "usr/local/bin/node")
    listed = subprocess.run(["ldd", node], capture_output=True, text=True, check=True).stdout
    for word in listed.split():
        if word.startswith("/"):
            (root / word[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(word, root / word[1:])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
