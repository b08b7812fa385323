"""What moto leaves out of the names inside a VPC."""

import json
from typing import Any

from moto.ec2.responses.dhcp_options import DHCPOptions
from moto.route53.models import route53_backends
from moto.servicediscovery.models import ServiceDiscoveryBackend
from moto.servicediscovery.responses import ServiceDiscoveryResponse

from local.moto_patches.patching import Own, adds, around


@around(ServiceDiscoveryBackend)
def _create_private_dns_namespace(own: Own, self: ServiceDiscoveryBackend, **asked: Any) -> Any:
    """Moto gives the zone of a private namespace another name, and no VPC."""
    operation = own(self, **asked)
    namespace = next(each for each in self.namespaces.values() if each.vpc == asked["vpc"])
    zones = route53_backends[self.account_id]["aws"]
    zone = zones.get_hosted_zone(namespace.dns_properties["HostedZoneId"])
    zone.name = f"{asked['name']}."
    zone.add_vpc(asked["vpc"], self.region_name)
    return operation


@around(DHCPOptions)
def _create_dhcp_options(own: Own, self: DHCPOptions) -> Any:
    """Tag them when they are made: else the next plan tags them once more."""
    answer = own(self)
    tags = self._parse_tag_specification().get("dhcp-options", {})
    *_, made = self.ec2_backend.dhcp_options_sets.values()
    made.add_tags(tags)
    return answer


@adds(ServiceDiscoveryResponse)
def _list_services(self: ServiceDiscoveryResponse) -> str:
    """Moto lists those of all namespaces, whichever is asked for."""
    filters = json.loads(self.body or "{}").get("Filters") or []
    wanted = {each["Name"]: each["Values"] for each in filters}.get("NAMESPACE_ID")
    found = [
        each.to_json()
        for each in self.servicediscovery_backend.list_services()
        if wanted is None or each.namespace_id in wanted
    ]
    return json.dumps({"Services": found})
