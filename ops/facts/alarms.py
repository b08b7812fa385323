"""What the alarms say, and whether anybody hears them."""

from dataclasses import dataclass
from datetime import datetime

from ops.deployed import Deployed


@dataclass(frozen=True, kw_only=True)
class AlarmFacts:
    """One alarm. `state` is OK, ALARM or INSUFFICIENT_DATA."""

    name: str
    state: str
    reason: str
    since: datetime | None


def alarm_facts(deployed: Deployed) -> tuple[AlarmFacts, ...]:
    """Return the alarms that notify the stage's topic, by name. Raises UserError when AWS refuses."""
    found = deployed.ask_all(
        "cloudwatch", "DescribeAlarms", "MetricAlarms", AlarmNamePrefix=deployed.names.alarm("")
    )
    # Another stage's names may begin with this one's; its alarms notify another topic.
    topic = f":{deployed.names.alarm_topic}"
    return tuple(
        AlarmFacts(
            name=each["AlarmName"],
            state=each["StateValue"],
            reason=each.get("StateReason", ""),
            since=each.get("StateUpdatedTimestamp"),
        )
        for each in sorted(found, key=lambda each: str(each["AlarmName"]))
        if any(action.endswith(topic) for action in each["AlarmActions"])
    )


def subscriptions(deployed: Deployed) -> dict[str, bool] | None:
    """Return who is told, and whether they have confirmed it; None without a topic. Raises UserError."""
    topics = deployed.ask_all("sns", "ListTopics", "Topics")
    for topic in topics:
        if topic["TopicArn"].rpartition(":")[2] == deployed.names.alarm_topic:
            found = deployed.ask_all(
                "sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=topic["TopicArn"]
            )
            # An unconfirmed one has the words PendingConfirmation in place of its ARN.
            return {each["Endpoint"]: each["SubscriptionArn"].startswith("arn:") for each in found}
    return None
