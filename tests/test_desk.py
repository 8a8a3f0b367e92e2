"""Two teams at one draft: locks, unsaved input, takeovers, and who is told what."""

import re
from copy import deepcopy
from datetime import timedelta
from threading import Barrier

import pytest
from django.utils import timezone

from leads.models import Event
from leads.refusals import Refused
from scoring import agreements, documents
from scoring.agreements import locks
from scoring.models import AgreementVersion, SectionLock
from scoring.shapes import classic, hand_raise
from tests.forms import form_of
from tests.test_agreements import refusal_of
from tests.test_handoff_races import at_once

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
MINUTE = timedelta(minutes=1)
KEPT = "What you wrote is kept: this section of the next draft offers it to you."


@pytest.fixture
def now():
    return timezone.now() - timedelta(days=1)


@pytest.fixture
def draft(maya, mark, lena, now):
    agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)
    return agreements.open_draft(by=maya, at=now)


def address(section, what=""):
    return f"/agreement/draft/{section}/{what}"


def opened(client, section):
    page = client.get(address(section))
    return form_of(page.content.decode(), address(section))


def text_of(page):
    return " ".join(page.content.decode().split())


def retitled(form, title):
    return form | {"title_en": title}


def edit(version, section, value, by, at, expected=None):
    return agreements.edit(
        version,
        section=section,
        value=value,
        by=by,
        at=at,
        expected_sha256=expected or version.sha256,
    )


def goals(version, target):
    found = deepcopy(version.body["goals"])
    found[0]["target"] = target
    return found


# Sections


def test_two_people_in_two_sections_do_not_collide(draft, maya, lena, now):
    hers = agreements.section_sha256(draft.body, "goals")
    edit(draft, "about", {"title": "Ours", "summary": ""}, maya, now)
    saved = edit(draft, "goals", goals(draft, "Much"), lena, now, expected=hers)
    assert (saved.version.body["title"], saved.version.body["goals"][0]["target"]) == (
        "Ours",
        "Much",
    )


def test_two_people_in_one_section_do(draft, maya, lena, now):
    hers = agreements.section_sha256(draft.body, "goals")
    edit(draft, "goals", goals(draft, "Little"), maya, now)
    refusal = refusal_of(edit, draft, "goals", goals(draft, "Much"), lena, now, expected=hers)
    assert (refusal.code, refusal.status) == ("edited_meanwhile", 409)


def test_what_a_text_need_not_have_goes_when_it_says_nothing(draft):
    moved = agreements.with_section(draft.body, "moves", [{"key": "out", "to": "nurture"}])
    assert moved["moves"]
    assert agreements.with_section(moved, "moves", []) == draft.body
    assert agreements.with_section(draft.body, "goals", [])["goals"] == []


# Locks


def test_the_first_writes_and_the_second_waits_until_she_is_silent(draft, maya, lena, now):
    assert locks.take(draft, "goals", by=maya, at=now)
    assert locks.take(draft, "goals", by=lena, at=now + MINUTE) is None
    assert locks.take(draft, "score", by=lena, at=now + MINUTE)
    assert locks.take(draft, "goals", by=lena, at=now + locks.ALIVE)
    assert locks.holders(draft, at=now + locks.ALIVE)["goals"].user == lena


def test_a_sign_of_life_keeps_the_section(draft, maya, lena, now):
    locks.take(draft, "goals", by=maya, at=now)
    assert locks.keep(draft, "goals", by=maya, at=now + MINUTE, input="", sha256="")
    assert locks.take(draft, "goals", by=lena, at=now + 2 * MINUTE) is None
    assert locks.mine(draft, "goals", maya).since == now


def test_taking_over_keeps_what_the_other_has_not_saved(draft, maya, lena, now):
    locks.take(draft, "goals", by=maya, at=now)
    locks.keep(draft, "goals", by=maya, at=now, input="goals-0-target_en=More", sha256="a" * 64)
    locks.take_over(draft, "goals", of=maya.pk, by=lena, at=now + MINUTE)
    assert locks.writer(draft, "goals", at=now + MINUTE).user == lena
    assert locks.mine(draft, "goals", maya).input == "goals-0-target_en=More"
    # What she types after that is kept too, and does not take the section back.
    assert not locks.keep(draft, "goals", by=maya, at=now + MINUTE, input="x=1", sha256="")
    assert locks.mine(draft, "goals", maya).input == "x=1"
    assert locks.writer(draft, "goals", at=now + MINUTE).user == lena


