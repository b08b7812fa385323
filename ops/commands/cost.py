"""`cost`: the monthly bill of a stage, what it is compared with, and what each switch would save."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from common.errors import UserError
from common.progress import Progress
from common.screen import AsJson, print_json, print_table, progress_on_screen, say
from modules.settings.previews import Previews
from modules.settings.stage_settings import StageSettings
from ops.cost.bill import Bill
from ops.cost.prices import HOURS_PER_MONTH, Prices, read_prices
from ops.cost.pricing import bill
from ops.cost.what_if import SWITCHES, Switch, as_the_guide_has_it, switches_below
from synth.synthesized import synthesized_side_by_side
from terraform.stack import Resource
from terraform.state import read_state
from terraform.workspace import this_workspace


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What one switch takes off the bill of a month; 0 where it is set already."""

    name: str
    setting: str
    gives_up: str
    keeps_resilience: bool
    monthly_usd: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The bill of a stage, and what it is held against, in USD a month.

    `enough` are the settings that bring it below the guide's platform and keep Multi-AZ and the fallback
    from Spot; None where it is below already, or they are not enough. `life_usd` is what a preview costs in
    the hours that it lives; it is held against nothing, and of another stage it is None.
    """

    stage: str
    bill: Bill
    monthly_usd: float
    with_most_tasks_usd: float
    legacy_base_usd: float | None = None
    guide_usd: float | None = None
    savings: tuple[Saving, ...] = ()
    enough: tuple[str, ...] | None = None
    with_enough_usd: float | None = None
    life_hours: int | None = None
    life_usd: float | None = None


def cost(
    stage: Annotated[str, typer.Option(help="the stage, as in stages/STAGE.toml")] = "prod",
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(help="two stages side by side instead", metavar="STAGE STAGE"),
    ] = None,
    legacy_state: Annotated[
        Path | None,
        typer.Option(help="your legacy base's state; default: the base with default variables"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Reckon a month's bill from the synthesized stack and dated list prices; AWS is not asked.

    Example: `python -m ops cost --stage prod`, `python -m ops cost --compare dev prod`
    """
    prices = read_prices()
    with progress_on_screen(as_json) as progress:
        if compare:
            progress(f"synthesizing {' and '.join(compare)}")
            stages = [_settings(each) for each in compare]
            bills = [bill(each.of(), prices) for each in synthesized_side_by_side(stages)]
        else:
            stages = [_settings(stage)]
            result = reckon(stages[0], prices, _legacy(legacy_state, prices), progress)
    regions = [each.region for each in stages]
    if compare:
        _show_comparison(compare, bills, regions, prices, as_json)
    elif as_json:
        dated = {"region": prices.region, "as_of": prices.as_of}
        estimate = prices.are_an_estimate_in(regions[0])
        print_json({"prices": {**dated, "estimate": estimate}, "cost": result})
    else:
        _show(result, prices, regions[0])


def reckon(
    stage: StageSettings, prices: Prices, legacy: Sequence[Resource], progress: Progress
) -> Cost:
    """Price a stage, as it is and with each switch."""
    if stage.preview:
        return _of_preview(stage, prices, progress)
    progress(f"synthesizing {stage.stage}, and with each switch")
    changed = [switch.change(stage) for switch in SWITCHES]
    stack, *others = synthesized_side_by_side([stage, as_the_guide_has_it(stage), *changed])
    now = bill(stack.of(), prices)
    guide_usd, *switched_usd = (bill(each.of(), prices).monthly_usd for each in others)
    savings = [
        (switch, now.monthly_usd - usd) for switch, usd in zip(SWITCHES, switched_usd, strict=True)
    ]
    enough = switches_below(guide_usd, now.monthly_usd, savings)
    with_enough_usd = None
    if enough:
        (combined,) = synthesized_side_by_side([_with(stage, enough)])
        with_enough_usd = bill(combined.of(), prices).monthly_usd
    return Cost(
        stage=stage.stage,
        bill=now,
        monthly_usd=now.monthly_usd,
        with_most_tasks_usd=bill(stack.of(), prices, tasks="most").monthly_usd,
        legacy_base_usd=bill(legacy, prices).monthly_usd,
        guide_usd=guide_usd,
        savings=tuple(_saving(switch, usd) for switch, usd in savings),
        enough=tuple(switch.setting for switch in enough) if enough else None,
        with_enough_usd=with_enough_usd,
    )


