"""What the adoption record costs as it grows: reading it, binding it, judging its plan."""

import tempfile
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

from common.screen import print_table
from dev.bench.measuring import timed
from imports.bind import bind
from imports.gate import judge_adoption
from imports.record import (
    AdoptedObject,
    AdoptionRecord,
    LegacyOrigin,
    read_record,
    record_path,
    write_record,
)
from terraform.plan import Plan
from terraform.stack import Stack

OBJECTS = (46, 500, 5000)
_STAGE = "bench"
_TYPE = "aws_secretsmanager_secret"


def many_objects() -> list[dict[str, object]]:
    """Make records of 46, 500 and 5,000 objects."""
    rows: list[dict[str, object]] = []
    columns = ("objects", "read", "bind", "judge", "ms per object", "peak MiB")
    cells: list[tuple[str, ...]] = []
    for count in OBJECTS:
        record = _record(count)
        plan, document = _plan(record), _document(record)
        with tempfile.TemporaryDirectory(prefix="atomic-bench-") as name:
            path = record_path(Path(name), _STAGE)
            write_record(path, record)
            seconds = {
                "read": timed(partial(read_record, path)),
                "bind": timed(partial(bind, document, record, phase="adopt")),
                "judge": timed(
                    partial(
                        judge_adoption, plan, record, phase="adopt", stack=Stack(document=document)
                    )
                ),
            }
            tracemalloc.start()
            read_record(path)
            bind(document, record, phase="adopt")
            judge_adoption(plan, record, phase="adopt", stack=Stack(document=document))
            peak_mib = tracemalloc.get_traced_memory()[1] / 2**20
            tracemalloc.stop()
        each = 1000 * sum(seconds.values()) / count
        cells.append(
            (
                str(count),
                *(f"{value:.3f}" for value in seconds.values()),
                f"{each:.3f}",
                f"{peak_mib:.0f}",
            )
        )
        rows.append(
            {
                "objects": count,
                "seconds": seconds,
                "milliseconds_per_object": each,
                "peak_mib": peak_mib,
            }
        )
    print_table(columns, cells)
    return rows


def _record(count: int) -> AdoptionRecord:
    return AdoptionRecord(
        stage=_STAGE,
        account_id="123456789012",
        region="us-east-1",
        legacy=LegacyOrigin(source="configuration"),
        adopted=[
            AdoptedObject(
                address=f"{_TYPE}.s{index}",
                legacy_address=f"{_TYPE}.legacy_{index}",
                import_id=f"arn:aws:secretsmanager:us-east-1:123456789012:secret:s{index}",
                observed={"name": f"s{index}", "description": "one of many"},
            )
            for index in range(count)
        ],
        released=[],
        not_covered=[],
    )


def _document(record: AdoptionRecord) -> dict[str, Any]:
    return {"resource": {_TYPE: {item.name: dict(item.observed) for item in record.adopted}}}


def _plan(record: AdoptionRecord) -> Plan:
    document = {
        "resource_changes": [
            {
                "address": item.address,
                "mode": "managed",
                "type": item.type,
                "change": {
                    "actions": ["no-op"],
                    "before": item.observed,
                    "after": item.observed,
                    "importing": {"id": item.import_id},
                },
            }
            for item in record.adopted
        ]
    }
    return Plan(document=document)
