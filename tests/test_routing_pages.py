"""Routing rules in the browser: read by managers, written by those of sales, with history."""

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback.models import RoutingRule
from leads.models import Side, Team
from tests.factories import (
    AgreementVersionFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
)
from tests.forms import form_of

pytestmark = pytest.mark.django_db

FRENCH = {"op": "is", "field": "country", "value": "FR"}
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def version(db):
    return AgreementVersionFactory()


@pytest.fixture
def dach(version, sales, sam):
    pool = PoolFactory(name="DACH", team=sales, position=1)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


@pytest.fixture
def france(dach, sales):
    return PoolFactory(name="France", team=sales, position=2)


@pytest.fixture
def lena_in(lena, signed_in):
    return signed_in(lena)


def rule(name, pool, **facts):
    position = RoutingRule.objects.count() + 1
    return RoutingRule.objects.create(name=name, pool=pool, position=position, **facts)


def filled(page, action, **given):
    """The form of a page, with some of it filled in."""
    return form_of(page.content.decode(), action) | given


def built(client, url, **given):
    """The form of a rule after “role, or another field” was chosen in its condition."""
    first = client.get(url)
    posted = filled(first, url, do="when:put:b0:field", **given)
    page = client.post(url, posted)
    found = form_of(page.content.decode(), url)
    name = next(each for each in found if each.endswith("-field"))
    return found | {name: "country", name.replace("-field", "-op"): "is"}


def names():
    return list(RoutingRule.objects.values_list("name", flat=True))


def test_without_rules_the_page_says_where_all_leads_go(lena_in, dach):
    page = lena_in.get("/routing/")
    assert "There are no rules yet" in page.content.decode()
    assert "DACH" in page.content.decode()
    assert "reps on duty take turns, by weight" in page.content.decode()


def test_without_a_pool_the_page_says_what_is_missing(lena_in, version):
    page = lena_in.get("/routing/").content.decode()
    assert "There is no pool of reps yet." in page
    assert reverse("duty_pool_new") in page


def test_rules_stand_in_sentences_in_their_order(lena_in, dach, france):
    rule("French speakers", france, when=FRENCH)
    rule("Asked for us", dach, strategy="first_to_take")
    page = " ".join(lena_in.get("/routing/").content.decode().split())
    assert page.index("French speakers") < page.index("Asked for us") < page.index("All others")
    assert "Every lead" in page
    assert "the first to take it has it" in page


def test_a_rule_is_written_with_the_builder_of_the_agreement(lena_in, dach, france, lena):
    url = reverse("routing_rule_new")
    posted = built(lena_in, url, name="French speakers", pool=france.pk)
    value = next(each for each in posted if each.endswith("-value"))
    answer = lena_in.post(url, posted | {value: "FR"})
    made = RoutingRule.objects.get()
    assert answer.url == f"/routing/#rule-{made.pk}"
    assert (made.name, made.pool, made.active) == ("French speakers", france, True)
    assert made.when["field"] == "country"
    assert made.history.get().history_user == lena


def test_a_rule_without_a_condition_or_a_name_is_not_saved(lena_in, dach):
    url = reverse("routing_rule_new")
    answer = lena_in.post(url, filled(lena_in.get(url), url, name=""))
    assert answer.status_code == 422
    assert "Choose a condition" in answer.content.decode()
    assert not RoutingRule.objects.exists()


def test_a_page_that_nobody_touched_calls_nothing_missing(lena_in, dach):
    url = reverse("routing_rule_new")
    page = lena_in.get(url).content.decode()
    assert "Choose a condition, and here you see how many leads meet it." in page
    assert "Choose a condition.<" not in page
    refused = lena_in.post(url, filled(lena_in.get(url), url, name="Nobody")).content.decode()
    assert '<ul class="errorlist"><li>Choose a condition.</li></ul>' in refused


def test_a_rule_may_be_for_every_lead(lena_in, dach):
    url = reverse("routing_rule_new")
    lena_in.post(url, filled(lena_in.get(url), url, name="Everybody", whom="all"))
    assert RoutingRule.objects.get().when is None


def test_two_rules_have_two_names(lena_in, dach):
    rule("Everybody", dach)
    url = reverse("routing_rule_new")
    answer = lena_in.post(url, filled(lena_in.get(url), url, name="everybody", whom="all"))
    assert answer.status_code == 422
    assert "Another rule has this name." in answer.content.decode()


