"""Stages and arrows drawn by hand, the check of the journey, and leads whose stage goes."""

import re
from copy import deepcopy
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from feedback.funnels import stages as funnel
from feedback.funnels.periods import Period
from leads.models import Event
from scoring import agreements, checks, sentences, stages
from scoring.documents import item
from scoring.models import StageEntry, Standing
from scoring.shapes import TEMPLATES, classic, empty
from scoring.successions import Succession
from tests.forms import form_of
from tests.test_agreements import place, refusal_of
from tests.test_desk import HTMX, address, edit, opened, text_of

pytestmark = pytest.mark.django_db

Cause = StageEntry.Cause
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now() - timedelta(days=1)


@pytest.fixture
def in_force(mark, lena, now):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)


@pytest.fixture
def draft(in_force, maya, now):
    return agreements.open_draft(by=maya, at=now)


def pressed(client, form, value):
    page = client.post(address("stages"), form | {"add": value})
    return form_of(page.content.decode(), address("stages"))


def saved(client, form):
    return client.post(address("stages"), form)


def stage_of(draft, key):
    draft.refresh_from_db()
    return item(draft.body["stages"], key)


def without(body, *keys):
    """The stages but for these, and no arrows to them."""
    kept = deepcopy([each for each in body["stages"] if each["key"] not in keys])
    for each in kept:
        each["next"] = [key for key in each["next"] if key not in keys]
    return kept


# Built by hand


def test_names_that_say_more_than_they_show_are_refused_beside_them(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "stages") | {"stages-0-name_en": "In\u202equiry"}
    page = saved(client, form)
    assert page.status_code == 422
    [beside] = re.findall(r'id="row_id_stages-0-name.*?</ul>', page.content.decode(), re.DOTALL)
    assert "characters that cannot be shown" in beside
    for sign in "\u202e\u200b\u2066\ufeff\u2028\x07":
        body = draft.body | {"title": f"Ours{sign}"}
        assert [each.path for each in checks.validate(body)] == ["title"]


def test_joined_signs_are_a_name(draft, maya, signed_in):
    client, name = signed_in(maya), "Family \U0001f469\u200d\U0001f467"
    form = opened(client, "stages") | {"stages-0-name_en": name}
    assert saved(client, form).status_code == 302
    assert stage_of(draft, "inquiry")["name"]["en"] == name


def test_the_number_of_criteria_is_kept_up_with_what_is_added(draft, maya, signed_in):
    client = signed_in(maya)
    before = opened(client, "stages")
    criteria = item(draft.body["stages"], "mql")["criteria"]
    form = before | {"criteria-mql-count": str(len(criteria) + 1)}
    page = client.post(address("stages", "preview/"), form, headers=HTMX)
    said = r'id="criteria-of-stages-1" hx-swap-oob="true">(\d+) criteria<'
    assert re.findall(said, page.content.decode()) == [str(len(criteria) + 1)]


def test_a_stage_is_added_named_and_drawn_into_the_journey(draft, maya, signed_in):
    client = signed_in(maya)
    form = pressed(client, opened(client, "stages"), "stages:nurture")
    assert form["stages-8-kind"] == ["nurture"]
    # Likely arrows are drawn: sales gives leads back to it.
    assert "N8" in form["stages-1-next"]
    assert "N8" in form["stages-2-next"]
    form |= {"stages-8-name_en": "Later", "stages-8-meaning_en": "Not this year."}
    assert saved(client, form | {"stages-8-next": ["mql"]}).status_code == 302
    later = stage_of(draft, "later")
    assert (later["kind"], later["side"], later["next"]) == ("nurture", "marketing", ["mql"])
    assert stage_of(draft, "mql")["next"] == ["sal", "nurture", "out", "later"]
    assert checks.validate(draft.body) == []


def test_who_adds_a_stage_begins_with_its_name(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "stages") | {"add": "stages:nurture"}
    page = client.post(address("stages"), form).content.decode()
    assert re.findall(r'name="([^"]+)"[^>]*autofocus', page) == ["stages-8-name_en"]


def test_stages_change_places(draft, maya, signed_in):
    client = signed_in(maya)
    form = pressed(client, opened(client, "stages"), "stages-6:higher:")
    assert saved(client, form).status_code == 302
    draft.refresh_from_db()
    keys = [each["key"] for each in draft.body["stages"]]
    assert keys == ["inquiry", "mql", "sal", "sql", "won", "nurture", "lost", "out"]


