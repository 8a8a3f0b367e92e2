"""The first hours of an installation: from nobody to a signed agreement.

What was done is read from the rows it left; nothing is kept besides. With the first agreement in
force all of it is over.
"""

from feedback.setups.beginnings import (
    begin,
    invite_other_side,
    name_teams,
    set_hours,
    take_back,
)
from feedback.setups.codes import fits, issue
from feedback.setups.drafts import start_from
from feedback.setups.numbers import NUMBERS, agree, read, write
from feedback.setups.steps import (
    STEPS,
    Progress,
    is_open,
    may_continue,
    nobody_here,
    progress,
    took_part,
)

__all__ = [
    "NUMBERS",
    "STEPS",
    "Progress",
    "agree",
    "begin",
    "fits",
    "invite_other_side",
    "is_open",
    "issue",
    "may_continue",
    "name_teams",
    "nobody_here",
    "progress",
    "read",
    "set_hours",
    "start_from",
    "take_back",
    "took_part",
    "write",
]
