"""The one message that each mistake in a stage file gets: field, value, allowed, remedy."""

import re
from pathlib import Path

import pytest

from modules.settings.stage_files import StageFileError, read_stage

EMAIL, DOMAIN = 'operator_email = "ops@example.com"\n', 'domain_name = "app.example.com"\n'
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/abc"
RETENTION = "[logs]\nretention_days = 29"


def refusal(folder: Path, text: str) -> list[str]:
    """The lines of the message that a stage file of this text gets."""
    (folder / "dev.toml").write_text(text)
    with pytest.raises(StageFileError) as caught:
        read_stage(folder, "dev")
    return str(caught.value).splitlines()


# file's text -> field, value, part of what is allowed, part of the remedy
MISTAKES = {
    "unknown key": (
        f'{EMAIL}{DOMAIN}domain_nam = "x"',
        ("domain_nam", '"x"', "domain_name, ", "write domain_name"),
    ),
    "unknown key without a likeness": (
        f"{EMAIL}{DOMAIN}quux = 1",
        ("quux", "1", "one of account_id, alarms, ", "delete it (docs/settings.md lists all"),
    ),
    "unknown table": (
        f"{EMAIL}{DOMAIN}[netwrk]\nnat = 1",
        ("netwrk", "{ nat = ... }", "network, ", "write [network]"),
    ),
    "unknown key in a section": (
        f'{EMAIL}{DOMAIN}[network]\nnatt = "none"',
        ("network.natt", '"none"', "nat, ", "write nat"),
    ),
    "a command without a word": (
        f'{EMAIL}{DOMAIN}[services.app]\ncommand = [""]',
        ("services.app.command.0", '""', "none of them empty", 'as in ["node", "server.js"]'),
    ),
    "a job's command with an empty word": (
        f'{EMAIL}{DOMAIN}[services.app.jobs.a]\nschedule = "rate(1 day)"\ncommand = ["x", " "]',
        ("services.app.jobs.a.command.1", '" "', "none of them empty", "leave it out, or write"),
    ),
    "a health command without a word": (
        f'{EMAIL}{DOMAIN}[services.app]\nhealth_command = [""]',
        ("services.app.health_command.0", '""', "none of them empty", "leave it out, or write"),
    ),
    "a shell that is given nothing": (
        f'{EMAIL}{DOMAIN}[services.app]\nhealth_command = ["CMD-SHELL"]',
        ("services.app.health_command", '["CMD-SHELL"]', "one text for the shell", "curl -f"),
    ),
    "a shell that is given several words": (
        f'{EMAIL}{DOMAIN}[services.app]\nhealth_command = ["CMD-SHELL", "a", "b"]',
        ("services.app.health_command", '["CMD-SHELL", "a", "b"]', "one text for", "curl -f"),
    ),
    "a service that is called twice": (
        f'{EMAIL}{DOMAIN}[services.functions]\ncalls = ["app", "app"]',
        ("services.functions.calls", '["app", "app"]', "that differ", 'leave out the second "app"'),
    ),
    "a policy that is given twice": (
        f'{EMAIL}{DOMAIN}[services.app]\npolicies = ["policies/a.json", "policies/a.json"]',
        (
            "services.app.policies",
            '["policies/a.json", "policies/a.json"]',
            "that differ",
            'leave out the second "policies/a.json"',
        ),
    ),
    "a port that no computer has": (
        f'{EMAIL}{DOMAIN}[services.app]\ncommand = ["x"]\nwait_for_url = "http://app.{{namespace}}:99999/h"',
        (
            "services.app.wait_for_url",
            '"http://app.{namespace}:99999/h"',
            "the port from 1 to 65535",
            'write it as in "http://app.{namespace}:3000/healthz"',
        ),
    ),
    "a slip in a placeholder of an awaited page": (
        f'{EMAIL}{DOMAIN}[services.app]\ncommand = ["x"]\nwait_for_url = "http://app.{{namspace}}:3000/h"',
        (
            "services.app.wait_for_url",
            '"http://app.{namspace}:3000/h"',
            "{namespace}",
            "write {namespace}",
        ),
    ),
    "a placeholder of an awaited page that nothing fills": (
        f'{EMAIL}{DOMAIN}[services.app]\ncommand = ["x"]\nwait_for_url = "http://app.{{ns}}:3000/h"',
        (
            "services.app.wait_for_url",
            '"http://app.{ns}:3000/h"',
            "{namespace}",
            "write one of these",
        ),
    ),
    "a slip in a placeholder of several words": (
        f'{EMAIL}{DOMAIN}[services.app.environment]\nA = "{{keep_alive_m}}"',
        (
            "services.app.environment.A",
            '"{keep_alive_m}"',
            "{keep_alive_ms}",
            "write {keep_alive_ms}",
        ),
    ),
    "a placeholder with a shell's dollar": (
        f'{EMAIL}{DOMAIN}[services.app.environment]\nA = "https://${{domain}}/"',
        ("services.app.environment.A", '"https://${domain}/"', "{domain} alone", "write {domain}"),
    ),
    "unknown key in a service": (
        f"{EMAIL}{DOMAIN}[services.app]\nmemory = 512",
        ("services.app.memory", "512", "memory_mib, ", "write memory_mib"),
    ),
    "a key that is known elsewhere": (
        f"{EMAIL}{DOMAIN}[network]\nport = 80",
        ("network.port", "80", "nat, ", "write port under [services.NAME]"),
    ),
    "an address that may be destroyed and does not exist": (
        f'{EMAIL}{DOMAIN}allow_destroy = ["aws_db_instance.mian"]',
        (
            "allow_destroy",
            '"aws_db_instance.mian"',
            "the address of what this stage holds data in: aws_db_instance.main, ",
            'write "aws_db_instance.main"',
        ),
    ),
    "an address that may be destroyed and holds no data": (
        f'{EMAIL}{DOMAIN}allow_destroy = ["aws_vpc.main"]',
        (
            "allow_destroy",
            '"aws_vpc.main"',
            "aws_efs_file_system.lancedb, ",
            "name one of these, or delete it",
        ),
    ),
    "an address that may be overwritten and is kept": (
        f'{EMAIL}{DOMAIN}allow_overwrite = ["aws_s3_bucket_policy.data"]\n'
        'keep_as_found = ["aws_s3_bucket_policy.data"]',
        (
            "keep_as_found",
            '"aws_s3_bucket_policy.data"',
            "no address of allow_overwrite",
            "take it out of one of the two",
        ),
    ),
    "the stage's name in the file": (
        f'{EMAIL}{DOMAIN}stage = "prod"',
        ("stage", '"prod"', "left out", "delete the line"),
    ),
    "shared roles dropped while the base is adopted": (
        'phase = "adopt"\nkeep_shared_roles = false',
        ("keep_shared_roles", "false", 'true in phase "adopt"', "until the legacy base is retired"),
    ),
    "a user that RDS keeps for itself": (
        f'{EMAIL}{DOMAIN}[database]\nmaster_username = "admin"',
        (
            "database.master_username",
            '"admin"',
            'keep for themselves, as they do "admin"',
            "choose another",
        ),
    ),
    "a region of another partition": (
        f'{EMAIL}{DOMAIN}region = "us-iso-east-1"',
        ("region", '"us-iso-east-1"', "other than the isolated ones", '"us-east-1"'),
    ),
    "a region that has nothing yet": (
        f'{EMAIL}{DOMAIN}region = "sa-west-1"',
        ("region", '"sa-west-1"', "sa-west-1 has no Certificate Manager, ECR", "choose another"),
    ),
    "a port behind itself": (
        f"{EMAIL}{DOMAIN}[services.hasura]\nport = 8081",
        ("services.hasura.behind_port", "8081", "another port than port", "leave it out"),
    ),
    "unusual costs without the account's monitor": (
        f"{EMAIL}{DOMAIN}[cost_alerts]\nanomaly_usd = 20",
        (
            "cost_alerts.anomaly_monitor_arn",
            "(missing)",
            "the account's monitor of services",
            "aws ce get-anomaly-monitors",
        ),
    ),
    "a budget where AWS has none": (
        f'{EMAIL}{DOMAIN}region = "us-gov-west-1"\n[cost_alerts]\nbudget_usd = 100',
        (
            "cost_alerts.budget_usd",
            "100.0",
            "left out in us-gov-west-1, which has no AWS Budgets",
            "set it in the account that pays for this one",
        ),
    ),
    "a budget in dollars where AWS bills in yuan": (
        f'{EMAIL}{DOMAIN}region = "cn-north-1"\n[cost_alerts]\nbudget_usd = 100',
        ("cost_alerts.budget_usd", "100.0", "left out in cn-north-1", "in the console"),
    ),
    "more zones than Fargate has there": (
        f'{EMAIL}{DOMAIN}region = "us-west-1"\n[network]\nzone_count = 3',
        ("network.zone_count", "3", "Fargate runs in no more zones of us-west-1", "zone_count = 2"),
    ),
    "a key that the secret does not have": (
        f'{EMAIL}{DOMAIN}[services.app.secrets]\nUSER = "rds-master-credentials:usrname"',
        (
            "services.app.secrets.USER",
            '"rds-master-credentials:usrname"',
            "a key of rds-master-credentials: username, password",
            "after the colon",
        ),
    ),
    "a placeholder with a slip": (
        f'{EMAIL}{DOMAIN}[services.app.environment]\nURL = "https://{{domian}}"',
        ("services.app.environment.URL", '"https://{domian}"', "{domain}, ", "write {domain}"),
    ),
    "a second writer of the file storage": (
        f"{EMAIL}{DOMAIN}[services.app]\nuses_file_storage = true\nsingle_writer = true\nmax_tasks = 1",
        (
            "services.python-agent.uses_file_storage",
            "true",
            "LanceDB's single writer, as it is for app",
            "leave it out of one",
        ),
    ),
    "a writer of the file storage that may be two": (
        f"{EMAIL}{DOMAIN}[services.python-agent]\nsingle_writer = false",
        (
            "services.python-agent.single_writer",
            "false",
            "LanceDB has one writer",
            "single_writer = true",
        ),
    ),
    "a value of another type": (
        f"{EMAIL}{DOMAIN}kafka = 1",
        ("kafka", "1", "true or false", "write kafka = true"),
    ),
    "a number in quotes": (
        f'{EMAIL}{DOMAIN}[network]\nzone_count = "2"',
        ("network.zone_count", '"2"', "a whole number", "write zone_count = 2"),
    ),
    "a value where a table belongs": (
        f"{EMAIL}{DOMAIN}[services]\napp = 5",
        ("services.app", "5", "a table", "write [services.app], and its settings below it"),
    ),
    "a value that is not one of those": (
        f'{EMAIL}{DOMAIN}[network]\nnat = "each"',
        ("network.nat", '"each"', '"per-az", "single", "none"', "use one of these"),
    ),
    "a number out of bounds": (
        f"{EMAIL}{DOMAIN}[network]\nzone_count = 4",
        ("network.zone_count", "4", "at most 3", "write zone_count = 3 or less"),
    ),
    "CIDR without a prefix length": (
        f'{EMAIL}{DOMAIN}[network]\nvpc_cidr_block = "10.0.0.0"',
        ("network.vpc_cidr_block", '"10.0.0.0"', "/16 to /28", '"10.0.0.0/16"'),
    ),
    "CIDR with host bits": (
        f'{EMAIL}{DOMAIN}[network]\nvpc_cidr_block = "10.0.0.1/16"',
        ("network.vpc_cidr_block", '"10.0.0.1/16"', "host bits are zero", '"10.0.0.0/16"'),
    ),
    "CIDR larger than a VPC": (
        f'{EMAIL}{DOMAIN}[network]\nvpc_cidr_block = "10.0.0.0/8"',
        ("network.vpc_cidr_block", '"10.0.0.0/8"', "/16 to /28", '"10.0.0.0/16"'),
    ),
    "CIDR with a netmask": (
        f'{EMAIL}{DOMAIN}[network]\nvpc_cidr_block = "10.0.0.0/255.255.0.0"',
        ("network.vpc_cidr_block", '"10.0.0.0/255.255.0.0"', "CIDR", '"10.0.0.0/16"'),
    ),
    "no address at all": (
        f'{EMAIL}{DOMAIN}[network]\nvpc_cidr_block = "ten"',
        ("network.vpc_cidr_block", '"ten"', "IPv4 block in CIDR notation", '"10.0.0.0/16"'),
    ),
    "too small a block": (
        f'{EMAIL}{DOMAIN}[network]\nvpc_cidr_block = "10.0.0.0/24"',
        ("network.vpc_cidr_block", '"10.0.0.0/24"', "4 subnets", "at least /19"),
    ),
    "too small a block for three zones": (
        f'{EMAIL}{DOMAIN}[network]\nvpc_cidr_block = "10.0.0.0/26"\nzone_count = 3',
        ("network.vpc_cidr_block", '"10.0.0.0/26"', "6 subnets", "at least /19"),
    ),
    "too few newbits for the zones": (
        f"{EMAIL}{DOMAIN}[network]\nsubnet_newbits = 2\nzone_count = 3",
        ("network.vpc_cidr_block", '"10.0.0.0/16"', "6 subnets", "subnet_newbits = 3"),
    ),
    "CPU that Fargate lacks": (
        f"{EMAIL}{DOMAIN}[services.app]\ncpu_units = 300",
        ("services.app.cpu_units", "300", "256, 512, 1024, 2048, 4096, 8192, 16384", "Fargate"),
    ),
    "memory that does not go with the CPU": (
        f"{EMAIL}{DOMAIN}[services.app]\ncpu_units = 1024\nmemory_mib = 1024",
        ("services.app.memory_mib", "1024", "2048 to 8192 by 1024 with cpu_units = 1024", "pair"),
    ),
    "min over max": (
        f"{EMAIL}{DOMAIN}[services.app]\nmin_tasks = 4",
        ("services.app.min_tasks", "4", "at most max_tasks, 3", "lower min_tasks"),
    ),
    "min over max capacity": (
        f"{EMAIL}{DOMAIN}[database]\nmin_acu = 8",
        ("database.min_acu", "8.0", "at most max_acu, 4", "lower min_acu"),
    ),
    "certificate in another region": (
        f'{EMAIL}{DOMAIN}certificate_arn = "{CERTIFICATE}"',
        ("certificate_arn", f'"{CERTIFICATE}"', "in us-east-1", "request one in us-east-1"),
    ),
    "certificate that is no ARN": (
        f'{EMAIL}{DOMAIN}certificate_arn = "abc"',
        ("certificate_arn", '"abc"', "ARN of an ACM certificate", "leave it out"),
    ),
    "missing domain": (EMAIL, ("domain_name", "(missing)", "DNS name", 'domain_name = "')),
    "missing e-mail": (DOMAIN, ("operator_email", "(missing)", "e-mail", 'operator_email = "')),
    "unknown retention": (
        f"{EMAIL}{DOMAIN}{RETENTION}",
        ("logs.retention_days", "29", "14, 30, 60", "the nearest is 30"),
    ),
    "two services on one path": (
        f'{EMAIL}{DOMAIN}[services.oauth]\npath = "/v1/handshake"',
        ("services.oauth.path", '"/v1/handshake"', "handshake has this one", "another path"),
    ),
    "two services on one priority": (
        f"{EMAIL}{DOMAIN}[services.oauth]\npriority = 40",
        ("services.oauth.priority", "40", "handshake has this one", "another priority"),
    ),
    "second route on a path that is taken": (
        f'{EMAIL}{DOMAIN}[services.functions.second_route]\npath = "/v1/oauth"',
        (
            "services.functions.second_route.path",
            '"/v1/oauth"',
            "oauth has this one",
            "another path",
        ),
    ),
    "second route without a proxy": (
        f"{EMAIL}{DOMAIN}[services.functions]\nstrip_path = false",
        ("services.functions.second_route", '"/v1/chat"', "strip_path = true", "second_route out"),
    ),
    "second route to the first port": (
        f"{EMAIL}{DOMAIN}[services.functions.second_route]\nport = 3000",
        ("services.functions.second_route.port", "3000", "the first route's", "other port"),
    ),
    "proxy without a path": (
        f"{EMAIL}{DOMAIN}[services.app]\nstrip_path = true",
        ("services.app.strip_path", "true", "a path to take off", "give the service a path"),
    ),
    "port of the proxy": (
        f"{EMAIL}{DOMAIN}[services.oauth]\nport = 8000",
        ("services.oauth.port", "8000", "which the proxy", "listen on another port"),
    ),
    "waiting for an address without a command": (
        f'{EMAIL}{DOMAIN}[services.app]\nwait_for_url = "http://hasura:8080/healthz"',
        ("services.app.wait_for_url", '"http://hasura:8080/healthz"', "the command", "add command"),
    ),
    "waiting for no address": (
        f'{EMAIL}{DOMAIN}[services.hasura]\nwait_for_url = "https://app"',
        ("services.hasura.wait_for_url", '"https://app"', "with a port and a path", "healthz"),
    ),
    "alias that is a service": (
        f'{EMAIL}{DOMAIN}[services.hasura]\naliases = ["app"]',
        ("services.hasura.aliases", '"app"', "the service app has this one", "leave it out"),
    ),
    "answers that no load balancer takes": (
        f'{EMAIL}{DOMAIN}[services.app]\nhealth_matcher = "2xx"',
        ("services.app.health_matcher", '"2xx"', "from 200 to 499", "200-399"),
    ),
    "path without a port": (
        f'{EMAIL}{DOMAIN}[services.reports]\npath = "/v1/reports"\npriority = 70',
        ("services.reports.path", '"/v1/reports"', "port, path and priority together", "add"),
    ),
    "path with a wildcard": (
        f'{EMAIL}{DOMAIN}[services.app]\npath = "/v1/*"',
        ("services.app.path", '"/v1/*"', "without wildcards", '"/v1/reports"'),
    ),
    "prefix that makes names too long": (
        f'{EMAIL}{DOMAIN}prefix = "atomic-development-stage"',
        ("prefix", '"atomic-development-stage"', "at most 32 characters", "by 4"),
    ),
    "prefix that begins no name": (
        f'{EMAIL}{DOMAIN}prefix = "Atomic_dev"',
        ("prefix", '"Atomic_dev"', "lower-case letters", '"atomic-dev"'),
    ),
    "image without a tag": (
        f'{EMAIL}{DOMAIN}[services.hasura]\nimage = "hasura/graphql-engine"',
        ("services.hasura.image", '"hasura/graphql-engine"', "tag or digest", "pin the image"),
    ),
    "second writer": (
        f"{EMAIL}{DOMAIN}[services.python-agent]\nmax_tasks = 2",
        ("services.python-agent.max_tasks", "2", "single writer", "leave max_tasks out"),
    ),
    "unknown secret": (
        f'{EMAIL}{DOMAIN}[services.app.secrets]\nKEY = "nope"',
        ("services.app.secrets.KEY", '"nope"', "openai-api-key", "SECRET:KEY"),
    ),
    "call of a service that is not there": (
        f'{EMAIL}{DOMAIN}[services.app]\ncalls = ["nope"]',
        ("services.app.calls", '"nope"', "a service that has a port: ", "name one of these"),
    ),
    "zone outside of the region": (
        f'{EMAIL}{DOMAIN}[network]\navailability_zones = ["us-east-1a", "eu-west-1a"]',
        ("network.availability_zones", '"eu-west-1a"', "zones of us-east-1", "us-east-1a"),
    ),
    "hosted zone of another domain": (
        f'{EMAIL}{DOMAIN}[dns]\nmode = "route53"\nhosted_zone_name = "ample.com"',
        ("dns.hosted_zone_name", '"ample.com"', "app.example.com or a parent", "hosted zone"),
    ),
    "environment value that is no text": (
        f"{EMAIL}{DOMAIN}[services.app.environment]\nDEBUG = 1",
        ("services.app.environment.DEBUG", "1", "text in quotes", 'write DEBUG = "1"'),
    ),
    "state without its bucket": (
        f"{EMAIL}{DOMAIN}[state]\nencrypt = true",
        ("state.bucket", "(missing)", "no default", "add bucket = "),
    ),
    "state with a malformed bucket": (
        f'{EMAIL}{DOMAIN}[state]\nbucket = "My_Bucket"',
        ("state.bucket", '"My_Bucket"', "3 to 63 lower-case", "bucket that exists"),
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_one_line_names_field_value_allowed_and_remedy(
    tmp_path: Path, text: str, expected: tuple[str, str, str, str]
) -> None:
    field, value, allowed, remedy = expected

    title, *lines = refusal(tmp_path, text)

    assert title == f"{tmp_path}/dev.toml: 1 error"
    assert len(lines) == 1, lines
    form = f"  {re.escape(f'{field} = {value}')}: must be (?P<allowed>.+); (?P<remedy>.+)"
    parts = re.fullmatch(form, lines[0])
    assert parts, lines[0]
    assert allowed in parts["allowed"]
    assert remedy in parts["remedy"]


@pytest.mark.parametrize(
    "address",
    ["ops", "ops@", "@example.com", "a b@example.com", "ops@example", "a@b@c.de", "Ops <o@c.de>"],
)
def test_a_malformed_e_mail_address_is_refused(tmp_path: Path, address: str) -> None:
    _, *lines = refusal(tmp_path, f'{DOMAIN}operator_email = "{address}"')

    (line,) = lines
    assert line.startswith(f'  operator_email = "{address}": must be an e-mail address; ')


@pytest.mark.parametrize(
    "name",
    [
        "app",
        "https://app.example.com",
        "app.example.com.",
        "*.example.com",
        "App.example.com",
        "-a.example.com",
        "a_b.example.com",
        "a..b",
        "10.0.0.1",
        f"{'x' * 61}.com",  # ACM takes 64 characters, and this has 65
        f"{'x' * 64}.a",
    ],
)
def test_a_malformed_domain_is_refused(tmp_path: Path, name: str) -> None:
    _, *lines = refusal(tmp_path, f'{EMAIL}domain_name = "{name}"')

    (line,) = lines
    assert line.startswith(f'  domain_name = "{name}": must be a lower-case DNS name ')


@pytest.mark.parametrize("block", ["10.0.0.0/0.0.255.255", "10.0.0.0/016"])
def test_a_block_in_a_form_that_aws_does_not_take_is_refused(tmp_path: Path, block: str) -> None:
    _, *lines = refusal(tmp_path, f'{EMAIL}{DOMAIN}[network]\nvpc_cidr_block = "{block}"')

    (line,) = lines
    assert line.startswith(f'  network.vpc_cidr_block = "{block}": must be ')


def test_all_mistakes_are_in_one_message(tmp_path: Path) -> None:
    text = f"""
        domain_name = "x"
        operator_email = "y"
        quux = 1
        certificate_arn = "{CERTIFICATE}"
        [network]
        vpc_cidr_block = "10.0.0.0/24"
        [logs]
        retention_days = 29
        [services.app]
        memory_mib = 100
        [services.oauth]
        path = "/v1/handshake"
        priority = 40
        min_tasks = 2
        [state]
        encrypt = 1
    """

    title, *lines = refusal(tmp_path, text)

    assert title.endswith(": 12 errors")
    assert sorted(line.split(" = ")[0].strip() for line in lines) == [
        "certificate_arn",
        "domain_name",
        "logs.retention_days",
        "network.vpc_cidr_block",
        "operator_email",
        "quux",
        "services.app.memory_mib",
        "services.oauth.min_tasks",
        "services.oauth.path",
        "services.oauth.priority",
        "state.bucket",
        "state.encrypt",
    ]
