"""The agreement in versions: drafted and edited by both teams, signed by both, then in force.

The single writer of `AgreementVersion` and `Signature`, and of what is projected from the version
in force (`Stage`, `Reason`, `FieldUse`).
"""

from scoring.agreements.drafts import (
    SECTIONS,
    Edit,
    counting,
    edit,
    in_force,
    may_edit,
    open_draft,
    unsettled,
    withdraw,
)
from scoring.agreements.signing import install, owes, propose, sign
from scoring.agreements.stages_in_use import Stranded, stranded

__all__ = [
    "SECTIONS",
    "Edit",
    "Stranded",
    "counting",
    "edit",
    "in_force",
    "install",
    "may_edit",
    "open_draft",
    "owes",
    "propose",
    "sign",
    "stranded",
    "unsettled",
    "withdraw",
]
