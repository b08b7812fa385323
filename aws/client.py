"""The one door to AWS: clients, one call at a time, and refusals told in one line.

Longer than others by the lists of what AWS and botocore call their refusals.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    HTTPClientError,
    InvalidChecksumConfigError,
    InvalidConfigError,
    InvalidDefaultsMode,
    InvalidIMDSEndpointError,
    InvalidIMDSEndpointModeError,
    InvalidRetryConfigurationError,
    InvalidS3AddressingStyleError,
    InvalidSTSRegionalEndpointsConfigError,
    MissingDependencyException,
    NoRegionError,
)

from aws.credentials import NO_CREDENTIALS, loading_credentials
from aws.environment import two_accounts
from common.errors import UserError, shorten

# Services of the whole account that do not answer in every region.
# https://docs.aws.amazon.com/general/latest/gr/chatbot.html
_ANSWERED_IN: Final = {"chatbot": "us-west-2"}


class Clients(Protocol):
    """Gives the boto3 client of a service; all of them for the same account and region."""

    def __call__(self, service: str, /) -> Any:
        """Return the client; of `wafv2@us-east-1` that of another region than the others'."""
        ...


def boto3_clients(*, region: str | None = None, profile: str | None = None) -> Clients:
    """Return clients with the credentials boto3 finds by itself, or a profile's, made once each.

    Raises UserError for a profile that does not exist, and where Terraform would ask in another account.
    """
    # boto3 reads the environment by itself, and so does this.
    if doubt := two_accounts(os.environ):
        raise UserError(doubt)
    # Both take a while, which synthesis, whose catalogue stands on this module, need not pay.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    with asking("a profile"):
        session = boto3.Session(region_name=region, profile_name=profile)
    # A wrong endpoint should show within seconds, not after botocore's minute for each attempt.
    config = Config(
        connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 3}
    )
    # For links to objects: botocore's defaults sign them in a way that KMS refuses, and name a host that
    # redirects for a bucket of another region.
    for_links = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    config_of = {"s3": config.merge(for_links)}

    @cache
    def credentials() -> Any:
        with loading_credentials():
            return session.get_credentials()

    def load(**_: object) -> None:
        with loading_credentials():
            try:
                credentials().get_frozen_credentials()
            except ClientError as error:
                # Not of the call that needs them: who asks may take its code for an answer.
                raise UserError(_refusal(str(error.operation_name), error)) from None

    @cache
    def client(named: str, /) -> Any:
        service, _, elsewhere = named.partition("@")
        region_name = elsewhere or _ANSWERED_IN.get(service)
        chosen = config_of.get(service, config).merge(Config(region_name=region_name))
        found = credentials()  # before the client asks for them, whose errors say less
        made = session.client(service, config=chosen)  # type: ignore[call-overload]  # a variable
        endpoint = urlsplit(made.meta.endpoint_url)
        _ = endpoint.port  # a ValueError now, not at the first call
        if endpoint.hostname in _LOOPBACK:
            # Terraform never asks a proxy for the way to this machine, botocore would.
            made = session.client(service, config=chosen.merge(Config(proxies={})))  # type: ignore[call-overload]
        if found:
            # A role's, by a token or by MFA, are loaded no earlier; what expires is loaded again.
            made.meta.events.register("before-sign", load)
        return made

    return client


def client_of(clients: Clients, service: str) -> Any:
    """Return the client of `service`. Raises UserError when it cannot be made."""
    with asking(service):
        try:
            return clients(service)
        except ValueError as error:
            if isinstance(error, BotoCoreError):
                raise
            told = _LOGIN.sub("//***@", str(error))
            # botocore's only word on an endpoint that is no URL.
            raise UserError(
                f"no client for {service} can be made ({told}): set AWS_ENDPOINT_URL to a URL "
                "such as http://127.0.0.1:5000, or unset it for AWS itself"
            ) from None


def within(region: str, clients: Clients) -> Clients:
    """Return the clients of another region, with the same credentials; a service that names one keeps it."""
    return lambda service: clients(service if "@" in service else f"{service}@{region}")


def region_of(clients: Clients) -> str:
    """Return the region the clients work in. Raises UserError when none is set."""
    return str(client_of(clients, "ec2").meta.region_name)


def account_of(clients: Clients) -> str:
    """Return the id of the account the credentials belong to. Raises UserError."""
    return str(ask(clients, "sts", "GetCallerIdentity")["Account"])


def ask(clients: Clients, service: str, operation: str, /, **arguments: Any) -> Mapping[str, Any]:
    """Return what one call answers. Raises UserError when AWS refuses it."""
    client = client_of(clients, service)
    with asking(action_name(service, operation)):
        answer: Mapping[str, Any] = getattr(client, xform_name(operation))(**arguments)
    return answer


