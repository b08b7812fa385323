"""CloudFormation on the embedded AWS: stacks whose rows are the emulator's own objects.

In the place of moto's, which knows few of the types and none of the traps. Patched into moto's response
class, so that routing, parsing and serializing stay moto's.
"""
