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
    may_withdraw,
    open_draft,
    refuse_stranger,
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
    "may_withdraw",
    "open_draft",
    "owes",
    "propose",
    "refuse_stranger",
    "sign",
    "stranded",
    "unsettled",
    "withdraw",
]
