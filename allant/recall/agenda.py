"""The reminder one puts in an agenda (RFC 5545): the booster date, the end of the pass, each with an alarm."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import icalendar

WEEK_BEFORE, NINE_O_CLOCK = timedelta(days=-7), timedelta(hours=9)


def reminder(days: list[tuple[date, str]], at: datetime) -> bytes:
    """Whole days with their titles; nothing in the file says whose they are. `at`: when it was made."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Allant//Mon rappel//FR")
    calendar.add("version", "2.0")
    for day, title in days:
        event = icalendar.Event()
        event.add("uid", f"mon-rappel-{day.isoformat()}-{len(title)}@allant")
        event.add("dtstamp", at)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", title)
        event.add("transp", "TRANSPARENT")
        for trigger in (WEEK_BEFORE, NINE_O_CLOCK):
            event.add_component(_alarm(title, trigger))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _alarm(title: str, trigger: timedelta) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", trigger)
    return alarm