def test_of_two_who_take_over_the_second_is_told_of_the_first(draft, maya, lena, sam, now):
    locks.take(draft, "goals", by=maya, at=now)
    locks.take_over(draft, "goals", of=maya.pk, by=lena, at=now)
    refusal = refusal_of(locks.take_over, draft, "goals", of=maya.pk, by=sam, at=now)
    assert (refusal.code, refusal.status) == ("taken_meanwhile", 409)
    assert "Lena Fuchs" in refusal.message


def test_nobody_saves_a_section_that_another_is_writing(draft, maya, lena, now):
    locks.take(draft, "goals", by=lena, at=now)
    refusal = refusal_of(edit, draft, "goals", goals(draft, "Much"), maya, now + MINUTE)
    assert (refusal.code, refusal.status) == ("section_locked", 409)
    assert "Lena Fuchs" in refusal.message
    assert edit(draft, "goals", goals(draft, "Much"), maya, now + 2 * MINUTE).changed


def test_saving_and_leaving_make_room(draft, maya, now):
    locks.take(draft, "goals", by=maya, at=now)
    edit(draft, "goals", goals(draft, "Much"), maya, now)
    assert not SectionLock.objects.exists()
    locks.take(draft, "goals", by=maya, at=now)
    locks.keep(draft, "goals", by=maya, at=now, input="a=1", sha256="")
    locks.leave(draft, "goals", by=maya)
    assert locks.writer(draft, "goals", at=now) is None
    assert locks.mine(draft, "goals", maya).input == "a=1"


def test_what_was_sent_before_or_beside_a_save_is_not_called_unsaved(draft, maya, now):
    seen = agreements.section_sha256(draft.body, "goals")
    locks.take(draft, "goals", by=maya, at=now)
    saved = edit(draft, "goals", goals(draft, "Much"), maya, now + MINUTE).version
    sent = {"by": maya, "input": "a=1", "sha256": seen, "seen": seen}
    # `draft` is as it was read before the save.
    locks.keep(draft, "goals", at=now, **sent)
    says = agreements.section_sha256(saved.body, "goals")
    locks.keep(draft, "goals", at=now + 2 * MINUTE, says=says, **sent)
    assert not SectionLock.objects.exists()
    locks.keep(draft, "goals", at=now + 2 * MINUTE, **sent)
    kept = SectionLock.objects.get()
    assert (kept.input, kept.held) == ("a=1", False)


def test_a_save_of_one_section_throws_nothing_away_in_another(draft, maya, now):
    locks.take(draft, "goals", by=maya, at=now)
    seen = agreements.section_sha256(draft.body, "goals")
    edit(draft, "about", {"title": "Ours", "summary": ""}, maya, now + MINUTE)
    # Sent before that save, and come after it.
    assert locks.keep(draft, "goals", by=maya, at=now, input="a=1", sha256=seen, seen=seen)
    assert locks.mine(draft, "goals", maya).input == "a=1"


def test_what_was_typed_and_not_saved_goes_on_into_the_next_draft(draft, maya, mark, lena, now):
    typed = {"sha256": "a" * 64, "section": "goals"}
    for by, at in ((maya, now), (lena, now), (mark, now)):
        locks.keep(draft, **typed, by=by, at=at, input="a=1")
    mark.is_active = False
    mark.save()
    # A version that was signed or withdrawn is nobody's to write, but what is sent is kept.
    AgreementVersion.objects.filter(pk=draft.pk).update(status="withdrawn")
    assert not locks.keep(draft, **typed, by=lena, at=now + MINUTE, input="b=2")
    later = agreements.open_draft(by=maya, at=now + MINUTE)
    assert {each.user: (each.input, each.held) for each in locks.unsaved(later)} == {
        maya: ("a=1", False),
        lena: ("b=2", False),
    }
    assert not locks.unsaved(draft)


# Pages


def test_opening_a_form_tells_everybody_else(draft, maya, lena, signed_in):
    ours, theirs = signed_in(maya), signed_in(lena)
    opened(ours, "goals")
    page = theirs.get(address("goals"))
    assert "Maya Lindner is writing this since" in text_of(page)
    assert 'id="section-form"' not in page.content.decode()
    assert "Maya Lindner is writing since" in text_of(theirs.get("/agreement/draft/"))
    assert "Maya Lindner is writing since" in text_of(theirs.get("/agreement/draft/desk/"))


