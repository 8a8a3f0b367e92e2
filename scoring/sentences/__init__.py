"""The agreement in sentences, in the active language: to read it, and to see what changes."""

from scoring.sentences.changes import Change, changes
from scoring.sentences.clauses import Clause, Group, Section, criterion_numbers, document
from scoring.sentences.facets import Speaker
from scoring.sentences.phrases import after_return as following
from scoring.sentences.values import duration

__all__ = [
    "Change",
    "Clause",
    "Group",
    "Section",
    "Speaker",
    "changes",
    "criterion_numbers",
    "document",
    "duration",
    "following",
]
