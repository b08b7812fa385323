"""The certificate of the stage's domain and its further names."""

from collections.abc import Mapping, Sequence

from cdktf import Fn, TerraformProvider, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from constructs import Construct

from modules.base.address import address, address_of
from modules.edge.domain_names import label_of

_PARTS = ("name", "type", "value")
_OPTIONS = f"{address_of(AcmCertificate, 'main')}.domain_validation_options"


class RequestedCertificate(Construct):
    """A certificate that ACM issues once DNS records prove the domain and its `further_names`.

    In a hosted zone of `zones` a name's record is made here. Without zones a person makes them, from
    `validation_record` or, with further names, from `validation_records`.
    Where it is `awaited`, `issued_arn` is its ARN once ACM has issued it: a listener refuses a pending one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        domain_name: str,
        further_names: Sequence[str],
        zones: Mapping[str, DataAwsRoute53Zone],
        awaited: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._domain_name, self._further_names = domain_name, further_names
        self.certificate = self._request("main", "certificate", None)
        self.validation_record: Mapping[str, str] = self._proof(domain_name)
        told = ", ".join(f"each.resource_record_{part}" for part in _PARTS)
        self.validation_records = (
            f'${{join("\\n", [for each in {_OPTIONS} : join(" ", [{told}])])}}'
        )
        self._fqdns: list[str] | None = None
        if zones:
            self._fqdns = [
                self._record(name, zone, self._proof(name)).fqdn for name, zone in zones.items()
            ]
        self.arn: str = self.certificate.arn
        self.issued_arn: str | None = None
        if awaited:
            self.issued_arn = self._issued("main", "validation", self.certificate, None)

    def issued_for_cloudfront(self, provider: TerraformProvider) -> str:
        """Return the ARN of one more, in the provider's region, that the same record proves."""
        certificate = self._request("cdn", "certificate_for_cloudfront", provider)
        return self._issued("cdn", "validation_for_cloudfront", certificate, provider)

    def _proof(self, name: str) -> dict[str, str]:
        """Return the record that proves a name; the set of them has no order to index by."""
        if self._further_names:
            # As a text, for cdktf drops what is an expression within its own functions.
            return {
                part: f"${{one([for each in {_OPTIONS} : each.resource_record_{part} "
                f'if each.domain_name == "{name}"])}}'
                for part in _PARTS
            }
        option = Fn.one(self.certificate.interpolation_for_attribute("domain_validation_options"))
        return {
            part: Token.as_string(Fn.lookup(option, f"resource_record_{part}")) for part in _PARTS
        }

    def _record(
        self, name: str, zone: DataAwsRoute53Zone, proof: Mapping[str, str]
    ) -> Route53Record:
        is_main = name == self._domain_name
        return address(
            "certificate_validation" if is_main else f"certificate_validation_{label_of(name)}",
            Route53Record,
        )(
            self,
            "validation_record" if is_main else f"validation_record_{label_of(name)}",
            zone_id=zone.zone_id,
            name=proof["name"],
            type=proof["type"],
            records=[proof["value"]],
            ttl=300,
            allow_overwrite=True,
        )

    def _request(self, name: str, id_: str, provider: TerraformProvider | None) -> AcmCertificate:
        return address(name, AcmCertificate)(
            self,
            id_,
            provider=provider,
            domain_name=self._domain_name,
            # Said also where it is the domain alone: the provider keeps the names of one that says none.
            subject_alternative_names=sorted({self._domain_name, *self._further_names}),
            validation_method="DNS",
            # A listener has to have a certificate while the next one takes its place.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )

    def _issued(
        self, name: str, id_: str, certificate: AcmCertificate, provider: TerraformProvider | None
    ) -> str:
        return address(name, AcmCertificateValidation)(
            self,
            id_,
            provider=provider,
            certificate_arn=certificate.arn,
            validation_record_fqdns=self._fqdns,
        ).certificate_arn
