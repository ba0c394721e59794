"""Codes handed over one by one, beside waves that take ranges (VC-19, TG-07)."""

from datetime import date
from threading import Thread

import pytest
from django.db import connection, transaction

from allant.campaigns.actions import HANDED_OVER, give_code, reserve_serials
from allant.campaigns.models import Campaign, Invitation, Wave
from allant.campaigns.waves import complete_waves, launch_wave
from allant.outreach.models import Message
from allant.pages.campaigns.wording import channel_name
from allant.people.models import Person
from tests.campaigns.conftest import OPENING, persons


@pytest.mark.django_db(transaction=True)
def test_single_serials_never_fall_into_a_range() -> None:
    """TG-07: six connections, singles and ranges at once; no serial twice."""
    taken: list[list[int]] = []

    def take(count: int) -> None:
        try:
            for _ in range(30):
                with transaction.atomic():
                    first = reserve_serials(count)
                taken.append(list(range(first, first + count)))
        finally:
            connection.close()

    threads = [Thread(target=take, args=(count,)) for count in (1, 1, 1, 1, 7, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    serials = [serial for span in taken for serial in span]
    assert len(taken) == 180 and len(serials) == len(set(serials))


def test_a_code_handed_over_sends_no_message_and_leaves_waves_whole(campaign: Campaign) -> None:
    """VC-19: its wave has no list to complete; its channel has a name; the next wave is numbered after it."""
    persons(5)
    someone = Person.objects.get(pk=3)
    invitation = give_code(campaign=campaign, person=someone, by="ps:1", on=OPENING)
    assert give_code(campaign=campaign, person=someone, by="ps:2", on=OPENING) == invitation
    assert (invitation.channel, channel_name(invitation.channel)) == (HANDED_OVER, "remis par un professionnel")
    assert not Message.objects.exists() and complete_waves(campaign) == 0
    wave = launch_wave(campaign, on=date(2021, 1, 19), by="test")
    assert wave and (wave.number, wave.size) == (2, 4) and wave.completed_at
    assert Invitation.objects.valid().count() == 5 and Wave.objects.count() == 2
