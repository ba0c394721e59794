"""Reads of allotments and orders, in their own words. Every date is given."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from allant.directory.models import Practitioner


class AllotmentQuerySet(models.QuerySet):
    """What each doctor may order, by vaccine and week."""

    def from_week(self, monday: date) -> Self:
        """Allotments of that week and after."""
        return self.filter(week__gte=monday)

    def for_doctor(self, doctor: Practitioner) -> Self:
        """Those a doctor orders from, with `ordered`, the vials already taken.

        The département's own where it has one, else the nation's.
        """
        own = self.model._default_manager.filter(
            vaccine=OuterRef("vaccine"), week=OuterRef("week"), departement_code=doctor.departement_code
        ).exclude(departement_code="")
        taken = apps.get_model("supply", "OrderedVials")._default_manager.filter(
            practitioner=doctor, vaccine=OuterRef("vaccine"), week=OuterRef("week")
        )
        return (
            self.filter(Q(departement_code=doctor.departement_code) | Q(departement_code=""))
            .exclude(Q(departement_code="") & Exists(own))
            .annotate(ordered=Coalesce(Subquery(taken.values("vials")[:1]), Value(0)))
            .order_by("week", "vaccine")
        )

    def with_totals(self) -> Self:
        """Each with `order_count` and `ordered`, the orders placed and their vials, cancelled ones left out."""
        standing = apps.get_model("supply", "DoseOrder")._default_manager.filter(allotment=OuterRef("pk")).not_cancelled()
        totals = standing.order_by().values("allotment").annotate(count=Count("pk"), sum=Sum("vials"))
        return self.annotate(
            order_count=Coalesce(Subquery(totals.values("count")), Value(0)),
            ordered=Coalesce(Subquery(totals.values("sum")), Value(0)),
        )


class DoseOrderQuerySet(models.QuerySet):
    """Orders; the state of one is read from its events, never stored."""

    def not_cancelled(self) -> Self:
        """Orders that stand."""
        events = apps.get_model("supply", "OrderEvent")._default_manager
        return self.exclude(Exists(events.filter(order=OuterRef("pk"), kind="cancelled")))

    def with_state(self) -> Self:
        """Each with `state`: `ordered`, or the kind of its last event."""
        events = apps.get_model("supply", "OrderEvent")._default_manager
        last = events.filter(order=OuterRef("pk")).order_by("-at", "-pk").values("kind")[:1]
        return self.annotate(state=Coalesce(Subquery(last), Value("ordered")))

    def with_names(self) -> Self:
        """Each with its doctor, pharmacy and allotment."""
        return self.select_related("practitioner", "pharmacy", "allotment")

    def placed_by(self, doctor: Practitioner) -> Self:
        """Those of one doctor, the last week first."""
        return self.filter(practitioner=doctor).order_by("-allotment__week", "-pk")
