"""The names by which services reach each other without a load balancer: Cloud Map's private DNS.

ECS registers each task as it starts and takes it out before it ends. `docs/adr` says why not Service Connect.
"""

from collections.abc import Mapping, Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.service_discovery_instance import ServiceDiscoveryInstance
from cdktf_cdktf_provider_aws.service_discovery_private_dns_namespace import (
    ServiceDiscoveryPrivateDnsNamespace,
)
from cdktf_cdktf_provider_aws.service_discovery_service import (
    ServiceDiscoveryService,
    ServiceDiscoveryServiceDnsConfig,
    ServiceDiscoveryServiceDnsConfigDnsRecords,
)
from cdktf_cdktf_provider_aws.vpc_dhcp_options import VpcDhcpOptions
from cdktf_cdktf_provider_aws.vpc_dhcp_options_association import VpcDhcpOptionsAssociation
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.network.network import AnyNetwork
from modules.settings.services import Service

# Shorter than the load balancer's 30 seconds of draining: who asked just before a task left the name still
# finds it running.
TTL_SECONDS = 10


class InsideNames(Construct):
    """A private DNS namespace, and in it a name for each service that listens, and for its aliases.

    With `search_domain` the VPC's DHCP options name the namespace, so that new tasks find `hasura` by itself.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        services: Mapping[str, Service],
        search_domain: bool,
        network: AnyNetwork,
    ) -> None:
        super().__init__(scope, id_)
        namespace = address("main", ServiceDiscoveryPrivateDnsNamespace)(
            self,
            "namespace",
            name=context.names.namespace,
            description="Names of the services, inside the VPC",
            vpc=network.vpc.id,
        )
        self.services = put_names(self, context, services, namespace_id=namespace.id, below="")
        # A task learns its search domain as it starts.
        self.ready: Sequence[ITerraformDependable] = (
            [self._searched(context, network)] if search_domain else []
        )

    def _searched(self, context: Context, network: AnyNetwork) -> VpcDhcpOptionsAssociation:
        options = address("main", VpcDhcpOptions)(
            self,
            "dhcp_options",
            domain_name=context.names.namespace,
            domain_name_servers=["AmazonProvidedDNS"],
            tags={"Name": context.names.dhcp_options},
        )
        return address("main", VpcDhcpOptionsAssociation)(
            self,
            "dhcp_options_association",
            vpc_id=network.vpc.id,
            dhcp_options_id=options.id,
        )


class LentNames(Construct):
    """The names of a preview's services in the namespace that a base lends, all below the preview's own."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        services: Mapping[str, Service],
        namespace_id: str,
        below: str,
    ) -> None:
        super().__init__(scope, id_)
        self.services = put_names(
            self, context, services, namespace_id=namespace_id, below=f".{below}"
        )
        self.ready: Sequence[ITerraformDependable] = []


def put_names(
    scope: Construct,
    context: Context,
    services: Mapping[str, Service],
    *,
    namespace_id: str,
    below: str,
) -> dict[str, ServiceDiscoveryService]:
    """Give each service that listens its name and its aliases, with `below` behind each."""

    def put(name: str, kind: str, *, routing: str) -> ServiceDiscoveryService:
        return address(name, ServiceDiscoveryService)(
            scope,
            name,
            name=f"{name}{below}",
            namespace_id=namespace_id,
            dns_config=ServiceDiscoveryServiceDnsConfig(
                namespace_id=namespace_id,
                routing_policy=routing,
                dns_records=[
                    ServiceDiscoveryServiceDnsConfigDnsRecords(type=kind, ttl=TTL_SECONDS)
                ],
            ),
            # The tasks of a service that goes may still be registered.
            force_destroy=True,
        )

    found = {}
    for name, service in services.items():
        if service.port is None:
            continue
        found[name] = put(name, "A", routing="MULTIVALUE")
        for alias in service.aliases:
            # Another name leads to the service's; ECS registers a task under one name only.
            address(alias, ServiceDiscoveryInstance)(
                scope,
                f"{alias}_alias",
                instance_id=alias,
                # Cloud Map gives a name without addresses of its own out by weights alone.
                service_id=put(alias, "CNAME", routing="WEIGHTED").id,
                attributes={"AWS_INSTANCE_CNAME": f"{name}.{context.names.namespace}"},
            )
    return found
