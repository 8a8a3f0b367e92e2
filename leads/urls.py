"""Addresses of people's own pages."""

from django.urls import path

from leads.views import accounts, invitations

urlpatterns = [
    path("sign-in/", accounts.sign_in, name="sign_in"),
    path("sign-out/", accounts.sign_out, name="sign_out"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.account_password, name="account_password"),
    path("people/invitation/", invitations.people, name="people_invitation"),
    path("invitation/<slug:who>/<slug:token>/", invitations.invitation, name="invitation"),
]
