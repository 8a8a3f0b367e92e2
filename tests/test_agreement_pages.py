"""The agreement in the browser: read, drafted section by section, proposed and signed."""

import json
import re
from copy import deepcopy
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from leads import stale
from leads.models import Attribute, Event, Lead, StaleLead
from scoring import agreements, documents, rescoring, stages
from scoring.documents import item
from scoring.models import AgreementVersion, Freeze, Stage, StageEntry
from scoring.shapes import TEMPLATES, classic
from tests.factories import AgreementVersionFactory, LeadFactory
from tests.forms import form_of

Status = AgreementVersion.Status
AGREEMENT = "/agreement/"
DRAFT = "/agreement/draft/"
HISTORY = "/agreement/versions/"


@pytest.fixture
def now():
    return timezone.now() - timedelta(days=1)


@pytest.fixture
def in_force(mark, lena, now):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)


@pytest.fixture
def draft(in_force, maya, now):
    return agreements.open_draft(by=maya, at=now)


def address(section):
    return reverse("agreement_section", args=[section])


def opened(client, section):
    """The form of a section as it comes."""
    page = client.get(address(section))
    assert page.status_code == 200
    return form_of(page.content.decode(), address(section))


def saved(client, section, changes=None, **options):
    form = opened(client, section)
    return client.post(address(section), form | (changes or {}), follow=True, **options)


def row_with(form, name, value):
    """The prefix of the row in which an input has this value."""
    return next(
        key.removesuffix(f"-{name}")
        for key, values in form.items()
        if key.endswith(f"-{name}") and values == [value]
    )


def text_of(page):
    return " ".join(page.content.decode().split())


# Reading


def test_the_rail_and_the_crumbs_say_what_the_next_version_is_now(
    draft, maya, mark, lena, now, signed_in
):
    client, rail = signed_in(maya), re.compile(r'<span class="unit">(\w+)</span> 2')
    assert rail.findall(client.get(DRAFT).content.decode()) == ["draft"]
    assert saved(client, "about", {"title_en": "Ours"}).status_code == 200
    draft.refresh_from_db()
    proposal = agreements.propose(draft, by=maya, at=now)
    today = timezone.localdate(now)
    Freeze.objects.create(name="Closing", starts_on=today, ends_on=today + timedelta(days=5))
    page = client.get(address("goals")).content.decode()
    assert rail.findall(page) == ["proposal"]
    assert f'<a href="{DRAFT}">Proposal 2</a>' in page
    for signatory in (mark, lena):
        agreements.sign(proposal, by=signatory, at=now, sha256=proposal.sha256)
    assert rail.findall(client.get(AGREEMENT).content.decode()) == ["signed"]


def test_what_is_in_force_is_read_as_numbered_sentences(in_force, sam, signed_in):
    page = text_of(signed_in(sam).get(AGREEMENT))
    assert "When a lead enters “MQL”" in page
    assert "Company size is at least <b>50</b>" in page
    assert 'id="clause-1.1"' in page
    assert 'id="clause-2.7"' in page
    assert "Accept or return a handoff" in page
    assert "Could not be reached in five tries" in page
    assert "Mark Reuter" in page
    assert "Lena Fuchs" in page
    assert in_force.sha256 in page


def test_it_is_read_in_german_too(in_force, maya, signed_in):
    maya.language = "de"
    maya.save()
    page = text_of(signed_in(maya).get(AGREEMENT))
    assert "Das Geschäft ist unterschrieben." in page
    assert "Kein Budget in diesem Jahr" in page


def test_the_downloaded_text_is_what_the_hash_is_of(in_force, olu, signed_in):
    response = signed_in(olu).get(reverse("agreement_json", args=[in_force.pk]))
    assert response["Content-Type"] == "application/json"
    assert "agreement-1.json" in response["Content-Disposition"]
    assert response.content.decode() == documents.canonical(in_force.body)
    assert documents.digest(json.loads(response.content)) == in_force.sha256


def test_outsiders_find_no_agreement(in_force, nina, signed_in):
    client = signed_in(nina)
    for url in (AGREEMENT, DRAFT, HISTORY, reverse("agreement_version", args=[in_force.pk])):
        assert client.get(url).status_code == 404


