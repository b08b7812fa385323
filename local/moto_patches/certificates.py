"""What moto 5.2 leaves out of certificates."""

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.cloudfront.models import cloudfront_backends
from moto.elbv2.models import elbv2_backends


def fill_certificate_gaps() -> None:
    """Patch moto's classes, once per process."""
    _say_who_uses_a_certificate()


def _say_who_uses_a_certificate() -> None:
    """By this alone a certificate is told from another one of the same domain."""

    def describe(self: AWSCertificateManagerBackend, arn: str) -> CertBundle:
        certificate = self.get_certificate(arn)
        balancers = elbv2_backends[self.account_id][self.region_name].load_balancers
        certificate.in_use_by = [
            balancer.arn
            for balancer in balancers.values()
            if any(arn in listener.certificates for listener in balancer.listeners.values())
        ] + [
            each.arn
            for each in cloudfront_backends[self.account_id]["aws"].distributions.values()
            if each.distribution_config.ViewerCertificate.acm_certificate_arn == arn  # type: ignore[attr-defined]  # of the request
        ]
        return certificate

    AWSCertificateManagerBackend.describe_certificate = describe  # type: ignore[method-assign]  # the patch
