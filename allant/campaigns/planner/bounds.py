"""What the adopted plan still lets a campaign invite on a day, by département."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Value
from django.db.models.functions import Coalesce

from allant.campaigns.models import Campaign, Invitation, InvitationPlan, PlannedShare

WEEK = timedelta(7)


@dataclass(frozen=True)
class Planned:
    """`left`: persons of this campaign still to invite this week by département ('' when theirs is not known), as planned.

    `before`: slugs of the campaigns of the plan that come before this one; `more_urgent`: those of them that run that day and
    for whom somebody waits in the plan: their people are theirs first. `last_wave`: the last that had left when it was computed.
    """

    plan: InvitationPlan
    week: date
    share: int
    left: Mapping[str, int]
    before: Sequence[str]
    more_urgent: Sequence[Campaign]

    @property
    def last_wave(self) -> int:
        return int(self.plan.rules["last_wave"])

    @property
    def total(self) -> int:
        """Persons still to invite this week, all départements."""
        return sum(self.left.values())


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(day.weekday())


def adopted(programme: str) -> InvitationPlan | None:
    """The plan of a programme that stands: the last adopted one."""
    return InvitationPlan.objects.filter(programme=programme).exclude(adopted_at=None).order_by("adopted_at", "pk").last()


def planned(campaign: Campaign, on: date) -> Planned | None:
    """None when no adopted plan speaks of this campaign and of this week: nothing then bounds its waves by département."""
    plan, week = adopted(campaign.programme), monday(on)
    if plan is None or not plan.first_week <= week < plan.first_week + plan.weeks * WEEK:
        return None
    order: list[str] = plan.rules["groups"]
    if campaign.slug not in order:
        return None
    rows = PlannedShare.objects.filter(plan=plan, campaign=campaign, week=week, invited__gt=0)
    shares = dict(rows.values_list("departement_code", "invited"))
    gone = _invited_since(plan, campaign, week)
    left = {code: rest for code, share in shares.items() if (rest := share - gone[code]) > 0}
    before = order[: order.index(campaign.slug)]
    return Planned(plan, week, sum(shares.values()), left, before, _still_waiting(plan, before, week, on))


def _invited_since(plan: InvitationPlan, campaign: Campaign, week: date) -> Counter[str]:
    """Invited that week by waves that left after the plan was computed: it had counted the others."""
    found = Invitation.objects.valid().filter(
        campaign=campaign, invited_on__gte=week, invited_on__lt=week + WEEK, wave__gt=plan.rules["last_wave"]
    )
    by_place = found.values(place=Coalesce("person__departement_code", Value("")))
    return Counter(dict(by_place.annotate(persons=Count("pk")).values_list("place", "persons")))


def _still_waiting(plan: InvitationPlan, slugs: Sequence[str], week: date, on: date) -> list[Campaign]:
    """Those that run and for whom, by the plan, somebody waits as the week begins."""
    rows = PlannedShare.objects.filter(plan=plan, week=week, campaign__slug__in=slugs)
    return list(Campaign.objects.running_on(on).filter(pk__in=rows.values("campaign")))
