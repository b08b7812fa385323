"""Text of a stage file on its way into Terraform."""


def literal(text: str) -> str:
    """`text` so that Terraform takes it as it is: what looks like an expression is not evaluated."""
    return text.replace("${", "$${").replace("%{", "%%{")
