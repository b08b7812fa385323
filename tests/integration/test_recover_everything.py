"""Stages with every switch on lose their states: every type of object comes back.

Two stages on one emulator, one of each database engine; the second keeps its data. The tests follow on one
another, in the order of the file.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.cdktf import Cdktf
from local.emulator import running_emulator
from tests.integration.conftest import write_stage
from tests.integration.recovery import NOTHING, RecoverableStage

pytestmark = pytest.mark.integration

EVERYTHING = """
domain_name = "{name}.example.com"
operator_email = "ops@example.com"
time_zone = "Europe/Berlin"
retain_data = {retain_data}

[night_stop]

[cost_alerts]
budget_usd = 250
anomaly_usd = 20

[chat]
slack_workspace_id = "T0AB12CD3"
slack_channel_id = "C0EF45GH6"
teams_tenant_id = "5f9c1b1e-0d2a-4f7b-9c3d-6a7e8f901234"
teams_team_id = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f12345678"
teams_channel_id = "19%3aoperators%40thread.tacv2"

[security]
customer_managed_key = true
web_firewall = true
backups = true

[[services.app.schedule]]
at = "12:00"
days = "MON-FRI"
min_tasks = 2
max_tasks = 4

[database]
engine = "{engine}"
login_roles = false
"""
KINDS = {"first": ("postgres", "false"), "second": ("aurora-serverless-v2", "true")}

Stages = Mapping[str, RecoverableStage]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    folder = tmp_path_factory.mktemp("stages")
    with running_emulator() as emulator:
        found = {}
        for name, (engine, keeps) in KINDS.items():
            write_stage(
                folder, name, EVERYTHING.format(name=name, engine=engine, retain_data=keeps)
            )
            environment = {"ATOMIC_STAGES_DIR": str(folder), "ATOMIC_STAGE": name}
            cdktf = Cdktf(
                folder=tmp_path_factory.mktemp(name),
                environment={**emulator.environment, **environment},
            )
            found[name] = RecoverableStage(name=name, cdktf=cdktf, emulator=emulator)

        def deploy(stage: RecoverableStage) -> None:
            stage.cdktf.run("deploy", stage.stack, "--auto-approve")

        with ThreadPoolExecutor() as pool:
            list(pool.map(deploy, found.values()))
        yield found


def test_a_state_holds_all_that_a_deploy_made(stages: Stages) -> None:
    first, second = stages.values()

    assert first.account(second.state()) == NOTHING


@pytest.mark.parametrize("name", KINDS)
def test_each_object_comes_back_at_its_address(stages: Stages, name: str) -> None:
    stage = stages[name]
    before = stage.ids()
    stage.state_file.unlink()
    stage.emulator.count_from_now()

    answer = stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    assert stage.emulator.mutating_calls() == {}
    assert stage.ids() == before


@pytest.mark.parametrize("name", KINDS)
def test_the_next_deploy_has_nothing_to_do(stages: Stages, name: str) -> None:
    assert "no changes are needed" in stages[name].cdktf.run("diff", stages[name].stack)


def test_the_recovered_states_hold_all_that_stands(stages: Stages) -> None:
    first, second = stages.values()

    assert first.account(second.state()) == NOTHING