def test_the_first_stage_cannot_go_further_up(draft, maya, signed_in):
    client = signed_in(maya)
    form = pressed(client, opened(client, "stages"), "stages-0:higher:")
    assert saved(client, form).status_code == 302
    draft.refresh_from_db()
    assert draft.body == draft.base.body


def test_a_removed_stage_takes_its_arrows_along(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "stages") | {"stages-7-removed": "on"}
    assert saved(client, form).status_code == 302
    assert stage_of(draft, "out") is None
    assert stage_of(draft, "mql")["next"] == ["sal", "nurture"]


def test_what_happens_in_a_stage_and_whose_it_is_can_be_changed(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "stages") | {"stages-7-kind": "nurture", "stages-7-side": "sales"}
    assert saved(client, form).status_code == 302
    assert (stage_of(draft, "out")["kind"], stage_of(draft, "out")["side"]) == ("nurture", "sales")


def test_arrows_are_offered_only_where_somebody_walks_them(draft, maya, signed_in):
    page = signed_in(maya).get(address("stages")).content.decode()
    assert 'id="arrow-stages-0-mql"' in page
    assert 'id="arrow-stages-0-won"' not in page
    assert 'id="arrow-stages-2-won"' in page


def test_another_kind_offers_other_arrows_at_once(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "stages") | {"stages-0-kind": "handoff", "add": "stages-look:stages-0"}
    page = client.post(address("stages"), form).content.decode()
    assert 'id="arrow-stages-0-won"' in page


def test_an_arrow_nobody_walks_is_refused_at_its_stage(draft, maya, signed_in):
    client = signed_in(maya)
    page = saved(client, opened(client, "stages") | {"stages-0-next": ["mql", "won"]})
    assert page.status_code == 422
    said = text_of(page)
    assert "No lead goes from “Inquiry” straight to “Won”" in said
    assert 'href="#row_id_stages-0-next"' in said
    assert form_of(page.content.decode(), address("stages"))["stages-0-next"] == ["mql", "won"]


def test_a_new_stage_without_a_meaning_is_refused_beside_its_field(draft, maya, signed_in):
    client = signed_in(maya)
    form = pressed(client, opened(client, "stages"), "stages:nurture")
    page = saved(client, form | {"stages-8-name_en": "Later"})
    assert page.status_code == 422
    assert "id_stages-8-meaning" in text_of(page)


def test_a_new_stage_nobody_named_is_not_saved(draft, maya, signed_in):
    client = signed_in(maya)
    assert saved(client, pressed(client, opened(client, "stages"), "stages:won")).status_code == 302
    draft.refresh_from_db()
    assert [each["key"] for each in draft.body["stages"]] == [
        each["key"] for each in draft.base.body["stages"]
    ]


def test_from_an_empty_page_a_handover_is_built_step_by_step(maya, now, signed_in):
    body = empty()
    body["stages"][1]["kind"] = "open"
    draft = agreements.open_draft(by=maya, at=now, body=body)
    client = signed_in(maya)
    assert "No stage hands leads over to sales yet" in text_of(client.get(address("stages")))
    form = pressed(client, opened(client, "stages"), "stages:handoff")
    new = f"stages-{len(draft.body['stages'])}"
    form |= {f"{new}-name_en": "SRL", f"{new}-meaning_en": "Ready for sales."}
    form = pressed(client, form, f"criteria-N{new[-1]}:score")
    assert saved(client, form).status_code == 302
    srl = stage_of(draft, "srl")
    assert srl["kind"] == "handoff"
    assert [each["when"]["op"] for each in srl["criteria"]] == ["score_at_least"]
    assert any("srl" in each["next"] for each in draft.body["stages"])


def test_the_map_is_redrawn_and_the_text_follows_while_typing(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "stages") | {"stages-1-name_en": "Warm", "stages-1-name_de": ""}
    fragment = client.post(address("stages", "preview/"), form, headers=HTMX).content.decode()
    assert '<figure class="map"' in fragment
    assert "When a lead enters “Warm”" in fragment
    assert "MQL</s>" in fragment


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_comes_through_its_form_unchanged(name, maya, now, signed_in):
    draft = agreements.open_draft(by=maya, at=now, body=TEMPLATES[name]())
    client = signed_in(maya)
    assert saved(client, opened(client, "stages")).status_code == 302
    before = draft.sha256
    draft.refresh_from_db()
    assert draft.sha256 == before


# The check


def problems(body):
    return {each.path: each.message for each in checks.validate(body)}


