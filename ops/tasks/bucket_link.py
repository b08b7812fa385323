"""A link to something that a task inside the stage fetches."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from aws.client import account_of, ask, asking, client_of
from ops.deployed import Deployed

# RunTask takes 8,192 characters of overrides, and what a task works on may have more.
_LINK_SECONDS = 900


@contextmanager
def waiting_in_the_bucket(deployed: Deployed, body: bytes, *, name: str) -> Iterator[str]:
    """Give a link to `body` that needs no permission and ends by itself; the object goes afterwards.

    `name` is a file's, as in `metadata.json`.
    """
    clients, settings = deployed.clients, deployed.settings
    bucket = deployed.names.data_bucket(account_of(clients), settings.region)
    stem, _, ending = name.partition(".")
    key = f"operator/{stem}-{uuid4()}.{ending}"
    stored = ask(clients, "s3", "PutObject", Bucket=bucket, Key=key, Body=body)
    try:
        with asking("s3:GetObject"):
            yield client_of(clients, "s3").generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=_LINK_SECONDS
            )
    finally:
        # With its version, or the bucket would keep it.
        version = {"VersionId": stored["VersionId"]} if "VersionId" in stored else {}
        ask(clients, "s3", "DeleteObject", Bucket=bucket, Key=key, **version)
