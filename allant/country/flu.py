"""A small flu season beside the replay: one wave of vouchers, some used, so that the pages have something to show."""

from __future__ import annotations

from datetime import date, timedelta

from allant.campaigns.actions import save_campaign
from allant.campaigns.models import Campaign
from allant.campaigns.ready_made import plan_named
from allant.campaigns.waves import launch_wave
from allant.country.replay.campaigns import BY
from allant.doctrine import RuleBook
from allant.doctrine.age import born_by
from allant.flu.deliveries import Handed, deliver
from allant.flu.injections import inject
from allant.flu.models import Voucher
from allant.flu.seasons import season_on
from allant.flu.vouchers import By
from allant.immunizations.models import Source

LETTERS, DELIVERED, INJECTED = 200, 30, 20
SENT_BEFORE = timedelta(days=13)
OLD = 65  # whom no ordonnance is asked of, and whom every vaccine suits
_BOX = Handed(vaccine="vaxigrip_tetra", lot="DEMO001")


def play_flu(on: date, book: RuleBook) -> int:
    """Send `LETTERS` vouchers, deliver some vaccines, inject most of them; how many were delivered. Again, nothing more.

    Nothing outside a season, nor before its vouchers could be sent.
    """
    season = season_on(book, on)
    if season is None or not season.is_open(on - SENT_BEFORE):
        return 0
    slug = f"grippe-{season.code}-bons"
    campaign = Campaign.objects.filter(slug=slug).first() or save_campaign(plan_named(slug, book), by=BY)
    launch_wave(campaign, on=on - SENT_BEFORE, by=BY, capacity=LETTERS)
    vouchers = Voucher.objects.standing().filter(batch__wave__campaign=campaign, person__birth_date__lte=born_by(OLD, on))
    used = list(vouchers.select_related("person__merged_into").order_by("code_serial")[:DELIVERED])
    for rank, voucher in enumerate(used):
        _use(voucher, on - timedelta(days=7 - rank % 7), book, injected=rank < INJECTED)
    return len(used)


def _use(voucher: Voucher, day: date, book: RuleBook, *, injected: bool) -> None:
    person, by = voucher.person, By(name=BY)
    deliver(person=person, handed=_BOX, by=by, on=day, book=book, source_key=f"demo:grippe:{voucher.pk}", voucher=voucher)
    if injected:
        inject(
            person=person, on=day, by=by, today=day, book=book, source=Source.TELESERVICE,
            source_key=f"demo:grippe:injection:{voucher.pk}",
        )  # fmt: skip
