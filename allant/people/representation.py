"""Who may act for another insured person, asked anew at each act: representation ends one day.

The register names parents, guardians and others (`Representation`). Of a minor about whom it never named anybody, the
policyholder (ouvrant droit) they are attached to is taken for the representative. A spouse or a child of age represents nobody
by being one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from allant.doctrine import RuleBook
from allant.doctrine.age import age_on, born_by
from allant.people.models import Person, Representation, RepresentationKind, Situation, SituationKind
from allant.people.querysets import PersonQuerySet


@dataclass(frozen=True)
class Represented:
    """A person and by what right one represents them."""

    person: Person
    kind: RepresentationKind


def represented_by(holder: Person, on: date, book: RuleBook) -> PersonQuerySet:
    """The living persons that one represents on a day, the eldest first; nobody for who is not known to be of age.

    Which kinds count for minors, for adults, and under a guardianship is the doctrine's (`insured.representatives`).
    """
    majority = book.value("insured.representation", on)["majority"]
    persons: PersonQuerySet = Person.objects.all()
    if holder.birth_date is None or age_on(holder.birth_date, on) < majority:
        return persons.none()
    minor, guarded = Q(birth_date__gt=born_by(majority, on)), Exists(_guardianships(on))
    records = Person.objects.filter(Q(pk=holder.pk) | Q(merged_into=holder.pk)).values("pk")
    held = Representation.objects.active_on(on).by(records).with_standing()
    ever_named = Representation.objects.with_standing().filter(standing=OuterRef("pk"))
    found = Q(policyholder__in=records) & minor & ~guarded & ~Exists(ever_named)
    for rule in book.value("insured.representatives", on):
        named = Q(pk__in=held.filter(kind=rule["kind"]).values("standing"))
        if not rule["of_adults"]:
            named &= minor
        if not rule["of_minors"]:
            named &= Q(birth_date__lte=born_by(majority, on))
        found |= named if rule["under_guardianship"] else named & ~guarded
    return persons.standing().alive_on(on).filter(found).exclude(pk=holder.pk).order_by("birth_date", "birth_rank", "pk")


def representations_by(holder: Person, on: date, book: RuleBook) -> list[Represented]:
    """The same, with by what right: that of the register, or parent for a policyholder. Two queries."""
    persons = list(represented_by(holder, on, book))
    if not persons:
        return []
    records = Person.objects.filter(Q(pk=holder.pk) | Q(merged_into=holder.pk)).values("pk")
    held = Representation.objects.active_on(on).by(records).with_standing().order_by("-pk")
    kinds = dict(held.values_list("standing", "kind"))
    return [Represented(one, RepresentationKind(kinds.get(one.pk, RepresentationKind.PARENT))) for one in persons]


def _guardianships(on: date) -> object:
    return Situation.objects.active_on(on).filter(person=OuterRef("pk"), kind=SituationKind.GUARDIANSHIP)


# Of a record or one it absorbed, on the day: somebody under guardianship, or who opposes being contacted.
_SITUATION = """EXISTS (
    SELECT FROM people_person AS of_record JOIN people_situation AS held ON held.person_id = of_record.id
    WHERE (of_record.id = {person} OR of_record.merged_into_id = {person}) AND held.kind = '{kind}'
      AND (held.starts_on IS NULL OR held.starts_on <= {on}) AND (held.ends_on IS NULL OR held.ends_on > {on}))"""
_GUARDIANS = """
SELECT DISTINCT ON (ward.person_id) ward.person_id, standing.id AS representative_id, standing.departement_code AS departement,
       standing.postcode, {opposed} AS opted_out
FROM ({wards}) AS ward
CROSS JOIN LATERAL (SELECT ward.person_id AS id
                    UNION ALL SELECT id FROM people_person WHERE merged_into_id = ward.person_id) AS record
JOIN people_representation AS held_by ON held_by.person_id = record.id
JOIN unnest({kinds}::text[]) WITH ORDINALITY AS counting(kind, rank) ON counting.kind = held_by.kind
JOIN people_person AS named ON named.id = held_by.representative_id
JOIN people_person AS standing ON standing.id = coalesce(named.merged_into_id, named.id)
WHERE (held_by.starts_on IS NULL OR held_by.starts_on <= {on}) AND (held_by.ends_on IS NULL OR held_by.ends_on > {on})
  AND standing.died_on IS NULL AND standing.id <> ward.person_id AND NOT {guarded}
ORDER BY ward.person_id, counting.rank, held_by.id"""


def guardian_kinds(on: date, book: RuleBook) -> list[str]:
    """The kinds of representatives who still represent somebody under guardianship, the first one preferred."""
    return [rule["kind"] for rule in book.value("insured.representatives", on) if rule["under_guardianship"]]


def guardians_sql(wards: str, *, on: str, kinds: str) -> str:
    """SELECT of person_id, representative_id, departement, postcode and opted_out: who represents each of `wards` on a day.

    `wards`: a SELECT of the person_id of standing records known to be under guardianship. One each: by the order of `kinds`
    (`guardian_kinds`), then as named first; alive, not under guardianship themselves. `on`, `kinds`: placeholders of the query.
    """
    opposed = _SITUATION.format(person="standing.id", kind="opted_out", on=on)
    guarded = _SITUATION.format(person="standing.id", kind="guardianship", on=on)
    return _GUARDIANS.format(wards=wards, on=on, kinds=kinds, opposed=opposed, guarded=guarded)


def wards_sql(people: str, *, on: str) -> str:
    """SELECT of person_id: those of `people` (a SELECT of person_id) who are under guardianship on a day."""
    return f"SELECT person_id FROM ({people}) AS asked WHERE {_SITUATION.format(person='person_id', kind='guardianship', on=on)}"
