"""The order form that a delegate hands over to a doctor (TG-13, VC-53): what may be ordered, until when, and how."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from allant.clock import PARIS
from allant.directory.models import Practitioner
from allant.doctrine import RuleBook
from allant.supply.models import Allotment
from allant.supply.ordering import doses_per_vial, monday_of, town_orders
from allant.typesetting import typeset

TEMPLATE = Path(__file__).with_name("order_form.typ")
HEADER = ("Vaccin", "Semaine du", "Flacons, au plus", "Doses par flacon", "À commander avant le", "Flacons voulus")


def order_form(doctor: Practitioner, on: date, book: RuleBook) -> bytes:
    """The PDF for one doctor on a day: the same bytes whenever it is asked that day. Raises PaperFailed."""
    return typeset(TEMPLATE, form_data(doctor, on, book), stamp=datetime.combine(on, time(), PARIS))


def form_data(doctor: Practitioner, on: date, book: RuleBook) -> dict[str, Any]:
    """What the template reads: the allotments that the doctor may still order from, and who they are."""
    rule, per_vial = town_orders(book, on), doses_per_vial(book, on)
    known = Allotment.objects.from_week(monday_of(on)).for_doctor(doctor)
    open_ = [one for one in known if rule.accepts(one.vaccine, one.week, on)]
    return {
        "doctor": f"{doctor.given_names} {doctor.family_name}",
        "rpps": doctor.rpps,
        "day": f"{on:%d/%m/%Y}",
        "header": HEADER,
        "rows": [
            [
                one.get_vaccine_display(), f"{one.week:%d/%m/%Y}", str(max(0, one.vials_per_doctor - one.ordered)),
                str(per_vial[one.vaccine]), f"{rule.last_day(one.week):%d/%m/%Y}", "",
            ]
            for one in open_
        ],
    }  # fmt: skip
