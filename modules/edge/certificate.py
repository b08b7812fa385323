"""The certificate of the stage's domain."""

from collections.abc import Mapping

from cdktf import Fn, TerraformResourceLifecycle, Token
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
        self.certificate = address(
            "main",
            AcmCertificate(
                self,
                "certificate",
                domain_name=domain_name,
                validation_method="DNS",
                # A listener has to have a certificate while the next one takes its place.
                lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            ),
        )
        # One domain without alternative names is proven by one record; the set has no order to index by.
        option = Fn.one(self.certificate.interpolation_for_attribute("domain_validation_options"))
        self.validation_record: Mapping[str, str] = {
            part: Token.as_string(Fn.lookup(option, f"resource_record_{part}"))
            for part in ("name", "type", "value")
        }
        fqdns: list[str] | None = None
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
            fqdns = [record.fqdn]
        self.arn: str = self.certificate.arn
        self.issued_arn: str | None = self._issued(fqdns) if awaited else None

    def _issued(self, validation_fqdns: list[str] | None) -> str:
        return address(
            "main",
            AcmCertificateValidation(
                self,
                "validation",
                certificate_arn=self.certificate.arn,
                validation_record_fqdns=validation_fqdns,
            ),
        ).certificate_arn
