"""From stage files and adoption records to one Terraform stack per stage. `main.py` is its entry point."""

import hashlib
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from types import MappingProxyType

from common.errors import UserError
from imports.as_found import refuse_unknown
from imports.bind import bind_file
from imports.record import AdoptionRecord, record_of
from modules.settings.stage_files import StageFileError, read_stage, stage_names
from modules.settings.stage_settings import StageSettings
from modules.settings.toml_text import toml_value
from synth.bindings import SWITCH, accelerate
from synth.cache import Outdir, code_fingerprint

AFRESH = "ATOMIC_SYNTH_AFRESH"
HERE = Path(__file__).resolve().parent.parent


def chosen_stages(folder: Path, environ: Mapping[str, str]) -> list[StageSettings]:
    """Return the settings of the stages to synthesize.

    Raises StageFileError with the errors of all files.
    """
    asked = (name.strip() for name in environ.get("ATOMIC_STAGE", "").split(","))
    names = [name for name in dict.fromkeys(asked) if name]
    stages, errors = [], []
    for name in names or stage_names(folder):
        try:
            stages.append(read_stage(folder, name))
        except StageFileError as error:
            errors.append(str(error))
    errors += [text for stage in stages for text in _shared_states(folder, stage)]
    if errors:
        raise StageFileError("\n".join(errors))
    return stages


def _shared_states(folder: Path, stage: StageSettings) -> Iterator[str]:
    """Tell the stages whose state is this one's too: a deploy of the one destroys the other."""
    if stage.state is None:
        return
    for name in stage_names(folder):
        try:
            other = read_stage(folder, name)
        except StageFileError:
            continue  # told when it is synthesized itself
        place = other.state and (other.state.bucket, other.state_key)
        if name != stage.stage and place == (stage.state.bucket, stage.state_key):
            yield (
                f"{folder / stage.stage}.toml: state.key = {toml_value(stage.state_key)}: must be another "
                f"than in {name}.toml, for both are in {stage.state.bucket}: each deploy would destroy what "
                "the other has made; leave state.key out, or write another"
            )


def synthesize_stages(environ: MutableMapping[str, str]) -> int:
    """Synthesize; 2 when a stage file or an adoption record has errors, or a file cannot be written."""
    try:
        return _synthesize_stages(environ)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}: name another folder", file=sys.stderr)
        return 2


def _synthesize_stages(environ: MutableMapping[str, str]) -> int:
    """Synthesize; 2 when a stage file or an adoption record has errors.

    Nothing is written then, but for a record that does not fit its stage: that stage's stack is removed.
    """
    folder = Path(environ.get("ATOMIC_STAGES_DIR") or HERE / "stages")
    try:
        stages = chosen_stages(folder, environ)
        records: dict[str, AdoptionRecord] = {
            stage.stage: record.kept(shared_roles=stage.keep_shared_roles)
            for stage in stages
            if (record := record_of(folder, stage.stage, phase=stage.phase, region=stage.region))
        }
    except (StageFileError, UserError) as error:
        print(error, file=sys.stderr)
        return 2
    outdir = Outdir(path=Path(environ.get("CDKTF_OUTDIR") or "cdktf.out"))
    with outdir.alone():
        return _write_what_has_changed(outdir, stages, records, environ)


def _write_what_has_changed(
    outdir: Outdir,
    stages: Sequence[StageSettings],
    records: Mapping[str, AdoptionRecord],
    environ: MutableMapping[str, str],
) -> int:
    prints = fingerprints(stages, records, environ)
    # `cdktf synth --hcl` asks for files of another kind.
    afresh = bool(environ.get(SWITCH) or environ.get(AFRESH)) or (
        environ.get("SYNTH_HCL_OUTPUT") == "true"
    )
    changed = [
        stage
        for stage in stages
        if afresh or not outdir.holds(stage.stack_name, prints[stage.stack_name])
    ]
    if changed:
        outdir.forget(stage.stack_name for stage in changed)
        try:
            write_stacks(changed, records, environ)
        except UserError as error:
            print(error, file=sys.stderr)
            return 2
        if afresh:
            return 0
        outdir.remember({stage.stack_name: prints[stage.stack_name] for stage in changed})
    outdir.list_in_manifest([stage.stack_name for stage in stages])
    return 0


def fingerprints(
    stages: Sequence[StageSettings],
    records: Mapping[str, AdoptionRecord],
    environ: Mapping[str, str],
) -> dict[str, str]:
    """Hash, for each stack, everything that decides what is written for it."""
    code = code_fingerprint(HERE)
    return {
        stage.stack_name: hashlib.sha256(
            "\n".join(
                (
                    code,
                    stage.model_dump_json(),
                    stage.beside.model_dump_json(),
                    records[stage.stage].model_dump_json() if stage.stage in records else "",
                    str(_state_folder(environ)),
                    str(bool(environ.get("AWS_ENDPOINT_URL"))),
                    environ.get("CDKTF_CONTEXT_JSON", ""),
                )
            ).encode()
        ).hexdigest()
        for stage in stages
    }


def write_stacks(
    stages: Sequence[StageSettings],
    records: Mapping[str, AdoptionRecord],
    environ: MutableMapping[str, str],
    *,
    adopted: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Path:
    """Write the stacks of these stages, with what their records observed, into the environment's OUTDIR.

    `adopted` are, by stage, the addresses of objects that were there before, where there is no record yet.
    The folder of the stacks. Raises UserError when a record, or what is to stay as found, does not fit its
    stage.
    """
    for stage in stages:
        refuse_unknown(stage)
    accelerate(environ)
    # Only now: the import starts the jsii kernel, which takes a second and has to find the lazy bindings.
    from modules.app import synthesize  # noqa: PLC0415

    stacks = Path(
        synthesize(
            stages,
            adopted={
                **adopted,
                **{stage: record.addresses for stage, record in records.items()},
            },
            found_names={stage: record.names for stage, record in records.items()},
            outdir=environ.get("CDKTF_OUTDIR"),
            state_folder=_state_folder(environ),
            emulated=bool(environ.get("AWS_ENDPOINT_URL")),
        )
    )
    for stage in stages:
        record, kept = records.get(stage.stage), frozenset(stage.keep_as_found)
        if record or kept:
            path = stacks / stage.stack_name / "cdk.tf.json"
            bind_file(path, record, phase=stage.phase, kept=kept)
    return stacks


def _state_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("ATOMIC_STATE_DIR") or HERE).resolve()