def test_a_dead_end_is_named_at_its_stage():
    body = classic()
    item(body["stages"], "inquiry")["next"] = []
    assert "dead end" in problems(body)["stages.inquiry.next"]


def test_a_stage_nobody_comes_to_is_named():
    body = classic()
    body["stages"] = deepcopy(body["stages"])
    for each in body["stages"]:
        each["next"] = [key for key in each["next"] if key != "lost"]
    assert "No arrows lead to “Lost”" in problems(body)["stages.lost"]


def test_a_circle_is_named():
    body = classic()
    aside = item(body["stages"], "inquiry") | {"key": "aside", "name": "Aside", "next": ["inquiry"]}
    body["stages"].append(aside | {"criteria": None})
    item(body["stages"], "inquiry")["next"] = ["mql", "aside"]
    assert "Inquiry, Aside" in problems(body)["stages.inquiry.next"]


def test_a_way_that_is_missing_is_said_by_names_and_never_by_kinds():
    body = classic()
    item(body["stages"], "sql")["next"] = ["lost"]
    found = problems(body)
    assert found["stages.sql.next"] == (
        "From “SQL” no lead can be won: draw the arrows on to “Won”."
    )
    with override("de"):
        assert "SQL" in problems(body)["stages.sql.next"]


def test_what_is_only_missing_yet_is_saved_but_not_proposed(draft, maya, now):
    body = without(draft.body, "won")
    saved_ = edit(draft, "stages", body, maya, now)
    assert saved_.changed
    assert refusal_of(agreements.propose, saved_.version, by=maya, at=now).code == "cannot_run"


def test_criteria_are_saved_while_others_still_write_the_rules(draft, maya, now):
    score = deepcopy(draft.body["score"])
    score["rules"] = score["rules"][:1]
    score.pop("grades")
    some = edit(draft, "score", score, maya, now).version
    bar = {"op": "score_at_least", "which": "total", "value": 65}
    body = deepcopy(some.body["stages"])
    item(body, "mql")["criteria"] = [{"key": "bar", "group": "score", "label": "", "when": bar}]
    saved_ = edit(some, "stages", body, maya, now)
    assert saved_.changed
    refusal = refusal_of(agreements.propose, saved_.version, by=maya, at=now)
    assert "No lead can reach 65" in refusal.message


@pytest.mark.parametrize(
    ("move", "said"),
    [
        ({"key": "old", "to": "nowhere"}, "there is no such stage"),
        ({"key": "old", "to": "mql"}, "choose another stage than “MQL”"),
        ({"key": "old", "to": "sal"}, "choose another stage than “SAL”"),
        ({"key": "nurture", "to": "nurture"}, "from a stage to itself"),
    ],
)
def test_leads_go_only_where_nobody_has_to_answer_for_them(move, said):
    [found] = checks.validate(classic() | {"moves": [move]})
    assert said in found.message
    assert found.path == f"moves.{move['key']}.to"


# Leads whose stage goes


def taken_away(draft, by, at, *keys, to=None):
    """The draft without these stages, and their leads mapped."""
    draft = edit(draft, "stages", without(draft.body, *keys), by, at).version
    if "out" in keys:
        reasons = [each for each in draft.body["reasons"] if each["then"] != "disqualified"]
        draft = edit(draft, "reasons", reasons, by, at).version
    if to:
        moves = [{"key": key, "to": to} for key in keys]
        draft = edit(draft, "moves", moves, by, at).version
    return draft


def signed(draft, maya, mark, lena, at):
    version = agreements.propose(draft, by=maya, at=at)
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=at, sha256=version.sha256)
    return version


def test_a_stage_with_leads_asks_where_they_go(draft, in_force, maya, now, signed_in):
    place("out", in_force, now, count=3)
    draft = taken_away(draft, maya, now, "out")
    client = signed_in(maya)
    page = client.get("/agreement/draft/")
    assert "3 leads stand in “Not for us”, which this version takes away." in text_of(page)
    assert refusal_of(agreements.propose, draft, by=maya, at=now).code == "stage_in_use"
    form = opened(client, "moves")
    assert list(form)[1:] == ["move-out-to"]
    assert "3 leads stand there." in text_of(client.get(address("moves")))
    assert client.post(address("moves"), form | {"move-out-to": "nurture"}).status_code == 302
    draft.refresh_from_db()
    assert draft.body["moves"] == [{"key": "out", "to": "nurture"}]
    assert agreements.propose(draft, by=maya, at=now).status == "proposed"


