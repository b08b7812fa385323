"""What may become of a row of an owner's stack; apart from how it is judged, which needs AWS's client.

Each synthesis reads adoption records, and none of them judges a row.
"""

from typing import Literal

Fate = Literal["import", "leave to CloudFormation", "disarm", "not covered"]
