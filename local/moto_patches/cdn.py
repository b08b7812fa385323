"""What moto leaves out of CloudFront."""

from typing import Any

from moto.acm.models import acm_backends
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend, DefaultCacheBehaviour, ViewerCertificate

from local.moto_patches.patching import Own, around, before

_CERTIFICATES_REGION = "us-east-1"


@around(DefaultCacheBehaviour, "__init__")
def _forward_what_was_asked_for(
    own: Own, self: DefaultCacheBehaviour, config: dict[str, Any]
) -> None:
    """Moto answers with forwarded values beside a policy: each plan would want to take them away."""
    own(self, config)
    if "ForwardedValues" not in config:
        del self.forwarded_values


@around(ViewerCertificate, "__init__")
def _certify_as_asked_for(own: Own, self: ViewerCertificate, config: dict[str, Any]) -> None:
    """Moto answers with CloudFront's own certificate, too, and each plan would want to take it away."""
    own(self, config)
    if self.acm_certificate_arn:
        self.cloud_front_default_certificate = False


@before(CloudFrontBackend)
def _create_distribution_with_tags(
    self: CloudFrontBackend, distribution_config: dict[str, Any], *_: Any
) -> None:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html."""
    _check(self, distribution_config, None)


@before(CloudFrontBackend)
def _update_distribution(
    self: CloudFrontBackend, dist_config: dict[str, Any], _id: str, **_: Any
) -> None:
    _check(self, dist_config, _id)


@before(CloudFrontBackend)
def _delete_distribution(self: CloudFrontBackend, distribution_id: str, *_: Any) -> None:
    """Delete nothing that is enabled."""
    found = self.distributions.get(distribution_id)
    if found and found.distribution_config.Enabled:  # type: ignore[attr-defined]  # of the request
        raise CloudFrontException("DistributionNotDisabled", "The distribution is enabled.")


def _check(backend: CloudFrontBackend, config: dict[str, Any], id_: str | None) -> None:
    """Take no name twice, and no certificate of another region."""
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
