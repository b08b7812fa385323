"""What moto 5.2 forgets: who registered a task definition, which images ran, what a moved tag was."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecr.models import ECRBackend, Image, ecr_backends
from moto.ecs.models import EC2ContainerServiceBackend, Service, TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random


def remember_deployments() -> None:
    """Patch moto's classes; a second time in a process nothing is done."""
    if hasattr(EC2ContainerServiceResponse, "list_service_deployments"):
        return
    _say_who_registered_a_task_definition()
    _remember_service_revisions()
    _keep_images_whose_tag_moves()
    EC2ContainerServiceResponse.list_service_deployments = _list_service_deployments  # type: ignore[attr-defined]  # the patch
    EC2ContainerServiceResponse.describe_service_revisions = _describe_service_revisions  # type: ignore[attr-defined]  # the patch


def _say_who_registered_a_task_definition() -> None:
    make = TaskDefinition.__init__

    def registered(self: TaskDefinition, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        account = self.arn.split(":")[4]
        self.registered_at = utcnow()  # type: ignore[attr-defined]  # the patch
        self.registered_by = f"arn:aws:iam::{account}:user/test"  # type: ignore[attr-defined]  # the patch

    TaskDefinition.__init__ = registered  # type: ignore[method-assign]  # the patch


def _remember_service_revisions() -> None:
    create, update = (
        EC2ContainerServiceBackend.create_service,
        EC2ContainerServiceBackend.update_service,
    )

    def created(self: EC2ContainerServiceBackend, *arguments: Any, **named: Any) -> Service:
        service = create(self, *arguments, **named)
        _remember(self, service)
        return service

    def updated(self: EC2ContainerServiceBackend, service_properties: dict[str, Any]) -> Service:
        asked = service_properties.get
        deploys = bool(asked("task_definition") or asked("force_new_deployment"))
        service = update(self, service_properties)
        if deploys:
            _remember(self, service)
        return service

    EC2ContainerServiceBackend.create_service = created  # type: ignore[method-assign]  # the patch
    EC2ContainerServiceBackend.update_service = updated  # type: ignore[method-assign]  # the patch


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


def _keep_images_whose_tag_moves() -> None:
    """Moto deletes an image when another one gets its last tag; a registry keeps it without one."""
    put = ECRBackend.put_image

    def put_image(
        self: ECRBackend, repository_name: str, image_manifest: str, image_tag: str, *more: Any
    ) -> Image:
        for each in self.repositories[repository_name].images:
            if image_tag in each.image_tags and each.image_manifest != image_manifest:
                each.remove_tag(image_tag)
                if not each.image_tags:
                    each.image_tag = ""
        return put(self, repository_name, image_manifest, image_tag, *more)

    ECRBackend.put_image = put_image  # type: ignore[assignment,method-assign]  # the patch


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


def _describe_service_revisions(self: EC2ContainerServiceResponse) -> ActionResult:
    asked = self._get_param("serviceRevisionArns")
    return ActionResult(
        {
            "serviceRevisions": [
                each for each in _history(self.ecs_backend) if each["serviceRevisionArn"] in asked
            ]
        }
    )