def test_the_desk_answers_nothing_to_whom_has_seen_it_as_it_is(
    draft, maya, lena, now, signed_in, django_assert_max_num_queries
):
    client, theirs = signed_in(maya), signed_in(lena)

    def seen(page):
        return re.search(r"seen=(\w+)", page.content.decode())[1]

    mark = seen(client.get(address("goals")))
    with django_assert_max_num_queries(8):
        assert client.get("/agreement/draft/desk/", {"seen": mark}).status_code == 204
    theirs.get(address("reasons"))
    page = client.get("/agreement/draft/desk/", {"seen": mark})
    assert "Lena Fuchs is writing since" in text_of(page)
    client.post(address("goals"), opened(client, "goals") | {"goals-0-target_en": "More"})
    assert client.get("/agreement/draft/desk/", {"seen": seen(page)}).status_code == 200


def test_a_button_in_a_form_is_answered_with_the_form_alone(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "score") | {"do": "rules-profile-0:open:"}
    page = client.post(address("score"), form, headers=HTMX).content.decode()
    assert page.lstrip().startswith('<div class="edit" id="score"')
    assert 'name="rules-profile-0-open"' in page
    assert SectionLock.objects.get().held


def test_what_is_typed_is_kept_with_each_preview_and_others_read_along(
    draft, maya, lena, signed_in
):
    ours = signed_in(maya)
    form = retitled(opened(ours, "about"), "Our promise")
    fragment = ours.post(address("about", "preview/"), form, headers=HTMX)
    assert fragment.status_code == 200
    assert "Our promise" in text_of(fragment)
    assert "<html" not in fragment.content.decode()
    draft.refresh_from_db()
    assert documents.text(draft.body["title"]) == "Classic"
    page = text_of(signed_in(lena).get(address("about")))
    assert "with unsaved edits" in page
    assert "Our promise" in page


def test_after_a_crash_the_form_offers_what_was_not_saved(draft, maya, signed_in):
    crashed = signed_in(maya)
    form = retitled(opened(crashed, "about"), "Our promise")
    crashed.post(address("about", "preview/"), form, headers=HTMX)
    again = signed_in(maya)
    page = again.get(address("about"))
    assert "You have unsaved input from" in text_of(page)
    restored = again.get(address("about") + "?kept=1")
    form = form_of(restored.content.decode(), address("about"))
    assert form["title_en"] == ["Our promise"]
    assert again.post(address("about"), form).status_code == 302
    draft.refresh_from_db()
    assert documents.text(draft.body["title"]) == "Our promise"
    assert not SectionLock.objects.exists()


def test_unsaved_input_can_be_dropped(draft, maya, signed_in):
    client = signed_in(maya)
    form = retitled(opened(client, "about"), "Our promise")
    client.post(address("about", "preview/"), form, headers=HTMX)
    client.post(address("about", "cancel/"), {"again": "1"})
    assert opened(client, "about")["title_en"] == ["Classic"]
    client.post(address("about", "cancel/"))
    assert not SectionLock.objects.exists()


def test_a_form_that_says_what_the_draft_says_has_nothing_unsaved(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "goals")
    client.post(address("goals", "preview/"), form, headers=HTMX)
    assert locks.mine(draft, "goals", maya).input == ""
    assert 'id="section-form"' in client.get(address("goals")).content.decode()


def test_who_was_taken_over_loses_nothing(draft, maya, lena, signed_in):
    ours, theirs = signed_in(maya), signed_in(lena)
    form = retitled(opened(ours, "about"), "Our promise")
    theirs.post(address("about", "takeover/"), {"of": maya.pk})
    strip = text_of(ours.post(address("about", "life/"), form))
    assert "Lena Fuchs took this section over at" in strip
    refused = ours.post(address("about"), form)
    assert refused.status_code == 409
    assert "Lena Fuchs is writing this section" in text_of(refused)
    assert form_of(refused.content.decode(), address("about"))["title_en"] == ["Our promise"]
    theirs.post(address("about", "cancel/"))
    assert ours.post(address("about"), form).status_code == 302


def test_a_page_that_is_left_gives_its_section_free_and_its_input_to_keep(
    draft, maya, lena, signed_in
):
    ours = signed_in(maya)
    form = retitled(opened(ours, "about"), "Our promise")
    assert ours.post(address("about", "life/"), form | {"left": "1"}).status_code == 204
    assert 'id="section-form"' in signed_in(lena).get(address("about")).content.decode()
    assert "Maya Lindner has unsaved input from" in text_of(
        signed_in(lena).get("/agreement/draft/")
    )


