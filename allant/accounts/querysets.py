"""Reads on accounts and the access log, in the words of the domain."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

from allant.directory.rows import Rows

if TYPE_CHECKING:
    from allant.accounts.models import Membership, User


@cache
def _by_key(model: type[User]) -> Rows[User]:
    return Rows(model, "row.id = %s", related="practitioner")


@cache
def _held(model: type[Membership]) -> Rows[Membership]:
    where = "row.user_id = %s ORDER BY row.structure_name, row.role, row.id"
    return Rows(model, where, related="organisation")


class UserManager(BaseUserManager["User"]):
    """Accounts are made by a sign-in, or by a test; none has a usable password."""

    def get(self, *args: Any, **wanted: Any) -> User:
        """As any manager; by its key alone, which each request of a signed-in person asks, without making a query anew.

        The professional of the directory comes along: whoever acts is asked for it.
        """
        if args or set(wanted) != {"pk"}:
            return super().get(*args, **wanted)
        if (found := _by_key(self.model).first(wanted["pk"])) is None:
            raise self.model.DoesNotExist
        return found

    def create_account(self, username: str, **fields: object) -> User:
        """A new account that only an identity provider can open."""
        user = self.model(username=username, **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Roles held."""

    def held_by(self, user: User) -> list[Membership]:
        """The roles of one active account, with their organisation, in the order of the model."""
        return _held(self.model).all(user.pk) if user.is_active else []


class AccessLogQuerySet(models.QuerySet["AccessLogEntry"]):
    """The access log, newest first."""

    def about(self, person_id: int) -> AccessLogQuerySet:
        """Entries about one person, bulk actions excepted."""
        return self.filter(person_id=person_id)

    def done_by(self, user: User) -> AccessLogQuerySet:
        """What one account did."""
        return self.filter(actor_id=user.pk)
