"""The stages that tests synthesize: those of the project, and variants that reach every branch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modules.settings.stage_files import parse_stage, read_stage
from modules.settings.stage_settings import StageSettings

STAGES_DIR = Path(__file__).parent.parent / "stages"
SHIPPED = ("dev", "staging", "prod")

_REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "foundation": {**_REQUIRED, "phase": "foundation", "retain_data": False},
    "aurora": {
        **_REQUIRED,
        "database": {"engine": "aurora-serverless-v2", "min_acu": 0.5, "max_acu": 8},
        "security": {"backups": True},
        "retain_data": True,
        "night_stop": {"stop_at": "19:30", "days": "MON-THU"},
        "cost_alerts": {
            "anomaly_usd": 50,
            "anomaly_monitor_arn": "arn:aws:ce::123456789012:anomalymonitor/there-already",
        },
    },
    "thrifty": {
        **_REQUIRED,
        "retain_data": False,
        "time_zone": "Europe/Berlin",
        "network": {"nat": "single"},
        "database": {
            "instance_class": "db.t4g.micro",
            "multi_az": False,
            "engine_version": "16.4",
            "allow_major_version_upgrade": True,
        },
        "night_stop": {},
        "cost_alerts": {
            "budget_usd": 250,
            "anomaly_usd": 20,
            "anomaly_monitor_arn": "arn:aws:ce::123456789012:anomalymonitor/of-services",
        },
        "services": {
            "app": {
                "schedule": [{"at": "12:00", "days": "MON-FRI", "min_tasks": 2, "max_tasks": 4}]
            },
        },
    },
    "route53": {
        **_REQUIRED,
        "retain_data": False,
        "dns": {"mode": "route53", "hosted_zone_name": "example.com"},
        "kafka": True,
        "tracing": {"enabled": False},
    },
    "tailored": {
        **_REQUIRED,
        "extension": "extensions/queue.py",
        "retain_data": True,
        "services": {
            "oauth": {"enabled": False},
            "python-agent": {"enabled": False},
            "insights": {
                "renamed_from": "reports",
                "port": 8000,
                "path": "/v1/reports",
                "priority": 70,
                "aliases": ["reports"],
                "alarms": {"cpu_percent": 50, "memory_percent": 90},
                "jobs": {
                    "nightly": {
                        "schedule": "cron(0 3 * * ? *)",
                        "command": ["python", "-m", "nightly"],
                        "timeout": "30m",
                    },
                    "monthly": {"schedule": "cron(0 4 1 * ? *)", "command": ["monthly"]},
                },
            },
            "worker": {
                "build_context": "worker",
                "health_command": ["pgrep", "worker"],
                "min_tasks": 2,
                "max_tasks": 2,
                "policies": ["read-work"],
                "environment": {"WORK_QUEUE": "{work_queue}"},
            },
        },
    },
    "mirrored": {**_REQUIRED, "retain_data": True, "images": {"mirror": "use"}},
    "fortified": {
        **_REQUIRED,
        "retain_data": False,
        "images": {"mirror": "fill"},
        "security": {"customer_managed_key": True, "web_firewall": True, "backups": True},
        "chat": {
            "slack_workspace_id": "T0AB12CD3",
            "slack_channel_id": "C0EF45GH6",
            "teams_tenant_id": "5f9c1b1e-0d2a-4f7b-9c3d-6a7e8f901234",
            "teams_team_id": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f12345678",
            "teams_channel_id": "19%3aoperators%40thread.tacv2",
        },
    },
    "guarded": {
        **_REQUIRED,
        "security": {
            "customer_managed_key": True,
            "web_firewall": True,
            "firewall_blocks": ["GenericRFI_BODY", "NoUserAgent_HEADER"],
            "backups": True,
        },
        "database": {"engine": "aurora-serverless-v2", "backup_retention_days": 0},
        "retain_data": True,
    },
    "fronted": {
        **_REQUIRED,
        "region": "eu-central-1",
        "retain_data": False,
        "dns": {"mode": "route53", "hosted_zone_name": "example.com"},
        "security": {"customer_managed_key": True, "web_firewall": True, "backups": True},
        "cdn": {"load_balancer": "cloudfront"},
        "images": {"shared_with": ["210987654321"]},
        "domains": {
            "redirect": ["example.com", "www.example.com", "old.example.org"],
            "serve": ["app.example.net"],
            "hosted_zone_names": ["example.org", "example.net"],
        },
    },
    "opened": {
        **_REQUIRED,
        "security": {"customer_managed_key": True, "exec_allowed": True},
        "database": {"connect_enabled": True},
        "retain_data": True,
        "services": {"app": {"exec_enabled": True, "read_only_root": True}},
    },
    "frugal": {
        **_REQUIRED,
        "retain_data": False,
        "prefix": "acme",
        "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/given",
        "network": {"vpc_cidr_block": "10.42.0.0/16", "zone_count": 3, "nat": "none"},
        "services": {
            "app": {"capacity": "spot-only", "cpu_architecture": "ARM64"},
            "reports": {
                "port": 9000,
                "path": "/v1/reports",
                "priority": 70,
                "max_tasks": 2,
                "outbound_ports": [587],
                "cpu_alarm": True,
            },
        },
        "state": {"bucket": "acme-state", "key": "platform/frugal.tfstate"},
    },
}

# A base that was there before: what its owner has set stays.
ADOPTED_BASE = frozenset(
    {
        "aws_vpc.main",
        "aws_db_instance.main",
        "aws_ecr_repository.functions",
        "aws_s3_bucket.data",
    }
)

# Every switch off that is on by default: what checkov then finds is no mistake of the platform's.
BARE: Mapping[str, Any] = {
    **_REQUIRED,
    "retain_data": False,
    "security": {"flow_logs": False, "access_logs": False},
    "database": {"enhanced_monitoring_seconds": 0},
}

# Secrets of the operator's own: what the application takes as JSON keys and one by one, and what another
# service asks for.
OWN_SECRETS: Mapping[str, Any] = {
    **_REQUIRED,
    "secrets": {
        "google": {"keys": ["CLIENT_ID_WEB", "CLIENT_SECRET_WEB"]},
        "mongodb-uri": {},
        "stripe": {"description": "Payments", "keys": ["KEY", "WEBHOOK_SECRET"]},
        "sentry-dsn": {"optional": True},
    },
    "services": {"app": {"secrets": {"STRIPE_KEY": "stripe:KEY", "SENTRY_DSN": "sentry-dsn"}}},
}
# In another partition each: with all that has an ARN, a principal or a host of its own.
ELSEWHERE: Mapping[str, Any] = {
    **_REQUIRED,
    "security": {"customer_managed_key": True, "web_firewall": True, "backups": True},
    "dns": {"mode": "route53", "hosted_zone_name": "example.com"},
    "night_stop": {},
    "kafka": True,
}
# Variants that no snapshot is kept of.
BESIDES: Mapping[str, Mapping[str, Any]] = {
    "govcloud": {**ELSEWHERE, "region": "us-gov-west-1"},
    "china": {**ELSEWHERE, "region": "cn-northwest-1"},
    "bare": BARE,
    "adopted": {**_REQUIRED, "security": {"backups": True}},
    "own-secrets": OWN_SECRETS,
    "lodged": {
        **_REQUIRED,
        "account_id": "123456789012",
        "images": {"registry": "210987654321.dkr.ecr.eu-central-1.amazonaws.com/atomic-prod"},
        "retain_data": False,
        "network": {
            "vpc_id": "vpc-0123456789abcdef0",
            "public_subnet_ids": ["subnet-0000000000000000a", "subnet-0000000000000000b"],
            "private_subnet_ids": ["subnet-0000000000000000c", "subnet-0000000000000000d"],
        },
    },
    "renamed": {
        **_REQUIRED,
        "file_storage": {"throughput": "elastic"},
        "domains": {
            "redirect": [f"old-{n}.example.org" for n in range(6)],
            "serve": ["b.example.org"],
        },
    },
    "leaving": {
        **_REQUIRED,
        "region": "eu-central-1",
        "security": {"web_firewall": True},
        "cdn": {"enabled": False, "load_balancer": "cloudfront"},
    },
    "half-fronted": {**_REQUIRED, "security": {"web_firewall": True}, "cdn": {}},
}


def stage_settings(name: str) -> StageSettings:
    """A shipped stage or a variant."""
    if name in SHIPPED:
        return read_stage(STAGES_DIR, name)
    document = BESIDES.get(name) or VARIANTS[name]
    settings, mistakes = parse_stage(document, stage=name)
    assert not mistakes, mistakes
    return settings
