"""Makes a CloudFormation stack on the embedded AWS as an owner has it, for others to adopt."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.emulator import PROJECT, Emulator, EmulatorError

TEMPLATES = PROJECT / "local" / "cdk_stack" / "templates"
SHAPES = {"oldest": 104, "older": 120, "guide": 179, "newest": 86}
_BUCKET = "cdk-assets"


@dataclass(frozen=True, kw_only=True)
class PlayedStack:
    """One stack, by its ARN."""

    emulator: Emulator
    arn: str

    @property
    def cloudformation(self) -> Any:
        """The client of its service."""
        return self.emulator.client("cloudformation")

    def described(self) -> dict[str, Any]:
        """Return what CloudFormation says of it."""
        found: dict[str, Any] = self.cloudformation.describe_stacks(StackName=self.arn)["Stacks"][0]
        return found

    def wait(self) -> str:
        """Wait until nothing is being done to it, and return its status. Raises EmulatorError."""
        deadline = time.monotonic() + 120
        while (status := str(self.described()["StackStatus"])).endswith("IN_PROGRESS"):
            if time.monotonic() > deadline:
                raise EmulatorError(f"{self.arn} stays {status}")
            time.sleep(0.1)
        return status

    def rows(self) -> dict[str, str]:
        """Return the physical id of each row."""
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(
            StackName=self.arn
        )
        return {
            row["LogicalResourceId"]: row["PhysicalResourceId"]
            for page in pages
            for row in page["StackResourceSummaries"]
        }

    def template(self) -> dict[str, Any]:
        """Return the deployed template."""
        found = self.cloudformation.get_template(StackName=self.arn)["TemplateBody"]
        return dict(found) if isinstance(found, Mapping) else dict(json.loads(found))

    def update(self, template: Mapping[str, Any]) -> str:
        """Deploy another template, wait, and return the status."""
        self.cloudformation.update_stack(
            StackName=self.arn,
            TemplateURL=put_template(self.emulator, json.dumps(template)),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[
                {"ParameterKey": name, "UsePreviousValue": True}
                for name in template.get("Parameters", {})
            ],
        )
        return self.wait()

    def delete(self) -> str:
        """Delete it, wait, and return the status."""
        self.cloudformation.delete_stack(StackName=self.arn)
        return self.wait()

    def events(self, status: str) -> list[str]:
        """Return the rows that an event of this status tells of."""
        events = self.cloudformation.describe_stack_events(StackName=self.arn)["StackEvents"]
        return [each["LogicalResourceId"] for each in events if each["ResourceStatus"] == status]


def put_template(emulator: Emulator, body: str) -> str:
    """Put a template into a bucket, as `cdk deploy` does, and return its address."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    key = f"{time.monotonic_ns()}.json"
    s3.put_object(Bucket=_BUCKET, Key=key, Body=body)
    return f"https://{_BUCKET}.s3.amazonaws.com/{key}"


def make_stack(
    emulator: Emulator,
    name: str,
    template: Mapping[str, Any],
    parameters: Mapping[str, str] | None = None,
) -> PlayedStack:
    """Ask CloudFormation for a stack; it is not waited for."""
    answer = emulator.client("cloudformation").create_stack(
        StackName=name,
        TemplateURL=put_template(emulator, json.dumps(template)),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in (parameters or {}).items()
        ],
    )
    return PlayedStack(emulator=emulator, arn=answer["StackId"])


def make_owners_stack(emulator: Emulator, shape: str, *, name: str = "AwsStack") -> PlayedStack:
    """Make the stack of one of the four shapes, as `cdk deploy` does after `cdk bootstrap`.

    Raises EmulatorError when it is not made.
    """
    emulator.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String", Overwrite=True
    )
    template = read_template(TEMPLATES / f"{shape}.json")
    parameters = {}
    if "CertificateArn" in template.get("Parameters", {}):
        parameters["CertificateArn"] = issued_certificate(emulator)
    if "OperatorEmail" in template.get("Parameters", {}):
        parameters["OperatorEmail"] = "operator@example.com"
    stack = make_stack(emulator, name, template, parameters)
    if stack.wait() != "CREATE_COMPLETE":
        raise EmulatorError(f"{stack.arn}: {stack.described().get('StackStatusReason')}")
    return stack


def fill(aws: Emulator) -> None:
    """Put an object into each bucket, and an image into each registry."""
    s3, ecr = aws.client("s3"), aws.client("ecr")
    for bucket in s3.list_buckets()["Buckets"]:
        if bucket["Name"] != "cdk-assets":
            s3.put_object(Bucket=bucket["Name"], Key="calendar", Body=b"data")
    for each in ecr.describe_repositories()["repositories"]:
        ecr.put_image(
            repositoryName=each["repositoryName"],
            imageManifest='{"schemaVersion": 2, "layers": []}',
            imageManifestMediaType="application/vnd.docker.distribution.manifest.v2+json",
            imageTag="latest",
        )


def read_template(path: Path) -> dict[str, Any]:
    """Return the template in a file."""
    return dict(json.loads(path.read_text()))


def issued_certificate(emulator: Emulator) -> str:
    """Request a certificate, wait until it is issued, and return its ARN. Raises EmulatorError."""
    acm = emulator.client("acm")
    arn = str(
        acm.request_certificate(DomainName="calendar.example.com", ValidationMethod="DNS")[
            "CertificateArn"
        ]
    )
    deadline = time.monotonic() + 60
    while acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] != "ISSUED":
        if time.monotonic() > deadline:
            raise EmulatorError(f"the certificate {arn} is not issued after a minute")
        time.sleep(0.5)
    return arn
