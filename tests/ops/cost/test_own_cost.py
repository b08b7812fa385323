"""What jobs and an extension's resources cost is said, though nobody knows how much they are used."""

from ops.cost.prices import read_prices
from ops.cost.pricing import bill
from ops.picture.cards import cards_outside
from tests.conftest import Synthesize


def test_each_job_tells_what_an_hour_of_its_runs_costs(stack: Synthesize) -> None:
    usage = {each.what: each for each in bill(stack("tailored").read.of(), read_prices()).usage}

    # A quarter of a vCPU and half a GB.
    hour = 0.25 * 0.04048 + 0.5 * 0.004445
    for job in ("insights-nightly", "insights-monthly"):
        found = usage[f"runs of the job {job} (0.25 vCPU, 0.5 GB)"]
        assert (found.unit, round(found.unit_usd, 6)) == ("hour", round(hour, 6))


def test_queues_are_billed_by_their_requests(stack: Synthesize) -> None:
    tailored = bill(stack("tailored").read.of(), read_prices())

    assert tailored.unpriced == ()
    assert 0.40 in [each.unit_usd for each in tailored.usage if "queues" in each.what]


def test_who_uses_none_of_it_reads_nothing_of_it(stack: Synthesize) -> None:
    usage = bill(stack("prod").read.of(), read_prices()).usage

    assert not [each for each in usage if "job" in each.what or "queue" in each.what]


def test_the_picture_shows_queues_and_schedules(stack: Synthesize) -> None:
    cards = {
        card.title: card.lines
        for group in cards_outside(stack("tailored").read.of()).values()
        for card in group
    }

    assert cards["SQS"] == ("3 queues",)
    assert cards["Scheduler"] == ("2 schedules",)
