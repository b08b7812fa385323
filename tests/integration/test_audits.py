"""The embedded AWS answers what an audit of an account asks for."""

import pytest

from local.emulator import Emulator

pytestmark = pytest.mark.integration


def test_an_account_without_images_of_its_own_has_no_snapshot(emulator: Emulator) -> None:
    assert emulator.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_bucket_refuses_access_lists(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="audited-bucket")

    controls = s3.get_bucket_ownership_controls(Bucket="audited-bucket")["OwnershipControls"]

    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    s3.delete_bucket(Bucket="audited-bucket")


def test_a_vault_without_a_key_names_awss_own(emulator: Emulator) -> None:
    backup = emulator.client("backup")
    backup.create_backup_vault(BackupVaultName="audited-vault")

    keys = {
        each["BackupVaultName"]: each["EncryptionKeyArn"]
        for each in backup.list_backup_vaults()["BackupVaultList"]
    }

    assert keys["audited-vault"] == "arn:aws:kms:us-east-1:123456789012:alias/aws/backup"
    backup.delete_backup_vault(BackupVaultName="audited-vault")


def test_the_authority_of_databases_is_valid_for_decades(emulator: Emulator) -> None:
    (authority,) = emulator.client("rds").describe_certificates()["Certificates"]

    assert authority["CertificateIdentifier"] == "rds-ca-rsa2048-g1"
    assert authority["ValidTill"].year == 2061


def test_no_maintenance_waits(emulator: Emulator) -> None:
    answer = emulator.client("rds").describe_pending_maintenance_actions()

    assert answer["PendingMaintenanceActions"] == []


def test_the_load_balancer_that_a_firewall_protects_is_told(emulator: Emulator) -> None:
    wafv2 = emulator.client("wafv2")
    visibility = {
        "SampledRequestsEnabled": False,
        "CloudWatchMetricsEnabled": False,
        "MetricName": "audited",
    }
    acl = wafv2.create_web_acl(
        Name="audited",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig=visibility,
    )["Summary"]
    balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/audited/1234567890abcdef"
    wafv2.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer)

    protected = wafv2.list_resources_for_web_acl(WebACLArn=acl["ARN"])["ResourceArns"]

    assert protected == [balancer]
    wafv2.disassociate_web_acl(ResourceArn=balancer)
    wafv2.delete_web_acl(Name="audited", Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
