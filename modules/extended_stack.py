"""The stack of a stage with an extension: its addresses follow the platform's rule."""

import jsii
from cdktf import TerraformElement
from constructs import Node

from modules.extension import own_name
from modules.platform_stack import PlatformStack


class ExtendedStack(PlatformStack):
    """A stage whose extension's elements are named by the ids they were given, without cdktf's hashes.

    A class of its own, because each name asked for costs a call between Node and Python.
    """

    @jsii.member(jsii_name="allocateLogicalId")
    def _allocate_logical_id(self, tf_element: Node | TerraformElement) -> str:
        node = tf_element.node if isinstance(tf_element, TerraformElement) else tf_element
        own = own_name(node.path)
        return super()._allocate_logical_id(tf_element) if own is None else own
