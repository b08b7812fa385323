"""Whatever a stage file holds, reading it ends, with settings or with mistakes."""

import signal
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from modules.settings import stage_settings as s
from modules.settings.services import SERVICES, Service
from modules.settings.setting_types import Section
from modules.settings.stage_files import StageFileError, parse_stage, read_stage
from modules.settings.stage_settings import StageSettings
from tests.examples import examples

# Deterministic, and without shrinking: what hangs would hang again for every smaller example.

quick = settings(
    examples(300),
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)

SECTIONS: dict[str, type[Section]] = {
    "dns": s.Dns,
    "network": s.Network,
    "database": s.Database,
    "load_balancer": s.LoadBalancer,
    "logs": s.Logs,
    "tracing": s.Tracing,
    "alarms": s.AlarmThresholds,
    "security": s.Security,
    "night_stop": s.NightStop,
    "chat": s.Chat,
    "cost_alerts": s.CostAlerts,
    "images": s.Images,
    "state": s.State,
}
MODELS: list[type[Section]] = [StageSettings, Service, *SECTIONS.values()]
FIELDS = {key for section in MODELS for key in section.model_fields}
KNOWN = sorted(FIELDS | {row.name for row in SERVICES})
KEYS = st.sampled_from(KNOWN) | st.text(max_size=8)
SCALARS = (
    st.none().map(lambda _: "x")
    | st.sampled_from(["", "10.0.0.0/20", "app", "hasura", "/v1/auth", "route53", "ecr", "a@b.de"])
    | st.text(max_size=8)
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.dates()
    | st.times()
    | st.datetimes()
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=4)
# Documents that get past the outermost layer.
PLAUSIBLE = st.fixed_dictionaries(
    {"domain_name": st.just("app.example.com")},
    optional={
        "services": st.dictionaries(
            st.sampled_from([row.name for row in SERVICES]) | KEYS,
            st.dictionaries(st.sampled_from(sorted(Service.model_fields)), VALUES, max_size=4),
            max_size=3,
        ),
        **{
            name: st.dictionaries(
                st.sampled_from(sorted(section.model_fields)) | KEYS, VALUES, max_size=3
            )
            for name, section in SECTIONS.items()
        },
    },
)
LINES = st.sampled_from([
    'domain_name = "app.example.com"\n',
    "[services.app]\n",
    "[services.",
    "[[services]]\n",
    "port = 80\n",
    "name",
    " = ",
    '"""',
    "{a = 1}",
    "[1, 2]\n",
    "1979-05-27T07:32:00Z\n",
    "0x" + "f" * 40,
    "a = " + "9" * 4301 + "\n",
    "a." * 600 + "a = 1\n",
    "a = " + "[" * 600 + "]" * 600 + "\n",
    "\\u0000",
])  # fmt: skip


class _AlarmError(Exception):
    """Raised wherever the time runs out."""


@contextmanager
def within_seconds(limit: float) -> Iterator[None]:
    """Fail where the block takes longer."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _AlarmError

    before = signal.signal(signal.SIGALRM, ring)
    # Again every second: where an alarm goes off in a finalizer, Python only prints it.
    signal.setitimer(signal.ITIMER_REAL, limit, 1)
    try:
        yield
    except _AlarmError:
        # Not the alarm itself: pytest cannot show a traceback that ends between two lines.
        raise AssertionError(f"not done after {limit} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def parse(document: dict[str, Any], *, stage: str = "dev") -> None:
    """Parses, and renders the mistakes as `read_stage` does."""
    with within_seconds(5):
        parsed, mistakes = parse_stage(document, stage=stage)
        text = "\n".join(map(str, mistakes))
    assert isinstance(parsed, StageSettings)
    assert text.count(": must be ") >= len(mistakes)


@quick
@given(document=TABLES)
def test_any_document_gives_settings_or_mistakes(document: dict[str, Any]) -> None:
    parse(document)


@quick
@given(document=PLAUSIBLE)
def test_any_plausible_document_gives_settings_or_mistakes(document: dict[str, Any]) -> None:
    parse(document)


@quick
@given(stage=st.text(max_size=40))
def test_any_stage_name_gives_settings_or_mistakes(stage: str) -> None:
    parse({}, stage=stage)


# Each of these has once made `parse_stage` run for ever: the value put in a mistaken one's place was
# refused as well.
ENDLESS = {
    "a service whose name is no name": '[services.Reports]\nport = 9000',
    "a security that is no table": "security = []",
    "a firewall that is neither on nor off": '[security]\nweb_firewall = "x"',
    "backups that are neither on nor off": "[security]\nbackups = -1",
    "a service without a name": '[services.""]\nport = 9000',
    "name at the top": 'name = "x"',
    "name in a section without it": '[network]\nname = "x"',
    "prefix in a section": '[database]\nprefix = "x"',
    "retain_data in a section": "[database]\nretain_data = true",
    "default_tags in a section": "[logs]\ndefault_tags = 1",
    "stage in a service": '[services.app]\nstage = "x"',
    "services in a service": "[services.app]\nservices = 1",
    "a service called name that is no table": "[services]\nname = 5",
    "a service called prefix that is no table": "[services]\nprefix = 5",
    "a variable called retain_data that is no text": "[services.app.environment]\nretain_data = 1",
    "a tag called services that is no text": "[default_tags]\nservices = 1",
    "a tag called default_tags that is no text": "[default_tags]\ndefault_tags = 1",
}  # fmt: skip


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_a_stand_in_is_never_the_same_mistake_again(text: str) -> None:
    required = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'

    with within_seconds(5):
        _, mistakes = parse_stage(tomllib.loads(required + text), stage="dev")

    assert len(mistakes) == 1, mistakes


@quick
@given(
    content=st.binary() | st.text().map(str.encode) | st.lists(LINES).map("".join).map(str.encode)
)
def test_any_bytes_give_settings_or_the_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "dev.toml").write_bytes(content)

    with within_seconds(5):
        try:
            read_stage(folder, "dev")
        except StageFileError as error:
            message = str(error)
        else:
            message = ""

    assert not message or message.startswith(f"{folder}/dev.toml: ")


@pytest.mark.parametrize("section", ["preview", "chat", "domains", "cdn", "previews", "state"])
def test_a_section_without_what_it_needs_is_told_and_ends(section: str) -> None:
    with within_seconds(5):
        _, errors = parse_stage({section: {}}, stage="demo")

    assert errors