def test_reading_takes_few_queries(draft, maya, signed_in, django_assert_max_num_queries):
    client = signed_in(maya)
    client.get(AGREEMENT)
    with django_assert_max_num_queries(24):
        client.get(AGREEMENT)


# Before anything is in force


def test_without_an_agreement_four_are_offered_to_start_from(maya, signed_in):
    client = signed_in(maya)
    page = text_of(client.get(AGREEMENT))
    for title in ("Classic", "Sales-ready", "Three steps", "Revenue"):
        assert title in page
    assert client.get(f"{DRAFT}?template=sales_ready").status_code == 200
    client.post(DRAFT, {"template": "sales_ready"})
    assert documents.text(agreements.unsettled().body["title"]) == "Sales-ready"
    assert "Version 1 is being written" in text_of(client.get(AGREEMENT))


def test_with_an_agreement_in_force_a_draft_starts_from_it_or_from_a_template(
    in_force, maya, olu, signed_in
):
    client = signed_in(maya)
    assert f'href="{DRAFT}"' in client.get(AGREEMENT).content.decode()
    page = text_of(client.get(DRAFT))
    assert "Version 1 is in force" in page
    assert "No agreement is in force yet" not in page
    assert "Open a draft of version 1" in page
    assert page.count("Start from this") == 5
    page = text_of(signed_in(olu).get(DRAFT))
    assert "Open a draft" not in page
    assert page.count("Start from this") == 0


def test_olu_reads_the_templates_and_starts_none(olu, signed_in):
    client = signed_in(olu)
    assert "Start from this" not in text_of(client.get(AGREEMENT))
    assert client.post(DRAFT, {"template": "classic"}).status_code == 403
    assert agreements.unsettled() is None


# Editing, section by section


@pytest.mark.one_leg(reason="twenty long forms of each template, which change nothing")
@pytest.mark.parametrize("template", TEMPLATES)
def test_saving_a_section_untouched_changes_nothing(template, maya, now, signed_in):
    draft = agreements.open_draft(by=maya, at=now, body=TEMPLATES[template]())
    client = signed_in(maya)
    for section in agreements.SECTIONS:
        page = saved(client, section)
        assert "Nothing was changed." in text_of(page), section
    draft.refresh_from_db()
    assert draft.body == TEMPLATES[template]()


def test_a_marketer_changes_the_bar(draft, maya, signed_in):
    client = signed_in(maya)
    prefix = row_with(opened(client, "stages"), "value", "60")
    page = text_of(saved(client, "stages", {f"{prefix}-value": "65"}))
    assert "Saved in the draft." in page
    assert "Score to become MQL: at least<span><s>60</s> <b>→ 65</b></span>" in page
    draft.refresh_from_db()
    criterion = item(item(draft.body["stages"], "mql")["criteria"], "bar")
    assert criterion["when"] == {"op": "score_at_least", "which": "total", "value": 65}


def test_sales_changes_points_window_and_limit_of_a_rule(draft, sam, signed_in):
    client = signed_in(sam)
    form = opened(client, "score")
    row = row_with(form, "key", "pricing_page")
    changes = {f"{row}-points": "4", f"{row}-cap": "12", f"{row}-c0-within_days": "7"}
    saved(client, "score", changes)
    draft.refresh_from_db()
    rule = item(draft.body["score"]["rules"], "pricing_page")
    assert (rule["points"], rule["cap"], rule["when"]["within_days"]) == (4, 12, 7)
    assert rule["times"] == "every"
    old = [rule["key"] for rule in classic()["score"]["rules"]]
    assert [rule["key"] for rule in draft.body["score"]["rules"]] == old


def test_a_rule_is_removed_and_another_added(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "score")
    row = row_with(form, "key", "newsletter_click")
    pressed = {f"{row}-removed": "on", "add": "rules-actions:deed"}
    added = client.post(address("score"), form | pressed)
    form = form_of(added.content.decode(), address("score"))
    new = f"rules-actions-{int(form['rules-actions-count'][0]) - 1}"
    assert form[f"{row}-removed"] == ["on"]
    page = client.post(
        address("score"),
        form
        | {
            f"{new}-points": "9",
            f"{new}-c0-types": ["trial_started", "webinar_attended"],
            f"{new}-c0-times": "3",
            f"{new}-c0-within_days": "14",
        },
        follow=True,
    )
    assert page.redirect_chain
    draft.refresh_from_db()
    rules = draft.body["score"]["rules"]
    assert item(rules, "newsletter_click") is None
    assert rules[-1]["group"] == "actions"
    assert rules[-1]["when"] == {
        "op": "did",
        "types": ["trial_started", "webinar_attended"],
        "channels": [],
        "campaigns": [],
        "times": 3,
        "within_days": 14,
    }