def test_mapped_leads_are_moved_as_it_takes_effect_and_keep_their_rest(
    draft, in_force, maya, mark, lena, now
):
    leads = place("out", in_force, now - HOUR, count=3)
    [other] = place("nurture", in_force, now - HOUR)
    until = now + timedelta(days=60)
    Standing.objects.filter(lead=leads[0]).update(rests_until=until)
    before = Event.objects.filter(kind="stage.entered").count()
    version = signed(taken_away(draft, maya, now, "out", to="nurture"), maya, mark, lena, now)
    standing = Standing.objects.get(lead=leads[0])
    assert (standing.stage.key, standing.kind, standing.since) == ("nurture", "nurture", now)
    assert standing.rests_until == until
    entry = standing.entry
    assert (entry.cause, entry.version, entry.previous.key) == (Cause.AGREEMENT, version, "out")
    assert (entry.at, entry.seconds_in_previous, entry.kind) == (now, 3600, "nurture")
    assert Standing.objects.filter(stage__key="nurture").count() == 4
    assert Standing.objects.get(lead=other).since == now - HOUR
    assert Event.objects.filter(kind="stage.entered").count() == before
    assert Event.objects.get(kind="agreement.in_force", data__version=version.pk).data["moved"] == {
        "out": 3
    }


def test_moves_by_a_text_stay_out_of_conversion(draft, in_force, maya, mark, lena, olu, now):
    place("out", in_force, now - HOUR, count=3)
    signed(taken_away(draft, maya, now, "out", to="nurture"), maya, mark, lena, now)
    moved = StageEntry.objects.filter(stage__key="nurture", cause=Cause.AGREEMENT)
    assert moved.count() == 3
    period = Period(now - HOUR, now + HOUR)
    assert not funnel.entered(olu, "nurture", period=period, channel="").exists()


def test_the_next_text_does_not_move_them_again(draft, in_force, maya, mark, lena, now):
    place("out", in_force, now, count=1)
    signed(taken_away(draft, maya, now, "out", to="nurture"), maya, mark, lena, now)
    assert "moves" not in agreements.open_draft(by=maya, at=now).body


def test_leads_in_sales_hands_keep_their_stage(draft, in_force, maya, now):
    place("sal", in_force, now)
    draft = taken_away(draft, maya, now, "sal")
    [left] = [each for each in agreements.stranded(draft.body) if each.key == "sal"]
    assert not left.free
    assert "in sales' hands" in str(left)
    refusal = refusal_of(agreements.propose, draft, by=maya, at=now)
    assert refusal.code in ("stage_in_use", "cannot_run")
    assert "sal" not in [each.key for each in agreements.leaving(draft.body)]


def test_who_comes_back_from_sales_goes_where_the_others_went(
    draft, in_force, maya, mark, lena, now
):
    [lead] = place("sal", in_force, now)
    draft = edit(draft, "stages", _nurture_renewed(draft.body), maya, now).version
    assert [each.name for each in agreements.leaving(draft.body)] == ["Nurture"]
    draft = edit(draft, "moves", [{"key": "nurture", "to": "garden"}], maya, now).version
    version = signed(draft, maya, mark, lena, now)
    entry = stages.enter(lead, "nurture", cause=Cause.RETURNED, at=now + HOUR, version=in_force)
    assert (entry.stage.key, entry.version) == ("garden", version)
    assert Succession.load().follow(in_force, "nurture")[0]["key"] == "garden"
    # In sales' hands the old version goes on.
    again = stages.enter(lead, "sql", cause=Cause.QUALIFIED, at=now + HOUR, version=in_force)
    assert (again.stage.key, again.version) == ("sql", in_force)


def _nurture_renewed(body):
    found = deepcopy(body["stages"])
    for each in found:
        each["next"] = ["garden" if key == "nurture" else key for key in each["next"]]
        if each["key"] == "nurture":
            each |= {"key": "garden", "name": "Garden"}
    return found


def test_where_leads_go_is_said_in_the_text_and_in_its_changes(draft, in_force, maya, now):
    place("out", in_force, now)
    draft = taken_away(draft, maya, now, "out", to="nurture")
    section = next(s for s in sentences.document(draft.body) if s.edited_in == "moves")
    [clause] = section.groups[0].clauses
    assert "Not for us" in clause.text
    assert "Nurture" in clause.text
    changed = [c for c in sentences.changes(in_force.body, draft.body) if c.section == "moves"]
    assert len(changed) == 1
