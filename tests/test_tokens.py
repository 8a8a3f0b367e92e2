"""Keys to the API: shown once, kept as a hash, revocable."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from leads import tokens
from leads.models import ApiToken, Event
from leads.refusals import Refused


def test_a_token_is_kept_as_a_hash_and_found_by_its_plain_text(maya, monday):
    token, plain = tokens.issue(maya, label="Website", at=monday)

    assert tokens.authenticate(plain, at=monday) == maya
    row = ApiToken.objects.get(pk=token.pk)
    assert plain.startswith(row.prefix)
    assert plain not in {getattr(row, field.attname) for field in row._meta.concrete_fields}
    assert len(plain) - len(row.prefix) > 30


def test_two_tokens_of_one_person_are_different(maya, monday):
    assert tokens.issue(maya, label="", at=monday)[1] != tokens.issue(maya, label="", at=monday)[1]


@pytest.mark.parametrize("plain", ["", "baton_", "baton_nothing", "\ud800", "x" * 10_000, "ü"])
def test_an_unknown_token_opens_nothing(maya, monday, plain):
    tokens.issue(maya, label="", at=monday)
    assert tokens.authenticate(plain, at=monday) is None


def test_a_revoked_token_opens_nothing_and_is_revoked_once(maya, monday):
    token, plain = tokens.issue(maya, label="", at=monday)
    tokens.revoke(token, by=maya, at=monday)

    assert tokens.authenticate(plain, at=monday) is None
    assert Event.objects.get(kind="token.revoked").data == {"token": token.pk, "user": maya.pk}
    with pytest.raises(Refused) as refusal:
        tokens.revoke(token, by=maya, at=monday + timedelta(hours=1))
    assert (refusal.value.code, refusal.value.status) == ("already_revoked", 409)
    assert ApiToken.objects.get(pk=token.pk).revoked_at == monday


def test_only_the_owner_or_an_administrator_revokes_a_token(maya, sam, lena, ada, monday):
    token, plain = tokens.issue(maya, label="", at=monday)
    for other in (sam, lena):
        with pytest.raises(Refused) as refusal:
            tokens.revoke(token, by=other, at=monday)
        assert refusal.value.status == 403
    assert tokens.authenticate(plain, at=monday) == maya

    tokens.revoke(token, by=ada, at=monday)
    assert tokens.authenticate(plain, at=monday) is None


def test_a_person_made_inactive_loses_their_tokens_and_gets_no_new_one(maya, monday):
    _token, plain = tokens.issue(maya, label="", at=monday)
    maya.is_active = False
    maya.save()

    assert tokens.authenticate(plain, at=monday) is None
    with pytest.raises(Refused) as refusal:
        tokens.issue(maya, label="", at=monday)
    assert refusal.value.code == "user_inactive"


def test_use_is_recorded_at_most_once_a_minute(maya, monday, django_assert_num_queries):
    token, plain = tokens.issue(maya, label="", at=monday)

    with django_assert_num_queries(2):
        tokens.authenticate(plain, at=monday)
    with django_assert_num_queries(1):
        tokens.authenticate(plain, at=monday + timedelta(seconds=59))
    assert ApiToken.objects.get(pk=token.pk).last_used_at == monday

    tokens.authenticate(plain, at=monday + timedelta(seconds=60))
    assert ApiToken.objects.get(pk=token.pk).last_used_at == monday + timedelta(seconds=60)


def test_the_command_prints_a_token_that_opens(maya, monday):
    out, err = io.StringIO(), io.StringIO()
    call_command("api_token", "Maya@Baton.example", label="CRM", stdout=out, stderr=err)

    assert tokens.authenticate(out.getvalue().strip(), at=monday) == maya
    assert ApiToken.objects.get().label == "CRM"
    assert "shown this once" in err.getvalue()


def test_the_command_refuses_people_who_are_not_there(db):
    with pytest.raises(CommandError, match=r"Nobody here .* nobody@baton\.example"):
        call_command("api_token", "nobody@baton.example")
    assert not ApiToken.objects.exists()