def test_a_form_too_long_to_be_sent_along_only_says_goodbye(draft, maya, lena, signed_in):
    ours = signed_in(maya)
    form = retitled(opened(ours, "about"), "Our promise")
    ours.post(address("about", "preview/"), form, headers=HTMX)
    assert ours.post(address("about", "life/"), {"left": "1"}).status_code == 204
    lock = SectionLock.objects.get(user=maya)
    assert not lock.held
    assert "Our+promise" in lock.input


def test_a_preview_that_comes_after_the_save_takes_nothing(draft, maya, signed_in):
    client = signed_in(maya)
    form = retitled(opened(client, "about"), "Our promise")
    assert client.post(address("about"), form).status_code == 302
    client.post(address("about", "preview/"), form, headers=HTMX)
    assert not SectionLock.objects.exists()


def test_without_javascript_a_button_checks(draft, maya, signed_in):
    client = signed_in(maya)
    form = retitled(opened(client, "about"), "Our promise")
    page = client.post(address("about", "preview/"), form)
    assert page.status_code == 200
    assert "<html" in page.content.decode()
    assert form_of(page.content.decode(), address("about"))["title_en"] == ["Our promise"]


def test_a_save_over_a_newer_text_shows_both_and_keeps_the_input(draft, maya, lena, signed_in):
    client = signed_in(maya)
    form = retitled(opened(client, "about"), "Mine")
    SectionLock.objects.all().delete()
    edit(draft, "about", {"title": "Hers", "summary": ""}, lena, timezone.now())
    page = client.post(address("about"), form)
    assert page.status_code == 409
    said = text_of(page)
    assert "As Lena Fuchs saved it" in said
    assert "As you wrote it" in said
    assert locks.mine(draft, "about", maya).input
    form = form_of(page.content.decode(), address("about"))
    assert client.post(address("about"), form).status_code == 302
    draft.refresh_from_db()
    assert documents.text(draft.body["title"]) == "Mine"


def test_a_fault_is_listed_beside_the_form_and_leads_to_its_input(draft, maya, signed_in):
    client = signed_in(maya)
    form = opened(client, "about") | {"title_en": ""}
    page = client.post(address("about", "preview/"), form, headers=HTMX).content.decode()
    assert 'href="#id_title_' in page
    assert locks.mine(draft, "about", maya).input
    assert client.post(address("about"), form).status_code == 422


def test_what_stands_against_the_draft_leads_to_where_it_is_put_right(draft, maya, signed_in, now):
    stages = deepcopy(draft.body["stages"])
    documents.item(stages, "inquiry")["next"] = []
    edit(draft, "stages", stages, maya, now)
    client = signed_in(maya)
    page = client.get("/agreement/draft/").content.decode()
    assert "/agreement/draft/stages/?at=stages.inquiry.next" in page
    there = client.get("/agreement/draft/stages/?at=stages.inquiry.next")
    assert there.url == "/agreement/draft/stages/#row_id_stages-0-next"


def test_nobody_writes_what_waits_for_its_day(draft, maya, mark, lena, signed_in, now):
    # At noon: at night there are moments that a change of the clocks leaves out.
    tomorrow = timezone.localtime(now + timedelta(days=2)).replace(hour=12)
    starts = {"starts": tomorrow.strftime("%Y-%m-%dT%H:%M")}
    version = edit(draft, "effect", starts, maya, now).version
    agreements.propose(version, by=maya, at=now)
    for by in (mark, lena):
        version = agreements.sign(version, by=by, at=now, sha256=version.sha256)
    assert version.status == "agreed"
    for what in ("", "preview/", "takeover/"):
        client = signed_in(maya)
        answer = client.post(address("goals", what)) if what else client.get(address("goals"))
        assert answer.url == "/agreement/draft/"


# Races, on real connections


