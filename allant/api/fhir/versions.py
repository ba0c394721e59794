"""A vaccination is named by the row of its first version; the others follow it."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from allant.api.fhir import ids
from allant.api.fhir.outcomes import refusal
from allant.immunizations.models import COVID19, Dose


def versions_named(resource_id: str) -> list[Dose]:
    """Every version of the vaccination that a logical id names, the first one first. Raises Refusal."""
    pk = ids.pk_of("Immunization", resource_id)
    first = Dose.objects.against(COVID19).filter(pk=pk, version=1).first() if pk is not None else None
    if first is None:
        text = "Cette vaccination n'existe pas, ou son identifiant n'a pas été donné par ce serveur."
        raise refusal(HTTPStatus.NOT_FOUND, "not-found", text)
    return chain(first)


def chain(first: Dose) -> list[Dose]:
    """A first version and those that replaced it, in order."""
    return list(Dose.objects.versions_of(first)) if first.ended_at is not None else [first]


def roots_of(doses: Iterable[Dose]) -> dict[int, int]:
    """The row of the first version of each dose: one query when some were corrected, else none."""
    doses = list(doses)
    if all(dose.version == 1 for dose in doses):
        return {dose.pk: dose.pk for dose in doses}
    replaced = dict(Dose.objects.filter(person__in={dose.person_id for dose in doses}).values_list("pk", "replaces_id"))
    roots = {}
    for dose in doses:
        root: int | None = dose.pk
        while root is not None and replaced.get(root):
            root = replaced[root]
        roots[dose.pk] = root or dose.pk
    return roots
