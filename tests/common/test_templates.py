"""How the text of a CloudFormation template is read."""

import pytest

from common.templates import read_template

HEAD = "Resources:\n  A: &a\n    Type: AWS::SQS::Queue\n"


@pytest.mark.parametrize(
    "rest",
    [
        "  B: *a\n",
        "  B:\n    <<: *a\n",
        "    Properties: *a\n",
        "  B: &b [*a, *a]\n  C: &c [*b, *b]\n  D: [*c, *c]\n",
    ],
)
def test_an_alias_is_refused_as_cloudformation_does(rest: str) -> None:
    with pytest.raises(ValueError, match=r"^line \d+: CloudFormation takes no aliases$"):
        read_template(HEAD + rest)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("A:\n\tB: 1\n", "line 2: found character"),
        ("A: 1\n---\nB: 2\n", "line 2: but found another document"),
        ("A: !!python/name:os.system\n", "line 1: could not determine a constructor"),
        ("A: 2024-13-45\n", "month must be in 1..12"),
        ("[" * 100_000, "it is nested too deeply"),
        ("A: " + "[" * 100_000, "it is nested too deeply"),
        ('{"A": ' + "9" * 5000 + "}", "it holds a number with too many digits"),
    ],
)
def test_what_is_no_template_is_told_with_its_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_template(text)

    assert str(caught.value).startswith(why)
