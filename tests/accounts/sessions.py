"""Signing in without a provider, for the tests of pages."""

from django.test import Client

from allant.accounts.actions import Grant, replace_memberships
from allant.accounts.models import User
from allant.accounts.roles import WHOLE_COUNTRY, Role
from allant.accounts.sign_in import SESSION_KEY

PHYSICIAN = "10"  # the profession of every professional here: it has every right in the téléservice


def account_with(
    *roles: Role, username: str = "agency:test", structures: tuple[str, ...] = ("CPAM-35",), departement: str = WHOLE_COUNTRY
) -> User:
    """A new account holding each of `roles` in each of `structures`, over the whole country unless told otherwise."""
    user = User.objects.create_account(username, family_name="Essai", given_names="Alix")
    replace_memberships(
        user=user,
        grants=[
            Grant(role, code, f"Structure {code}", departement, PHYSICIAN if role == Role.HEALTH_PROFESSIONAL else "")
            for role in roles
            for code in structures
        ],
    )
    return user


def enter(client: Client, user: User, *, strong: bool = True) -> None:
    """Open a session for `user`, as after a strong sign-in unless told otherwise."""
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[SESSION_KEY] = {"provider": "agency", "acr": "eidas2", "auth_mode": "CARD", "strong": strong}
    session.save()
