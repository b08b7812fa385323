"""Who gets past CloudFront is told before somebody finds out."""

from dataclasses import replace

from modules.settings.stage_settings import Cdn
from ops.doctor.cdn import Distribution, judge_cdn

FOUND = Distribution(id="E123", domain_name="d1.cloudfront.net", enabled=True, is_spread=True)


def test_an_open_load_balancer_is_named_with_the_next_step() -> None:
    (found,) = judge_cdn(Cdn(), FOUND, stack="atomic-prod")

    assert found.state == "attention"
    assert "past CloudFront and its firewall" in found.what
    assert 'load_balancer = "cloudfront"' in found.remedy


def test_a_closed_one_is_fine_also_while_settings_are_spread() -> None:
    closed = Cdn(load_balancer="cloudfront")

    for each in (FOUND, replace(FOUND, is_spread=False)):
        assert [one.state for one in judge_cdn(closed, each, stack="x")] == ["fine"]


def test_a_missing_or_disabled_distribution_needs_a_deploy() -> None:
    for each in (None, replace(FOUND, enabled=False)):
        (found,) = judge_cdn(Cdn(), each, stack="atomic-prod")
        assert (found.state, found.remedy) == ("attention", "cdktf deploy atomic-prod")