def test_every_kind_of_condition_can_be_added_by_simple_inputs(draft, maya, signed_in):
    client = signed_in(maya)
    Attribute.objects.create(key="fleet", label="Fleet", type="number")
    fleet = {"op": "at_least", "field": "fleet", "value": 20}
    persona = {"op": "not_persona", "persona": "ops_lead"}
    for family, expected in (("field", fleet), ("persona", persona), ("mail", {"op": "free_mail"})):
        form = opened(client, "score")
        added = client.post(address("score"), form | {"add": f"rules-profile:{family}"})
        form = form_of(added.content.decode(), address("score"))
        new = f"rules-profile-{int(form['rules-profile-count'][0]) - 1}"
        given = {f"{new}-c0-{name}": str(value) for name, value in expected.items()}
        client.post(address("score"), form | given | {f"{new}-points": "3"})
        draft.refresh_from_db()
        assert draft.body["score"]["rules"][-1]["when"] == expected


def test_a_nested_condition_is_kept_where_something_else_is_changed(in_force, maya, now, signed_in):
    body = classic()
    deep = {"any": [{"all": [{"op": "known", "field": "phone"}, {"op": "free_mail"}]},
                    {"op": "is", "field": "country", "value": "DE"}]}  # fmt: skip
    body["score"]["rules"][0]["when"] = deep
    draft = agreements.open_draft(by=maya, at=now, body=body)
    client = signed_in(maya)
    row = row_with(opened(client, "score"), "key", "seniority_head")
    saved(client, "score", {f"{row}-points": "14"})
    draft.refresh_from_db()
    assert draft.body["score"]["rules"][0]["when"] == deep
    assert draft.body["score"]["rules"][0]["points"] == 14


def test_clocks_are_entered_in_days_hours_and_minutes(draft, sam, signed_in):
    client = signed_in(sam)
    form = opened(client, "clocks")
    assert (form["clock-qualify-days"], form["clock-answer-hours"]) == (["30"], ["4"])
    changes = {
        "clock-answer-hours": "2",
        "clock-answer-minutes": "30",
        "clock-qualify-pause_days": "",
        "clock-qualify-days": "",
        "clock-answer_return-days": "1",
        "clock-answer_return-hours": "2",
    }
    saved(client, "clocks", changes)
    draft.refresh_from_db()
    minutes = {clock["key"]: clock["minutes"] for clock in draft.body["clocks"]}
    assert minutes == {"answer": 150, "first_contact": 480, "answer_return": 600}


def test_checklists_reasons_and_goals_are_edited_in_both_languages(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "checklists")
    added = client.post(address("checklists"), form | {"add": "qualification:row"})
    form = form_of(added.content.decode(), address("checklists"))
    new = f"qualification-{int(form['qualification-count'][0]) - 1}"
    given = {
        f"{new}-label_en": "The contract's end is known",
        f"{new}-label_de": "Das Vertragsende ist bekannt",
        f"{new}-asks_en": "Contract ends",
    }
    client.post(address("checklists"), form | given)
    draft.refresh_from_db()
    new_item = draft.body["checklists"]["qualification"][-1]
    assert new_item["label"] == {
        "en": "The contract's end is known",
        "de": "Das Vertragsende ist bekannt",
    }
    assert new_item["collects"] == {
        "attribute": "contract_ends",
        "label": "Contract ends",
        "type": "text",
    }
    form = opened(client, "reasons")
    row = row_with(form, "key", "no_budget")
    saved(client, "reasons", {f"{row}-rest_days": "90", f"{row}-then": "disqualified"})
    draft.refresh_from_db()
    reason = item(draft.body["reasons"], "no_budget")
    assert (reason["rest_days"], reason["then"]) == (90, "disqualified")
    assert reason["label"] == {"en": "No budget this year", "de": "Kein Budget in diesem Jahr"}