@pytest.fixture
def contested(transactional_db, maya, mark, lena, sam, now):
    agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)
    return agreements.open_draft(by=maya, at=now)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_takeovers_at_once_one_wins(contested, maya, lena, sam, now):
    locks.take(contested, "goals", by=maya, at=now)
    results = at_once(
        *(
            lambda by=by: locks.take_over(contested, "goals", of=maya.pk, by=by, at=now)
            for by in (lena, sam)
        )
    )
    [won] = [each for each in results if isinstance(each, SectionLock)]
    [lost] = [each for each in results if isinstance(each, Refused)]
    assert lost.code == "taken_meanwhile"
    assert str(won.user) in lost.message
    assert locks.writer(contested, "goals", at=now).user == won.user


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_guard_both_would_believe_they_write(contested, lena, sam, now):
    """The control: both look, both find the section free, and both take it."""
    both_have_looked = Barrier(2)

    def take_unguarded(by):
        free = locks.writer(contested, "score", at=now) is None
        both_have_looked.wait(timeout=30)
        return free

    assert at_once(*(lambda by=by: take_unguarded(by) for by in (lena, sam))) == [True, True]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_saves_of_one_section_one_wins(contested, lena, sam, now):
    results = at_once(
        *(
            lambda by=by: edit(contested, "goals", goals(contested, str(by)), by, now)
            for by in (lena, sam)
        )
    )
    codes = [each.code for each in results if isinstance(each, Refused)]
    assert codes == ["edited_meanwhile"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_saves_of_two_sections_both_stay(contested, lena, sam, now):
    about = agreements.section_sha256(contested.body, "about")
    aims = agreements.section_sha256(contested.body, "goals")
    results = at_once(
        lambda: edit(
            contested, "about", {"title": "Ours", "summary": ""}, lena, now, expected=about
        ),
        lambda: edit(contested, "goals", goals(contested, "Much"), sam, now, expected=aims),
    )
    assert not [each for each in results if isinstance(each, Refused)]
    contested.refresh_from_db()
    assert (contested.body["title"], contested.body["goals"][0]["target"]) == ("Ours", "Much")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_saves_that_read_before_the_other_wrote_would_lose_one(contested, lena, sam, now):
    """The control: without the lock on the row, the later write takes the earlier one away."""
    both_have_read = Barrier(2)

    def save_unguarded(section, value):
        version = AgreementVersion.objects.get(pk=contested.pk)
        both_have_read.wait(timeout=30)
        version.body = agreements.with_section(version.body, section, value)
        version.save(update_fields=["body"])

    at_once(
        lambda: save_unguarded("about", {"title": "Ours", "summary": ""}),
        lambda: save_unguarded("goals", goals(contested, "Much")),
    )
    contested.refresh_from_db()
    both = contested.body["title"] == "Ours", contested.body["goals"][0]["target"] == "Much"
    assert sorted(both) == [False, True]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_save_against_a_proposal_leaves_no_proposed_text_that_nobody_proposed(
    contested, maya, lena, now
):
    first = edit(contested, "goals", goals(contested, "Much"), maya, now).version
    proposed, saved = at_once(
        lambda: agreements.propose(first, by=maya, at=now),
        lambda: edit(first, "goals", goals(first, "More"), lena, now),
    )
    version = AgreementVersion.objects.get(pk=contested.pk)
    assert not isinstance(saved, Refused)
    assert not isinstance(proposed, Refused)
    # Saved after the proposal, it is a draft again; saved before, what was proposed has it.
    kept = version.body["goals"][0]["target"] == "More"
    assert kept
    assert version.status == "draft" or proposed.sha256 == version.sha256


def test_a_score_of_a_hundred_rules_is_kept_and_saved_whole(maya, now, signed_in):
    body = hand_raise()
    rules = [
        each | {"key": f"{each['key']}_{n}"} for n in range(4) for each in body["score"]["rules"]
    ]
    body["score"]["rules"] = rules[:100]
    draft = agreements.open_draft(by=maya, at=now, body=body)
    client = signed_in(maya)
    form = opened(client, "score")
    assert sum(map(len, form.values())) > 1000
    form |= {next(name for name in form if name.endswith("-points")): "7"}
    client.post(address("score", "life/"), form, headers=HTMX)
    assert locks.mine(draft, "score", maya).input
    assert client.get(address("score")).status_code == 200
    client.post(address("score"), form)
    draft.refresh_from_db()
    assert [each["points"] for each in draft.body["score"]["rules"]] != [
        each["points"] for each in body["score"]["rules"]
    ]


def test_who_still_reads_or_writes_a_version_that_was_withdrawn_is_told(
    draft, maya, mark, signed_in
):
    client = signed_in(maya)
    form = opened(client, "about")
    agreements.withdraw(draft, by=mark, at=timezone.now())
    for method, what in (("get", "life/"), ("post", "life/"), ("post", "preview/")):
        answer = getattr(client, method)(address("about", what), form, headers=HTMX)
        assert answer.status_code == 286, what
        assert "Nobody writes this version any more." in answer.text
        assert KEPT not in answer.text
    assert client.get("/agreement/draft/desk/").status_code == 286
    refused = client.post(address("about"), form)
    assert refused.status_code == 409
    assert "Open a new draft instead." in refused.text


@pytest.mark.parametrize("what", ["", "life/", "preview/"])
def test_what_is_sent_too_late_is_offered_in_the_next_draft(draft, maya, mark, signed_in, what):
    client = signed_in(maya)
    form = retitled(opened(client, "about"), "Our promise")
    agreements.withdraw(draft, by=mark, at=timezone.now())
    assert KEPT in client.post(address("about", what), form, headers=HTMX).text
    agreements.open_draft(by=mark, at=timezone.now())
    assert "You have unsaved input from" in client.get(address("about")).text
    assert "Our promise" in client.get(address("about") + "?kept=1").text


def test_a_save_that_meets_a_signed_version_on_its_way_keeps_what_it_says(
    draft, maya, mark, signed_in, monkeypatch
):
    client = signed_in(maya)
    form = retitled(opened(client, "about"), "Our promise")
    agreements.withdraw(draft, by=mark, at=timezone.now())
    # As it was read before it was withdrawn.
    monkeypatch.setattr("scoring.views.desks.open_version", lambda *_: draft)
    refused = client.post(address("about"), form)
    assert refused.status_code == 409
    assert KEPT in refused.text
    assert "Our+promise" in locks.mine(draft, "about", maya).input


def test_who_drops_what_came_too_late_is_not_offered_it_again(draft, maya, mark, signed_in):
    client = signed_in(maya)
    form = retitled(opened(client, "about"), "Our promise")
    client.post(address("about", "preview/"), form, headers=HTMX)
    despite = locks.place(locks.mine(draft, "about", maya))
    agreements.withdraw(draft, by=mark, at=timezone.now(), despite=[despite])
    client.post(address("about", "cancel/"))
    assert not SectionLock.objects.exists()


def withdrawal(client, version, **more):
    return client.post(f"/agreement/versions/{version.pk}/withdrawal/", more)


def test_who_withdraws_is_asked_about_what_is_not_saved(draft, maya, mark, lena, signed_in, now):
    locks.keep(draft, "about", by=lena, at=now, input="title_en=Ours", sha256=draft.sha256)
    client = signed_in(mark)
    asked = withdrawal(client, draft)
    assert asked.status_code == 409
    assert "Lena Fuchs has input in the draft that is not saved yet." in asked.text
    assert "Withdraw all the same" in asked.text
    more = form_of(asked.text, f"/agreement/versions/{draft.pk}/withdrawal/")
    assert withdrawal(client, draft, **more).url == "/agreement/versions/"
    draft.refresh_from_db()
    assert draft.status == "withdrawn"


def test_who_is_asked_about_their_own_input_is_called_so(draft, mark, signed_in, now):
    locks.keep(draft, "about", by=mark, at=now, input="title_en=Ours", sha256=draft.sha256)
    said = withdrawal(signed_in(mark), draft).text
    assert "You have input in the draft that is not saved yet." in said
    assert "Save it first" in said


# Pressed twice


def twice(client, version, what, **said):
    """Where the second of two equal requests leads; that of somebody else is refused."""
    path = f"/agreement/versions/{version.pk}/{what}/"
    first, second = (client.post(path, said) for _ in range(2))
    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    return path


def test_a_button_pressed_twice_leads_to_where_the_first_time_led(
    draft, maya, mark, lena, signed_in, now
):
    text = edit(draft, "goals", goals(draft, "Much"), maya, now).version.sha256
    ours, marks, lenas = signed_in(maya), signed_in(mark), signed_in(lena)
    path = twice(ours, draft, "proposal", sha256=text)
    assert marks.post(path, {"sha256": text}).status_code == 409
    assert ours.post(path, {"sha256": "0" * 64}).status_code == 409
    twice(lenas, draft, "objection", sha256=text, reason="Too little.")
    assert Event.objects.filter(kind="agreement.objected").count() == 1
    path = twice(marks, draft, "signature", sha256=text, side="marketing")
    other = {"sha256": text, "side": "marketing", "reservation": "Only until May."}
    assert marks.post(path, other).status_code == 409
    twice(lenas, draft, "signature", sha256=text, side="sales")
    assert marks.post(path, other | {"reservation": ""}).url == "/agreement/"
    assert draft.signatures.count() == 2


def test_who_withdraws_twice_has_withdrawn_it(draft, maya, mark, signed_in):
    path = twice(signed_in(maya), draft, "withdrawal")
    assert signed_in(mark).post(path).status_code == 409
