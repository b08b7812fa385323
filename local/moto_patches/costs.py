"""What moto 5.2 leaves out of budgets and of Cost Explorer's anomaly detection."""

import json
import uuid
from collections.abc import Callable
from typing import Any

from moto.budgets.responses import BudgetsResponse
from moto.ce.models import CostExplorerBackend
from moto.ce.responses import CostExplorerResponse

# The two kinds of object of anomaly detection, as Cost Explorer names their members.
_KINDS = {"Monitor": "monitor", "Subscription": "subscription"}


def fill_cost_gaps() -> None:
    """Patch moto's classes, once per process."""
    _keep_budgets()
    for kind in _KINDS:
        _keep_anomaly_objects(kind)


def _keep_budgets() -> None:
    """Tags, without which the provider retries 25 times; who is told; and changes."""
    tags_by_arn: dict[str, dict[str, str]] = {}

    def list_tags_for_resource(self: BudgetsResponse) -> str:
        tags = tags_by_arn.get(self._get_param("ResourceARN"), {})
        return json.dumps(
            {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        )

    def tag_resource(self: BudgetsResponse) -> str:
        tags = tags_by_arn.setdefault(self._get_param("ResourceARN"), {})
        tags.update({tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags")})
        return "{}"

    def untag_resource(self: BudgetsResponse) -> str:
        for key in self._get_param("ResourceTagKeys"):
            tags_by_arn.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"

    def describe_subscribers_for_notification(self: BudgetsResponse) -> str:
        budgets = self.backend.budgets[self._get_param("AccountId")]
        asked = self._get_param("Notification")
        # A client leaves out what has a default.
        (subscribers,) = [
            each.subscribers
            for each in budgets[self._get_param("BudgetName")].notifications
            if each.details.items() >= asked.items() or asked.items() >= each.details.items()
        ]
        return json.dumps({"Subscribers": subscribers})

    def update_budget(self: BudgetsResponse) -> str:
        asked = self._get_param("NewBudget")
        self.backend.budgets[self._get_param("AccountId")][asked["BudgetName"]].budget.update(asked)
        return "{}"

    create_budget = BudgetsResponse.create_budget

    def create_with_tags(self: BudgetsResponse) -> str:
        answer = create_budget(self)
        account, name = self._get_param("AccountId"), self._get_param("Budget")["BudgetName"]
        tags_by_arn[f"arn:aws:budgets::{account}:budget/{name}"] = {
            tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []
        }
        return answer

    BudgetsResponse.create_budget = create_with_tags  # type: ignore[method-assign]  # the patch
    for call in (
        describe_subscribers_for_notification,
        list_tags_for_resource,
        tag_resource,
        untag_resource,
        update_budget,
    ):
        setattr(BudgetsResponse, call.__name__, call)


def _keep_anomaly_objects(kind: str) -> None:
    """Create, get, update and delete of monitors or subscriptions, which moto lacks altogether."""
    member, arn = f"Anomaly{kind}", f"{kind}Arn"

    def store(backend: CostExplorerBackend) -> dict[str, dict[str, Any]]:
        kept: dict[str, dict[str, Any]] = backend.__dict__.setdefault(f"_anomaly_{kind}", {})
        return kept

    def create(self: CostExplorerResponse) -> str:
        asked = json.loads(self.body)
        backend = self.ce_backend
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
