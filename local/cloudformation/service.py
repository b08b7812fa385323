"""CloudFormation in the place of moto's, which knows few of the types and none of the traps.

Patched into moto's response class, so that routing, parsing and serializing stay moto's.
"""

from moto.cloudformation.responses import CloudFormationResponse

from local.cloudformation import change_sets, reads, writes


def serve_cloudformation() -> None:
    """Put these calls in the place of moto's, once per process."""
    for call in (*reads.CALLS, *writes.CALLS, *change_sets.CALLS):
        setattr(CloudFormationResponse, call.__name__.strip("_"), call)
    # These answers are in the shape of AWS's model already.
    CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {}
