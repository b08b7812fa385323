"""Runs an entry point in this process, with no way out: no other process, no network, no jsii, no waiting."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any, NoReturn
from unittest.mock import patch

from botocore.exceptions import EndpointConnectionError

import local.aws
from modules.settings.stage_settings import StageSettings
from synth import stages as synthesis
from synth import synthesized
from tests.answer import Answer

PROMISED = (0, 1, 2, 130)
# Of the user's environment only what a process needs to find its files.
_PLAIN = {"HOME": tempfile.gettempdir(), "PATH": os.defpath, "AWS_EC2_METADATA_DISABLED": "true"}
_MUCH = 400


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one input led to; `complaint` is empty where that is what was promised."""

    code: int
    complaint: str


def run(
    main: Callable[[], object],
    *,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    behind: AbstractContextManager[object] | None = None,
    stack: str = '{"resource": {}}',
    folder: Path | None = None,
) -> Outcome:
    """Run `main` with these arguments and this environment, in the folder.

    `behind` puts answers in the place of terraform and AWS; `stack` is what every synthesis writes.
    """
    said, errors = io.StringIO(), io.StringIO()
    with (
        _no_way_out(stack),
        behind or nullcontext(),
        patch.dict(os.environ, {**_PLAIN, **environ}, clear=True),
        patch.object(sys, "argv", ["program", *arguments]),
        patch.object(sys, "stdin", io.StringIO()),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(errors),
        contextlib.chdir(folder or Path.cwd()),
    ):
        try:
            code = main()
        except SystemExit as stop:
            code = stop.code
        except BaseException as error:  # whatever it is, it would be a traceback
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(frame.filename).name}:{frame.lineno}"
            return Outcome(code=1, complaint=f"{type(error).__name__} in {where}: {error}"[:_MUCH])
    answer = Answer(
        code=code if isinstance(code, int) else int(code is not None),
        text=said.getvalue(),
        errors=errors.getvalue(),
    )
    return Outcome(code=answer.code, complaint=_complaint(answer))


def _complaint(answer: Answer) -> str:
    if answer.code not in PROMISED:
        return f"exit code {answer.code}"
    if "Traceback" in answer.errors:
        return "a traceback on standard error"
    if answer.code and not answer.errors.strip() and not answer.text.strip():
        return f"exit code {answer.code} without a word"
    if sum(line.startswith("error: ") for line in answer.errors.splitlines()) > 1:
        return "more than one error"
    return ""


@contextmanager
def _no_way_out(stack: str) -> Iterator[None]:
    stand_in = ModuleType("modules.app")
    stand_in.synthesize = partial(_synthesize, stack)  # type: ignore[attr-defined]  # a module made here
    with (
        patch.object(subprocess, "run", _no_process),
        patch.object(subprocess, "Popen", _no_process),
        patch.object(time, "sleep", lambda _seconds: None),
        patch("botocore.httpsession.URLLib3Session.send", _no_network),
        patch.object(local.aws, "serve", _serve),
        patch.object(synthesis, "accelerate", lambda _environ: None),
        # All code, read and hashed: once is enough.
        patch.object(synthesis, "code_fingerprint", lambda _folder: "the code"),
        patch.object(synthesized, "accelerate", lambda _environ: None),
        patch.dict(sys.modules, {"modules.app": stand_in}),
    ):
        yield


def _no_process(*_args: object, **_kwargs: object) -> NoReturn:
    raise FileNotFoundError(2, "No such file or directory", "terraform")


def _no_network(_self: object, request: Any) -> NoReturn:
    raise EndpointConnectionError(endpoint_url=request.url)


def _serve(listener: Any, **_kwargs: object) -> None:
    listener.close()


def _synthesize(
    stack: str, stages: Sequence[StageSettings], *, outdir: str | None, **_rest: object
) -> PurePath:
    """The same stack for each stage, and cdktf's manifest."""
    folder = Path(outdir or "cdktf.out")
    stacks = folder / "stacks"
    stacks.mkdir(parents=True, exist_ok=True)
    manifest = {"stacks": {stage.stack_name: {} for stage in stages}, "version": "0.21.0"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for stage in stages:
        (stacks / stage.stack_name).mkdir(parents=True, exist_ok=True)
        (stacks / stage.stack_name / "cdk.tf.json").write_text(stack)
    return stacks