def _of_preview(stage: StageSettings, prices: Prices, progress: Progress) -> Cost:
    """Price a preview: its base is what is held against others, and has the switches."""
    progress(f"synthesizing {stage.stage}")
    (stack,) = synthesized_side_by_side([stage])
    now = bill(stack.of(), prices)
    hours = (stage.previews or Previews()).hours
    return Cost(
        stage=stage.stage,
        bill=now,
        monthly_usd=now.monthly_usd,
        with_most_tasks_usd=bill(stack.of(), prices, tasks="most").monthly_usd,
        life_hours=hours,
        life_usd=now.monthly_usd * hours / HOURS_PER_MONTH,
    )


def _saving(switch: Switch, usd: float) -> Saving:
    return Saving(
        name=switch.name,
        setting=switch.setting,
        gives_up=switch.gives_up,
        keeps_resilience=switch.keeps_resilience,
        monthly_usd=usd,
    )


def _with(stage: StageSettings, switches: Sequence[Switch]) -> StageSettings:
    for switch in switches:
        stage = switch.change(stage)
    return stage


def _settings(name: str) -> StageSettings:
    return this_workspace(name).settings()


def _say_estimate(region: str, prices: Prices) -> None:
    if prices.are_an_estimate_in(region):
        say(
            f"an ESTIMATE: the table has no prices of {region}, so those of {prices.region} are taken; most "
            "other regions cost more"
        )


def _legacy(state: Path | None, prices: Prices) -> Sequence[Resource]:
    if state is None:
        return [
            Resource(type=each.type, name=f"legacy_{number}", attributes=each.attributes)
            for each in prices.legacy_base
            for number in range(each.count)
        ]
    try:
        objects = read_state(state).objects
    except OSError as error:
        raise UserError(
            f"--legacy-state: {state}: cannot be read ({error.strerror}): name the file of a Terraform "
            "state, or leave it out"
        ) from None
    return [
        Resource(type=each.type, name=each.name, attributes=each.attributes) for each in objects
    ]


def _show(cost: Cost, prices: Prices, region: str) -> None:
    print_table(
        ("", "what", "quantity", "USD each", "USD a month"),
        [
            (
                line.group,
                line.what,
                f"{line.quantity:g} {line.unit.partition('-')[0]}",
                f"{line.unit_usd:.4f} per {line.unit.partition('-')[2]}",
                f"{line.monthly_usd:.2f}",
            )
            for line in cost.bill.lines
        ],
    )
    say(f"\nstage {cost.stage}: {cost.monthly_usd:.2f} USD a month, before traffic, logs and data")
    _say_estimate(region, prices)
    if cost.life_usd is not None:
        say(f"in the {cost.life_hours} hours that a preview lives: {cost.life_usd:.2f} USD")
        return
    say(f"with every service scaled out all month: {cost.with_most_tasks_usd:.2f}")
    for unknown in cost.bill.unpriced:
        say(f"not priced: {unknown}: add it to ops/cost/prices.toml")
    say(
        f"list prices of {prices.region}, {prices.as_of}; {HOURS_PER_MONTH} hours; sources in "
        "ops/cost/prices.toml\n"
    )
    print_table(
        ("by use, not in the sum", "USD"),
        [(each.what, f"{each.unit_usd:.3f} per {each.unit}") for each in cost.bill.usage],
    )
    say()
    print_table(
        ("compared with", "USD a month"),
        [
            ("the legacy base, which runs no service", f"{cost.legacy_base_usd:.2f}"),
            ("the platform as the application's guide describes it", f"{cost.guide_usd:.2f}"),
        ],
    )
    say()
    print_table(
        ("switch", "in the stage file", "saves USD a month", "gives up"),
        [
            (each.name, each.setting, f"{each.monthly_usd:.2f}", each.gives_up)
            for each in cost.savings
            if each.monthly_usd
        ],
    )
    if cost.enough:
        say(
            f"\nwith {' and '.join(cost.enough)} it comes to {cost.with_enough_usd:.2f}, below the "
            "guide's; Multi-AZ and the fallback from Spot stay"
        )


def _show_comparison(
    names: tuple[str, str],
    bills: Sequence[Bill],
    regions: Sequence[str],
    prices: Prices,
    as_json: bool,
) -> None:
    groups = [each.groups() for each in bills]
    if as_json:
        print_json(
            {
                name: {
                    "monthly_usd": each.monthly_usd,
                    "groups": of,
                    "estimate": prices.are_an_estimate_in(region),
                }
                for name, each, of, region in zip(names, bills, groups, regions, strict=True)
            }
        )
        return
    before, after = groups
    rows = [(group, before.get(group, 0.0), after.get(group, 0.0)) for group in before | after]
    rows.append(("sum", bills[0].monthly_usd, bills[1].monthly_usd))
    print_table(
        ("USD a month", *names, "difference"),
        [(what, f"{a:.2f}", f"{b:.2f}", f"{b - a:+.2f}") for what, a, b in rows],
    )
    for region in dict.fromkeys(regions):
        _say_estimate(region, prices)
