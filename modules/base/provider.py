"""The AWS provider of a stage."""

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags

from modules.base.literal import literal
from modules.base.partition import GLOBAL_REGION
from modules.settings import stage_settings as s


def configure_provider(stack: TerraformStack, *, stage: s.StageSettings, emulated: bool) -> None:
    """Region and default tags; for an emulated AWS also what keeps the provider from asking the real one."""
    _provider(stack, "aws", region=stage.region, alias=None, stage=stage, emulated=emulated)


def provider_for_cloudfront(
    stack: TerraformStack, *, stage: s.StageSettings, emulated: bool
) -> AwsProvider | None:
    """Return the provider of what CloudFront takes from one region alone; None where the stage is there."""
    if stage.region == GLOBAL_REGION:
        return None
    alias = GLOBAL_REGION.replace("-", "_")
    return _provider(
        stack, alias, region=GLOBAL_REGION, alias=alias, stage=stage, emulated=emulated
    )


def _provider(
    stack: TerraformStack,
    id_: str,
    *,
    region: str,
    alias: str | None,
    stage: s.StageSettings,
    emulated: bool,
) -> AwsProvider:
    default_tags = {key: literal(value) for key, value in stage.default_tags.items()}
    tags = [AwsProviderDefaultTags(tags=default_tags)] if default_tags else None
    if not emulated:
        return AwsProvider(
            stack,
            id_,
            region=region,
            alias=alias,
            allowed_account_ids=[stage.account_id] if stage.account_id else None,
            default_tags=tags,
        )
    # The provider itself takes the emulator's address from AWS_ENDPOINT_URL.
    return AwsProvider(
        stack,
        id_,
        region=region,
        alias=alias,
        default_tags=tags,
        access_key="test",
        secret_key="test",  # noqa: S106  # the emulator takes any
        s3_use_path_style=True,
        skip_credentials_validation=True,
        skip_metadata_api_check="true",
        skip_region_validation=True,
    )
