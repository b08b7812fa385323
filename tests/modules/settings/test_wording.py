"""What is said to a person who typed a setting or a value that is nearly right."""

import tomllib

import pytest

from modules.settings.stage_files import parse_stage
from modules.settings.toml_text import toml_value

REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'


def message(text: str) -> str:
    """The one mistake of a stage file of this text."""
    _, mistakes = parse_stage(tomllib.loads(REQUIRED + text), stage="dev")
    (line,) = map(str, mistakes)
    return line


# What was typed -> how the message begins, how it ends.
TYPED = {
    "a setting by another tool's word": (
        "[tags]\na = 'b'",
        "tags = { a = ... }",
        "write [default_tags]",
    ),
    "a part of the setting's name": (
        "[services.app]\ncpu = 512",
        "services.app.cpu = 512",
        "write cpu_units",
    ),
    "a word for another setting": ('timezone = "UTC"', 'timezone = "UTC"', "write time_zone"),
    "a setting in the wrong table": (
        '[services.app]\nnat = "none"',
        'services.app.nat = "none"',
        "write nat under [network]",
    ),
    "a setting of a table, before it": (
        'instance_class = "db.t3.small"',
        'instance_class = "db.t3.small"',
        "write instance_class under [database]",
    ),
    "a setting of the stage, in a table": (
        "[database]\nkafka = true",
        "database.kafka = true",
        "write kafka before the first table",
    ),
    "a service without its table's name": (
        "[app]\nmax_tasks = 3",
        "app = { max_tasks = ... }",
        "write [services.app]",
    ),
    "a switch where the table is one": (
        "[night_stop]\nenabled = false",
        "night_stop.enabled = false",
        "delete all of [night_stop] to switch it off",
    ),
    "a switch of a service": (
        "[services.oauth]\ndisabled = true",
        "services.oauth.disabled = true",
        "write enabled = false to leave the service out",
    ),
    "a key of a job": (
        '[services.oauth.jobs.nightly]\nschedule = "rate(1 day)"\ncommand = ["x"]\ncron = "0 3 * * *"',
        'services.oauth.jobs.nightly.cron = "0 3 * * *"',
        "write schedule",
    ),
    "a switch where there is none": (
        "[database]\nenabled = true",
        "database.enabled = true",
        "delete the line: there is nothing to switch here",
    ),
    "a table where true or false belongs": (
        "[kafka]\nenabled = true",
        "kafka = { enabled = ... }",
        "write kafka as a line of its own, not as a table",
    ),
    "a number where text belongs": (
        "[database]\nengine_version = 15",
        "database.engine_version = 15",
        'write engine_version = "15"',
    ),
    "a number with a point where text belongs": (
        "[database]\nengine_version = 15.10",
        "database.engine_version = 15.1",
        "write it in quotes, as you typed it",
    ),
    "an account's number without quotes": (
        "account_id = 123456789012",
        "account_id = 123456789012",
        'write account_id = "123456789012"',
    ),
    "a time without quotes": (
        "[night_stop]\nstop_at = 19:30:00",
        "night_stop.stop_at = 19:30:00",
        'write stop_at = "19:30"',
    ),
    "a number in quotes": (
        '[network]\nzone_count = "2"',
        'network.zone_count = "2"',
        "write zone_count = 2",
    ),
    "truth in quotes": (
        'retain_data = "False"',
        'retain_data = "False"',
        "write retain_data = false",
    ),
    "truth where a number belongs": (
        "[alarms]\nalb_5xx_count = true",
        "alarms.alb_5xx_count = true",
        "write a whole number, without quotes",
    ),
    "one text where a list belongs": (
        '[services.oauth]\ncalls = "hasura"',
        'services.oauth.calls = "hasura"',
        'write calls = ["hasura"]',
    ),
    "text in a list of numbers": (
        '[services.app]\noutbound_ports = ["587"]',
        'services.app.outbound_ports.0 = "587"',
        "write 587",
    ),
    "a schedule in one pair of brackets": (
        '[services.app.schedule]\nat = "12:00"',
        "services.app.schedule = { at = ... }",
        "write [[services.app.schedule]], in two brackets",
    ),
    "a table in two pairs of brackets": (
        "[[logs]]\nretention_days = 30",
        "logs = [{ retention_days = ... }]",
        "write [logs], in one pair of brackets, and its settings below it",
    ),
    "a choice in capitals": (
        '[network]\nnat = "Single"',
        'network.nat = "Single"',
        'write nat = "single"',
    ),
    "a choice among numbers in quotes": (
        '[database]\nenhanced_monitoring_seconds = "60"',
        'database.enhanced_monitoring_seconds = "60"',
        "write enhanced_monitoring_seconds = 60",
    ),
    "a number that is too small": (
        "[load_balancer]\nidle_timeout_seconds = 0",
        "load_balancer.idle_timeout_seconds = 0",
        "write idle_timeout_seconds = 1 or more",
    ),
    "a capital in a service's name": (
        "[services.App]\nport = 80",
        'services.App = "App"',
        "write [services.app]",
    ),
    "an underscore in a service's name": (
        "[services.python_agent]\nmax_tasks = 1",
        'services.python_agent = "python_agent"',
        "write [services.python-agent]",
    ),
    "a service's name with a slip": (
        "[services.ap]\nmax_tasks = 5",
        "services.ap = { max_tasks = ... }",
        "did you mean [services.app]? If it is a new service, give it an image, a port or a build_folder",
    ),
    "a new service that does not say what it is": (
        "[services.reports]\nmax_tasks = 5",
        "services.reports = { max_tasks = ... }",
        "; give it an image, a port or a build_folder",
    ),
    "a call with a slip": (
        '[services.app]\ncalls = ["hasra"]',
        'services.app.calls = "hasra"',
        'write "hasura"',
    ),
}


