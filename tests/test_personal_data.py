"""Where text about people stands: so that a person can be erased, and is found nowhere else.

Append-only rows (events, steps, stage entries, signatures, scores) hold numbers and codes; a
person's words and what is known about them stand in rows that may be erased.
"""

import pytest
from django.apps import apps
from django.db import models

from feedback import contacts, handoffs
from leads import activities, changes, identities, touches
from leads.models import Attribute
from tests.factories import HandoffFactory, PoolMemberFactory

PERSON = "about a lead"
WORDS = "somebody's free words"
COLLEAGUE = "about who works here"
COMPANY = "about a company"
CODE = "keys, codes, numbers of our own or of a system"
SETUP = "written by administrators or agreed by the teams"

TABLE = {
    "leads.Activity": {
        "source": CODE,
        "external_id": CODE,
        "properties": PERSON,
        "properties_folded": PERSON,
    },
    "leads.ActivityType": {"key": SETUP, "name": SETUP},
    "leads.ApiToken": {"label": SETUP, "prefix": CODE, "digest": CODE},
    "leads.Attribute": {
        "key": SETUP,
        "label": SETUP,
        "type": CODE,
        "choices": SETUP,
        "purpose": SETUP,
    },
    "leads.Campaign": {"key": SETUP, "name": SETUP, "goal": CODE},
    "leads.Channel": {"key": SETUP, "name": SETUP, "kind": CODE},
    "leads.Company": {"name": COMPANY, "name_folded": COMPANY, "domain": COMPANY},
    "leads.Event": {"kind": CODE, "data": CODE, "problem": CODE},
    "leads.Identity": {"source": CODE, "kind": CODE, "value": PERSON},
    "leads.Import": {
        "source": CODE,
        "kind": CODE,
        "mode": CODE,
        "file_name": SETUP,
        "sha256": CODE,
        "mapping": SETUP,
        "counts": CODE,
    },
    "leads.Lead": {
        "first_name": PERSON,
        "last_name": PERSON,
        "title": PERSON,
        "seniority": PERSON,
        "function": PERSON,
        "company_name": PERSON,
        "industry": PERSON,
        "city": PERSON,
        "country": PERSON,
        "email": PERSON,
        "phone": PERSON,
        "website": PERSON,
        "social_profile": PERSON,
        "attributes": PERSON,
        "name_folded": PERSON,
        "title_folded": PERSON,
        "seniority_folded": PERSON,
        "function_folded": PERSON,
        "company_name_folded": PERSON,
        "industry_folded": PERSON,
        "city_folded": PERSON,
        "email_domain": PERSON,
        "attributes_folded": PERSON,
    },
    "leads.LeadChange": {"values": PERSON, "source": CODE},
    "leads.Note": {"text": WORDS},
    "leads.Quarantine": {"cause": CODE, "detail": CODE},
    "leads.StaleLead": {"problem": CODE},
    "leads.Team": {"name": SETUP, "side": CODE},
    "leads.Touch": {"kind": CODE, "outcome": CODE},
    "leads.UnmappedOwner": {"source": CODE, "name": COLLEAGUE},
    "leads.User": {
        "password": CODE,
        "first_name": COLLEAGUE,
        "last_name": COLLEAGUE,
        "email": COLLEAGUE,
        "language": CODE,
        "theme": CODE,
    },
    "scoring.AgreementVersion": {
        "status": CODE,
        "body": SETUP,
        "sha256": CODE,
        "predicted": CODE,
        "problem": SETUP,
    },
    "scoring.Calibration": {"code": CODE, "body": SETUP, "stage": SETUP},
    "scoring.Comment": {"text": COLLEAGUE},
    "scoring.Crossing": {"change": CODE, "stage": SETUP},
    "scoring.Freeze": {"name": SETUP},
    "scoring.Objection": {"side": CODE, "sha256": CODE, "reason": COLLEAGUE},
    "scoring.Reason": {"key": SETUP, "label": SETUP, "group": CODE},
    "scoring.Replay": {"body": SETUP, "sha256": CODE, "problem": CODE},
    "scoring.SectionLock": {"section": CODE, "input": SETUP, "sha256": CODE},
    "scoring.Signature": {"side": CODE, "sha256": CODE, "reservation": COLLEAGUE},
    "scoring.Stage": {"key": SETUP, "name": SETUP, "kind": CODE, "side": CODE},
    "scoring.StageEntry": {"kind": CODE, "cause": CODE},
    "scoring.Standing": {"kind": CODE},
    "scoring.Thread": {"section": CODE, "clause": SETUP},
    "scoring.TrialAnswer": {"side": CODE, "answer": CODE},
    "scoring.Vote": {"side": CODE},
    "feedback.Calendar": {"name": SETUP, "time_zone": CODE, "country": CODE, "region": CODE},
    "feedback.ChecklistAnswer": {"checklist": CODE, "item": SETUP},
    "feedback.DayOff": {"name": SETUP},
    "feedback.Evidence": {"ledger": PERSON, "criteria": PERSON},
    "feedback.Handoff": {"answer": CODE, "outcome": CODE, "disputed": SETUP, "clock": CODE},
    "feedback.HandoffEvent": {"kind": CODE, "data": CODE},
    "feedback.HoursChange": {"hours": CODE},
    "feedback.Letter": {"state": CODE, "problem": CODE},
    "feedback.NotificationPreference": {"mode": CODE},
    "feedback.Opportunity": {
        "name": PERSON,
        "kind": CODE,
        "status": CODE,
        "currency": CODE,
        "source": CODE,
        "external_id": CODE,
        "lost_because": WORDS,
    },
    "feedback.OpportunityContact": {"role": CODE},
    "feedback.Pool": {"name": SETUP},
    "feedback.RoutingRule": {"name": SETUP, "when": SETUP, "strategy": CODE},
}