@pytest.mark.parametrize(
    ("section", "name", "value", "said"),
    [
        ("clocks", "clock-answer-hours", "", "This clock cannot be left out."),
        ("clocks", "clock-answer-days", "9999", "longer than anybody would wait"),
        ("clocks", "clock-answer-days", "soon", "Give a whole number."),
        ("score", "rules-actions-0-points", "1000000", "At most 1000."),
        ("score", "rules-actions-0-points", "0", "A rule of 0 points says nothing."),
        ("score", "rules-actions-0-c0-within_days", "0", "At least 1."),
        ("score", "rules-actions-0-cap", "5", "Only a rule that counts every time"),
        ("score", "rules-profile-0-times", "every", "Only what a lead did, once,"),
        ("score", "rules-profile-4-c0-value", "many", "Give a whole number."),
        ("score", "rules-profile-4-c0-op", "contains", "This does not fit the field."),
        ("stages", "criteria-mql-3-c0-value", "", "This field is required."),
        ("reasons", "reasons-0-rest_days", "-1", "At least 0."),
        ("about", "title_en", "", "This field is required."),
    ],
)
def test_bad_input_is_refused_beside_its_field(section, name, value, said, draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, section)
    assert name in form, sorted(form)
    answer = client.post(address(section), form | {name: value})
    assert answer.status_code == 422
    assert said in text_of(answer)
    again = form_of(answer.content.decode(), address(section))
    assert again[name] == [value]
    draft.refresh_from_db()
    assert draft.body == classic()


def test_what_is_missing_yet_is_saved_and_said_beside_the_draft(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "reasons")
    removed = {name.replace("-key", "-removed"): "on" for name in form if name.endswith("-key")}
    assert client.post(address("reasons"), form | removed).status_code == 302
    assert "there is no reason to return one with" in text_of(client.get(DRAFT))


def test_a_section_saved_over_somebody_elses_change_loses_no_input(draft, maya, sam, signed_in):
    mine, theirs = signed_in(maya), signed_in(sam)
    form = opened(mine, "clocks")
    mine.post(f"{address('clocks')}life/", form | {"left": "1"})
    saved(theirs, "clocks", {"clock-answer-hours": "3"})
    answer = mine.post(address("clocks"), form | {"clock-first_contact-hours": "7"})
    assert answer.status_code == 409
    page = text_of(answer)
    assert escape("Sam Okafor changed Version 2") in page
    assert "Nothing of yours is lost" in page
    assert "Accept or return a handoff: within<span><s>3 h</s> <b>→ 4 h</b>" in page
    again = form_of(answer.content.decode(), address("clocks"))
    assert again["clock-first_contact-hours"] == ["7"]
    assert mine.post(address("clocks"), again | {"clock-answer-hours": "3"}).status_code == 302
    draft.refresh_from_db()
    assert documents.minutes(draft.body, "answer") == 180
    assert documents.minutes(draft.body, "first_contact") == 480 + 420


def test_a_row_removed_meanwhile_keeps_its_input(draft, maya, sam, signed_in):
    mine, theirs = signed_in(maya), signed_in(sam)
    form = opened(mine, "score")
    row = row_with(form, "key", "trial_started")
    mine.post(f"{address('score')}life/", form | {"left": "1"})
    saved(theirs, "score", {f"{row}-removed": "on"})
    answer = mine.post(address("score"), form | {f"{row}-points": "21"})
    assert answer.status_code == 409
    again = form_of(answer.content.decode(), address("score"))
    assert again[f"{row}-points"] == ["21"]
    assert again[f"{row}-c0-types"] == ["trial_started"]
    assert mine.post(address("score"), again).status_code == 302
    draft.refresh_from_db()
    points = {str(rule["when"]): rule["points"] for rule in draft.body["score"]["rules"]}
    assert [n for when, n in points.items() if "trial_started" in when] == [21]


def test_olu_cannot_edit(draft, olu, signed_in):
    client = signed_in(olu)
    assert client.get(address("clocks")).status_code == 403
    assert client.post(address("clocks"), {}).status_code == 403
    page = client.get(reverse("agreement_version", args=[draft.pk]))
    assert page.status_code == 200
    assert address("clocks") not in text_of(page)


