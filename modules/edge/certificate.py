"""The certificate of the stage's domain."""

from collections.abc import Mapping

from cdktf import Fn, TerraformProvider, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from constructs import Construct

from modules.base.address import address


class RequestedCertificate(Construct):
    """A certificate that ACM issues once a DNS record proves the domain.

    With a hosted zone the record is made here. Without one a person makes it from `validation_record`.
    Where it is `awaited`, `issued_arn` is its ARN once ACM has issued it: a listener refuses a pending one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        domain_name: str,
        hosted_zone: DataAwsRoute53Zone | None,
        awaited: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._domain_name = domain_name
        self.certificate = self._request("main", "certificate", None)
        # One domain without alternative names is proven by one record; the set has no order to index by.
        option = Fn.one(self.certificate.interpolation_for_attribute("domain_validation_options"))
        self.validation_record: Mapping[str, str] = {
            part: Token.as_string(Fn.lookup(option, f"resource_record_{part}"))
            for part in ("name", "type", "value")
        }
        self._fqdns: list[str] | None = None
        if hosted_zone:
            record = address(
                "certificate_validation",
                Route53Record(
                    self,
                    "validation_record",
                    zone_id=hosted_zone.zone_id,
                    name=self.validation_record["name"],
                    type=self.validation_record["type"],
                    records=[self.validation_record["value"]],
                    ttl=300,
                    allow_overwrite=True,
                ),
            )
            self._fqdns = [record.fqdn]
        self.arn: str = self.certificate.arn
        self.issued_arn: str | None = None
        if awaited:
            self.issued_arn = self._issued("main", "validation", self.certificate, None)

    def issued_for_cloudfront(self, provider: TerraformProvider) -> str:
        """Return the ARN of one more, in the provider's region, that the same record proves."""
        certificate = self._request("cdn", "certificate_for_cloudfront", provider)
        return self._issued("cdn", "validation_for_cloudfront", certificate, provider)

    def _request(self, name: str, id_: str, provider: TerraformProvider | None) -> AcmCertificate:
        return address(
            name,
            AcmCertificate(
                self,
                id_,
                provider=provider,
                domain_name=self._domain_name,
                validation_method="DNS",
                # A listener has to have a certificate while the next one takes its place.
                lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            ),
        )

    def _issued(
        self, name: str, id_: str, certificate: AcmCertificate, provider: TerraformProvider | None
    ) -> str:
        return address(
            name,
            AcmCertificateValidation(
                self,
                id_,
                provider=provider,
                certificate_arn=certificate.arn,
                validation_record_fqdns=self._fqdns,
            ),
        ).certificate_arn
