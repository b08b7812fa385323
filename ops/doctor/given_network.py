"""The VPC that a stage is given: what its owner has changed or never had."""

from ops.deployed import Deployed
from ops.doctor.finding import Finding, all_or, attention, fine
from ops.facts.given_vpc import lacks, quoted, vpc_facts


def judge_given_network(deployed: Deployed) -> list[Finding]:
    """Ask for the VPC and say what it lacks; nothing for a stage with its own. Raises UserError."""
    settings, network = deployed.settings, deployed.settings.network
    if network.vpc_id is None:
        return []
    found = vpc_facts(deployed.clients, network.vpc_id)
    services = settings.services.values()
    missing = lacks(
        found,
        public=network.public_subnet_ids,
        private=network.private_subnet_ids,
        tasks=2 * sum(max(each.min_tasks, each.max_tasks) for each in services),
        in_public=network.nat == "none",
    )
    theirs, known = set(found.nat_addresses), set(network.nat_addresses)
    limited = settings.security.web_firewall and network.nat != "none" and theirs != known
    remedy = f"talk to its owner, or name other subnets: python -m ops vpc {network.vpc_id}"
    counted = attention(
        "network",
        f"the firewall exempts {', '.join(sorted(known)) or 'no address'} from its limit, and tasks come "
        f"from {', '.join(sorted(theirs)) or 'no NAT gateway'}",
        f"write nat_addresses = {quoted(found.nat_addresses)} in [network] of the stage file; cdktf deploy "
        f"{settings.stack_name}",
    )
    return all_or(
        [
            *(attention("network", each, remedy) for each in missing),
            *([counted] if limited else []),
        ],
        fine("network", f"{network.vpc_id}: DNS, zones, ways in and out, free addresses"),
    )
