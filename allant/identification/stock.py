"""The stock of old NNP of people in a regular situation: who they are, and the waves that claim their documents (ID-08)."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q

from allant.campaigns import waves
from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.exclusions import exclusions
from allant.campaigns.models import Campaign, Wave
from allant.doctrine import RuleBook
from allant.facts import DATE, ONE, TEXT, Fact, FactTable
from allant.identification.models import IdentityFile
from allant.people.models import Matricule, MatriculeKind, Person, Situation
from allant.people.querysets import PersonQuerySet
from allant.targeting import define, tables

_THEIRS = Q(person=OuterRef("pk")) | Q(person__merged_into=OuterRef("pk"))
SLUG, TEMPLATE = "nnp-stock", "identity-nnp-documents"


def old_nnp(on: date, book: RuleBook) -> PersonQuerySet:
    """Living people under a NNP given before the NIA; never AME nor asylum seekers, whatever the register says elsewhere."""
    rule = book.value("identification.nnp_stock", on)
    numbers = Matricule.objects.filter(
        person=OuterRef("pk"), kind=MatriculeKind.NNP, ends_on=None, starts_on__lt=rule["created_before"]
    )
    situations = Situation.objects.active_on(on).filter(_THEIRS, kind__in=rule["excluded_situations"])
    files = IdentityFile.objects.filter(_THEIRS, circumstance__in=rule["excluded_circumstances"])
    found: PersonQuerySet = Person.objects.standing().alive_on(on)
    return found.filter(Exists(numbers)).exclude(Exists(situations)).exclude(Exists(files))


def stock_campaign(*, on: date, by: str, book: RuleBook) -> Campaign:
    """The campaign that claims the missing documents, created or brought to the doctrine of a day."""
    version = book.version("identification.nnp_stock", on)
    rule, t = version.value, tables()
    aside = [t.situation.where(kind=kind).active_on(on).exists() for kind in rule["excluded_situations"]]
    target = (t.identity.matricule_kind == "NNP") & (t.identity.matricule_since < rule["created_before"])
    target &= ~t.identity.circumstance.is_in(list(rule["excluded_circumstances"]))
    for each in aside:
        target &= ~each
    target &= ~exclusions(book, on, slug=SLUG, contact="information")
    plan = CampaignPlan(
        slug=SLUG, programme="identification", title="Résorption des NNP", starts_on=on, target=define(target),
        channels=("sms", "letter"), template=TEMPLATE, act="identity.nir_since", source=version.ground,
        objective="Réclamer les pièces manquantes aux personnes en situation régulière restées sous un NNP",
    )  # fmt: skip
    return save_campaign(plan, by=by)


def launch_stock_wave(*, on: date, by: str, capacity: int, book: RuleBook) -> Wave | None:
    """Claim the documents of at most `capacity` more people; None when nobody is left. Raises as `waves.launch_wave`."""
    return waves.launch_wave(stock_campaign(on=on, by=by, book=book), on=on, by=by, capacity=capacity)


IDENTITY_QUERY = """
SELECT DISTINCT ON (coalesce(bearer.merged_into_id, bearer.id))
       coalesce(bearer.merged_into_id, bearer.id) AS person_id, number.kind AS matricule_kind,
       number.starts_on AS matricule_since, CASE WHEN number.kind = 'NIR' THEN number.starts_on END AS nir_since,
       coalesce(file.circumstance, 'none') AS circumstance
FROM people_matricule AS number
JOIN people_person AS bearer ON bearer.id = number.person_id
LEFT JOIN LATERAL (
    SELECT circumstance FROM identification_identityfile AS each WHERE each.person_id = bearer.id ORDER BY each.id DESC LIMIT 1
) AS file ON true
WHERE number.ends_on IS NULL
ORDER BY coalesce(bearer.merged_into_id, bearer.id), number.starts_on DESC, number.id DESC
"""


def identity_table() -> FactTable:
    """One row a person who bears a number."""
    return FactTable(
        "identity",
        "identification",
        ONE,
        [
            Fact("matricule_kind", TEXT, "nature du matricule", "sans matricule", choices=dict(MatriculeKind.choices)),
            Fact("matricule_since", DATE, "matricule porté depuis", "date inconnue"),
            Fact("nir_since", DATE, "NIR depuis", "sans NIR"),
            Fact("circumstance", TEXT, "situation du dossier d'identification", "sans dossier d'identification"),
        ],
        IDENTITY_QUERY,
        plural_fr="identifications",
    )
