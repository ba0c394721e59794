"""The main menu, by role."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from allant.accounts.roles import Role
from allant.accounts.sign_in import roles_of


@dataclass(frozen=True)
class MenuEntry:
    """A rubric, for everybody (`roles` empty) or for the holders of a role."""

    label: str
    url_name: str
    roles: frozenset[Role] = frozenset()


MENU = (
    MenuEntry("Accueil", "home"),
    MenuEntry("Chiffres", "figures"),
    MenuEntry("Campagnes", "campaigns", frozenset({Role.CAMPAIGN_MANAGER, Role.MEDICAL_SERVICE})),
    MenuEntry("Envois", "sendings", frozenset({Role.CAMPAIGN_MANAGER})),
    MenuEntry(
        "Contacts",
        "person_history",
        frozenset({Role.CAMPAIGN_MANAGER, Role.CALL_AGENT, Role.FRONT_DESK_AGENT, Role.MEDICAL_SERVICE}),
    ),
    MenuEntry("Appels", "desk", frozenset({Role.CALL_AGENT, Role.MEDICAL_SERVICE, Role.PLATFORM_AGENT})),
    MenuEntry("Supervision", "desk_supervision", frozenset({Role.CAMPAIGN_MANAGER})),
    MenuEntry("Réponses", "answers", frozenset({Role.CAMPAIGN_MANAGER, Role.CALL_AGENT})),
    MenuEntry("Visites", "visits", frozenset({Role.DELEGATE})),
    MenuEntry("Espace professionnel", "professional_home", frozenset({Role.HEALTH_PROFESSIONAL, Role.PORTAL_USER})),
    MenuEntry(
        "Accueil téléphonique",
        "inbound",
        frozenset({Role.PLATFORM_AGENT, Role.FRONT_DESK_AGENT, Role.CALL_AGENT}),
    ),
    MenuEntry(
        "Lieux de rendez-vous",
        "places",
        frozenset({Role.HEALTH_PROFESSIONAL, Role.FRONT_DESK_AGENT, Role.PARTNER, Role.CAMPAIGN_MANAGER}),
    ),
    MenuEntry("Courriers avec créneau", "slot_letters", frozenset({Role.CAMPAIGN_MANAGER})),
    MenuEntry("À domicile", "home_visits", frozenset({Role.CALL_AGENT, Role.FRONT_DESK_AGENT, Role.PLATFORM_AGENT})),
    MenuEntry("Partenaires de rendez-vous", "booking_partners", frozenset({Role.ADMINISTRATOR})),
    MenuEntry("Identification", "identity_files", frozenset({Role.IDENTITY_AGENT})),
    MenuEntry("Administration", "administration_home", frozenset({Role.ADMINISTRATOR, Role.IDENTITY_AGENT})),
    MenuEntry("Mon espace", "insured_home", frozenset({Role.INSURED})),
)


@dataclass(frozen=True)
class MenuLink:
    """A rubric as shown on one page; `place` is the value of `aria-current`."""

    label: str
    url: str
    place: str


def menu_for(request: HttpRequest) -> list[MenuLink]:
    """The rubrics this visitor may open, with the one the page belongs to."""
    held = roles_of(request)
    links = []
    for entry in MENU:
        if entry.roles and not entry.roles & held:
            continue
        url = reverse(entry.url_name)
        inside = url != "/" and request.path.startswith(url)
        links.append(MenuLink(entry.label, url, "page" if request.path == url else "true" if inside else ""))
    return links