def test_a_step_in_the_condition_redraws_only_that_part(lena_in, dach):
    url = reverse("routing_rule_new")
    posted = filled(lena_in.get(url), url, do="when:put:b0:field")
    part = lena_in.post(url, posted, **HTMX).content.decode()
    assert 'id="row-when"' in part
    assert "<html" not in part
    assert f'hx-post="{url}"' in part


def test_a_condition_that_is_there_is_shown_and_kept(lena_in, dach):
    known = rule("French speakers", dach, when=FRENCH)
    url = reverse("routing_rule", args=[known.pk])
    lena_in.post(url, filled(lena_in.get(url), url, name="France"))
    known.refresh_from_db()
    assert (known.name, known.when) == ("France", FRENCH)


def test_a_stale_save_is_refused_with_what_changed_and_meant_when_repeated(
    lena_in, lena, olu, signed_in, dach, france
):
    known = rule("French speakers", dach)
    url = reverse("routing_rule", args=[known.pk])
    page = lena_in.get(url)
    olu_in = signed_in(olu)
    olu_in.post(url, filled(olu_in.get(url), url, pool=france.pk))
    answer = lena_in.post(url, filled(page, url, name="France"))
    assert answer.status_code == 409
    said = answer.content.decode()
    assert "Olu Adeyemi changed this rule meanwhile: offered to DACH → France." in said
    known.refresh_from_db()
    assert (known.name, known.pool) == ("French speakers", france)
    lena_in.post(url, filled(answer, url))
    known.refresh_from_db()
    assert (known.name, known.pool) == ("France", dach)


def test_a_rule_that_was_only_moved_can_be_saved_from_an_older_page(lena_in, dach):
    rule("First", dach)
    known = rule("Second", dach)
    url = reverse("routing_rule", args=[known.pk])
    page = lena_in.get(url)
    lena_in.post(reverse("routing_rule_position", args=[known.pk]), {"to": "up"})
    assert lena_in.post(url, filled(page, url, name="Other")).status_code == 302
    assert names() == ["Other", "First"]


def test_saving_what_is_there_writes_no_history(lena_in, dach):
    known = rule("Everybody", dach)
    url = reverse("routing_rule", args=[known.pk])
    page = lena_in.post(url, filled(lena_in.get(url), url), follow=True)
    assert "Nothing was changed." in page.content.decode()
    assert known.history.count() == 1


def test_rules_move_up_and_down_and_stay_at_the_ends(lena_in, dach):
    first, _second, third = (rule(name, dach) for name in ("A", "B", "C"))
    move = "routing_rule_position"
    part = lena_in.post(reverse(move, args=[third.pk]), {"to": "up"}, **HTMX).content.decode()
    assert "“C” stands in place 2." in part
    assert 'id="changes" hx-swap-oob="true"' in part
    assert "Lena Fuchs: " in part
    assert names() == ["A", "C", "B"]
    lena_in.post(reverse(move, args=[first.pk]), {"to": "down"})
    assert names() == ["C", "A", "B"]
    lena_in.post(reverse(move, args=[third.pk]), {"to": "up"})
    assert names() == ["C", "A", "B"]


def test_rules_are_switched_off_and_on(lena_in, dach, lena):
    known = rule("Everybody", dach)
    url = reverse("routing_rule_activity", args=[known.pk])
    lena_in.post(url, {"on": "no"})
    known.refresh_from_db()
    assert not known.active
    lena_in.post(url, {"on": "yes"})
    known.refresh_from_db()
    assert known.active
    assert known.history.filter(history_user=lena).count() == 2


def test_a_rule_is_deleted_after_a_question_and_its_handoffs_keep_their_pool(lena_in, dach, france):
    known = rule("French speakers", france)
    offered = HandoffFactory(pool=france, rule=known)
    url = reverse("routing_rule_deletion", args=[known.pk])
    assert "It stays with France." in lena_in.get(url).content.decode()
    lena_in.post(url)
    offered.refresh_from_db()
    assert (offered.rule, offered.pool) == (None, france)
    assert lena_in.get(reverse("routing_rule", args=[known.pk])).status_code == 404


