"""What a deploy waited for."""

from dev.bench.critical_path import CreationClock, critical_path, dependencies
from terraform.stack import Stack

SECONDS = {"aws_vpc.main": 11.5, "aws_db_instance.main": 80.0, "aws_lb.main": 60.0}
STACK = Stack(
    document={
        "data": {"aws_availability_zones": {"available": {"state": "available"}}},
        "resource": {
            "aws_vpc": {
                "main": {"//": {"path": "${aws_lb.main.arn}"}, "cidr_block": "10.0.0.0/16"}
            },
            "aws_db_instance": {"main": {"subnet": "${aws_vpc.main.id}"}},
            "aws_lb": {"main": {"name": "lb", "depends_on": ["aws_vpc.main"]}},
        },
    }
)


def test_a_resource_takes_from_its_first_line_to_its_last() -> None:
    times = iter([1.0, 2.5, 12.5, 90.0])
    clock = CreationClock(now=lambda: next(times))

    for line in (
        "atomic-dev  aws_vpc.main: Creating...",
        "            aws_lb.main: Creating...",
        "            aws_lb.main: Still creating... [10s elapsed]",
        "            aws_vpc.main: Creation complete after 11s [id=vpc-1]",
        "            aws_lb.main: Creation complete after 1m27s [id=lb]",
    ):
        clock.hear(line)

    assert clock.seconds == {"aws_vpc.main": 11.5, "aws_lb.main": 87.5}


def test_a_resource_waits_for_what_it_refers_to_and_for_what_it_names() -> None:
    waits_for = dependencies(STACK)

    assert waits_for["aws_db_instance.main"] == {"aws_vpc.main"}
    assert waits_for["aws_lb.main"] == {"aws_vpc.main"}
    assert waits_for["aws_vpc.main"] == set()


def test_the_critical_path_is_the_chain_that_takes_longest() -> None:
    assert critical_path(SECONDS, dependencies(STACK)) == (
        91.5,
        ["aws_vpc.main", "aws_db_instance.main"],
    )


def test_nothing_deployed_takes_no_time() -> None:
    assert critical_path({}, {}) == (0, [])
