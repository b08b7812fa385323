"""What a deploy waited for."""

from bench.critical_path import creation_seconds, critical_path, dependencies

LOG = """
atomic-dev  aws_vpc.main: Creation complete after 11s [id=vpc-1]
            aws_db_instance.main: Still creating... [1m10s elapsed]
            aws_db_instance.main: Creation complete after 1m20s [id=db-1]
            aws_lb.main: Creation complete after 1m0s [id=lb]
"""
DOCUMENT = {
    "data": {"aws_availability_zones": {"available": {"state": "available"}}},
    "resource": {
        "aws_vpc": {"main": {"//": {"path": "${aws_lb.main.arn}"}, "cidr_block": "10.0.0.0/16"}},
        "aws_db_instance": {"main": {"subnet": "${aws_vpc.main.id}"}},
        "aws_lb": {"main": {"name": "lb", "depends_on": ["aws_vpc.main"]}},
    },
}


def test_terraform_says_what_each_resource_took() -> None:
    assert creation_seconds(LOG) == {
        "aws_vpc.main": 11,
        "aws_db_instance.main": 80,
        "aws_lb.main": 60,
    }


def test_a_resource_waits_for_what_it_refers_to_and_for_what_it_names() -> None:
    waits_for = dependencies(DOCUMENT)

    assert waits_for["aws_db_instance.main"] == {"aws_vpc.main"}
    assert waits_for["aws_lb.main"] == {"aws_vpc.main"}
    assert waits_for["aws_vpc.main"] == set()


def test_the_critical_path_is_the_chain_that_takes_longest() -> None:
    assert critical_path(creation_seconds(LOG), dependencies(DOCUMENT)) == (
        91,
        ["aws_vpc.main", "aws_db_instance.main"],
    )


def test_nothing_deployed_takes_no_time() -> None:
    assert critical_path({}, {}) == (0, [])
