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
        namespace = address(
            "main",
            ServiceDiscoveryPrivateDnsNamespace(
                self,
                "namespace",
                name=context.names.namespace,
                description="Names of the services, inside the VPC",
                vpc=network.vpc.id,
            ),
        )
        self._namespace = namespace
        self.services: dict[str, ServiceDiscoveryService] = {}
        for name, service in services.items():
            if service.port is None:
                continue
            self.services[name] = self._name(name, "A", routing="MULTIVALUE")
            for alias in service.aliases:
                self._alias(alias, target=f"{name}.{context.names.namespace}")
        # A task learns its search domain as it starts.
        self.ready: Sequence[ITerraformDependable] = (
            [self._searched(context, network)] if search_domain else []
        )

    def _name(self, name: str, kind: str, *, routing: str) -> ServiceDiscoveryService:
        return address(
            name,
            ServiceDiscoveryService(
                self,
                name,
                name=name,
                namespace_id=self._namespace.id,
                dns_config=ServiceDiscoveryServiceDnsConfig(
                    namespace_id=self._namespace.id,
                    routing_policy=routing,
                    dns_records=[
                        ServiceDiscoveryServiceDnsConfigDnsRecords(type=kind, ttl=TTL_SECONDS)
                    ],
                ),
                # The tasks of a service that goes may still be registered.
                force_destroy=True,
            ),
        )

    def _alias(self, alias: str, *, target: str) -> None:
        """Let another name lead to a service's; ECS registers a task under one name only."""
        address(
            alias,
            ServiceDiscoveryInstance(
                self,
                f"{alias}_alias",
                instance_id=alias,
                # Cloud Map gives a name without addresses of its own out by weights alone.
                service_id=self._name(alias, "CNAME", routing="WEIGHTED").id,
                attributes={"AWS_INSTANCE_CNAME": target},
            ),
        )

    def _searched(self, context: Context, network: AnyNetwork) -> VpcDhcpOptionsAssociation:
        options = address(
            "main",
            VpcDhcpOptions(
                self,
                "dhcp_options",
                domain_name=context.names.namespace,
                domain_name_servers=["AmazonProvidedDNS"],
                tags={"Name": context.names.dhcp_options},
            ),
        )
        return address(
            "main",
            VpcDhcpOptionsAssociation(
                self,
                "dhcp_options_association",
                vpc_id=network.vpc.id,
                dhcp_options_id=options.id,
            ),
        )