def ask_all(
    clients: Clients,
    service: str,
    operation: str,
    result: str,
    *,
    absent: frozenset[str] = frozenset(),
    **arguments: Any,
) -> list[Any]:
    """Return the list `result` of an operation's answer, over all of its pages.

    It may be a dotted path where there are pages. What AWS does not answer with is an empty list; so is what
    it answers with one of the error codes `absent`. Raises UserError when AWS refuses a page.
    """
    client = client_of(clients, service)
    if not client.can_paginate(xform_name(operation)):
        answer = ask_unless(clients, service, operation, absent, **arguments) or {}
        return list(answer.get(result, ()))
    found: list[Any] = []
    with asking(action_name(service, operation)):
        try:
            for page in client.get_paginator(xform_name(operation)).paginate(**arguments):
                found += _at(page, result) or ()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in absent:
                raise
    return found


def _at(page: Any, path: str) -> Any:
    for part in path.split("."):
        page = page.get(part) or {}
    return page


def ask_unless(
    clients: Clients, service: str, operation: str, codes: frozenset[str], /, **arguments: Any
) -> Mapping[str, Any] | None:
    """Return what one call answers; None when AWS answers with one of the error `codes`.

    Raises UserError for any other refusal.
    """
    client = client_of(clients, service)
    with asking(action_name(service, operation)):
        try:
            answer: Mapping[str, Any] = getattr(client, xform_name(operation))(**arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in codes:
                return None
            raise
    return answer


def action_name(service: str, operation: str) -> str:
    """Return what a policy calls the operation: `ec2:DescribeVpcs`."""
    service = service.partition("@")[0]
    return f"{service}:{_OTHERWISE_NAMED.get(operation, operation)}"


@contextmanager
def asking(action: str) -> Iterator[None]:
    """Turn what botocore raises within into a UserError that names `action`."""
    try:
        yield
    except ClientError as error:
        raise UserError(_refusal(action, error)) from None
    except NO_CREDENTIALS as error:
        raise UserError(
            f"AWS was not asked for {action}, the credentials cannot be used "
            f"({shorten(error, limit=160)}): {_LOG_IN}"
        ) from None
    except NoRegionError:
        raise UserError(
            f"AWS was not asked for {action}, no region is set: set AWS_REGION to the region of "
            "what is looked at"
        ) from None
    except _MISCONFIGURED as error:
        raise UserError(
            f"AWS was not asked for {action}, its client cannot be set up ({shorten(error, limit=160)}): "
            "correct that in ~/.aws/config, or in the AWS_ variable that says so"
        ) from None
    except (BotoCoreError, HTTPClientError, _unreadable()) as error:
        if "Invalid header value" in str(error):  # and it goes on with the token
            raise UserError(
                f"AWS was not asked for {action}, the credentials hold a line break or a control character: "
                "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN without it"
            ) from None
        told = _LOGIN.sub("//***@", str(error))
        raise UserError(
            f"AWS did not answer {action} ({shorten(told, limit=160)}): check the network, the "
            "region and AWS_ENDPOINT_URL, then run the same command again"
        ) from None


def _unreadable() -> type[Exception]:
    from botocore.parsers import ResponseParserError  # noqa: PLC0415  # as above

    return ResponseParserError


def _refusal(action: str, error: ClientError) -> str:
    said = error.response.get("Error", {})
    code, message = said.get("Code", "no code"), said.get("Message", "")
    if code in _DENIED:
        return f"AWS refused {action} ({code}): allow this action to the credentials in use"
    if code in _BAD_CREDENTIALS:
        return f"AWS refused {action}, the credentials are not valid ({code}): {_LOG_IN}"
    if code in _THROTTLED:
        return f"AWS refused {action}, too many calls ({code}): wait a minute and run it again"
    return (
        f"AWS refused {action} ({code}: {shorten(message, limit=160)}): check the region and "
        "the account, then run the same command again"
    )


_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# What stands before the host of a URL: a proxy's or an endpoint's login.
_LOGIN: Final = re.compile(r"//[^/\s]*@")
_LOG_IN: Final = "log in again (`aws sso login`), or set AWS_PROFILE or the access key variables"
_MISCONFIGURED: Final = (
    ConfigParseError,
    InvalidChecksumConfigError,
    InvalidConfigError,
    InvalidDefaultsMode,
    InvalidIMDSEndpointError,
    InvalidIMDSEndpointModeError,
    InvalidRetryConfigurationError,
    InvalidS3AddressingStyleError,
    InvalidSTSRegionalEndpointsConfigError,
    MissingDependencyException,
)
_DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"}
)
_BAD_CREDENTIALS: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_THROTTLED: Final = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# S3 alone names some permissions differently from the calls they allow.
_OTHERWISE_NAMED: Final = {
    "ListBuckets": "ListAllMyBuckets",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
}
