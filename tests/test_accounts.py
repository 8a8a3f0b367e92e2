"""Signing in and out, and what people choose for themselves."""

import pytest
from django.urls import reverse

from leads.models import User

SECRET = "correct horse battery staple"


@pytest.fixture
def sam_with_password(sam):
    sam.set_password(SECRET)
    sam.save()
    return sam


def sign_in(client, email, password=SECRET, **also):
    return client.post(reverse("sign_in"), {"username": email, "password": password} | also)


class TestSigningIn:
    def test_people_come_in_by_e_mail_in_any_letters_and_go_where_they_wanted(
        self, client, sam_with_password
    ):
        door = client.get("/inbox/")
        assert door.url == f"{reverse('sign_in')}?next=/inbox/"
        assert sign_in(client, " SAM@Baton.example ", next="/inbox/").url == "/inbox/"
        assert client.session["_auth_user_id"] == str(sam_with_password.pk)

    def test_what_is_sent_after_the_session_ended_leads_back_to_its_page(self, client):
        inbox, door = "http://testserver/inbox/?q=m", f"{reverse('sign_in')}?next=/inbox/%3Fq%3Dm"
        path = reverse("handoff_contacts", args=[7])
        assert client.post(path, headers={"referer": inbox}).url == door
        assert "nothing was sent" in client.get(door).content.decode()
        stranger = client.post(path, headers={"referer": "https://elsewhere.example/inbox/"})
        assert stranger.url == f"{reverse('sign_in')}?next=/"

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_part_of_a_page_that_asks_after_the_session_ended_leaves_the_page_alone(
        self, client, method
    ):
        path = reverse("agreement_life", args=["goals"])
        answer = getattr(client, method)(path, headers={"hx-request": "true"})
        assert answer.status_code == 401
        assert {"HX-Redirect", "Location", "Set-Cookie"}.isdisjoint(answer.headers)
        assert not answer.cookies
        assert not answer.content

    @pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example"])
    def test_nobody_is_led_to_another_site(self, client, sam_with_password, elsewhere):
        assert sign_in(client, "sam@baton.example", next=elsewhere).url == reverse("home")

    def test_a_wrong_password_and_a_stranger_are_told_the_same(self, client, sam_with_password):
        told = [
            sign_in(client, "sam@baton.example", "wrong").content.decode(),
            sign_in(client, "stranger@baton.example").content.decode(),
        ]
        assert all("E-mail and password don&#x27;t belong together" in page for page in told)
        assert "_auth_user_id" not in client.session

    def test_somebody_inactive_stays_out(self, client, sam_with_password):
        User.objects.update(is_active=False)
        assert sign_in(client, "sam@baton.example").status_code == 200
        assert "_auth_user_id" not in client.session

    def test_after_ten_wrong_passwords_the_door_stays_closed_for_a_while(
        self, client, sam_with_password, settings
    ):
        for number in range(settings.AXES_FAILURE_LIMIT):
            letters = "SAM@baton.example" if number % 2 else "sam@baton.example"
            closed = sign_in(client, letters, "wrong")
        assert closed.status_code == 429
        assert "Too many wrong passwords" in closed.content.decode()
        assert sign_in(client, "sam@baton.example").status_code == 429

    def test_who_is_in_already_is_led_on(self, signed_in, sam):
        assert signed_in(sam).get(reverse("sign_in")).url == reverse("home")


class TestSigningOut:
    def test_signing_out_takes_a_post(self, signed_in, sam):
        client = signed_in(sam)
        assert client.get(reverse("sign_out")).status_code == 405
        assert client.post(reverse("sign_out")).url == reverse("sign_in")
        assert client.get(reverse("account")).status_code == 302


class TestAccount:
    def test_no_field_takes_the_focus_so_no_keyboard_covers_the_page_on_the_phone(
        self, signed_in, sam
    ):
        page = signed_in(sam).get(reverse("account")).text
        assert 'name="old_password"' in page
        assert "autofocus" not in page

    def test_a_chosen_language_applies_at_once_and_over_the_browsers(self, signed_in, sam):
        client = signed_in(sam)
        asks = {"accept-language": "en"}
        assert client.get(reverse("account"), headers=asks)["Content-Language"] == "en"
        body = {"language": "de", "theme": "dark"}
        assert client.post(reverse("account"), body, headers=asks).url == reverse("account")

        page = client.get(reverse("account"), headers=asks)
        assert page["Content-Language"] == "de"
        sam.refresh_from_db()
        assert (sam.language, sam.theme) == ("de", "dark")
        assert 'data-theme="dark"' in page.content.decode()

    def test_without_a_choice_the_browser_decides(self, signed_in, nina):
        page = signed_in(nina).get(reverse("account"), headers={"accept-language": "de"})
        assert page["Content-Language"] == "de"

    @pytest.mark.parametrize("body", [{"language": "xx"}, {"theme": "pink"}])
    def test_what_is_not_offered_is_refused(self, signed_in, sam, body):
        response = signed_in(sam).post(reverse("account"), body)
        assert response.status_code == 422
        sam.refresh_from_db()
        assert (sam.language, sam.theme) == ("", "")

    def test_nobody_changes_more_than_language_and_look(self, signed_in, sam):
        body = {"language": "de", "is_superuser": "on", "leads_team": "on", "team": "1"}
        signed_in(sam).post(reverse("account"), body)
        sam.refresh_from_db()
        assert (sam.is_superuser, sam.leads_team) == (False, False)

    def test_a_new_password_keeps_this_browser_and_signs_out_others(
        self, client, signed_in, sam_with_password
    ):
        other = signed_in(sam_with_password)
        sign_in(client, "sam@baton.example")
        new = {"new_password1": "a fairly new secret", "new_password2": "a fairly new secret"}
        path = reverse("account_password")

        assert client.post(path, {"old_password": "wrong"} | new).status_code == 422
        assert client.post(path, {"old_password": SECRET} | new).url == reverse("account")
        assert client.get(reverse("account")).status_code == 200
        assert other.get(reverse("account")).status_code == 302
        assert sign_in(other, "sam@baton.example", "a fairly new secret").status_code == 302
