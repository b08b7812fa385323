"""Whose key or token a text is, by the form that its issuer gives it; no text is ever shown.

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
    ("a Mapbox token", r"sk\.eyJ[\w-]{8,}\.[\w-]{8,}"),
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
    ("a Google OAuth secret", r"GOCSPX-[\w-]{8,}"),
    ("a Google refresh token", r"1//0[\w-]{16,}"),
    ("a SendGrid key", r"SG\.[\w-]{8,}\.[\w-]{8,}"),
    ("a Brevo key", r"xkeysib-[\w-]{8,}"),
    ("a Mailgun key", r"key-[0-9a-f]{32}"),
    ("a Mailchimp key", r"[0-9a-f]{32}-us[0-9]{1,2}"),
    ("a Resend key", r"re_[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}"),
    ("a Twilio key", r"SK[0-9a-f]{32}"),
    ("a Telegram bot's token", r"[0-9]{8,10}:[\w-]{35}"),
    ("an npm token", r"npm_[A-Za-z0-9]{16,}"),
    ("a PyPI token", r"pypi-AgE[\w-]{8,}"),
    ("a Docker token", r"dckr_[op]at_[\w-]{8,}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{16,}"),
    ("a Replicate token", r"r8_[A-Za-z0-9]{16,}"),
    ("a Groq key", r"gsk_[A-Za-z0-9]{16,}"),
    ("an xAI key", r"xai-[A-Za-z0-9-]{16,}"),
    ("a Perplexity key", r"pplx-[A-Za-z0-9]{16,}"),
    ("a LangSmith key", r"lsv2_(?:pt|sk)_\w{8,}"),
    ("a Linear key", r"lin_(?:api|oauth)_\w{8,}"),
    ("an Atlassian token", r"AT(?:ATT3|CTT3)[\w=-]{8,}"),
    ("an Airtable token", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{8,}"),
    ("a Figma token", r"figd_[\w-]{8,}"),
    ("a Postman key", r"PMAK-[\w-]{8,}"),
    ("a Shopify token", r"shp(?:at|ca|pa|ss)_\w{8,}"),
    ("a Square token", r"EAAA[\w-]{20,}|sq0(?:atp|csp)-[\w-]{8,}"),
    ("a PayPal token", r"access_token\$\w+\$\S{8,}"),
    ("a DigitalOcean token", r"do[opr]_v1_[0-9a-f]{8,}"),
    ("a Heroku key", r"HRKU-[\w-]{16,}"),
    ("a Cloudflare key", r"v1\.0-[0-9a-f]{16,}-[0-9a-f]{16,}"),
    ("a Databricks token", r"dapi[0-9a-f]{32}(?:-[0-9])?"),
    ("a Supabase key", r"sbp_[0-9a-f]{8,}|sb_secret_[\w-]{8,}"),
    ("a PlanetScale credential", r"pscale_(?:tkn|pw|oauth)_[\w.-]{8,}"),
    ("a Grafana token", r"gl(?:sa|c)_[\w+/=]{8,}"),
    ("a New Relic key", r"NR(?:AK|JS|II)-[\w-]{8,}"),
    ("a Doppler token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{8,}"),
    ("a Vault token", r"hv[bsr]\.[\w-]{16,}"),
    ("a Terraform Cloud token", r"\w{14}\.atlasv1\.[\w-]{8,}"),
    ("a Pulumi token", r"pul-[0-9a-f]{40}"),
    ("an age key", r"AGE-SECRET-KEY-1[A-Z0-9]{8,}"),
    ("an Azure storage key", r"(?:[^;\s]+;)*AccountKey=[\w+/=]{20,}(?:;\S*)?"),
    ("a JSON web token", r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
    ("a login as a header has it", r"(?:Basic|Bearer) +[\w+/=.~-]{12,}"),
)
# All in one: a stage file has hundreds of texts to try.
_ANY_SHAPE: Final = re.compile("|".join(f"({pattern})" for _, pattern in _SHAPES), re.ASCII)
# In PEM, or in a document that holds a key in PEM, as a service account of Google's does.
_PRIVATE_KEY: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
# A header among other text. Without a digit it may be words: "Bearer authentication".
_HEADER: Final = re.compile(r"\b(?:Basic|Bearer) +(?=\S*[0-9])[\w+/=.~-]{12,}", re.ASCII)
# What begins with a brace is filled in by somebody else.
_FILLED_IN: Final = r"(?![\"']?[$]?[{(])"
# In the address's login, which Go's MySQL has without a scheme, or among its parameters, as JDBC and ADO
# have it.
_LOGIN: Final = re.compile(
    r"[A-Za-z0-9]://[^/?#\s:@]*:[^/?#\s@]+@\S"
    r"|(?<![^\s\"'=])[\w.-]+:[^/\s@:]+@(?:tcp|unix)\("
    rf"|[?&;]\s*(?:password|passwd|pwd)\s*=\s*{_FILLED_IN}[^&;\s]",
    re.IGNORECASE,
)
# In words of their own, as libpq has them: a password, and whose it is.
_PASSWORD_WORD: Final = re.compile(rf"(?<![^\s\"'])password\s*=\s*{_FILLED_IN}\S", re.IGNORECASE)
_SERVER_WORD: Final = re.compile(r"\b(?:host|hostaddr|user|dbname|server)\s*=", re.IGNORECASE)
# In a command or among a program's options, after a name; what is filled in or left out begins with a sign.
_GIVEN: Final = re.compile(
    r"(?<![^\s\"'`;&|(])(?:(?:--|-D|-)?(?P<name>[A-Za-z][\w.-]*)=|--(?P<option>[A-Za-z][\w.-]*)\s+)"
    r"[\"']?(?P<value>[^\s\"'`;&|)$%{<.*-][^\s\"'`;&|)]*)"
)
_PASSWORD_NAME: Final = re.compile(
    r"(?!(?:NO|ASK|PROMPT|SKIP)_)"  # a switch: what follows is another argument
    r"(?:.*_)?(?:(?:PG|DB|MYSQL)?(?:PASSWORDS?|PASSWD|PASS|PWD)|PASSPHRASE|REQUIREPASS|MASTERAUTH)"
)
# Such an option may name a secret as well: what has letters and digits is no name.
_DRAWN: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w+/=]{12,}", re.ASCII)
# AWS's secret access keys have no prefix, only a length and letters of every kind.
_AWS_SECRET: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[+/])[A-Za-z0-9+/]{40}")

# The last word of a variable's name. `TOKEN_URL` or `SECRET_NAME` tell of a secret, and hold none.
_SECRET_NAME: Final = re.compile(
    r"(?:.*_)?(?:(?:API|ACCESS|PRIVATE|SECRET|ENCRYPTION|DECRYPTION|SIGNING|JWT|SESSION|COOKIE|MASTER|HMAC"
    r"|AUTH|SERVICE_ROLE|SHARED|LICENSE)_?KEYS?(?:_BASE)?"
    r"|SECRETS?|(?:PG|DB|MYSQL)?(?:PASSWORDS?|PASSWD|PASS|PWD)|PASSPHRASE|TOKENS?|CREDENTIALS?|BASIC_AUTH"
    r"|SALT|PEPPER)"
)
_PUBLIC_NAME: Final = re.compile(r"(?:.*_)?(?:PUBLIC|PUBLISHABLE)_.*")
# Whatever else is called a key is one where it looks drawn at random.
_KEY_NAME: Final = re.compile(r"(?:.*_)?(?:KEY|DSN|CONN(?:ECTION)?_STR(?:ING)?)")
_RANDOM: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?:base64:)?[\w+/=-]{20,}", re.ASCII)
_SWITCH: Final = re.compile(r"|true|false|yes|no|on|off|none|null|[0-9.]+[smhd]?", re.IGNORECASE)
# A place, where public keys are too, or a name of AWS's is no secret, whatever the variable is called.
_PLACE: Final = re.compile(
    r"(?:https?|wss?|file)://\S+|/[\w./-]*|arn:aws[\w-]*:\S+|\{[a-z]+\}|\{\"jwk_url\": *\"https?://[^\"\s]+\"\}"
)
# What names are made of: `sk-production` is no key of OpenAI's. A key has a longer part than words have.
_PLAIN_NAME: Final = re.compile(
    r"(?!.*(?:[a-z0-9]{21}|(?=[a-z]*[0-9])[a-z0-9]{16}))[a-z0-9.-]*", re.ASCII
)
# Some keys have a colon, and an address is one word: both ways of cutting are tried.
_BETWEEN_WORDS: Final = (re.compile(r"[\s\"'`,=]+"), re.compile(r"[\s\"'`,=;:&?|()<>{}\[\]]+"))


def credential_kind(text: str) -> str | None:
    """Return whose key or token `text` is, as in "a Stripe key"; None when no prefix tells."""
    plain = text.strip()
    if _PRIVATE_KEY.match(plain):
        return "a private key"
    found = _ANY_SHAPE.fullmatch(plain)
    if found and found.lastindex:
        return _SHAPES[found.lastindex - 1][0]
    return "an AWS secret access key" if _AWS_SECRET.fullmatch(plain) else None


def credential_within(text: str) -> str | None:
    """Return the same of a text of any kind, or of a word in it; an address with a password is one too."""
    words = {word for cut in _BETWEEN_WORDS for word in cut.split(text)}
    for part in (text, *sorted(words)):
        kind = None if _PLAIN_NAME.fullmatch(part) else credential_kind(part)
        if kind:
            return kind
    if _PRIVATE_KEY.search(text):
        return "a private key"
    if _HEADER.search(text):
        return "a login as a header has it"
    in_words = _PASSWORD_WORD.search(text) and _SERVER_WORD.search(text)
    if in_words or _LOGIN.search(text):
        return "an address with a password"
    given = any(
        _is_given(each["name"] or each["option"], each["value"]) for each in _GIVEN.finditer(text)
    )
    return "a secret by the name before it" if given else None


def _is_given(name: str, value: str) -> bool:
    """Return whether a secret itself follows its name."""
    words = _words_of(name)
    if _says_nothing(words, value):
        return False
    drawn = _SECRET_NAME.fullmatch(words) and _DRAWN.fullmatch(value)
    return bool(drawn or _PASSWORD_NAME.fullmatch(words))


def secret_kind(name: str, value: str) -> str | None:
    """Return why a variable's value must be taken for a secret; None when nothing says so."""
    kind = credential_within(value)
    if kind:
        return kind
    words = _words_of(name)
    text = value.strip()
    if _says_nothing(words, text):
        return None
    if _SECRET_NAME.fullmatch(words) or (_KEY_NAME.fullmatch(words) and _RANDOM.fullmatch(text)):
        return "a secret by the variable's name"
    return None


def _words_of(name: str) -> str:
    """Return a name as a variable's: apiToken and spring.datasource.password end in TOKEN and PASSWORD."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).upper()


def _says_nothing(words: str, text: str) -> bool:
    """Return whether a text is no secret whatever its name says."""
    return bool(_PUBLIC_NAME.fullmatch(words) or _SWITCH.fullmatch(text) or _PLACE.fullmatch(text))
