"""What AWS would not take in names and tags, given how long they are with what the platform adds."""

from collections.abc import Iterator

from modules.base.naming import Names, limited_names
from modules.settings.rules import tags
from modules.settings.rules.storage import BUCKET_STARTS
from modules.settings.setting_error import SettingError, at, refused
from modules.settings.stage_settings import StageSettings

# What a load balancer's or a security group's name does not begin with:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
RESERVED_PREFIXES = {
    "internal-": "Elastic Load Balancing keeps for itself",
    "sg-": "EC2 keeps for the ids of security groups",
    **dict.fromkeys(BUCKET_STARTS, "S3 keeps for itself"),
}
# What the platform itself adds to a resource's tags: Name, and a subnet's Tier.
OWN_TAGS = 2


def find_name_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Everything that is wrong with the names that the prefix begins."""
    yield from _prefix(settings)
    yield from _name_lengths(settings)


def find_tag_errors(settings: StageSettings) -> Iterator[SettingError]:
    """Everything that is wrong with the default tags."""
    given = settings.default_tags
    too_many = tags.tag_count(len(given), most=tags.MOST_TAGS - OWN_TAGS)
    if too_many:
        yield at("default_tags", f"{len(given)} tags").must_be(
            f"at most {tags.MOST_TAGS - OWN_TAGS}, with Project, Stage and ManagedBy: AWS takes "
            f"{tags.MOST_TAGS}, and the platform gives {OWN_TAGS} of its own",
            too_many.remedy,
        )
    for key, value in given.items():
        refusal = tags.tag_key(key) or tags.tag_value(value)
        if refusal:
            yield refused(f"default_tags.{key}", value, refusal)
        worker = next((each.name for each in settings.services.values() if each.jobs), None)
        if value == "" and worker:
            # https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Tag.html
            yield at(f"default_tags.{key}", value, f"services.{worker}.jobs").must_be(
                f"a value of at least one character beside the jobs of {worker}: EventBridge Scheduler takes "
                "no empty one",
                "write a value, or leave the tag out",
            )
        for what, text in (("key", key), ("value", value)):
            # Elastic Load Balancing asks for none; what cuts them off differs from every later plan.
            # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-tags.html
            if text != text.strip():
                yield at(f"default_tags.{key}", value).must_be(
                    f"a {what} without spaces at its ends",
                    "leave the spaces out",
                )
    for key in tags.alike(given):
        yield at(f"default_tags.{key}", given[key]).must_be(
            "a key that differs from the others by more than capitals: IAM takes the two for one",
            "leave out one of the two",
        )


def _prefix(settings: StageSettings) -> Iterator[SettingError]:
    """Check the prefix, which begins the names of load balancers, security groups and buckets."""
    for kept, owner in RESERVED_PREFIXES.items():
        if f"{settings.prefix}-".startswith(kept):
            yield at("prefix", settings.prefix).must_be(
                f'a name that does not begin with "{kept}", which {owner}',
                'choose another, as in "atomic-dev"',
            )


def _name_lengths(settings: StageSettings) -> Iterator[SettingError]:
    """Check the name that exceeds its limit most: mending it mends the others, or shows the next."""
    services = settings.services.values()
    limits = limited_names(
        Names(prefix=settings.prefix, stack=settings.stack_name),
        region=settings.region,
        services=[service.name for service in services],
        routed=[service.name for service in services if service.path is not None],
        jobs={f"{row.name}-{job}": row.name for row in services for job in row.jobs},
    )
    worst = max(limits, key=lambda limited: limited.excess)
    if worst.excess <= 0:
        return
    allowed = (
        f"a name of {worst.what} of at most {worst.max_length} characters; {worst.name} has "
        f"{len(worst.name)}"
    )
    if worst.service and len(worst.service) > len(settings.prefix):
        yield at(f"services.{worst.service}", worst.service, "prefix").must_be(
            allowed,
            f"shorten the service's name by {worst.excess}",
        )
    else:
        yield at("prefix", settings.prefix).must_be(
            allowed,
            f"shorten the prefix by {worst.excess}",
        )