def test_the_history_says_who_changed_what_of_deleted_rules_too(lena_in, lena, dach, france):
    url = reverse("routing_rule_new")
    lena_in.post(url, filled(lena_in.get(url), url, name="Everybody", whom="all", pool=dach.pk))
    known = RoutingRule.objects.get()
    edit = reverse("routing_rule", args=[known.pk])
    lena_in.post(edit, filled(lena_in.get(edit), edit, pool=france.pk, strategy="least_loaded"))
    lena_in.post(reverse("routing_rule_activity", args=[known.pk]), {"on": "no"})
    lena_in.post(reverse("routing_rule_deletion", args=[known.pk]))
    page = " ".join(lena_in.get(reverse("routing_history")).content.decode().split())
    assert page.count("Lena Fuchs: <b>Everybody</b>") == 4
    assert "offered to DACH → France" in page
    assert "all others: Take turns, by weight → Who has least to do" in page
    for each in ("added", "switched off", "deleted"):
        assert f"</b> {each}" in page


def test_a_rule_whose_condition_cannot_be_read_any_more_says_so(lena_in, dach):
    rule("Old", dach, when={"op": "is", "field": "shoe_size", "value": "42"})
    assert "can no longer be read" in lena_in.get("/routing/").content.decode()


def test_the_preview_counts_whom_the_rule_would_have_meant_after_those_above(lena_in, dach, france):
    now = timezone.now()
    for country in ("FR", "FR", "DE"):
        HandoffFactory(lead=LeadFactory(country=country), pool=dach, opened_at=now)
    rule("French speakers", france, when=FRENCH)
    url = reverse("routing_rule_new")
    posted = filled(lena_in.get(url), url, whom="all")
    part = " ".join(
        lena_in.post(reverse("routing_preview"), posted, **HTMX).content.decode().split()
    )
    assert "<b>1</b> of the 3 leads handed over in the last 30 days" in part
    assert "2 more meet it, but go by rules above." in part


def test_the_preview_says_when_there_is_nobody_to_count(lena_in, dach):
    url = reverse("routing_rule_new")
    posted = filled(lena_in.get(url), url, whom="all")
    part = lena_in.post(reverse("routing_preview"), posted, **HTMX).content.decode()
    assert "nobody can be counted" in part


def test_trying_a_lead_says_rule_person_and_who_is_skipped_and_gives_nothing(
    lena_in, dach, tom, sam
):
    PoolMemberFactory(pool=dach, user=tom, on_duty=False)
    dach.calendar.hours.all().delete()
    lead = LeadFactory(first_name="Ines", last_name="Graaf", name_folded="ines graaf")
    assert "Ines Graaf" in lena_in.get("/routing/try/", {"q": "graaf"}).content.decode()
    page = " ".join(lena_in.get("/routing/try/", {"lead": lead.pk}).content.decode().split())
    assert "All others" in page
    assert "<b>Sam Okafor</b>" in page
    assert "Tom Albrecht" in page
    assert "off duty" in page
    assert not lead.handoffs.exists()


def test_trying_a_lead_without_any_pool_says_what_is_missing(lena_in, version):
    page = lena_in.get("/routing/try/", {"lead": LeadFactory().pk})
    assert 'data-code="no_pool"' in page.content.decode()


def test_marketings_manager_reads_the_rules_and_changes_none(mark, signed_in, dach):
    known = rule("Everybody", dach)
    client = signed_in(mark)
    page = client.get("/routing/").content.decode()
    assert "Everybody" in page
    assert "Switch off" not in page
    assert client.post(reverse("routing_rule_activity", args=[known.pk])).status_code == 403
    assert client.get(reverse("routing_rule_new")).status_code == 403
    known.refresh_from_db()
    assert known.active


def test_reps_and_marketers_find_no_rules(sam, maya, nina, signed_in, dach):
    for user in (sam, maya, nina):
        assert signed_in(user).get("/routing/").status_code == 404


def test_the_list_of_rules_takes_the_same_few_queries_however_many_there_are(
    lena_in, dach, django_assert_max_num_queries
):
    for number in range(30):
        rule(f"Rule {number}", dach, when=FRENCH)
    Team.objects.create(name="Sales North", side=Side.SALES)
    with django_assert_max_num_queries(24):
        lena_in.get("/routing/")
