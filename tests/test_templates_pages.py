"""Templates in the browser: read, compared, and taken over section by section."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from scoring import agreements, checks, documents
from scoring.agreements import adoptions
from scoring.documents import item
from scoring.models import AgreementVersion
from scoring.shapes import TEMPLATES, classic, empty, hand_raise, revenue, sales_ready

DRAFT = "/agreement/draft/"


@pytest.fixture
def now():
    return timezone.now() - timedelta(days=1)


@pytest.fixture
def in_force(mark, lena, now):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)


@pytest.fixture
def draft(in_force, maya, now):
    return agreements.open_draft(by=maya, at=now)


def address(key, section=""):
    args = [key, section] if section else [key]
    return reverse("agreement_adoption" if section else "agreement_template", args=args)


def text_of(page):
    return " ".join(page.content.decode().split())


def take_over(client, draft, key, section, **given):
    draft.refresh_from_db()
    return client.post(address(key, section), {"sha256": draft.sha256} | given, follow=True)


# Reading


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_is_read_and_every_link_on_it_leads_somewhere(template, olu, signed_in):
    page = signed_in(olu).get(address(template)).content.decode()
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    wanted = set(re.findall(r'href="#([^"]+)"', page))
    stages = {f"stage-{each['key']}" for each in TEMPLATES[template]()["stages"]}
    assert stages <= wanted
    assert wanted <= ids, "A link of the map, the contents or a clause has nowhere to lead."


def test_the_shelf_shows_each_with_its_map_and_the_map_leads_to_its_page(maya, signed_in):
    page = signed_in(maya).get("/agreement/").content.decode()
    for key in TEMPLATES:
        assert f'href="{address(key)}#stage-' in page
    assert page.count("Start from this") == 5
    assert "Start from an empty page" in page
    assert reverse("agreement_import") in page


def test_there_are_no_other_templates(maya, signed_in):
    assert signed_in(maya).get("/agreement/templates/moon/").status_code == 404


# Starting


def test_an_empty_page_can_be_drawn_and_written_on_but_not_proposed(maya, signed_in):
    client = signed_in(maya)
    page = client.post(DRAFT, {"template": "empty"}, follow=True)
    draft = agreements.unsettled()
    assert draft.body == empty()
    assert checks.unreadable(draft.body) == []
    assert checks.validate(draft.body)
    assert 'href="#stage-lead"' in page.content.decode()
    client.post(reverse("agreement_proposal", args=[draft.pk]), {"sha256": draft.sha256})
    draft.refresh_from_db()
    assert draft.status == AgreementVersion.Status.DRAFT


def test_an_empty_page_becomes_a_template_section_by_section(maya, now, signed_in):
    draft, client = agreements.open_draft(by=maya, at=now, body=empty()), signed_in(maya)
    for section in ("about", "fields", "personas", "stages", "score", "clocks"):
        take_over(client, draft, "hand_raise", section)
    for section in ("checklists", "reasons", "goals"):
        take_over(client, draft, "hand_raise", section)
    draft.refresh_from_db()
    assert draft.body == hand_raise()
    assert checks.validate(draft.body) == []


# Comparing


def test_a_template_is_compared_with_what_is_in_force_in_sentences(in_force, sam, signed_in):
    page = text_of(signed_in(sam).get(address("revenue") + "?compare=in_force"))
    assert "“Revenue” beside version 1" in page
    assert "Accept or return a handoff: within<span><s>4 h</s> <b>→ 2 h</b></span>" in page
    assert "Take over this section" not in page
    assert "Open a draft of version 1" in page


def test_a_template_like_the_draft_says_so(draft, maya, signed_in):
    page = text_of(signed_in(maya).get(address("classic") + "?compare=draft"))
    assert "Both say the same." in page


def test_without_a_text_to_compare_with_it_is_just_read(maya, signed_in):
    page = text_of(signed_in(maya).get(address("classic") + "?compare=draft"))
    assert "When a lead enters “MQL”" in page


# Taking over


def test_a_section_is_taken_over_and_nothing_else(draft, sam, signed_in):
    page = take_over(signed_in(sam), draft, "revenue", "clocks")
    assert "is taken over" in text_of(page)
    draft.refresh_from_db()
    assert draft.body == classic() | {"clocks": revenue()["clocks"]}


def test_what_a_section_speaks_of_comes_along_if_wished(draft, maya, signed_in):
    client = signed_in(maya)
    shown = text_of(client.get(address("hand_raise") + "?compare=draft"))
    assert "Bring along what it speaks of and the draft lacks" in shown
    refused = client.post(address("hand_raise", "score"), {"sha256": draft.sha256})
    assert refused.status_code == 422
    assert "This section speaks of what the draft does not have" in text_of(refused)
    assert "Let them come along" in text_of(refused)
    draft.refresh_from_db()
    assert draft.body == classic()
    take_over(client, draft, "hand_raise", "score", along="on")
    draft.refresh_from_db()
    assert draft.body["score"] == hand_raise()["score"]
    keys = {each["key"] for each in draft.body["fields"]}
    asked = documents.fields(draft.body)
    assert keys
    assert keys <= asked
    assert [each["key"] for each in draft.body["personas"]][:2] == ["ops_lead", "owner_manager"]


def test_reasons_that_lead_to_stages_the_draft_lacks_are_refused_with_a_way_out(
    draft, maya, signed_in
):
    page = signed_in(maya).post(address("hand_raise", "reasons"), {"sha256": draft.sha256})
    assert page.status_code == 422
    said = text_of(page)
    assert "speaks of stages the draft does not have: “Recycle”" in said
    assert "Take over “Stages” first" in said
    draft.refresh_from_db()
    assert draft.body == classic()


def test_a_text_that_changed_meanwhile_is_not_overwritten(draft, maya, sam, now, signed_in):
    seen = draft.sha256
    value = [each | {"minutes": 60} for each in draft.body["clocks"]]
    agreements.edit(draft, section="clocks", value=value, by=sam, at=now, expected_sha256=seen)
    page = signed_in(maya).post(address("revenue", "clocks"), {"sha256": seen})
    assert page.status_code == 409
    draft.refresh_from_db()
    assert item(draft.body["clocks"], "answer")["minutes"] == 60


def test_a_signature_lapses_when_a_section_is_taken_over(draft, mark, maya, now, signed_in):
    clocks = [each | {"minutes": 60} for each in draft.body["clocks"]]
    agreements.edit(
        draft, section="clocks", value=clocks, by=maya, at=now, expected_sha256=draft.sha256
    )
    draft.refresh_from_db()
    agreements.propose(draft, by=mark, at=now)
    draft.refresh_from_db()
    agreements.sign(draft, by=mark, at=now, sha256=draft.sha256)
    page = take_over(signed_in(maya), draft, "revenue", "goals")
    assert "The signatures on this text have lapsed." in text_of(page)
    draft.refresh_from_db()
    assert agreements.counting(draft) == []


def test_what_a_text_says_of_its_own_taking_effect_is_never_taken_over(draft, maya, signed_in):
    assert "effect" not in adoptions.ADOPTABLE
    for section in ("effect", "moves", "moon"):
        page = signed_in(maya).post(address("classic", section), {"sha256": draft.sha256})
        assert page.status_code == 404


def test_olu_compares_and_takes_nothing_over(draft, olu, signed_in):
    client = signed_in(olu)
    assert "Take over" not in text_of(client.get(address("revenue") + "?compare=draft"))
    page = client.post(address("revenue", "clocks"), {"sha256": draft.sha256})
    assert page.status_code == 403


def test_every_template_can_be_taken_over_into_every_other_wholly(maya, now):
    for old in (classic(), sales_ready()):
        draft = agreements.open_draft(by=maya, at=now, body=old)
        for section in adoptions.ADOPTABLE:
            adoptions.adopt(
                draft, section=section, source=revenue(), along=True, by=maya, at=now,
                expected_sha256=AgreementVersion.objects.get(pk=draft.pk).sha256,
            )  # fmt: skip
        draft.refresh_from_db()
        assert draft.body == revenue()
        agreements.withdraw(draft, by=maya, at=now)


def test_the_shelf_is_there_while_a_draft_is_open_too(draft, maya, signed_in):
    client = signed_in(maya)
    assert "/agreement/templates/" in text_of(client.get(DRAFT))
    page = text_of(client.get("/agreement/templates/"))
    assert page.count("take parts over") == 5
    assert "Start from this" not in page
    assert "Leads are scored and handed over once" not in page
