"""What ECS can run: a request's parameters in, lines out."""

from typing import Any

import pytest

from local.validation import containers
from tests.given_account import GivenAccount

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:P-db-AbCdEf"


REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/P-app"


def task(**changes: Any) -> dict[str, Any]:
    return {
        "family": "app",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "nginx"}],
    } | changes


@pytest.mark.parametrize(("cpu", "memory"), [("256", "512"), ("512", "4096"), (".25 vCPU", "1 GB")])
def test_a_size_of_fargate_is_taken(cpu: str, memory: str) -> None:
    assert containers.task_definition(task(cpu=cpu, memory=memory)) == []


def test_another_memory_than_fargate_has_for_the_cpu_is_refused() -> None:
    assert containers.task_definition(task(memory="4096")) == [
        "memory = '4096': allowed with FARGATE and cpu 256: one of 512, 1024, 2048"
    ]


def test_another_cpu_than_fargate_has_is_refused() -> None:
    (line,) = containers.task_definition(task(cpu="300"))

    assert (
        line == "cpu = '300': allowed with FARGATE: one of 256, 512, 1024, 2048, 4096, 8192, 16384"
    )


def test_a_task_off_fargate_has_any_size() -> None:
    assert containers.task_definition(task(requiresCompatibilities=["EC2"], cpu="300")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"networkMode": "bridge"}, "networkMode = 'bridge'"),
        ({"containerDefinitions": [{"name": "a", "image": "x", "memory": 600}]}, "ask for 600 MiB"),
        ({"containerDefinitions": [{"name": "a", "image": "x"}] * 2}, "'a' is given twice"),
        ({"containerDefinitions": [{"name": "a", "image": "x", "essential": False}]}, "essential"),
        ({"containerDefinitions": [{"name": "a"}]}, "containerDefinitions[a].image: is required"),
        (
            {"containerDefinitions": [{"name": "a", "image": "x", "secrets": [{"name": "S"}]}]},
            "executionRoleArn: is required",
        ),
        (
            {
                "containerDefinitions": [
                    {
                        "name": "a",
                        "image": "x",
                        "portMappings": [{"containerPort": 80, "hostPort": 81}],
                    }
                ]
            },
            "hostPort 81 has to be the containerPort 80",
        ),
    ],
)
def test_a_task_definition_that_fargate_does_not_run_is_refused(
    changes: dict[str, Any], said: str
) -> None:
    (line,) = containers.task_definition(task(**changes))

    assert said in line


def run(account: GivenAccount, **container: Any) -> list[str]:
    tasks = {"app:1": [{"name": "app", "image": "nginx"} | container]}
    standing = GivenAccount(repositories=account.repositories, secrets=account.secrets, tasks=tasks)
    return containers.runnable({"taskDefinition": "app:1"}, standing)


def test_a_task_whose_repository_stands_may_run_whatever_its_tag() -> None:
    account = GivenAccount(repositories=frozenset({"P-app"}))

    assert run(account, image=f"{REPOSITORY}:latest") == []
    assert run(account, image=f"{REPOSITORY}@sha256:{'0' * 64}") == []
    assert run(account, image=REPOSITORY) == []


def test_a_task_without_its_repository_may_not_run() -> None:
    (line,) = run(GivenAccount(), image=f"{REPOSITORY}:latest")

    assert line.endswith("there is no repository P-app")


@pytest.mark.parametrize(
    ("secrets", "source", "said"),
    [
        ({}, SECRET, "does not exist"),
        ({SECRET: ""}, SECRET, "has no value"),
        (
            {SECRET: "plain"},
            f"{SECRET}:username::",
            "is no JSON, but its key username is asked for",
        ),
        ({SECRET: '{"a": 1}'}, f"{SECRET}:username::", "has no key username"),
    ],
)
def test_a_task_that_cannot_read_a_secret_may_not_run(
    secrets: dict[str, str], source: str, said: str
) -> None:
    (line,) = run(GivenAccount(secrets=secrets), secrets=[{"name": "DB", "valueFrom": source}])

    assert line == f"container app: secret DB: {SECRET} {said}"


@pytest.mark.parametrize("source", [SECRET, f"{SECRET}:username::"])
def test_a_task_that_can_read_its_secrets_may_run(source: str) -> None:
    account = GivenAccount(secrets={SECRET: '{"username": "a"}'})

    assert run(account, secrets=[{"name": "DB", "valueFrom": source}]) == []
