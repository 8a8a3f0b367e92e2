"""What the kinds of activities that the templates speak of are called, in the reader's language.

Names are data: an import or an administrator gives them. One that nobody has chosen, because it
was made from the key or is the English one of this list, is said as it stands here.
"""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

from leads.names import spoken

NAMES = {
    "inquiry": gettext_noop("Inquiry"),
    "pricing_page": gettext_noop("Read the pricing page"),
    "sales_page": gettext_noop("Read the sales page"),
    "install_page": gettext_noop("Read the install page"),
    "features_page": gettext_noop("Read the features page"),
    "jobs_page": gettext_noop("Read the jobs page"),
    "careers_page": gettext_noop("Read the careers page"),
    "unsubscribe_page": gettext_noop("Opened the unsubscribe page"),
    "unsubscribed": gettext_noop("Unsubscribed"),
    "hard_bounced": gettext_noop("Mail bounced for good"),
    "newsletter_click": gettext_noop("Clicked in the newsletter"),
    "newsletter_subscribed": gettext_noop("Subscribed to the newsletter"),
    "whitepaper_downloaded": gettext_noop("Downloaded a paper"),
    "content_syndicated": gettext_noop("Read our content elsewhere"),
    "content_track": gettext_noop("Went through a content track"),
    "paid_social": gettext_noop("Came from paid social media"),
    "social_reaction": gettext_noop("Reacted to a post"),
    "survey_answered": gettext_noop("Answered a survey"),
    "webinar_attended": gettext_noop("Attended a webinar"),
    "event_registered": gettext_noop("Registered for an event"),
    "event_attended": gettext_noop("Attended an event"),
    "conference_attended": gettext_noop("Attended a conference"),
    "trade_fair_visit": gettext_noop("Visited the stand"),
    "trial_started": gettext_noop("Started a trial"),
    "quote_requested": gettext_noop("Asked for a quote"),
    "demo_requested": gettext_noop("Asked for a demo"),
    "contact_requested": gettext_noop("Asked to be contacted"),
    "follow_up_requested": gettext_noop("Asked for follow-up"),
    "meeting_requested": gettext_noop("Asked for a meeting"),
    "meeting_attended": gettext_noop("Came to a meeting"),
    "renewal_requested": gettext_noop("Asked for a renewal"),
    "add_on_requested": gettext_noop("Asked for an add-on"),
    "inbound_form_sent": gettext_noop("Sent another form"),
    "hand_raised": gettext_noop("Raised a hand"),
    "chat_qualified": gettext_noop("Qualified in a chat"),
    "intent_qualified": gettext_noop("Qualified by the intent provider"),
    "propensity_rated": gettext_noop("Propensity was rated"),
}

# What only a person can give.
ASKING = frozenset(
    {
        "add_on_requested",
        "contact_requested",
        "demo_requested",
        "follow_up_requested",
        "hand_raised",
        "meeting_requested",
        "quote_requested",
        "renewal_requested",
    }
)


def said(key: str, name: str = "") -> str:
    """The name of a kind of activity; of one nobody has seen yet, its key in plain words."""
    known = NAMES.get(key)
    if known and name in ("", known, spoken(key)):
        return gettext(known)
    return name or key.replace("_", " ")
