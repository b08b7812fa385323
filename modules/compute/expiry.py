"""Which images of a registry expire."""

from modules.settings import stage_settings as s


def lifecycle_policy(settings: s.Images) -> dict[str, object]:
    """Say which images expire: those without a tag by their age, the others by their number.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": settings.untagged_days,
    }
    tagged = {
        "tagStatus": "tagged",
        "tagPatternList": ["*"],
        "countType": "imageCountMoreThan",
        "countNumber": settings.keep_tagged,
    }
    return {
        "rules": [
            {
                "rulePriority": priority,
                "description": description,
                "selection": selection,
                "action": {"type": "expire"},
            }
            for priority, description, selection in (
                (1, "What a newer image has taken the tag of", untagged),
                (2, "All but the newest with a tag", tagged),
            )
        ]
    }
