"""Tells why credentials cannot be loaded, where botocore lets an error of Python's pass."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from common.errors import UserError, shorten

NO_CREDENTIALS: Final = (
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
_A_FILE: Final = re.compile(r"/.*|.{1,30}")


@contextmanager
def loading_credentials() -> Iterator[None]:
    """Turn what botocore lets pass while it loads credentials into a UserError that says where to look.

    What a program or a file gave is not shown: it may be the secret itself.
    """
    try:
        yield
    except CredentialRetrievalError as error:
        if error.kwargs.get("provider") != "custom-process":
            raise
        raise UserError(
            "AWS was not asked, the credentials cannot be loaded (credential_process gives none): run its "
            "command, which is in ~/.aws/config, by itself to see why"
        ) from None
    except EOFError:
        raise UserError(
            "AWS was not asked, mfa_serial in ~/.aws/config asks for a code, which takes a terminal: run the "
            "same command in one, or set the access key variables to what `aws sts get-session-token` gives"
        ) from None
    except (AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        if isinstance(error, BotoCoreError):
            raise
        if "invalid literal for int()" in str(error):
            raise UserError(
                f"AWS was not asked, the credentials cannot be loaded ({error}): a setting of AWS's has to "
                "be a number: look at AWS_METADATA_SERVICE_TIMEOUT and AWS_METADATA_SERVICE_NUM_ATTEMPTS, in "
                "~/.aws/config too"
            ) from None
        raise UserError(
            f"AWS was not asked, the credentials cannot be loaded ({_why_not_loaded(error)}): look at "
            "credential_process in ~/.aws/config, and at AWS_WEB_IDENTITY_TOKEN_FILE, "
            "AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN and its _FILE"
        ) from None


def _why_not_loaded(error: Exception) -> str:
    if not isinstance(error, OSError):
        return "what gives them gives nothing in the form that AWS reads"
    name = str(error.filename or "")
    # A long one without a folder may be the token, where its file was to be named.
    shown = f"{name}: " if _A_FILE.fullmatch(name) else ""
    return shorten(f"{shown}{error.strerror or type(error).__name__}", limit=160)