def test_an_unknown_section_is_not_found(draft, maya, signed_in):
    assert signed_in(maya).get("/agreement/draft/weather/").status_code == 404


# Proposing, signing


def signature_form(client, version):
    page = client.get(reverse("agreement_version", args=[version.pk])).content.decode()
    return form_of(page, reverse("agreement_signature", args=[version.pk]))


def proposed(client, draft, **more):
    draft.refresh_from_db()
    url = reverse("agreement_proposal", args=[draft.pk])
    return client.post(url, {"sha256": draft.sha256}, **more)


def test_from_a_changed_number_to_a_version_in_force(
    in_force, maya, mark, lena, signed_in, mailoutbox
):
    marketer = signed_in(maya)
    marketer.post(DRAFT)
    saved(marketer, "clocks", {"clock-answer-hours": "3"})
    draft = agreements.unsettled()
    page = proposed(marketer, draft, follow=True)
    assert "Proposed. Both teams can sign it now." in text_of(page)
    assert "Sign for" not in text_of(page)
    for user, side in ((mark, "marketing"), (lena, "sales")):
        client = signed_in(user)
        assert f"Sign for {side}" in text_of(client.get(DRAFT))
        url = reverse("agreement_signature", args=[draft.pk])
        page = client.post(url, signature_form(client, draft), follow=True)
    assert "Version 2 is in force." in text_of(page)
    assert agreements.in_force().pk == draft.pk
    assert Event.objects.filter(kind="agreement.in_force").count() == 2


def test_nobody_signs_for_the_other_side_in_the_browser(draft, maya, mark, lena, now, signed_in):
    clocks = deepcopy(draft.body["clocks"])
    clocks[0]["minutes"] = 60
    edit = agreements.edit(
        draft, section="clocks", value=clocks, by=maya, at=now, expected_sha256=draft.sha256
    )
    version = agreements.propose(edit.version, by=maya, at=now)
    url = reverse("agreement_signature", args=[version.pk])
    good = {"sha256": version.sha256, "side": "sales"}
    refused = signed_in(mark).post(url, good)
    assert refused.status_code == 403
    assert "You sign for Marketing, not for Sales." in text_of(refused)
    refused = signed_in(lena).post(url, good | {"sha256": "0" * 64})
    assert refused.status_code == 409
    assert "after you opened this page" in text_of(refused)
    assert signed_in(maya).post(url, good).status_code == 403
    assert not version.signatures.exists()
    assert signed_in(lena).post(url, good).status_code == 302
    assert signed_in(lena).post(url, good).status_code == 302  # A second press is the first.
    assert version.signatures.count() == 1


def test_editing_a_proposal_says_whose_signature_lapsed_and_by_what(
    draft, maya, mark, now, signed_in
):
    client = signed_in(maya)
    saved(client, "clocks", {"clock-answer-hours": "3"})
    proposed(client, draft)
    draft.refresh_from_db()
    agreements.sign(draft, by=mark, at=now, sha256=draft.sha256)
    assert "One signature is on this text." in text_of(client.get(address("clocks")))
    page = text_of(saved(client, "clocks", {"clock-answer-hours": "2"}))
    assert "The signature of Mark Reuter for Marketing lapsed" in page
    assert "Accept or return a handoff: within: 3 h → 2 h" in page
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_a_draft_that_removes_a_stage_with_leads_says_which_and_how_many(
    in_force, maya, now, signed_in
):
    for _ in range(2):
        lead = Lead.objects.create(created_at=now)
        stages.enter(lead, "sql", cause=StageEntry.Cause.CLAIMED, at=now, version=in_force)
    client = signed_in(maya)
    client.post(DRAFT, {"template": "three_steps"})
    page = text_of(client.get(DRAFT))
    assert "2 leads stand in “SQL” in sales" in page
    refused = proposed(client, agreements.unsettled())
    assert refused.status_code == 409
    assert "2 leads stand in “SQL”" in text_of(refused)
    assert Stage.objects.get(key="sql").retired is False


def test_a_signed_version_offers_nothing_to_edit(in_force, maya, signed_in):
    client = signed_in(maya)
    assert address("clocks") not in text_of(client.get(AGREEMENT))
    assert client.get(address("clocks")).status_code == 302


