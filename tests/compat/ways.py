"""The ways, and what each changes in a copy of the project: pure functions on text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from terraform.mirrors import AWS_PROVIDER_VERSION

# What holds synthesized JSON or names the provider's version; elsewhere the same digits are something else.
_SAY_THE_PROVIDER: Final = (
    "tests/contract/v0/synthesized/stacks/",
    "tests/modules/test_stack.py",
    "tests/snapshots/",
    "terraform/mirrors.py",
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way: packages from PyPI with the hash of each, and the names that change with them.

    `provider` is the version of the AWS provider that the bindings are of, `cdk` that of cdktf or its fork,
    `source` how that spells the provider's place in the registry, which is the same.
    `context` is what the app needs in cdktf.json.
    """

    name: str
    title: str
    requirements: str
    provider: str
    renames: Sequence[tuple[str, str]] = ()
    context: str = "{}"
    cdk: str = "0.21.0"
    source: str = "aws"

    def rewritten(self, path: str, text: str) -> str:
        """Return the text of the file at `path` as this way has it."""
        for pattern, instead in self.renames:
            text = re.sub(pattern, instead, text, flags=re.MULTILINE)
        if path == "cdktf.json":
            text = text.replace('"context": {}', f'"context": {self.context}')
        if path.startswith(_SAY_THE_PROVIDER):
            text = text.replace(AWS_PROVIDER_VERSION, self.provider)
            text = text.replace('"source": "aws"', f'"source": "{self.source}"')
            text = text.replace('"version": "0.21.0"', f'"version": "{self.cdk}"')
        return text


WAYS: Final = (
    Way(
        name="aws6",
        title="CDKTF with AWS provider 6",
        requirements=(
            "cdktf-cdktf-provider-aws==21.22.1"
            " --hash=sha256:603c647c4de622ed0a2b5e0f1518d81a89b31eed84b67d23410840041e7df924\n"
        ),
        provider="6.25.0",
        renames=(
            (r'^(cdktf-cdktf-provider-aws = )"==20\.1\.0"', r'\1"==21.22.1"'),
            (r"\bcdktf-cdktf-provider-aws 20\.1\.0", "cdktf-cdktf-provider-aws 21.22.1"),
        ),
    ),
    Way(
        name="terrain",
        title="CDK Terrain with AWS provider 6",
        requirements=(
            "cdktn==0.24.0"
            " --hash=sha256:e1f25ac47258d37dc77a3538c04564549cf95e5899637fe0c46b536d4c70f01d\n"
            "cdktn-provider-aws==25.8.1"
            " --hash=sha256:2ffa579cb88b063cb3a9937e43c519391e876845768f51638a848bdf2ce9f354\n"
        ),
        provider="6.69.1",
        renames=(
            (r'^cdktf = "==0\.21\.0"', 'cdktn = "==0.24.0"'),
            (r'^cdktf-cdktf-provider-aws = "==20\.1\.0"', 'cdktn-provider-aws = "==25.8.1"'),
            (r"\bcdktf-cdktf-provider-aws 20\.1\.0", "cdktn-provider-aws 25.8.1"),
            (r"\bcdktf_cdktf_provider_aws\b", "cdktn_provider_aws"),
            (r"\bcdktf-cdktf-provider-aws\b", "cdktn-provider-aws"),
            # A test's text may hold a program of its own.
            (r'(^\s*|")from cdktf import\b', r"\1from cdktn import"),
            (r"^(\s*)import cdktf$", r"\1import cdktn"),
            # Where packages are listed; elsewhere "cdktf" is the command.
            (r'"cdktf"(?=, "(?:cdktn-provider-aws|pydantic)")', '"cdktn"'),
            (r'"@cdktf", "provider-aws"', '"@cdktn", "provider-aws"'),
        ),
        cdk="0.24.0",
        source="hashicorp/aws",
        context='{"targetVersions": {"terraform": ">=1.11.0"}}',
    ),
)
