"""How people log in: by django-allauth, with accounts that an admin has made."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # it has no types
    """Accounts of the desk."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - its signature
        """Refuse: an account is made by an admin."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the peer's address, as far as proxies are trusted to tell it."""
        return str(import_string(settings.AXES_CLIENT_IP_CALLABLE)(request) or "unknown")


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]  # it has no types
    """Accounts that another system vouches for."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002
        """Refuse: it lets in whom an admin has let in already, by the same address."""
        return False


class LogInForm(LoginForm):  # type: ignore[misc]  # it has no types
    """The log-in, telling who guesses by the name that was typed."""

    def user_credentials(self) -> dict[str, Any]:
        """Return what is asked of the backends, with the name under which guesses are counted."""
        found: dict[str, Any] = super().user_credentials()
        typed = str(self.cleaned_data.get(settings.AXES_USERNAME_FORM_FIELD, ""))
        return found | {settings.AXES_USERNAME_FORM_FIELD: typed.casefold()}
