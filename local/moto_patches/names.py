"""What moto leaves out of the names inside a VPC."""

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.dhcp_options import DHCPOptions
from moto.route53.models import route53_backends
from moto.servicediscovery.models import ServiceDiscoveryBackend
from moto.servicediscovery.responses import ServiceDiscoveryResponse


def fill_name_gaps() -> None:
    """Patch moto's classes, once per process."""
    _tell_the_vpc_of_a_namespace()
    _list_the_services_of_a_namespace()
    _tag_dhcp_options_when_they_are_made()


def _tell_the_vpc_of_a_namespace() -> None:
    """Moto gives the zone of a private namespace another name, and no VPC."""
    create = ServiceDiscoveryBackend.create_private_dns_namespace

    def create_with_vpc(self: ServiceDiscoveryBackend, **asked: Any) -> str:
        operation = create(self, **asked)
        namespace = next(each for each in self.namespaces.values() if each.vpc == asked["vpc"])
        zones = route53_backends[self.account_id]["aws"]
        zone = zones.get_hosted_zone(namespace.dns_properties["HostedZoneId"])
        zone.name = f"{asked['name']}."
        zone.add_vpc(asked["vpc"], self.region_name)
        return operation

    ServiceDiscoveryBackend.create_private_dns_namespace = create_with_vpc  # type: ignore[method-assign, assignment]  # the patch


def _tag_dhcp_options_when_they_are_made() -> None:
    """Without it the next plan tags them once more."""
    create = DHCPOptions.create_dhcp_options

    def create_with_tags(self: DHCPOptions) -> ActionResult:
        answer = create(self)
        tags = self._parse_tag_specification().get("dhcp-options", {})
        *_, made = self.ec2_backend.dhcp_options_sets.values()
        made.add_tags(tags)
        return answer

    DHCPOptions.create_dhcp_options = create_with_tags  # type: ignore[method-assign]  # the patch


def _list_the_services_of_a_namespace() -> None:
    """Moto lists those of all namespaces, whichever is asked for."""

    def list_services(self: ServiceDiscoveryResponse) -> str:
        filters = json.loads(self.body or "{}").get("Filters") or []
        wanted = {each["Name"]: each["Values"] for each in filters}.get("NAMESPACE_ID")
        found = self.servicediscovery_backend.list_services()
        return json.dumps(
            {
                "Services": [
                    each.to_json()
                    for each in found
                    if wanted is None or each.namespace_id in wanted
                ]
            }
        )

    ServiceDiscoveryResponse.list_services = list_services  # type: ignore[method-assign]  # the patch
