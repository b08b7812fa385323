"""What a base stage lends to a preview, in the shape that the platform's constructs know their own by.

Ids alone: the objects are the base's, in its state, and no plan of a preview can touch them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdktf import ITerraformDependable

from modules.settings.previews import Lent


@dataclass(frozen=True, kw_only=True)
class LentObject:
    """An object by its ids; what is not known of it is empty, and nobody asks for it."""

    id: str = ""
    arn: str = ""
    name: str = ""
    repository_url: str = ""


@dataclass(frozen=True, kw_only=True)
class LentNetwork:
    """A base's network: where tasks run."""

    vpc: LentObject
    task_subnets: Sequence[LentObject]
    assign_public_ip: bool
    ways_out: Sequence[ITerraformDependable] = ()


@dataclass(frozen=True, kw_only=True)
class LentCluster:
    """A base's cluster."""

    cluster: LentObject
    ready: Sequence[ITerraformDependable] = ()
    session_log: None = None


@dataclass(frozen=True, kw_only=True)
class LentLoadBalancer:
    """A base's listener, with the preview's place on it: its host, and where its rules come."""

    https_listener: LentObject
    domain_name: str
    host: str | None
    priorities: Mapping[int, int]
    rules_on_http: bool = False
    forwards_http: bool = False

    def placed(self, priority: int) -> int:
        """Return the priority of a rule on the listener, by that in its service's row."""
        return self.priorities[priority]


def network(lent: Lent) -> LentNetwork:
    """Return a base's network as a preview sees it."""
    return LentNetwork(
        vpc=LentObject(id=lent.vpc_id),
        task_subnets=[LentObject(id=each) for each in lent.subnet_ids],
        assign_public_ip=lent.public_addresses,
    )


def cluster(lent: Lent) -> LentCluster:
    """Return a base's cluster as a preview sees it."""
    return LentCluster(cluster=LentObject(arn=lent.cluster_arn, name=lent.cluster_name))


def registries(lent: Lent) -> dict[str, LentObject]:
    """Return a base's registries, by their names in its rows."""
    return {
        key: LentObject(arn=each.arn, name=each.name, repository_url=each.url)
        for key, each in lent.registries.items()
    }
