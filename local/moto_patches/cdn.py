"""What moto 5.2 leaves out of CloudFront."""

from typing import Any

from moto.acm.models import acm_backends
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import (
    CloudFrontBackend,
    DefaultCacheBehaviour,
    Distribution,
    ViewerCertificate,
)

_CERTIFICATES_REGION = "us-east-1"


def fill_cdn_gaps() -> None:
    """Patch moto's classes, once per process."""
    _tell_what_was_asked_for()
    _refuse_as_cloudfront_does()


def _tell_what_was_asked_for() -> None:
    """Moto answers with forwarded values beside a policy, and with CloudFront's own certificate.

    Each plan would want to take both away.
    """
    behave, certify = DefaultCacheBehaviour.__init__, ViewerCertificate.__init__

    def behaving(self: DefaultCacheBehaviour, config: dict[str, Any]) -> None:
        behave(self, config)
        if "ForwardedValues" not in config:
            del self.forwarded_values

    def certified(self: ViewerCertificate, config: dict[str, Any]) -> None:
        certify(self, config)
        if self.acm_certificate_arn:
            self.cloud_front_default_certificate = False

    DefaultCacheBehaviour.__init__ = behaving  # type: ignore[method-assign]  # the patch
    ViewerCertificate.__init__ = certified  # type: ignore[method-assign]  # the patch


def _refuse_as_cloudfront_does() -> None:
    """Take no name twice, no certificate of another region, and delete nothing that is enabled.

    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html
    """
    create, update = (
        CloudFrontBackend.create_distribution_with_tags,
        (CloudFrontBackend.update_distribution),
    )
    delete = CloudFrontBackend.delete_distribution

    def creating(
        self: CloudFrontBackend, distribution_config: dict[str, Any], tags: list[dict[str, str]]
    ) -> tuple[Distribution, str, str]:
        _check(self, distribution_config, None)
        return create(self, distribution_config, tags)

    def updating(
        self: CloudFrontBackend, dist_config: dict[str, Any], _id: str, if_match: bool
    ) -> tuple[Distribution, str, str]:
        _check(self, dist_config, _id)
        return update(self, dist_config, _id, if_match)

    def deleting(self: CloudFrontBackend, distribution_id: str, if_match: bool) -> None:
        found = self.distributions.get(distribution_id)
        if found and found.distribution_config.Enabled:  # type: ignore[attr-defined]  # of the request
            raise CloudFrontException("DistributionNotDisabled", "The distribution is enabled.")
        delete(self, distribution_id, if_match)

    CloudFrontBackend.create_distribution_with_tags = creating  # type: ignore[method-assign]  # the patch
    CloudFrontBackend.update_distribution = updating  # type: ignore[method-assign]  # the patch
    CloudFrontBackend.delete_distribution = deleting  # type: ignore[method-assign]  # the patch


def _check(backend: CloudFrontBackend, config: dict[str, Any], id_: str | None) -> None:
    names = set(config.get("Aliases", {}).get("Items") or ())
    for each in backend.distributions.values():
        taken = names & set(each.distribution_config.Aliases.get("Items") or ())  # type: ignore[attr-defined]  # as above
        if each.distribution_id != id_ and taken:
            raise CloudFrontException(
                "CNAMEAlreadyExists",
                f"One or more of the CNAMEs you provided are already associated: {sorted(taken)}",
            )
    arn = config.get("ViewerCertificate", {}).get("ACMCertificateArn")
    if arn is None:
        return
    known = acm_backends[backend.account_id][_CERTIFICATES_REGION]._certificates
    if arn.split(":")[3] != _CERTIFICATES_REGION or (
        arn in known and known[arn].status != "ISSUED"
    ):
        raise CloudFrontException(
            "InvalidViewerCertificate",
            "The specified SSL certificate does not exist, is not in us-east-1, or is not issued.",
        )
