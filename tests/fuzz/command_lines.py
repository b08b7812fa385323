"""Command lines: those that do their work, slightly changed, and a soup of words."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from tests.fuzz import base
from tests.fuzz.inputs import TEXT, lines_like
from tests.fuzz.sealed import Outcome, run
from tests.fuzz.worlds import behind, world
from tests.imports.records import STAGE

_VALUES = [
    *("dev", "prod", STAGE, "nope", "0"),
    *("LEGACY", "PLAN", "STATE", "FOLDER", "NOWHERE", "PAGE", "PICTURE"),
]
_BASE = f"--stage {STAGE} --legacy LEGACY"
IMPORTS = (
    "inventory --stage new --legacy LEGACY",
    f"inventory {_BASE} --state STATE --var aws_region=us-east-1 --json",
    f"gate --stage {STAGE}",
    f"gate --stage {STAGE} --plan PLAN --json",
    f"adopt --stage {STAGE}",
    f"script --stage {STAGE}",
    f"status {_BASE}",
    f"retire {_BASE} --acknowledge",
    f"rollback {_BASE} --json",
)
OPS = (
    "gate --stage dev",
    "gate --stage prod --plan PLAN --allow aws_db_instance.main --json",
    "drift --stage dev",
    "report --stage dev --plan PLAN --out PAGE --markdown NOWHERE",
    f"report --stage {STAGE} --out PAGE --base STACK",
    "cost --stage dev",
    "cost --legacy-state STATE --json",
    "cost --compare dev prod",
    "diagram --stage dev --out PICTURE",
    "state bootstrap --stage dev",
    "state backups --stage dev --json",
    "state restore --stage dev --version 0 --yes",
)


def line(main: Callable[[], object]) -> Callable[[Path, list[str]], Outcome]:
    """A target's `run`: gives the words to a program, in a folder of its own."""

    def of(folder: Path, words: list[str]) -> Outcome:
        environ = world(folder, **{"stack.json": base.stack("full").encode()})
        named = {
            "LEGACY": folder / "legacy",
            "PLAN": folder / "plan.json",
            "STATE": folder / "state.json",
            "STACK": folder / "stack.json",
            "PAGE": folder / "page.html",
            "PICTURE": folder / "picture.svg",
            "FOLDER": folder,
            "NOWHERE": folder / "no" / "where",
        }
        # Any other word may become a file's name, and that file shall be in the folder.
        arguments = [str(named.get(word, word.replace("/", "_"))) for word in words]
        return run(
            main,
            arguments=arguments,
            environ=environ,
            behind=behind(),
            stack=base.stack("full"),
            folder=folder,
        )

    return of


def words(*sound: str) -> st.SearchStrategy[list[str]]:
    """Command lines like the sound ones, and lists of such words in any order."""
    known = sorted({word for each in sound for word in each.split()} | {"--help", *_VALUES})
    options = [word for word in known if word.startswith("--")]
    argument = st.one_of(
        st.tuples(st.sampled_from(options), st.sampled_from(_VALUES) | TEXT),
        st.tuples(st.sampled_from(options)),
        st.tuples(st.sampled_from(_VALUES) | TEXT),
    )
    rest = st.lists(argument, max_size=5).map(lambda groups: [w for group in groups for w in group])
    first = st.sampled_from([each.split()[:1] for each in sound]) | st.lists(TEXT, max_size=1)
    soup = st.tuples(first, rest).map(lambda parts: [*parts[0], *parts[1]])
    return lines_like(*sound, words=known, soup=soup)
