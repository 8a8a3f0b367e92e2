"""Who is told of what, in which words, in the application and by mail."""

from feedback.notifications.mails import send_mails
from feedback.notifications.readings import read
from feedback.notifications.recipients import concerns_people, tell
from feedback.notifications.sentences import Sentence, sentence, sentences

__all__ = [
    "Sentence",
    "concerns_people",
    "read",
    "send_mails",
    "sentence",
    "sentences",
    "tell",
]
