"""Reads on accounts and the access log, in the words of the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

if TYPE_CHECKING:
    from allant.accounts.models import User


class UserManager(BaseUserManager["User"]):
    """Accounts are made by a sign-in, or by a test; none has a usable password."""

    def create_account(self, username: str, **fields: object) -> User:
        """A new account that only an identity provider can open."""
        user = self.model(username=username, **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Roles held."""

    def held_by(self, user: User) -> MembershipQuerySet:
        """The roles of one active account, with their organisation."""
        return self.filter(user=user, user__is_active=True).select_related("organisation")


class AccessLogQuerySet(models.QuerySet["AccessLogEntry"]):
    """The access log, newest first."""

    def about(self, person_id: int) -> AccessLogQuerySet:
        """Entries about one person, bulk actions excepted."""
        return self.filter(person_id=person_id)

    def done_by(self, user: User) -> AccessLogQuerySet:
        """What one account did."""
        return self.filter(actor_id=user.pk)