def test_withdrawing_makes_room_for_another_draft(draft, maya, sam, signed_in):
    url = reverse("agreement_withdrawal", args=[draft.pk])
    assert signed_in(sam).post(url).status_code == 403
    page = signed_in(maya).post(url, follow=True)
    assert "Version 2 is withdrawn." in text_of(page)
    assert signed_in(sam).post(DRAFT).status_code == 302
    assert agreements.unsettled().number == 3


def test_a_second_draft_is_refused_with_who_opened_the_first(draft, sam, signed_in):
    refused = signed_in(sam).post(DRAFT)
    assert refused.status_code == 409
    assert "Maya Lindner opened it" in text_of(refused)


def test_the_history_says_who_signed_when_and_what_changed(draft, maya, mark, lena, now, signed_in):
    client = signed_in(maya)
    saved(client, "clocks", {"clock-answer-hours": "3"})
    proposed(client, draft)
    draft.refresh_from_db()
    for user in (mark, lena):
        agreements.sign(draft, by=user, at=now, sha256=draft.sha256)
    page = text_of(client.get(HISTORY))
    assert "1 change from version 1" in page
    assert "Accept or return a handoff: within" in page
    assert page.count("Mark Reuter") == 2
    old = client.get(reverse("agreement_version", args=[1 + draft.pk - 2]))
    assert "no longer in force" in text_of(old)


def test_an_earlier_version_can_be_taken_up_again(draft, maya, mark, lena, now, signed_in):
    client = signed_in(maya)
    first = draft.base
    saved(client, "clocks", {"clock-answer-hours": "3"})
    proposed(client, draft)
    draft.refresh_from_db()
    for user in (mark, lena):
        agreements.sign(draft, by=user, at=now, sha256=draft.sha256)
    client.post(DRAFT, {"version": first.pk})
    assert agreements.unsettled().body == first.body
    assert client.post(DRAFT, {"version": "999"}).status_code == 404


@pytest.mark.parametrize(
    "model", ["agreementversion", "signature", "stage", "stageentry", "rescorerun"]
)
def test_the_administration_only_reads_what_was_signed(model, in_force, ada, now, signed_in):
    lead = Lead.objects.create(created_at=now)
    stages.begin([lead.pk], version=in_force, at=now)
    client = signed_in(ada)
    row = apps.get_model("scoring", model).objects.first()
    name = f"admin:scoring_{model}"
    assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
    assert client.get(reverse(f"{name}_add")).status_code == 403
    for page in ("change", "delete"):
        answer = client.post(reverse(f"{name}_{page}", args=[row.pk]), {"post": "yes"})
        assert answer.status_code == 403


# Rescoring

RESCORING = "/agreement/rescoring/"


@pytest.fixture
def run(mark, lena, now, monkeypatch):
    """Three leads to be rescored in ranges of two."""
    monkeypatch.setitem(rescoring.runs.RANGE, connection.vendor, 2)
    made = LeadFactory.create_batch(3)
    version = agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)
    stale.mark([lead.pk for lead in made], at=now)
    return version


def run_through(at):
    while not rescoring.step(at=at):
        pass


def put_aside(lead, at):
    """Its scoring has failed five times."""
    for _try in range(stale.MOST_ATTEMPTS):
        pairs = StaleLead.objects.filter(lead=lead).values_list("lead_id", "counter")
        stale.fail(pairs, at=at, problem="ValueError in scoring/sums.py, scored")


def test_the_agreement_says_how_far_the_rescoring_is_and_links_to_it(run, mark, signed_in, now):
    client = signed_in(mark)
    assert f'href="{RESCORING}">Rescoring: 0 %' in text_of(client.get(AGREEMENT))
    run_through(now)
    assert RESCORING not in text_of(client.get(AGREEMENT))


def test_everybody_sees_how_far_it_is_how_fast_and_for_how_long(run, sam, signed_in):
    client, now = signed_in(sam), timezone.now()
    rescoring.step(at=now - timedelta(seconds=2))
    page = text_of(client.get(RESCORING))
    assert "2 of 3 leads are scored by version 1." in page
    assert 'value="66"' in page
    assert "leads per second" in page
    assert "less than a minute left" in page
    assert 'hx-trigger="every 2s"' in page
    assert ">Pause<" not in page
    run_through(now)
    page = text_of(client.get(RESCORING))
    assert "Every lead is scored by version 1." in page
    assert "hx-trigger" not in page


