"""Who may open a page: every view is declared public or names the roles it is for. Undeclared views are refused.

The declaration is data on the view; `allant.accounts.middleware` enforces it and a check refuses to start without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from allant.accounts.roles import Role

View = TypeVar("View", bound=Callable[..., Any])
Gate = Callable[[HttpRequest], HttpResponse | None]


@dataclass(frozen=True)
class Access:
    """What a view asks for: one of `roles`, or what its `gate` lets through; neither when it is public."""

    roles: frozenset[Role] = frozenset()
    gate: Gate | None = None

    @property
    def public(self) -> bool:
        """Whether anyone may open the page."""
        return not self.roles and self.gate is None

    def allows(self, roles: frozenset[Role]) -> bool:
        """Whether one of `roles` is enough."""
        return self.public or bool(self.roles & roles)


def public(view: View) -> View:
    """Declare a view open to everybody."""
    view.allant_access = Access()  # type: ignore[attr-defined]
    return view


def requires(*roles: Role) -> Callable[[View], View]:
    """Declare a view for the holders of any of `roles`."""
    if not roles:
        raise ValueError("requires() expects at least one role; an open page is declared with @public.")

    def declare(view: View) -> View:
        view.allant_access = Access(frozenset(roles))  # type: ignore[attr-defined]
        return view

    return declare


def for_clients(gate: Gate) -> Callable[[View], View]:
    """Declare an address for programs, which hold no session: `gate` gives the refusal, or None to let the request in."""

    def declare(view: View) -> View:
        view.allant_access = Access(gate=gate)  # type: ignore[attr-defined]
        return view

    return declare


def signed_in(view: View) -> View:
    """Declare a view for anyone who holds a role, whichever it is."""
    return requires(*Role)(view)


def declared_access(view: Callable[..., Any]) -> Access | None:
    """The declaration of a view, or None when it has none."""
    return getattr(view, "allant_access", None)