# How a person's rows leave when the person is erased.
ERASED = {
    "leads.Lead": "the row itself is emptied",
    "leads.Identity": "deleted with the lead",
    "leads.LeadChange": "deleted with the lead, under leads.append_only.erasing()",
    "leads.Activity": "deleted with the lead",
    "leads.Note": "deleted alone: whatever refers to it lets go",
    "feedback.Evidence": "deleted alone: nothing refers to it",
    "feedback.Opportunity": "emptied: it may be rewritten",
}


def ours():
    """Every model of ours by name, and the name under which its fields are classified."""
    for app in ("leads", "scoring", "feedback"):
        for model in apps.get_app_config(app).get_models():
            tracked = getattr(model, "instance_type", model)
            yield model, tracked._meta.label


def text_fields(model):
    kinds = models.CharField | models.TextField | models.JSONField
    return [field for field in model._meta.concrete_fields if isinstance(field, kinds)]


def classified(model, label):
    """Text fields of a model by name, with their class. Its history keeps the same, and codes."""
    own = {"history_type": CODE, "history_change_reason": CODE}
    table = TABLE.get(label, {}) | (own if model._meta.label != label else {})
    return {field.name: table.get(field.name) for field in text_fields(model)}


def test_every_text_field_says_what_it_holds():
    unclassified = {
        f"{model._meta.label}.{name}"
        for model, label in ours()
        for name, holds in classified(model, label).items()
        if holds is None
    }
    assert not unclassified, "Say in TABLE what these hold."


def test_the_table_names_no_field_that_is_gone():
    there = {label: {f.name for f in text_fields(model)} for model, label in ours()}
    stale = {
        f"{label}.{name}"
        for label, names in TABLE.items()
        for name in names
        if name not in there.get(label, ())
    }
    assert not stale


def test_text_about_people_stands_only_where_it_can_be_erased():
    holding = {label for label, names in TABLE.items() if {PERSON, WORDS} & set(names.values())}
    assert holding == ERASED.keys()


def test_what_may_be_erased_holds_nothing_that_must_stay():
    """A row to be deleted alone may be referred to only by rows that survive without it."""
    for label in ("leads.Note", "feedback.Evidence"):
        for relation in apps.get_model(label)._meta.related_objects:
            assert relation.on_delete is models.SET_NULL, relation


CANARY = "Zyzzyva"


@pytest.fixture
def told(sam, tom, monday):
    """A lead whose every text says the canary, taken through sales' hands and back."""
    Attribute.objects.create(key="hobby", label="Hobby", type="text")
    said = {
        key: f"{CANARY} {key}"
        for key in ("first_name", "last_name", "title", "seniority", "function")
        + ("company_name", "industry", "city", "phone", "website", "social_profile", "hobby")
    }
    keys = [identities.email(f"{CANARY}@graaf.example"), identities.external("crm", CANARY)]
    lead, _status = changes.upsert(keys, said, source="crm", known_at=monday)
    words = {"words": f"Please call {CANARY}"}
    happened = {"occurred_at": monday, "known_at": monday}
    activities.record(lead, type="form", properties=words, **happened)
    touches.record(lead, kind="mail", outcome="sent", occurred_at=monday, text=CANARY)
    handoff = HandoffFactory(lead=lead, pool__team=sam.team)
    PoolMemberFactory(pool=handoff.pool, user=sam)
    confirmed = {item["key"] for item in handoff.version.body["checklists"]["acceptance"]}
    handoff = handoffs.accept(
        handoff, by=sam, at=monday, confirmed=confirmed, next_step=f"Call {CANARY}"
    )
    contacts.log(handoff, by=sam, at=monday, kind="call", outcome="reached", text=f"{CANARY} said")
    reason = handoff.version.body["reasons"][0]["key"]
    handoffs.reply(handoff, by=sam, at=monday, text=f"Who is {CANARY}?")
    handoffs.give_back(handoff, by=sam, at=monday, reason=reason, text=f"{CANARY} moved")
    return lead


def test_what_people_say_and_what_is_known_of_them_stands_nowhere_else(told):
    found = set()
    for model, label in ours():
        for row in model._default_manager.all():
            for name, holds in classified(model, label).items():
                if CANARY.lower() in str(getattr(row, name)).lower():
                    found.add((label, holds))
    assert {holds for _label, holds in found} <= {PERSON, WORDS, COMPANY}, found
    assert {"leads.Lead", "leads.Note", "leads.Activity", "leads.Identity"} <= {m for m, _ in found}
