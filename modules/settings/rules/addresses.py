"""Names in the Internet: e-mail addresses and DNS names, in the form that AWS's services keep."""

import re

from email_validator import EmailNotValidError, validate_email

from modules.settings.rules.refusal import Refusal

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# A certificate's first name is its common name, which is shorter than its others may be.
# https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
_LONGEST_NAME, _LONGEST_FIRST_NAME = 253, 64
# Names that no public registry has: RFC 6761, 6762, 7686, 8375, 9476, and what ICANN keeps for private use.
# https://www.iana.org/assignments/special-use-domain-names/
_NOT_PUBLIC = (
    "local",
    "internal",
    "localhost",
    "test",
    "example",
    "invalid",
    "onion",
    "alt",
    "home.arpa",
)
# https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
_MOST_CERTIFICATE_NAMES = 10
# https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html: AWS issues no
# certificate for names of its own.
_OF_AMAZON = ("amazonaws.com", "amazonaws.com.cn", "cloudfront.net", "elasticbeanstalk.com")
# What AWS Cost Anomaly Detection takes before the at sign, the strictest of the three that send:
# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Subscriber.html
_LOCAL_PART = re.compile(r"[a-zA-Z0-9.!#$%&'*+=?^_{|}~-]+")


def email_address(address: str) -> Refusal | None:
    """Refuse what SNS, Budgets and Cost Anomaly Detection send nothing to: they take ASCII alone.

    https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
    """
    try:
        found = validate_email(
            address, check_deliverability=False, test_environment=True, strict=True
        )
    except EmailNotValidError as error:
        return Refusal(
            allowed="an e-mail address", remedy=f'write one as in "ops@example.com" ({error})'
        )
    if not _LOCAL_PART.fullmatch(found.local_part):
        return Refusal(
            allowed="an e-mail address whose part before the @ is of ASCII letters, digits and "
            ".!#$%&'*+=?^_{|}~-",
            remedy='name another address of the operator, as in "ops@example.com"',
        )
    typed_domain = address.rpartition("@")[2]
    if not typed_domain.isascii():
        return Refusal(
            allowed="an e-mail address whose domain is in its ASCII form",
            remedy=f'write "{found.local_part}@{found.ascii_domain}"',
        )
    return None


def first_dns_name(name: str) -> Refusal | None:
    """Refuse what ACM takes no certificate's first name for."""
    return dns_name(name, longest=_LONGEST_FIRST_NAME)


def dns_name(name: str, *, longest: int = _LONGEST_NAME) -> Refusal | None:
    """Refuse what ACM or Route 53 takes no name of a site for."""
    labels = name.split(".")
    fits = all(re.fullmatch(_LABEL, label) for label in labels)
    last = labels[-1]  # of one letter there is none, and of digits alone it is an address
    if not fits or min(len(labels), len(last)) < 2 or len(name) > longest or last.isdigit():
        remedy = (
            'write the bare name, without "https://", "*." or a final dot, as in "app.example.com"'
        )
        ascii_form = None if name.isascii() else _in_ascii(name)
        if ascii_form and dns_name(ascii_form) is None:
            remedy = f'write its ASCII form, "{ascii_form}"'
        elif name != name.lower() and dns_name(name.lower()) is None:
            remedy = f'write "{name.lower()}"'
        return Refusal(
            allowed="a lower-case DNS name of at least two labels and at most "
            f"{longest} characters, in ASCII",
            remedy=remedy,
        )
    if any(label[2:4] == "--" for label in labels) and _in_ascii(name) is None:
        return Refusal(
            allowed='two hyphens in the third place in the ASCII form of another script alone ("xn--")',
            remedy="write the name as its registrar shows it",
        )
    for own in _OF_AMAZON:
        if f".{name}".endswith(f".{own}"):
            return Refusal(
                allowed=f"a name that is not Amazon's own: {', '.join(_OF_AMAZON)}",
                remedy="name a domain that you own, whose records then point to the load balancer",
            )
    return None


def public_name(name: str) -> Refusal | None:
    """Refuse a name that nobody gets a public certificate for: it is nobody's, and everybody's at home.

    https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html
    """
    for ending in _NOT_PUBLIC:
        if name.endswith(f".{ending}"):
            return Refusal(
                allowed=f"a name in the public DNS, where .{ending} is kept for other uses: ACM issues no "
                "certificate for it",
                remedy="name a domain that you own, or bring a certificate (certificate_arn)",
            )
    return None


def certificate_names(count: int) -> Refusal | None:
    """Refuse more names than ACM takes in one certificate."""
    if count <= _MOST_CERTIFICATE_NAMES:
        return None
    return Refusal(
        allowed=f"at most {_MOST_CERTIFICATE_NAMES} names in one certificate of ACM's, not {count}",
        remedy=f"leave out {count - _MOST_CERTIFICATE_NAMES}",
    )


def _in_ascii(name: str) -> str | None:
    """Return the name in its `xn--` form, where there is one."""
    try:
        found = validate_email(f"ops@{name}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.ascii_domain
