"""The trace collector beside a service: AWS's OpenTelemetry collector, as a container of the same task.

The image takes its configuration from a variable; JSON is YAML too.
https://aws-otel.github.io/docs/setup/ecs and
https://github.com/aws-observability/aws-otel-collector/blob/main/config/ecs/ecs-xray.yaml
"""

import json
from typing import Any, Final

from modules.base.literal import literal
from modules.settings.services import COLLECTOR_HEALTH_PORT, OTLP_GRPC_PORT, OTLP_HTTP_PORT

COLLECTOR: Final = "xray-collector"
# More than that is a leak: the container is started again, and the service never notices.
COLLECTOR_MIB: Final = 128
_BESIDE_THE_HEAP_MIB: Final = 50
_CONFIGURATION: Final = "AOT_CONFIG_CONTENT"
# The load balancer's health checks, by the attribute's name of today and of before.
_HEALTH_CHECKS: Final = tuple(
    f'IsMatch(attributes["{name}"], "^ELB-HealthChecker/.*")'
    for name in ("user_agent.original", "http.user_agent")
)


def configuration(*, sample_percent: float) -> dict[str, Any]:
    """Configure it: OTLP in, a share of the traces on to X-Ray, none of health checks."""
    return {
        "extensions": {"health_check": {"endpoint": f"127.0.0.1:{COLLECTOR_HEALTH_PORT}"}},
        "receivers": {
            "otlp": {
                "protocols": {
                    "grpc": {"endpoint": f"127.0.0.1:{OTLP_GRPC_PORT}"},
                    "http": {"endpoint": f"127.0.0.1:{OTLP_HTTP_PORT}"},
                }
            }
        },
        "processors": {
            # It refuses data before the container's own limit ends it. What is measured is the heap: the
            # process has some 50 MiB more, and a spike is a fifth.
            # https://github.com/open-telemetry/opentelemetry-collector/tree/main/processor/memorylimiterprocessor
            "memory_limiter": {
                "check_interval": "1s",
                "limit_mib": COLLECTOR_MIB - _BESIDE_THE_HEAP_MIB,
                "spike_limit_mib": (COLLECTOR_MIB - _BESIDE_THE_HEAP_MIB) // 5,
            },
            "filter/health": {"error_mode": "ignore", "traces": {"span": list(_HEALTH_CHECKS)}},
            # By the trace's id: a trace is sampled by all of its services, or by none.
            "probabilistic_sampler": {"sampling_percentage": sample_percent},
            "resourcedetection": {"detectors": ["env", "system", "ecs"]},
            "batch/traces": {"timeout": "1s", "send_batch_size": 50},
        },
        "exporters": {"awsxray": {}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": [
                        "memory_limiter",
                        "filter/health",
                        "probabilistic_sampler",
                        "resourcedetection",
                        "batch/traces",
                    ],
                    "exporters": ["awsxray"],
                }
            },
        },
    }


def collector_container(*, image: str, sample_percent: float) -> dict[str, Any]:
    """Describe the container, without its log. The service outlives its failure, and it is started again."""
    return {
        "name": COLLECTOR,
        "image": image,
        "essential": False,
        "memory": COLLECTOR_MIB,
        "restartPolicy": {"enabled": True, "restartAttemptPeriod": 60},
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        "command": [f"--config=env:{_CONFIGURATION}"],
        "environment": [
            {
                "name": _CONFIGURATION,
                "value": literal(json.dumps(configuration(sample_percent=sample_percent))),
            },
            # Go's own limit, four fifths of the container's, as the limiter's authors have it.
            {"name": "GOMEMLIMIT", "value": f"{COLLECTOR_MIB * 4 // 5}MiB"},
        ],
        "healthCheck": {
            "command": ["CMD", "/healthcheck"],
            "interval": 30,
            "retries": 3,
            "startPeriod": 10,
            "timeout": 5,
        },
    }
