"""What people fill in when they answer a handoff, close an opportunity or correct a score."""

from feedback.forms.answers import (
    AssignmentForm,
    ContactForm,
    ConversationForm,
    LaterForm,
    MessageForm,
    ReturnForm,
    UndoForm,
)
from feedback.forms.checklists import AcceptanceForm, QualificationForm
from feedback.forms.corrections import CorrectionForm, EndingForm
from feedback.forms.opportunities import LossForm, WinForm

__all__ = [
    "AcceptanceForm",
    "AssignmentForm",
    "ContactForm",
    "ConversationForm",
    "CorrectionForm",
    "EndingForm",
    "LaterForm",
    "LossForm",
    "MessageForm",
    "QualificationForm",
    "ReturnForm",
    "UndoForm",
    "WinForm",
]
