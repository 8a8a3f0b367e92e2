"""From an empty installation to a signed agreement, over HTTP."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import time

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback import setups
from feedback.models import Calendar, Pool, PoolMember
from leads import invitations
from leads.models import Event, Side, Team, User
from leads.refusals import Refused
from scoring import agreements
from scoring.documents import item
from scoring.models import AgreementVersion
from scoring.shapes import TEMPLATES, three_steps
from tests.forms import form_of

YOU = {
    "first_name": "Mark",
    "last_name": "Reuter",
    "email": "Mark@Baton.example",
    "password": "three tall birches",
    "side": "marketing",
}
OTHER = {"first_name": "Lena", "last_name": "Fuchs", "email": "lena@baton.example"}
HOURS = {"starts": "09:00", "ends": "17:00", "country": "DE", "time_zone": "Europe/Berlin"}
STEPS = [f"/setup/{step}/" for step in setups.STEPS]


@pytest.fixture(autouse=True)
def empty(db, settings, tmp_path):
    """An installation with nobody in it, which is not the demo."""
    settings.DEMO, settings.DATA_DIR = False, tmp_path
    settings.BATON_URL = "http://baton.example"


@pytest.fixture
def code():
    return setups.issue()


@pytest.fixture
def begun(code):
    """A browser in which the first person has begun."""
    client = Client()
    client.post("/setup/you/", YOU | {"code": code})
    return client


def text_of(page):
    return " ".join(page.content.decode().split())


def link_in(page):
    return re.search(r'value="http://baton\.example(/invitation/[^"]+)"', text_of(page))[1]


def numbers_of(version):
    return {key: str(value) for key, value in setups.read(version.body).items()}


# The whole way


@pytest.mark.parametrize("template", TEMPLATES)
def test_from_nothing_to_a_signed_agreement_in_nine_forms(template):
    """What the terminal says, what two people type, and an agreement runs."""
    forms = 0

    def sent(client, path, given):
        nonlocal forms
        forms += 1
        page = client.post(path, given, follow=True)
        assert page.status_code == 200, text_of(page)
        return page

    mark, lena = Client(), Client()
    door = mark.get("/", follow=True)
    assert "Nobody is here yet." in text_of(door)
    assert mark.get("/setup/", follow=True).redirect_chain[-1][0] == "/setup/you/"

    page = sent(mark, "/setup/you/", YOU | {"code": setups.issue()})
    assert page.redirect_chain[-1][0] == "/setup/teams/"
    page = sent(mark, "/setup/teams/", {"marketing": "Demand", "sales": "Field sales"})
    assert page.redirect_chain[-1][0] == "/setup/hours/"
    page = sent(mark, "/setup/hours/", HOURS)
    assert page.redirect_chain[-1][0] == "/setup/template/"
    page = sent(mark, "/setup/template/", {"template": template})
    assert page.redirect_chain[-1][0] == "/setup/numbers/"
    given = numbers_of(agreements.unsettled()) | {"answer": "3", "first_contact": "6"}
    assert set(given) == {"bar", "answer", "first_contact", "rest", "supply"}
    page = sent(mark, "/setup/numbers/", given)
    assert page.redirect_chain[-1][0] == "/setup/invitation/"
    page = sent(mark, "/setup/invitation/", OTHER)
    invitation = link_in(page)
    version = agreements.unsettled()
    assert version.status == AgreementVersion.Status.PROPOSED
    page = sent(mark, "/setup/signature/", {"sha256": version.sha256})
    assert "Signed. Now the other side." in text_of(page)
    assert agreements.in_force() is None

    words = {"new_password1": "seven blue boats", "new_password2": "seven blue boats"}
    page = sent(lena, invitation, words)
    assert page.redirect_chain[-1][0] == "/agreement/draft/"
    assert "Sign for sales" in text_of(page)
    signature = reverse("agreement_signature", args=[version.pk])
    sent(lena, signature, {"sha256": version.sha256, "side": "sales"})

    in_force = agreements.in_force()
    assert in_force == version
    assert forms == 9
    clocks = {each["key"]: each["minutes"] for each in in_force.body["clocks"]}
    assert (clocks["answer"], clocks["first_contact"]) == (180, 360)
    assert in_force.body["supply"] == {"handoffs": 20}
    teams = dict(Team.objects.values_list("side", "name"))
    assert teams == {"marketing": "Demand", "sales": "Field sales"}
    for path in ["/setup/", *STEPS]:
        assert mark.get(path).url == "/agreement/", path
        assert Client().get(path).status_code in (302, 404)
    assert Client().get("/setup/").status_code == 404


# The first person


def test_without_the_code_nobody_comes_in(code):
    for wrong in ("", "abcd-efgh-jkmn-pqrs", code[:-1]):
        page = Client().post("/setup/you/", YOU | {"code": wrong})
        assert page.status_code == 422
        assert "three tall birches" not in text_of(page)
        assert "Mark@Baton.example" in text_of(page)
    assert not User.objects.exists()
    assert not Team.objects.exists()


def test_the_code_may_be_typed_without_its_lines_and_works_once(code):
    page = Client().post("/setup/you/", YOU | {"code": code.replace("-", " ").upper()})
    assert page.status_code == 302
    assert not setups.fits(code)
    mark = User.objects.get()
    assert (mark.email, mark.signs_for, mark.is_superuser) == (
        "mark@baton.example", "marketing", True
    )  # fmt: skip
    assert mark.check_password(YOU["password"])
    assert Event.objects.get(kind="setup.begun").actor == mark
    second = YOU | {"code": code, "email": "x@y.example"}
    again = Client().post("/setup/you/", second, follow=True)
    assert "Ask them to invite you." in text_of(again)
    assert User.objects.count() == 1
    assert Client().get("/setup/you/").status_code == 404


def test_the_code_is_kept_as_a_hash_that_only_its_owner_reads(code, tmp_path):
    file = tmp_path / "setup-code"
    assert code.replace("-", "") not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_newer_code_replaces_the_older(code):
    newer = setups.issue()
    assert setups.fits(newer)
    assert not setups.fits(code)


def test_weak_passwords_and_missing_sides_are_refused_beside_the_field(code):
    page = Client().post("/setup/you/", YOU | {"code": code, "password": "12345", "side": "moon"})
    assert page.status_code == 422
    said = text_of(page)
    assert "This password is too short" in said
    assert "moon" in said
    assert setups.fits(code)


@pytest.mark.django_db(transaction=True)
def test_of_two_first_people_at_once_one_comes_in(code):
    def come(name):
        try:
            facts = YOU | {"email": f"{name}@baton.example", "side": name}
            return setups.begin(**facts, code=code, at=timezone.now()).email
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(come, ["marketing", "sales"]))
    assert User.objects.count() == 1
    assert Team.objects.count() == 1
    assert said[1] in ("somebody_here", "wrong_code")


def test_with_the_demo_on_nothing_of_it_appears(code, settings):
    settings.DEMO = True
    for path in ["/setup/", "/setup/you/"]:
        assert Client().get(path).status_code == 404
    assert Client().post("/setup/you/", YOU | {"code": code}).status_code == 404
    assert "Set up Baton" not in text_of(Client().get("/sign-in/"))


# Step by step


def test_who_began_and_goes_back_goes_on(begun):
    assert begun.get("/setup/you/").url == "/setup/"


def test_no_step_is_skipped_and_each_can_be_come_back_to(begun):
    for path in STEPS[2:]:
        assert begun.get(path).url == "/setup/teams/"
    begun.post("/setup/teams/", {"marketing": "Demand", "sales": "Field"})
    page = text_of(begun.get("/setup/teams/"))
    assert 'value="Demand"' in page
    begun.post("/setup/teams/", {"marketing": "Demand generation", "sales": "Field"})
    assert Team.objects.get(side=Side.MARKETING).name == "Demand generation"
    assert Team.objects.count() == 2


def test_who_left_is_led_on_where_they_were(begun):
    begun.post("/setup/teams/", {"marketing": "Demand", "sales": "Field"})
    begun.post("/setup/hours/", HOURS)
    again = Client()
    assert again.get("/setup/").status_code == 404
    door = {"username": "mark@baton.example", "password": YOU["password"]}
    page = again.post("/sign-in/", door, follow=True)
    assert page.redirect_chain[-1][0] == "/setup/template/"


def test_two_teams_need_two_names(begun):
    page = begun.post("/setup/teams/", {"marketing": "Growth", "sales": "Growth"})
    assert page.status_code == 422
    assert "Two teams cannot have the same name." in text_of(page)


def test_hours_become_a_calendar_and_a_pool(begun):
    begun.post("/setup/teams/", {"marketing": "Demand", "sales": "Field"})
    page = begun.post("/setup/hours/", HOURS | {"ends": "08:00"})
    assert page.status_code == 422
    assert "later than the beginning" in text_of(page)
    begun.post("/setup/hours/", HOURS)
    begun.post("/setup/hours/", HOURS | {"starts": "08:30", "country": "AT"})
    calendar = Calendar.objects.get()
    assert (calendar.country, calendar.time_zone) == ("AT", "Europe/Berlin")
    assert [(each.weekday, each.starts) for each in calendar.hours.all()] == [
        (day, time(8, 30)) for day in range(5)
    ]
    assert Pool.objects.get().calendar == calendar
    assert Pool.objects.get().team.side == Side.SALES


def test_countries_are_offered_by_their_names_in_the_language_of_the_page(begun):
    begun.post("/setup/teams/", {"marketing": "Demand", "sales": "Field"})
    page = text_of(begun.get("/setup/hours/"))
    offered = dict(re.findall(r'<option value="([A-Z]{2})"[^>]*>([^<]*)<', page))
    assert (offered["US"], offered["GB"]) == ("United States", "United Kingdom")
    assert not [name for code, name in offered.items() if name == code]


@pytest.fixture
def chosen(begun):
    begun.post("/setup/teams/", {"marketing": "Demand", "sales": "Field"})
    begun.post("/setup/hours/", HOURS)
    begun.post("/setup/template/", {"template": "three_steps"})
    return begun


def test_looking_at_templates_leaves_no_trace_in_the_history(chosen):
    first = agreements.unsettled()
    chosen.post("/setup/template/", {"template": "three_steps"})
    assert agreements.unsettled().sha256 == first.sha256
    for template in ("classic", "revenue", "classic"):
        page = chosen.post("/setup/template/", {"template": template}, follow=True)
    assert "“Classic” is chosen." in text_of(chosen.get("/setup/template/"))
    assert page.redirect_chain[-1][0] == "/setup/numbers/"
    [only] = AgreementVersion.objects.all()
    assert (only.pk, only.number, only.body) == (first.pk, 1, TEMPLATES["classic"]())
    assert chosen.post("/setup/template/", {"template": "moon"}).status_code == 404


def test_the_numbers_stand_in_the_text(chosen):
    given = {"bar": "25", "answer": "2", "first_contact": "5", "rest": "45", "supply": "12"}
    chosen.post("/setup/numbers/", given)
    version = agreements.unsettled()
    assert version.status == AgreementVersion.Status.PROPOSED
    assert numbers_of(version) == given
    asked = item(item(version.body["stages"], "lead")["criteria"], "asked_or_fits")
    assert asked["when"]["any"][1]["value"] == 25
    chosen.post("/setup/numbers/", given | {"supply": "15"})
    version.refresh_from_db()
    assert version.status == AgreementVersion.Status.PROPOSED
    assert version.body["supply"]["handoffs"] == 15


def test_a_draft_that_was_worked_on_is_laid_aside_only_when_asked(chosen):
    first = agreements.unsettled()
    by, at = first.created_by, timezone.now()
    edit = {"section": "supply", "value": {"handoffs": 77}, "by": by, "at": at}
    agreements.edit(first, **edit, expected_sha256=first.sha256)
    for again in ("classic", "three_steps"):
        page = chosen.post("/setup/template/", {"template": again})
        assert page.status_code == 409
        assert "Version 1 was worked on: Mark Reuter wrote it last" in text_of(page)
        assert agreements.unsettled() == first
    card = page.content.decode().split('id="template-three_steps"')[1]
    asked = form_of(card, "/setup/template/#template-three_steps")
    assert chosen.post("/setup/template/", asked).status_code == 302
    first.refresh_from_db()
    assert first.status == AgreementVersion.Status.WITHDRAWN
    assert agreements.unsettled().body == three_steps()


def test_a_draft_that_was_changed_after_the_question_is_asked_about_again(chosen):
    first = agreements.unsettled()
    by, at, read = first.created_by, timezone.now(), first.sha256
    edit = {"section": "supply", "value": {"handoffs": 77}, "by": by, "at": at}
    agreements.edit(first, **edit, expected_sha256=first.sha256)
    page = chosen.post("/setup/template/", {"template": "classic", "aside": read})
    assert (page.status_code, agreements.unsettled()) == (409, first)


def test_where_no_new_draft_can_be_opened_the_old_one_stays(chosen, monkeypatch):
    first = agreements.unsettled()

    def refuse(**given):
        raise Refused("not_an_agreement", "No.")

    edit = {"section": "supply", "value": {"handoffs": 77}, "by": first.created_by}
    edit |= {"at": timezone.now(), "expected_sha256": first.sha256}
    first = agreements.edit(first, **edit).version

    monkeypatch.setattr(agreements, "open_draft", refuse)
    chosen.post("/setup/template/", {"template": "classic", "aside": first.sha256})
    first.refresh_from_db()
    assert first.status == AgreementVersion.Status.DRAFT


def test_numbers_are_not_proposed_over_what_somebody_has_not_saved(chosen):
    version, at = agreements.unsettled(), timezone.now()
    kept = {"by": version.created_by, "at": at, "input": "title_en=Ours", "sha256": version.sha256}
    agreements.locks.keep(version, "about", **kept)
    given = numbers_of(version) | {"bar": "25"}
    page = chosen.post("/setup/numbers/", given)
    assert page.status_code == 409
    asked = form_of(page.content.decode(), "/setup/numbers/")
    assert asked["bar"] == ["25"]
    assert chosen.post("/setup/numbers/", asked).status_code == 302
    version.refresh_from_db()
    assert version.status == AgreementVersion.Status.PROPOSED


def test_numbers_do_not_undo_what_somebody_changed_meanwhile(chosen):
    page = chosen.get("/setup/numbers/").content.decode()
    read = form_of(page, "/setup/numbers/")
    version = agreements.unsettled()
    supply = {"handoffs": 77}
    at, by = timezone.now(), version.created_by
    changed = agreements.edit(
        version, section="supply", value=supply, by=by, at=at, expected_sha256=version.sha256
    ).version
    page = chosen.post("/setup/numbers/", read | {"bar": "25"})
    assert page.status_code == 422
    assert "after you opened this page" in text_of(page)
    version.refresh_from_db()
    assert version.sha256 == changed.sha256
    again = form_of(page.content.decode(), "/setup/numbers/")
    assert again["bar"] == ["25"]
    assert chosen.post("/setup/numbers/", again).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"bar": "5000"}, "At most 1000."),
        ({"answer": "0"}, "At least 1."),
        ({"rest": "x"}, "Give a whole number."),
        ({"supply": ""}, "This field is required."),
    ],
)
def test_a_number_that_cannot_be_is_refused_beside_it_and_nothing_is_lost(chosen, wrong, said):
    before = agreements.unsettled().sha256
    given = numbers_of(agreements.unsettled()) | {"first_contact": "7"} | wrong
    page = chosen.post("/setup/numbers/", given)
    assert page.status_code == 422
    row = page.content.decode().split(f'id="row_id_{next(iter(wrong))}"')[1].split("</div>")[0]
    assert said in row
    assert 'name="first_contact" value="7"' in page.content.decode()
    assert agreements.unsettled().sha256 == before


def test_a_bar_out_of_reach_is_refused_beside_it(chosen):
    chosen.post("/setup/template/", {"template": "classic"})
    given = numbers_of(agreements.unsettled()) | {"bar": "500", "answer": "1"}
    page = chosen.post("/setup/numbers/", given)
    assert page.status_code == 422
    row = page.content.decode().split('id="row_id_bar"')[1].split("</div>")[0]
    assert "No lead can reach 500" in row
    assert numbers_of(agreements.unsettled())["answer"] == "4"


def test_untouched_numbers_leave_the_text_as_the_template_has_it():
    for make in TEMPLATES.values():
        body, numbers = make(), setups.read(make())
        assert setups.write(body, numbers) == body | {"supply": {"handoffs": 20}}
    assert setups.read(three_steps())["bar"] == 30


@pytest.fixture
def invited(chosen):
    chosen.post("/setup/numbers/", numbers_of(agreements.unsettled()))
    chosen.post("/setup/invitation/", OTHER)
    return chosen


def test_the_other_side_is_invited_once_and_answers_handoffs_until_there_are_reps(invited):
    lena = User.objects.get(email="lena@baton.example")
    assert lena.signs_for == "sales"
    assert not lena.has_usable_password()
    assert not lena.is_staff
    assert PoolMember.objects.get().user == lena
    page = invited.post("/setup/invitation/", OTHER | {"email": "two@baton.example"})
    assert page.status_code == 422
    assert not User.objects.filter(email="two@baton.example").exists()


def test_nobody_is_mailed_where_no_mail_is_set_up(settings, chosen):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    chosen.post("/setup/numbers/", numbers_of(agreements.unsettled()))
    page = chosen.post("/setup/invitation/", OTHER, follow=True)
    assert "Copy the link" in text_of(page)
    assert mail.outbox == []


def test_the_link_is_mailed_where_mail_is_set_up(invited):
    page = text_of(invited.get("/setup/invitation/"))
    assert mail.outbox[0].to == ["lena@baton.example"]
    assert "http://baton.example/invitation/" in mail.outbox[0].body
    assert "http://baton.example/invitation/" in page


def test_a_wrong_invitation_is_taken_back_and_another_sent(invited):
    wrong = link_in(invited.get("/setup/invitation/"))
    taken = form_of(invited.get("/setup/invitation/").content.decode(), "/setup/invitation/")
    page = invited.post("/setup/invitation/", taken | {"take_back": "1"}, follow=True)
    assert "Who leads the other side?" in text_of(page)
    assert Client().get(wrong).status_code == 404
    invited.post("/setup/invitation/", OTHER | {"first_name": "Helena"})
    lena = User.objects.get(email="lena@baton.example")
    assert (lena.first_name, PoolMember.objects.get().user) == ("Helena", lena)


def test_who_is_in_is_not_taken_back(invited):
    path = link_in(invited.get("/setup/invitation/"))
    Client().post(path, {"new_password1": "seven blue boats", "new_password2": "seven blue boats"})
    assert 'name="take_back"' not in text_of(invited.get("/setup/invitation/"))
    assert invited.post("/setup/invitation/", {"take_back": "1"}).status_code == 409
    assert User.objects.filter(email="lena@baton.example").exists()


def test_the_invited_person_sets_nothing_up(invited):
    lena = User.objects.get(email="lena@baton.example")
    client = Client()
    client.force_login(lena, backend="leads.backends.PeopleBackend")
    for path in ["/setup/", *STEPS]:
        assert client.get(path).status_code == 404


# When it is over


def test_who_took_part_is_led_to_the_agreement_and_nobody_else_finds_anything(invited):
    lena = User.objects.get(email="lena@baton.example")
    version = agreements.unsettled()
    for by in (User.objects.get(email="mark@baton.example"), lena):
        agreements.sign(version, by=by, at=timezone.now(), sha256=version.sha256)
    later = User.objects.create_superuser("ada@baton.example", "x", team=lena.team)
    browsers = [invited, Client(), Client()]
    for browser, user in zip(browsers[1:], (lena, later), strict=True):
        browser.force_login(user, backend="leads.backends.PeopleBackend")
    for path in ["/setup/", *STEPS]:
        answers = [browser.get(path) for browser in browsers]
        assert [each.status_code for each in answers] == [302, 302, 404], path
        assert {each.url for each in answers[:2]} == {"/agreement/"}


# Invitations


def test_an_invitation_holds_once_and_every_other_key_looks_the_same(invited):
    path = link_in(invited.get("/setup/invitation/"))
    who, token = path.split("/")[2:4]
    mark = invitations.key_of(User.objects.get(email="mark@baton.example"))
    answers = set()
    for wrong in [(who, "abc-123"), ("MTIzNDU", token), ("____", token), mark, ("a" * 300, "x-1")]:
        page = Client().get(reverse("invitation", args=wrong))
        assert page.status_code == 404
        answers.add(
            re.sub(r'nonce="[^"]*"|csrf\w+" value="[^"]*"|Token": "[^"]*"', "", text_of(page))
        )
    assert len(answers) == 1
    words = {"new_password1": "seven blue boats", "new_password2": "seven blue boats"}
    assert Client().post(path, words).status_code == 302
    assert Client().get(path).status_code == 404
    assert Client().post(path, words).status_code == 404


def test_who_is_signed_in_is_told_whose_link_it_is(invited):
    path = link_in(invited.get("/setup/invitation/"))
    assert "This link is for Lena: hand it over." in text_of(invited.get(path))
    assert "This link is for" not in text_of(Client().get(path))


def test_a_weak_password_is_refused_and_the_link_holds_on(invited):
    path = link_in(invited.get("/setup/invitation/"))
    page = Client().post(path, {"new_password1": "1234", "new_password2": "1234"})
    assert page.status_code == 422
    assert "too short" in text_of(page)
    assert Client().get(path).status_code == 200


def test_a_manager_invites_into_their_own_side_only(mark, maya, sales, signed_in):
    client = signed_in(mark)
    given = {"email": "New@Baton.example", "first_name": "Ada", "last_name": "New"}
    page = client.post("/people/invitation/", given | {"team": sales.pk})
    assert page.status_code == 422
    page = client.post("/people/invitation/", given | {"team": mark.team_id}, follow=True)
    new = User.objects.get(email="new@baton.example")
    assert (new.team, new.leads_team, new.is_superuser) == (mark.team, False, False)
    assert invitations.key_of(new)[0] in text_of(page)
    page = client.post("/people/invitation/", given | {"team": mark.team_id})
    assert "has an account already" in text_of(page)
    assert signed_in(maya).get("/people/invitation/").status_code == 404


def test_a_manager_never_sees_the_link_of_who_signs_or_administers(olu, ada, sales, signed_in):
    rep = User.objects.create_user("rep@baton.example", team=sales)
    signatory = User.objects.create_user("signs@baton.example", team=sales, leads_team=True)
    chief = User.objects.create_user("chief@baton.example", team=sales, is_superuser=True)
    page = text_of(signed_in(olu).get("/people/invitation/"))
    assert f"/invitation/{invitations.key_of(rep)[0]}/" in page
    for each in (signatory, chief):
        assert f"/invitation/{invitations.key_of(each)[0]}/" not in page
    page = text_of(signed_in(ada).get("/people/invitation/"))
    assert f"/invitation/{invitations.key_of(signatory)[0]}/" in page
