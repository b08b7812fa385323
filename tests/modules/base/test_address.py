"""Two things never get one address in Terraform."""

import pytest

from common.errors import UserError

pytestmark = pytest.mark.jsii


def test_a_second_one_at_an_address_is_refused_with_both_places() -> None:
    from cdktf import App, TerraformStack  # noqa: PLC0415  # starts the jsii kernel
    from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue  # noqa: PLC0415

    from modules.base.address import address  # noqa: PLC0415

    stack = TerraformStack(App(), "one")
    address("a-b_c", SqsQueue)(stack, "first")

    with pytest.raises(UserError) as refused:
        address("a_b-c", SqsQueue)(stack, "second")

    assert str(refused.value).startswith(
        "SqsQueue a_b_c is there twice, as one/first and one/second: "
    )


def test_two_stacks_have_the_same_addresses() -> None:
    from cdktf import App, TerraformStack  # noqa: PLC0415  # starts the jsii kernel
    from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue  # noqa: PLC0415

    from modules.base.address import address  # noqa: PLC0415

    app = App()

    queues = [address("main", SqsQueue)(TerraformStack(app, id_), "queue") for id_ in ("a", "b")]

    assert [each.friendly_unique_id for each in queues] == ["main", "main"]
