"""What moto forgets: who registered a task definition, which images ran, what a moved tag was."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecr.models import ECRBackend, ecr_backends
from moto.ecs.models import EC2ContainerServiceBackend, Service, TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random

from local.moto_patches.patching import Own, adds, around


@around(TaskDefinition, "__init__")
def _say_who_registered_it(own: Own, self: TaskDefinition, *arguments: Any, **named: Any) -> None:
    own(self, *arguments, **named)
    account = self.arn.split(":")[4]
    self.registered_at = utcnow()  # type: ignore[attr-defined]  # the patch
    self.registered_by = f"arn:aws:iam::{account}:user/test"  # type: ignore[attr-defined]  # the patch


@around(EC2ContainerServiceBackend)
def _create_service(
    own: Own, self: EC2ContainerServiceBackend, *arguments: Any, **named: Any
) -> Service:
    service: Service = own(self, *arguments, **named)
    _remember(self, service)
    return service


@around(EC2ContainerServiceBackend)
def _update_service(
    own: Own, self: EC2ContainerServiceBackend, service_properties: dict[str, Any]
) -> Service:
    asked = service_properties.get
    deploys = bool(asked("task_definition") or asked("force_new_deployment"))
    service: Service = own(self, service_properties)
    if deploys:
        _remember(self, service)
    return service


def _remember(backend: EC2ContainerServiceBackend, service: Service) -> None:
    definition = backend.describe_task_definition(str(service.task_definition))
    number, now = mock_random.randint(10**18, 10**19 - 1), utcnow()
    revision = {
        "serviceRevisionArn": f"{service.arn.replace(':service/', ':service-revision/')}/{number}",
        "serviceArn": service.arn,
        "taskDefinition": definition.arn,
        "createdAt": now,
        "containerImages": [
            {
                "containerName": each["name"],
                "image": each["image"],
                **_digest(backend, str(each["image"])),
            }
            for each in definition.container_definitions
        ],
    }
    _history(backend).append(revision)


def _digest(backend: EC2ContainerServiceBackend, image: str) -> dict[str, str]:
    """Return the digest that a registry of the account has under an image's tag."""
    repository, _, tag = image.rpartition("/")[2].rpartition(":")
    found = ecr_backends[backend.account_id][backend.region_name].repositories.get(repository)
    for each in found.images if found else ():
        if tag in each.image_tags:
            return {"imageDigest": str(each.get_image_digest())}
    return {}


def _history(backend: Any) -> list[dict[str, Any]]:
    if "service_revisions" not in vars(backend):
        backend.service_revisions = []
    revisions: list[dict[str, Any]] = backend.service_revisions
    return revisions


@around(ECRBackend)
def _put_image(
    own: Own,
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str,
    *more: Any,
) -> Any:
    """Moto deletes an image when another one gets its last tag; a registry keeps it without one."""
    for each in self.repositories[repository_name].images:
        if image_tag in each.image_tags and each.image_manifest != image_manifest:
            each.remove_tag(image_tag)
            if not each.image_tags:
                each.image_tag = ""
    return own(self, repository_name, image_manifest, image_tag, *more)


@adds(EC2ContainerServiceResponse)
def _list_service_deployments(self: EC2ContainerServiceResponse) -> ActionResult:
    name = str(self._get_param("service")).rpartition("/")[2]
    return ActionResult(
        {
            "serviceDeployments": [
                {
                    "serviceDeploymentArn": each["serviceRevisionArn"].replace(
                        ":service-revision/", ":service-deployment/"
                    ),
                    "serviceArn": each["serviceArn"],
                    "createdAt": each["createdAt"],
                    "startedAt": each["createdAt"],
                    "finishedAt": each["createdAt"],
                    "targetServiceRevisionArn": each["serviceRevisionArn"],
                    "status": "SUCCESSFUL",
                }
                for each in reversed(_history(self.ecs_backend))
                if each["serviceArn"].rpartition("/")[2] == name
            ]
        }
    )


@adds(EC2ContainerServiceResponse)
def _describe_service_revisions(self: EC2ContainerServiceResponse) -> ActionResult:
    asked = self._get_param("serviceRevisionArns")
    return ActionResult(
        {
            "serviceRevisions": [
                each for each in _history(self.ecs_backend) if each["serviceRevisionArn"] in asked
            ]
        }
    )
