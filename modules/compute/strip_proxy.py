"""The reverse proxy beside a service's own container: it takes the path off, or keeps quiet connections.

An ALB forwards a path as it is, and can rewrite one only from provider 6.19 on. The proxy shares the task's
CPU and memory, so it costs nothing. Everything it writes is below /tmp.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from modules.base.literal import literal
from modules.settings.services import PROXY_PORT, Service

PROXY: Final = "strip-proxy"
# It stores nothing; what it takes beyond that is a leak, and the task is replaced.
PROXY_MIB: Final = 64
# It ends before ECS kills the task, 30 seconds after asking it to.
_SHUTDOWN_SECONDS: Final = 20
# The load balancer must be the one who closes a quiet connection: a request that it sends into one that the
# proxy is closing gets a 502.
LONGER_SECONDS: Final = 60
_CONFIGURATION: Final = "NGINX_CONFIGURATION"
# The image's own start script would look for files of its own to change.
_ENTRY_POINT: Final = ("/bin/sh", "-c")
_COMMAND: Final = (
    f'printf %s "${_CONFIGURATION}" > /tmp/nginx.conf && exec nginx -e stderr -c /tmp/nginx.conf'
)


def paths_and_ports(service: Service) -> dict[str, int]:
    """Return which port of the service's container each of its stripped paths leads to."""
    found: dict[str, int] = {}
    if service.path and service.port:
        found[service.path] = service.port
    if service.second_route:
        found[service.second_route.path] = service.second_route.port
    return found


def nginx_configuration(
    ports: Mapping[str, int], *, listen: int, rest: int | None, idle_timeout_seconds: int
) -> str:
    """Write nginx's configuration: which path goes, stripped, to which port of the same task.

    All else goes on to the port `rest` as it is, or gets a 404. What is forwarded is cut from the request's
    line as it came, so that an encoded slash stays one. Bodies and answers pass through as they come: nothing
    is stored, nothing is too large. Each request has a connection of its own to the container, whose server
    may close a quiet one at any moment; nginx keeps them by default from 1.30 on.
    https://nginx.org/en/CHANGES-1.30
    """
    rows = "\n".join(
        f'    "~^{re.escape(path)}(?:/|(?=\\?)|$)(?<rest>.*)$" 127.0.0.1:{port}/$rest;'
        for path, port in ports.items()
    )
    unstripped = f"127.0.0.1:{rest}$request_uri" if rest else '""'
    quiet = f"{idle_timeout_seconds + LONGER_SECONDS}s"
    return f"""daemon off;
worker_processes 1;
worker_shutdown_timeout {_SHUTDOWN_SECONDS}s;
pid /tmp/nginx.pid;
error_log stderr warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  map_hash_bucket_size 256;
  map $request_uri $forwarded {{
    default {unstripped};
{rows}
  }}
  map $http_upgrade $closed_or_upgraded {{ default upgrade; "" close; }}
  server {{
    listen {listen};
    keepalive_timeout {quiet};
    keepalive_time 24h;
    keepalive_requests 100000;
    client_max_body_size 0;
    client_body_timeout {quiet};
    large_client_header_buffers 8 64k;
    underscores_in_headers on;
    location / {{
      if ($forwarded = "") {{ return 404; }}
      proxy_pass http://$forwarded;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $closed_or_upgraded;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_buffer_size 64k;
      proxy_buffers 8 64k;
      proxy_connect_timeout 5s;
      proxy_send_timeout {quiet};
      proxy_read_timeout {quiet};
    }}
  }}
}}
"""


def proxy_container(service: Service, *, image: str, idle_timeout_seconds: int) -> dict[str, Any]:
    """Describe the container, without its log. It starts after the service's own and is stopped before."""
    listen = service.port if service.behind_port and service.port else PROXY_PORT
    configuration = nginx_configuration(
        {} if service.behind_port else paths_and_ports(service),
        listen=listen,
        rest=service.behind_port,
        idle_timeout_seconds=idle_timeout_seconds,
    )
    return {
        "name": PROXY,
        "image": image,
        "essential": True,
        "memory": PROXY_MIB,
        # nginx's own user in its image.
        "user": "101:101",
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        "entryPoint": [*_ENTRY_POINT],
        "command": [_COMMAND],
        "environment": [{"name": _CONFIGURATION, "value": literal(configuration)}],
        "portMappings": [{"containerPort": listen, "hostPort": listen, "protocol": "tcp"}],
        "dependsOn": [{"containerName": service.name, "condition": "START"}],
    }
