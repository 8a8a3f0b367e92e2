"""The impact of a text that is not in force: which leads it would gain, lose or move today.

`glance` says it at once, of all leads or of a sample of them, and keeps nothing. `request` works
it out for every lead and keeps rows, so that its figures can be opened.
"""

from scoring.impacts.glances import (
    AT_ONCE,
    Glance,
    Instance,
    Look,
    Unfit,
    as_text,
    fault,
    glance,
    instances,
    judging,
    look,
)
from scoring.impacts.stored import (
    CHANGES,
    EXAMPLES,
    Example,
    Impact,
    examples,
    latest,
    read,
    request,
    stage_name,
)
from scoring.samples import Count

__all__ = [
    "AT_ONCE",
    "CHANGES",
    "EXAMPLES",
    "Count",
    "Example",
    "Glance",
    "Impact",
    "Instance",
    "Look",
    "Unfit",
    "as_text",
    "examples",
    "fault",
    "glance",
    "instances",
    "judging",
    "latest",
    "look",
    "read",
    "request",
    "stage_name",
]
