"""Whose key or token a text is, by the prefix that its issuer gives it; no text is ever shown.

The issuers chose these prefixes so that such a check finds them. A text without one may be a secret as well.
"""

import re
from typing import Final

# Where each is published; Anthropic's and Notion's were looked up in November 2026.
# https://docs.stripe.com/keys, https://docs.stripe.com/webhooks
# https://gitlab.com/gitlab-org/security-products/analyzers/secrets/-/merge_requests/319 (Anthropic)
# https://platform.openai.com/docs/api-reference/authentication
# https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
# https://docs.gitlab.com/security/tokens/
# https://developers.notion.com/page/changelog (of September 2024; `secret_` before)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
# https://docs.slack.dev/authentication/tokens
# https://cloud.google.com/docs/authentication/api-keys
# RFC 7468 (PEM), RFC 7519 (JWT)
_SHAPES: Final = (
    ("a Stripe key", r"(?:sk|rk)_(?:live|test)_\w{4,}"),
    ("a Stripe webhook secret", r"whsec_\w{8,}"),
    ("an Anthropic key", r"sk-ant-[\w-]{4,}"),
    ("an OpenAI key", r"sk-[\w-]{8,}"),
    ("a GitHub token", r"(?:gh[pousr]|github_pat)_\w{8,}"),
    ("a GitLab token", r"gl(?:pat|dt|rt|cbt|ptt|soat)-[\w.-]{8,}"),
    ("a Notion token", r"(?:ntn_|secret_)[A-Za-z0-9]{16,}"),
    ("an AWS access key id", r"(?:AKIA|ASIA)[A-Z0-9]{16}"),
    ("a Slack token", r"(?:xox[abeoprs]|xapp)-[\w-]{8,}"),
    ("a Slack webhook", r"https://hooks\.slack\.com/(?:services|workflows)/\S+"),
    ("a Google API key", r"AIza[\w-]{35}"),
    ("a SendGrid key", r"SG\.[\w-]{8,}\.[\w-]{8,}"),
    ("an npm token", r"npm_[A-Za-z0-9]{16,}"),
    ("a PyPI token", r"pypi-AgE[\w-]{8,}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{16,}"),
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----[\s\S]*"),
    ("a JSON web token", r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
)
_LOGIN: Final = r"[A-Za-z][A-Za-z0-9+.:-]*://[^/?#\s:@]*:[^/?#\s@]+@\S+"

# The last word of a variable's name. `TOKEN_URL` or `SECRET_NAME` tell of a secret, and hold none.
_SECRET_NAME: Final = re.compile(
    r"(?:.*_)?(?:API_?KEYS?|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY|JWT_?KEY"
    r"|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|TOKENS?|CREDENTIALS?)"
)
_PUBLIC_NAME: Final = re.compile(r"(?:.*_)?(?:PUBLIC|PUBLISHABLE)_.*")
_SWITCH: Final = re.compile(r"|true|false|yes|no|on|off|none|null|[0-9.]+[smhd]?", re.IGNORECASE)
# A place, where public keys are too, or a name of AWS's is no secret, whatever the variable is called.
_PLACE: Final = re.compile(
    r"(?:https?|wss?|file)://\S+|/[\w./-]*|arn:aws[\w-]*:\S+|\{[a-z]+\}|\{\"jwk_url\": *\"https?://[^\"\s]+\"\}"
)


def credential_kind(text: str) -> str | None:
    """Return whose key or token `text` is, as in "a Stripe key"; None when no prefix tells."""
    for kind, pattern in _SHAPES:
        if re.fullmatch(pattern, text.strip(), re.ASCII):
            return kind
    return None


def secret_kind(name: str, value: str) -> str | None:
    """Return why a variable's value must be taken for a secret; None when nothing says so."""
    kind = credential_kind(value)
    if kind:
        return kind
    if re.fullmatch(_LOGIN, value.strip()):
        return "an address with a password"
    upper = name.upper()
    if not _SECRET_NAME.fullmatch(upper) or _PUBLIC_NAME.fullmatch(upper):
        return None
    text = value.strip()
    if _SWITCH.fullmatch(text) or _PLACE.fullmatch(text):
        return None
    return "a secret by the variable's name"
