"""Text of a stage file, and of the files that it names, on its way into Terraform."""

from typing import Any


def literal(text: str) -> str:
    """`text` so that Terraform takes it as it is: what looks like an expression is not evaluated."""
    return text.replace("${", "$${").replace("%{", "%%{")


def evaluated(text: str) -> str:
    """Return what Terraform makes of a `literal` text: the text that it was."""
    return text.replace("$${", "${").replace("%%{", "%{")


def literal_within(value: Any) -> Any:
    """Return a value of JSON with each of its texts `literal`, the names of members too."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, dict):
        return {literal(name): literal_within(each) for name, each in value.items()}
    return [literal_within(each) for each in value] if isinstance(value, list) else value
