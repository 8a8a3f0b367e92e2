"""Addresses of people's own pages."""

from django.urls import path

from leads.views import accounts

urlpatterns = [
    path("sign-in/", accounts.sign_in, name="sign_in"),
    path("sign-out/", accounts.sign_out, name="sign_out"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.account_password, name="account_password"),
]
