"""What moto leaves out of budgets and of Cost Explorer's anomaly detection."""

import json
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from moto.budgets.responses import BudgetsResponse
from moto.ce.models import CostExplorerBackend
from moto.ce.responses import CostExplorerResponse
from moto.core.exceptions import JsonRESTError

from local.moto_patches.patching import Own, adds, around

# The two kinds of object of anomaly detection, as Cost Explorer names their members.
_KINDS = {"Monitor": "monitor", "Subscription": "subscription"}
# Newer accounts begin with a monitor of services, and AWS allows no second.
# https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html
# https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html
FIRST_MONITOR = "arn:aws:ce::{account}:anomalymonitor/8c5f1f5e-5b1d-4c0e-9a55-6f4a2f0d7c11"
_OF_SERVICES = {"MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
_BUDGETS_TAGS: dict[str, dict[str, str]] = {}


@adds(BudgetsResponse)
def _list_tags_for_resource(self: BudgetsResponse) -> str:
    """Without it the provider retries 25 times."""
    tags = _BUDGETS_TAGS.get(self._get_param("ResourceARN"), {})
    return json.dumps(
        {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    )


@adds(BudgetsResponse)
def _tag_resource(self: BudgetsResponse) -> str:
    tags = _BUDGETS_TAGS.setdefault(self._get_param("ResourceARN"), {})
    tags.update({tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags")})
    return "{}"


@adds(BudgetsResponse)
def _untag_resource(self: BudgetsResponse) -> str:
    for key in self._get_param("ResourceTagKeys"):
        _BUDGETS_TAGS.get(self._get_param("ResourceARN"), {}).pop(key, None)
    return "{}"


@adds(BudgetsResponse)
def _describe_subscribers_for_notification(self: BudgetsResponse) -> str:
    budgets = self.backend.budgets[self._get_param("AccountId")]
    asked = self._get_param("Notification")
    # A client leaves out what has a default.
    (subscribers,) = [
        each.subscribers
        for each in budgets[self._get_param("BudgetName")].notifications
        if each.details.items() >= asked.items() or asked.items() >= each.details.items()
    ]
    return json.dumps({"Subscribers": subscribers})


@adds(BudgetsResponse)
def _update_budget(self: BudgetsResponse) -> str:
    asked = self._get_param("NewBudget")
    self.backend.budgets[self._get_param("AccountId")][asked["BudgetName"]].budget.update(asked)
    return "{}"


@around(BudgetsResponse)
def _create_budget(own: Own, self: BudgetsResponse) -> Any:
    answer = own(self)
    account, name = self._get_param("AccountId"), self._get_param("Budget")["BudgetName"]
    _BUDGETS_TAGS[f"arn:aws:budgets::{account}:budget/{name}"] = {
        tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []
    }
    return answer


def _keep_anomaly_objects(kind: str) -> None:
    """Create, get, update and delete of monitors or subscriptions, which moto lacks altogether."""
    member, arn = f"Anomaly{kind}", f"{kind}Arn"
    store = partial(_anomaly_objects, kind=kind)

    def create(self: CostExplorerResponse) -> str:
        asked = json.loads(self.body)
        backend = self.ce_backend
        _refuse_anomaly_object(backend, asked[member], kind)
        name = f"arn:aws:ce::{backend.account_id}:anomaly{_KINDS[kind]}/{uuid.uuid4()}"
        store(backend)[name] = {**asked[member], arn: name, "AccountId": backend.account_id}
        backend.tag_resource(name, asked.get("ResourceTags") or [])
        return json.dumps({arn: name})

    def get(self: CostExplorerResponse) -> str:
        asked = json.loads(self.body).get(f"{kind}ArnList")
        found = [
            each for name, each in store(self.ce_backend).items() if not asked or name in asked
        ]
        return json.dumps({f"Anomaly{kind}s": found})

    def update(self: CostExplorerResponse) -> str:
        asked = json.loads(self.body)
        name = asked.pop(arn)
        _refuse_unknown_monitors(self.ce_backend, asked)
        store(self.ce_backend)[name].update(asked)
        return json.dumps({arn: name})

    def delete(self: CostExplorerResponse) -> str:
        store(self.ce_backend).pop(json.loads(self.body)[arn], None)
        return "{}"

    calls: dict[str, Callable[[CostExplorerResponse], str]] = {
        f"create_anomaly_{_KINDS[kind]}": create,
        f"get_anomaly_{_KINDS[kind]}s": get,
        f"update_anomaly_{_KINDS[kind]}": update,
        f"delete_anomaly_{_KINDS[kind]}": delete,
    }
    for name, call in calls.items():
        setattr(CostExplorerResponse, name, call)


def _anomaly_objects(backend: CostExplorerBackend, kind: str) -> dict[str, dict[str, Any]]:
    """Return the account's monitors or subscriptions by ARN; a new account has one monitor."""
    arn = FIRST_MONITOR.format(account=backend.account_id)
    first = {
        arn: {
            "MonitorArn": arn,
            "MonitorName": "Default-Services-Monitor",
            "AccountId": backend.account_id,
            **_OF_SERVICES,
        }
    }
    kept: dict[str, dict[str, Any]] = backend.__dict__.setdefault(
        f"_anomaly_{kind}", first if kind == "Monitor" else {}
    )
    return kept


def _refuse_anomaly_object(
    backend: CostExplorerBackend, asked: Mapping[str, Any], kind: str
) -> None:
    """Raise what AWS answers to a second monitor of services, and to a monitor that it does not know."""
    there = [
        *_anomaly_objects(backend, "Monitor").values(),
        *([asked] if kind == "Monitor" else []),
    ]
    of_services = [each for each in there if each.items() >= _OF_SERVICES.items()]
    if len(of_services) > 1:
        raise JsonRESTError("LimitExceededException", "Limit exceeded on dimensional monitors")
    _refuse_unknown_monitors(backend, asked)


def _refuse_unknown_monitors(backend: CostExplorerBackend, asked: Mapping[str, Any]) -> None:
    known = _anomaly_objects(backend, "Monitor")
    for name in asked.get("MonitorArnList", ()):
        if name not in known:
            raise JsonRESTError("UnknownMonitorException", f"Could not find monitor {name}")


for _kind in _KINDS:
    _keep_anomaly_objects(_kind)
