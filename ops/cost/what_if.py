"""What a stage would cost with another setting: each switch is a function of the stage's settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from modules.settings.services import Service
from modules.settings.stage_settings import NightStop, Security, StageSettings

Change = Callable[[StageSettings], StageSettings]


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A setting that saves, as one writes it in the stage file, and what is given up for it.

    `keeps_resilience` is false where Multi-AZ or the fallback from Spot would go.
    """

    name: str
    setting: str
    gives_up: str
    keeps_resilience: bool
    change: Change


def _database(stage: StageSettings, **values: object) -> StageSettings:
    return stage.model_copy(update={"database": stage.database.model_copy(update=values)})


def _network(stage: StageSettings, nat: str) -> StageSettings:
    return stage.model_copy(update={"network": stage.network.model_copy(update={"nat": nat})})


def _services(
    stage: StageSettings, change: Callable[[Service], Mapping[str, object]]
) -> StageSettings:
    rows = {name: row.model_copy(update=dict(change(row))) for name, row in stage.services.items()}
    return stage.model_copy(update={"services": rows})


def _on_graviton(stage: StageSettings) -> StageSettings:
    def arm(row: Service) -> Mapping[str, object]:
        return {"cpu_architecture": "ARM64"} if row.has_own_image else {}

    return _services(stage, arm)


def _spot_only(stage: StageSettings) -> StageSettings:
    def spot(row: Service) -> Mapping[str, object]:
        return {"capacity": "spot-only"} if row.capacity == "spot-with-fallback" else {}

    return _services(stage, spot)


def _single_nat(stage: StageSettings) -> StageSettings:
    return _network(stage, "single") if stage.network.nat == "per-az" else stage


def _graviton_database(stage: StageSettings) -> StageSettings:
    class_ = stage.database.instance_class
    if stage.database.engine != "postgres" or not class_.startswith("db.t3."):
        return stage
    return _database(stage, instance_class=class_.replace("db.t3.", "db.t4g."))


def _night_stop(stage: StageSettings) -> StageSettings:
    return stage.model_copy(update={"night_stop": stage.night_stop or NightStop()})


# Those that give up least come first.
SWITCHES: tuple[Switch, ...] = (
    Switch(
        name="one NAT gateway",
        setting='network.nat = "single"',
        gives_up="one zone's outage stops outgoing traffic",
        keeps_resilience=True,
        change=_single_nat,
    ),
    Switch(
        name="Graviton for the project's own images",
        setting='services.NAME.cpu_architecture = "ARM64"',
        gives_up="nothing, once the images are built for it",
        keeps_resilience=True,
        change=_on_graviton,
    ),
    Switch(
        name="Graviton for the database",
        setting='database.instance_class = "db.t4g..."',
        gives_up="nothing; the change restarts the database",
        keeps_resilience=True,
        change=_graviton_database,
    ),
    Switch(
        name="no NAT gateway",
        setting='network.nat = "none"',
        gives_up="tasks get public addresses, still closed to the outside",
        keeps_resilience=True,
        change=lambda stage: _network(stage, "none"),
    ),
    Switch(
        name="database in one zone",
        setting="database.multi_az = false",
        gives_up="a zone's outage stops the database until it is restored",
        keeps_resilience=False,
        change=lambda stage: _database(stage, multi_az=False),
    ),
    Switch(
        name="night stop, 20:00 to 07:00 and on weekends",
        setting="[night_stop]",
        gives_up="nothing runs then",
        keeps_resilience=False,
        change=_night_stop,
    ),
    Switch(
        name="Spot alone",
        setting='services.NAME.capacity = "spot-only"',
        gives_up="nothing runs when Spot is short",
        keeps_resilience=False,
        change=_spot_only,
    ),
)


def as_the_guide_has_it(stage: StageSettings) -> StageSettings:
    """Return the platform as its original guide describes it, which costs are compared with.

    hasura and supertokens with 512 MiB, every task on demand, one NAT gateway, Multi-AZ db.t3.small, and
    nothing of what `[security]` can add.
    """
    bare = Security(web_firewall=False, backups=False, flow_logs=False, access_logs=False)
    guide = _network(_database(stage, **_GUIDE_DATABASE), "single").model_copy(
        update={"security": bare, "night_stop": None}
    )
    return _services(
        guide,
        lambda row: {
            "capacity": "on-demand",
            "cpu_architecture": "X86_64",
            "memory_mib": 512 if row.name in {"hasura", "supertokens"} else row.memory_mib,
        },
    )


_GUIDE_DATABASE = {
    "engine": "postgres",
    "instance_class": "db.t3.small",
    "allocated_storage_gib": 20,
    "multi_az": True,
}


def switches_below(
    limit_usd: float, now_usd: float, savings: Sequence[tuple[Switch, float]]
) -> list[Switch] | None:
    """Return the first switches, in their order, that bring a bill below a limit and keep resilience.

    None when all of them are not enough. Of two values for one setting the first is taken.
    """
    chosen: dict[str, Switch] = {}
    for switch, saved in savings:
        setting = switch.setting.split(" = ")[0]
        if now_usd >= limit_usd and saved > 0 and switch.keeps_resilience and setting not in chosen:
            chosen[setting] = switch
            now_usd -= saved
    return list(chosen.values()) if now_usd < limit_usd else None
