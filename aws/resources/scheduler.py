"""What happens by the clock."""

from typing import Final

from aws.resources.call import Call
from aws.resources.row import ResourceType

SCHEDULER: Final = (
    ResourceType(
        type="aws_scheduler_schedule",
        free=True,
        role_is_for="scheduler.amazonaws.com",
        key=("name",),
        refuses_double=True,
        attributes={
            "id": lambda row: f"{row['GroupName']}/{row['Name']}",
            "arn": "Arn",
            "name": "Name",
            "group_name": "GroupName",
        },
        import_id="{group_name}/{name}",
        listing=Call("scheduler", "ListSchedules", "Schedules", {"NamePrefix": "{}"}),
    ),
    ResourceType(
        type="aws_scheduler_schedule_group",
        free=True,
        key=("name",),
        refuses_double=True,
        attributes={"id": "Name", "arn": "Arn", "name": "Name"},
        listing=Call("scheduler", "ListScheduleGroups", "ScheduleGroups", {"NamePrefix": "{}"}),
        is_somebodys=lambda row: row["Name"] != "default",
        status="State",
    ),
)
