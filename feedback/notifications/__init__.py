"""Who is told of what, in which words, in the application and by mail."""

from feedback.notifications.groups import Group, by_kind, fold
from feedback.notifications.hours import working_hours
from feedback.notifications.mails import send_mails
from feedback.notifications.readings import forget, read
from feedback.notifications.recipients import concerns_people, tell
from feedback.notifications.sentences import Sentence, sentence, sentences, tellings
from feedback.notifications.wishes import choose, replan

__all__ = [
    "Group",
    "Sentence",
    "by_kind",
    "choose",
    "concerns_people",
    "fold",
    "forget",
    "read",
    "replan",
    "send_mails",
    "sentence",
    "sentences",
    "tell",
    "tellings",
    "working_hours",
]
