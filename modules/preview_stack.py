"""A preview: the services of a branch, on the network, cluster, load balancer and database of its base.

What a base lends comes in by its ids (`modules.lent`), so that no plan of a preview can touch it. Of its own
it has what names a service, and what another's code must not share: secrets, roles, a bucket.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from cdktf import TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from constructs import Construct

from modules import lent as lending
from modules.base.address import address
from modules.base.guard import Guard
from modules.base.literal import literal
from modules.base.naming import Names
from modules.base.provider import configure_provider
from modules.base.state import configure_state
from modules.compute.authorities import tls_parameters
from modules.compute.containers import secret_references
from modules.compute.fargate_service import FargateService
from modules.compute.mirror import Mirror
from modules.compute.service_roles import ServiceRoles
from modules.context import Context
from modules.data.private_bucket import PrivateBucket
from modules.edge.load_balancer import route_of
from modules.extension import Additions
from modules.network.inside_names import LentNames
from modules.security.secret_store import ConnectionStrings, SecretStore
from modules.settings import stage_settings as s
from modules.settings.previews import DATABASE_LOGIN, Preview, preview_outputs
from modules.settings.secrets import SecretRef, SecretRow
from modules.settings.services import POSTGRES_PORT, Service


class PreviewStack(TerraformStack):
    """One preview. `phase = "foundation"` is what its database needs: its login."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: s.StageSettings,
        preview: Preview,
        state_folder: PurePath,
        emulated: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._stage, self._preview = stage, preview
        configure_state(self, stage=stage, state_folder=state_folder, emulated=emulated)
        configure_provider(self, stage=stage, emulated=emulated)
        account = address("current", DataAwsCallerIdentity)(self, "account")
        self._services = Construct(self, "services")
        self._context = Context(
            names=Names(
                prefix=stage.prefix, stack=stage.stack_name, found=preview.found_names(stage.prefix)
            ),
            account_id=account.account_id,
            region=stage.region,
            time_zone=stage.time_zone,
            log_retention_days=stage.logs.retention_days,
            guard=Guard(retain_data=False, allow_destroy=frozenset()),
            adopted=frozenset(),
            key_arn=preview.lent.key_arn,
        )
        self._rows = {name: _of_preview(row, stage) for name, row in stage.services.items()}
        self._secrets = self._own_secrets()
        for name, value in preview_outputs(stage.stage, preview).items():
            TerraformOutput(self, name, value=literal(value))
        if stage.phase == "full":
            self._application(stage.domain_name or "")

    def _own_secrets(self) -> SecretStore:
        """Draw what the preview's services share; those of the operator are the base's."""
        stage = self._stage
        used = {
            reference.name
            for row in self._rows.values()
            for reference in secret_references(row, kafka=False).values()
        }
        login = SecretRow(
            name=DATABASE_LOGIN,
            output="",
            origin="generated",
            description="The preview's login in its database",
            # The role is called as its database is.
            document=(("username", stage.database.name), ("password", "{generated}")),
        )
        rows = [
            login,
            *(
                each
                for each in stage.secret_rows
                if each.name in used and each.origin != "operator"
            ),
        ]
        store = SecretStore(
            self,
            "secrets",
            context=self._context,
            # Without a login of their own: who logs in here is never the base's master user.
            rows=[replace(row, login="") for row in rows],
            master_username=stage.database.name,
            login_roles=True,
            lent=self._preview.lent.secrets,
        )
        ConnectionStrings(
            self,
            "connection_strings",
            settings=stage.database.model_copy(update={"login_roles": True}),
            rows=[replace(row, login=DATABASE_LOGIN if row.login else "") for row in rows],
            store=store,
            host=self._preview.lent.database_host,
            port=POSTGRES_PORT,
            tls=tls_parameters(stage.region),
        )
        return store

    def _application(self, domain_name: str) -> None:
        """Build the services, each behind the rule of its path on the preview's host."""
        stage, context, lent = self._stage, self._context, self._preview.lent
        bucket = PrivateBucket(
            self,
            "data_bucket",
            context=context,
            label="data",
            name=context.names.data_bucket(context.account_id, context.region),
            key_arn=context.key_arn,
            versioned=False,
            tidied=False,
            expire_after_days=None,
            writers=lambda _bucket_arn: [],
        )
        names_inside = LentNames(
            self,
            "inside_names",
            context=context,
            services=self._rows,
            namespace_id=lent.namespace_id,
            below=stage.prefix,
        )
        mirror = Mirror(self, "mirror", context=context, images=(), used=False)
        network, cluster, registries = (
            lending.network(lent),
            lending.cluster(lent),
            lending.registries(lent),
        )
        load_balancer = lending.LentLoadBalancer(
            https_listener=lending.LentObject(arn=lent.listener_arn),
            domain_name=domain_name,
            host=domain_name,
            priorities=self._priorities(),
        )
        for name, row in self._rows.items():
            FargateService(
                self._services,
                name,
                context=context,
                service=row,
                kafka=False,
                tracing=stage.tracing,
                proxy=stage.proxy,
                idle_timeout_seconds=stage.load_balancer.idle_timeout_seconds,
                night_stop=None,
                database=stage.database,
                stage=stage.stage,
                domain_name=domain_name,
                network=network,
                names_inside=names_inside,
                cluster=cluster,
                security_group=lending.LentObject(id=lent.groups[name]),
                roles=ServiceRoles(self._services, f"{name}_roles", context=context, service=name),
                repository=(
                    registries[stage.services[name].registry] if row.has_own_image else None
                ),
                mirror=mirror,
                secrets=self._secrets,
                bucket=bucket,
                file_storage=None,
                own_statements=Additions().statements(row, stage.beside),
                own_values={},
                route=route_of(
                    self._services,
                    context=self._context,
                    service=row,
                    network=network,
                    load_balancer=load_balancer,
                ),
                alarms=[],
            )

    def _priorities(self) -> Mapping[int, int]:
        """Return where the rules come on the listener, by the priorities of the rows, in their order."""
        routes = [row for row in self._rows.values() if row.routed]
        asked = [row.priority for row in routes] + [
            row.second_route.priority for row in routes if row.second_route
        ]
        first = self._preview.first_priority
        return {each: first + place for place, each in enumerate(sorted(filter(None, asked)))}


def _of_preview(row: Service, stage: s.StageSettings) -> Service:
    """Return a service's row without what is not a preview's: jobs, hours, roles of the base's database."""
    logins = {each.login for each in stage.secret_rows if each.login}
    secrets = {
        variable: (f"{DATABASE_LOGIN}:{named.key}" if named.name in logins else text)
        for variable, text in row.secrets.items()
        for named in [SecretRef.parse(text)]
    }
    return row.model_copy(
        update={"jobs": {}, "schedule": (), "renamed_from": None, "secrets": secrets}
    )
