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
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        domain_name: str,
        hosted_zone: DataAwsRoute53Zone | None,
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
        self._validation_fqdns: list[str] | None = None
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
            self._validation_fqdns = [record.fqdn]
        self.arn: str = self.certificate.arn

    def issued(self) -> str:
        """The ARN, once ACM has issued the certificate: a listener refuses a pending one."""
        return address(
            "main",
            AcmCertificateValidation(
                self,
                "validation",
                certificate_arn=self.certificate.arn,
                validation_record_fqdns=self._validation_fqdns,
            ),
        ).certificate_arn