@pytest.mark.parametrize(("typed", "begins", "ends"), TYPED.values(), ids=TYPED)
def test_the_setting_that_was_meant_is_named(typed: str, begins: str, ends: str) -> None:
    line = message(typed)

    assert line.startswith(f"{begins}: must be ")
    assert line.endswith(ends)


@pytest.mark.parametrize(
    "typed",
    [
        '[services.app.enviroment]\nSTRIPE_API_KEY = "sk_live_4242"',
        '[services.app]\ncalls = "sk_live_4242"',
        'time_zone = "sk_live_4242"',
        "[services.app.environment]\nDB_PASSWORD = 42424242",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(typed: str) -> None:
    _, mistakes = parse_stage(tomllib.loads(REQUIRED + typed), stage="dev")

    assert mistakes
    assert "4242" not in "".join(map(str, mistakes))


@pytest.mark.parametrize("says", ['image = "nginx:1.27"', "port = 80", 'build_folder = "reports"'])
def test_a_new_service_says_what_it_is(says: str) -> None:
    _, mistakes = parse_stage(tomllib.loads(f"{REQUIRED}[services.reports]\n{says}"), stage="dev")

    assert mistakes == []


@pytest.mark.parametrize(
    "text",
    [
        '"plain"',
        '"with \\"quotes\\" and \\\\"',
        "true",
        "false",
        "12",
        "0.5",
        '["a", 1]',
        "2026-05-01",
        "{}",
        '"ä"',
    ],
)
def test_a_value_is_spelled_as_toml_spells_it(text: str) -> None:
    assert toml_value(tomllib.loads(f"x = {text}")["x"]) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a\u200bb", '"a\\u200Bb"'), ("a\nb", '"a\\nb"'), ("\U000e0001", '"\\U000E0001"')],
)
def test_what_nobody_could_see_is_escaped_as_toml_does(value: str, shown: str) -> None:
    assert toml_value(value) == shown
    assert tomllib.loads(f"x = {shown}")["x"] == value


def test_a_long_value_is_cut() -> None:
    assert toml_value("x" * 1000) == '"' + "x" * 156 + "..."
