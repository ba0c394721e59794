"""The simulated booking partner as tests drive it: told how to behave, asked what it holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import requests

from tests.appointments.builders import AT


class Partner:
    """A partner in its own process. Its place `Location/1` has three free slots a week after `AT`, unless told otherwise."""

    def __init__(self, address: str, starts: datetime = AT + timedelta(days=7)) -> None:
        self.address, self.starts = address, starts

    def told(self, **faults: Any) -> None:
        """Behave so from now on."""
        requests.post(f"{self.address}/control", json=faults, timeout=5).raise_for_status()

    def whole(self) -> None:
        """No fault, nothing booked, three free slots."""
        self.told(delay=0, fail=0, lose=0, forget=False)
        for each in self.booked:
            requests.patch(f"{self.address}/Appointment/{each}", json=[], timeout=5)
        hours = [self.starts.replace(hour=hour) for hour in (7, 8, 9)]
        self.told(slots=[
            {"id": f"s{number}", "schedule": {"reference": "Location/1"}, "start": hour.isoformat(),
             "end": (hour + timedelta(minutes=10)).isoformat(), "serviceType": [{"coding": [{"code": "comirnaty"}]}]}
            for number, hour in enumerate(hours)
        ])  # fmt: skip

    @property
    def booked(self) -> list[str]:
        """The appointments that stand there."""
        held = requests.get(f"{self.address}/control", timeout=5).json()["appointments"]
        return [each["id"] for each in held if each["status"] == "booked"]
