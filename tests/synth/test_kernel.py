"""What Python and Node say to each other of a synthesis, through our client of jsii's kernel."""

from pathlib import Path

import jsii
import pytest
from cdktf import App, Aspects, IAspect, TerraformStack
from constructs import Construct, IConstruct

pytestmark = pytest.mark.jsii


@pytest.fixture
def stack(tmp_path: Path) -> TerraformStack:
    return TerraformStack(App(outdir=str(tmp_path)), "stack")


def test_what_the_kernel_refuses_is_told_in_its_own_words(stack: TerraformStack) -> None:
    Construct(stack, "twice")

    with pytest.raises(RuntimeError, match="already a Construct with name 'twice'"):
        Construct(stack, "twice")


def test_what_cannot_be_loaded_is_told_by_the_next_call(stack: TerraformStack) -> None:
    jsii.load("nowhere", "1.0.0", "/nowhere.tgz")

    with pytest.raises(RuntimeError, match=r"nowhere\.tgz"):
        Construct(stack, "next")

    assert Construct(stack, "after it").node.id == "after it"


def test_node_calls_what_python_implements(stack: TerraformStack) -> None:
    seen: list[str] = []

    @jsii.implements(IAspect)
    class Looking:
        def visit(self, node: IConstruct) -> None:
            seen.append(node.node.id)

    Construct(stack, "one")
    Aspects.of(stack).add(Looking())
    App.of(stack).synth()

    assert seen[:2] == ["stack", "one"]