def test_the_figures_alone_come_to_htmx_and_count_no_leads(
    run, maya, signed_in, django_assert_max_num_queries
):
    client = signed_in(maya)
    client.get(RESCORING)
    with django_assert_max_num_queries(6) as asked:
        page = client.get(RESCORING, headers={"HX-Request": "true"}).content.decode()
    assert page.strip().startswith('<div class="run" id="run"')
    assert not [query for query in asked.captured_queries if "leads_lead" in query["sql"]]


def test_olu_pauses_and_resumes_and_sam_does_not(run, olu, sam, signed_in, now):
    assert signed_in(sam).post(f"{RESCORING}pause/").status_code == 403
    client = signed_in(olu)
    page = text_of(client.post(f"{RESCORING}pause/", follow=True))
    assert "by Olu Adeyemi" in page
    assert ">Resume<" in page
    assert rescoring.step(at=now) is True
    assert client.post(f"{RESCORING}pause/").status_code == 409
    assert signed_in(sam).post(f"{RESCORING}resumption/").status_code == 403
    page = text_of(client.post(f"{RESCORING}resumption/", follow=True))
    assert ">Pause<" in page
    assert rescoring.step(at=now) is False


def test_leads_that_cannot_be_scored_are_listed_and_tried_again(run, lena, signed_in, now):
    run_through(now)
    kim, lea, _tom = Lead.objects.order_by("pk")
    for each in (kim, lea):
        put_aside(each, now)
    client = signed_in(lena)
    assert "2 leads cannot be scored" in text_of(client.get(AGREEMENT))
    page = text_of(client.get(RESCORING))
    assert "2 leads are set aside" in page
    assert escape(str(kim)) in page
    assert "ValueError in scoring/sums.py, scored" in page
    client.post(f"{RESCORING}retries/", {"lead": kim.pk})
    assert [row.lead for row in stale.set_aside()] == [lea]
    page = text_of(client.post(f"{RESCORING}retries/", follow=True))
    assert "1 lead is tried again." in page
    assert "set aside" not in page
    assert client.post(f"{RESCORING}retries/", {"lead": "all"}).status_code == 404


def test_a_rep_reads_the_number_but_not_the_names_of_leads_that_are_not_hers(
    run, sam, signed_in, now
):
    lead = Lead.objects.first()
    put_aside(lead, now)
    page = text_of(signed_in(sam).get(RESCORING))
    assert "1 lead is set aside" in page
    assert escape(str(lead)) not in page
    assert "Try again" not in page


def test_before_anything_is_in_force_there_is_nothing_to_rescore(maya, nina, signed_in):
    assert "No agreement is in force yet." in text_of(signed_in(maya).get(RESCORING))
    assert signed_in(nina).get(RESCORING).status_code == 404


# Clauses of old data that can no longer be read


def test_a_clause_that_can_no_longer_be_read_is_named_scores_nothing_and_hides_nothing(
    in_force, maya, signed_in, now
):
    """A field is gone, past all protection."""
    body, gone = deepcopy(in_force.body), {"op": "at_least", "field": "shoe_size", "value": 42}
    body["score"]["rules"][0] |= {"when": gone, "label": {"en": "Big feet", "de": "Große Füße"}}
    body["personas"][0]["when"] = gone
    other = AgreementVersionFactory(number=7, body=body, status="superseded")
    page = text_of(signed_in(maya).get(reverse("agreement_version", args=[other.pk])))
    warning = page[page.index('id="broken"') :].partition("</ul>")[0]
    assert "clauses can no longer be read" in warning
    assert "Big feet" in warning
    assert "shoe_size" in warning
    numbers = re.findall(r'href="#clause-([\d.]+)"', warning)
    assert len(numbers) == page.count(">cannot be read<") >= 2
    for number in numbers:
        clause = page[page.index(f'id="clause-{number}"') :].partition("</li>")[0]
        assert ">cannot be read<" in clause
    assert "can no longer be read" not in text_of(signed_in(maya).get(AGREEMENT))
