"""What the tests of the operator's command line share."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from common.aws import Clients, boto3_clients


@pytest.fixture
def clients() -> Iterator[Clients]:
    """The clients of an empty account in this process."""
    with mock_aws():
        yield boto3_clients(region="us-east-1")
