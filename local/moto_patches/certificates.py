"""What moto leaves out of certificates."""

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.cloudfront.models import cloudfront_backends
from moto.elbv2.models import elbv2_backends

from local.moto_patches.patching import adds


@adds(AWSCertificateManagerBackend)
def _describe_certificate(self: AWSCertificateManagerBackend, arn: str) -> CertBundle:
    """Say who uses it: by this alone a certificate is told from another one of the same domain."""
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
