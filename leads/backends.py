"""Who signs in, read with the team that nearly every page asks for."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from leads.models import User


class PeopleBackend(ModelBackend):
    """E-mail address and password, as Django keeps them."""

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("team").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
