"""Whether a person's rights are open, and through whom."""

from __future__ import annotations

from collections.abc import Collection

import pghistory
from django.db import transaction
from django.db.models import Q

from allant.people.models import Person


@transaction.atomic
def set_rights(*, person_ids: Collection[int], are_open: bool, by: str, reason: str) -> int:
    """Open or close the rights of many persons, with every record that stands for them; how many records changed."""
    records = Person.objects.filter(Q(pk__in=person_ids) | Q(absorbed__in=person_ids) | Q(merged_into__in=person_ids))
    with pghistory.context(by=by, reason=reason):
        return Person.objects.filter(pk__in=records.order_by("pk").values("pk"), rights_open=not are_open).update(
            rights_open=are_open
        )


@transaction.atomic
def make_autonomous(*, person: Person, by: str, reason: str) -> bool:
    """A dependant has rights of their own from now on; False when they had already."""
    record = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if record.policyholder_id is None:
        return False
    with pghistory.context(by=by, reason=reason):
        record.policyholder = None
        record.save(update_fields=["policyholder"])
    return True
