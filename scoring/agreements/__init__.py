"""The agreement in versions: drafted and edited by both teams, signed by both, then in force.

The single writer of `AgreementVersion`, its signatures, threads and trials, and of what is
projected from the version in force (`Stage`, `Reason`, `FieldUse`).
"""

from scoring.agreements import comments, freezes, locks, objections, repeats
from scoring.agreements.drafts import (
    Edit,
    counting,
    edit,
    in_force,
    latest,
    may_edit,
    may_withdraw,
    open_draft,
    refuse_stranger,
    unsettled,
    withdraw,
)
from scoring.agreements.effects import Effect, effect, past, starts_at, take_effect
from scoring.agreements.objections import object_to
from scoring.agreements.reminders import remind, remind_of_trial, unanswered
from scoring.agreements.sections import (
    OPTIONAL,
    SECTIONS,
    faults,
    section_of,
    section_sha256,
    with_section,
)
from scoring.agreements.signing import install, owes, propose, sign
from scoring.agreements.stages_in_use import Leaving, Stranded, leaving, stranded
from scoring.agreements.trials import Trial, answer_trial, end_trial, trial, version_before

__all__ = [
    "OPTIONAL",
    "SECTIONS",
    "Edit",
    "Effect",
    "Leaving",
    "Stranded",
    "Trial",
    "answer_trial",
    "comments",
    "counting",
    "edit",
    "effect",
    "end_trial",
    "faults",
    "freezes",
    "in_force",
    "install",
    "latest",
    "leaving",
    "locks",
    "may_edit",
    "may_withdraw",
    "object_to",
    "objections",
    "open_draft",
    "owes",
    "past",
    "propose",
    "refuse_stranger",
    "remind",
    "remind_of_trial",
    "repeats",
    "section_of",
    "section_sha256",
    "sign",
    "starts_at",
    "stranded",
    "take_effect",
    "trial",
    "unanswered",
    "unsettled",
    "version_before",
    "with_section",
    "withdraw",
]
