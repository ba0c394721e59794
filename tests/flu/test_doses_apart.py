"""Doses of flu beside those of Covid-19: no figure, rule, list or page of Covid-19 sees them (decision 0031); RP-27."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection

from allant import clock, facts
from allant.certificates.issuing import last_dose
from allant.doctrine import rules
from allant.figures.sources import PostgresSource
from allant.immunizations import volume
from allant.immunizations.act import CorrectionRefused
from allant.immunizations.actions import correct_dose, record_dose
from allant.immunizations.corrections import cancel_dose
from allant.immunizations.models import EVERY_SERIES, EVERY_VACCINE, Dose, FluVaccine, Lot, Series, Vaccine
from allant.immunizations.seasonal import SeasonalAct, SeasonalDoseRefused, record_seasonal_dose
from allant.people.models import Person
from allant.vaccination.journey import journey_of
from allant.vaccination.state import states_of
from tests.immunizations.builders import act
from tests.people.builders import person

pytestmark = pytest.mark.django_db
BY, TODAY = "ps:1", date(2021, 11, 5)
BOOK = rules.as_known_on(TODAY)
FIRST = date(2021, 4, 1)


def flu(someone: Person, on: date = TODAY, key: str = "flu", **values: Any) -> Dose:
    told = {"disease": "influenza", "occurred_on": on, "vaccine": "vaxigrip_tetra", "lot": "U3J921V", **values}
    return record_seasonal_dose(
        person=someone, act=SeasonalAct(**told), source="teleservice", source_key=key, by=BY, today=TODAY
    )  # fmt: skip


def covid(someone: Person, number: int, on: date) -> Dose:
    told = act(occurred_on=on, dose_number=number)
    return record_dose(person=someone, act=told, source="teleservice", source_key=f"c{number}", by=BY, today=TODAY)


def seen_by_covid(someone: Person) -> dict[str, Any]:
    """What each reader of Covid-19 doses says of a person or of an account, the figures included."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    known = facts.of_person(connection, someone.pk)
    source = PostgresSource()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM immunizations_dose_summary ORDER BY person_id")
        summary = cursor.fetchall()
    return {
        "journey": [(dose.pk, dose.vaccine) for dose in journey_of(someone, TODAY, BOOK).versions],
        "state": [dose.pk for dose in states_of([someone.pk])[someone.pk].doses],
        "facts": (known["dose"], known["dose_summary"]),
        "summary": summary,
        "figures": source.query(
            "SELECT count(*) AS n, max(occurred_on) AS last FROM dose",
            pa.schema([("n", pa.int64()), ("last", pa.date32())]),
        ).to_pylist(),
        "pace": volume._recorded_since(hour - timedelta(hours=1), BY, "teleservice"),
        "unlisted lots": Dose.objects.with_unlisted_lot().count(),
        "certificate": last_dose(someone),
        "complete": list(Dose.objects.primary_complete_on(TODAY).values_list("pk", flat=True)),
        "boosters": list(Dose.objects.boosters_by(TODAY).values_list("pk", flat=True)),
    }


def test_nothing_of_covid_sees_a_dose_of_flu() -> None:
    """RP-27: before and after, each reader says the same."""
    someone = person()
    covid(someone, 1, FIRST)
    covid(someone, 2, FIRST + timedelta(28))
    before = seen_by_covid(someone)
    assert len(before["journey"]) == 2 and before["pace"] == 2
    flu(someone)
    assert seen_by_covid(someone) == before


def test_rp_27_both_vaccines_the_same_day_in_either_order_without_delay() -> None:
    """RP-27: the rules of a Covid-19 dose neither see nor wait for the flu one, and the other way round."""
    first, second = person(), person()
    flu(first, on=FIRST, key="a")
    assert covid(first, 1, FIRST).forced_rules == []
    told = act(occurred_on=FIRST, dose_number=1)
    record_dose(person=second, act=told, source="teleservice", source_key="b", by=BY, today=TODAY)
    assert flu(second, on=FIRST, key="c").dose_number == 1
    assert flu(second, on=FIRST + timedelta(1), key="d").dose_number == 2


def test_a_flu_dose_corrects_nothing_and_is_cancelled_like_any_other() -> None:
    """RP-24: its rank is the next one known; what no dose may break is refused."""
    someone = person(birth_date=date(1950, 5, 1))
    given = flu(someone)
    assert flu(someone) == given
    with pytest.raises(SeasonalDoseRefused, match="déjà enregistrée ce jour-là"):
        flu(someone, key="other")
    with pytest.raises(SeasonalDoseRefused, match="clé a déjà servi"):
        flu(person(), key="flu")
    with pytest.raises(CorrectionRefused, match="annulez-la"):
        correct_dose(dose=given, act=act(), by=BY, reason="x", today=TODAY)
    assert cancel_dose(dose=given, by=BY, reason="autre patient").ended_at
    assert flu(someone, key="again").dose_number == 1


@pytest.mark.parametrize(
    ("values", "because"),
    [
        ({"on": TODAY + timedelta(1)}, "futur"),
        ({"on": date(1940, 1, 1)}, "naissance"),
        ({"lot": "perime"}, "périmé"),
        ({"lot": "rappele"}, "rappelé"),
    ],
)
def test_what_no_dose_may_break(values: dict[str, Any], because: str) -> None:
    """RP-24."""
    Lot.objects.create(vaccine="vaxigrip_tetra", number="PERIME", expires_on=TODAY - timedelta(1))
    Lot.objects.create(vaccine="vaxigrip_tetra", number="RAPPELE", recalled_on=TODAY)
    with pytest.raises(SeasonalDoseRefused, match=because):
        flu(person(), **values)
    assert not Dose.objects.exists()


def test_the_lists_of_covid_do_not_offer_the_vaccines_of_flu() -> None:
    """RP-24: the models know both, the choices of Covid-19 are what they were; the doctrine names the same vaccines."""
    assert not set(FluVaccine.values) & set(Vaccine.values)
    assert {code for code, _ in EVERY_VACCINE} == {*Vaccine.values, *FluVaccine.values}
    assert {code for code, _ in EVERY_SERIES} - set(Series.values) == {"seasonal"}
    listed = {row["code"]: row["label"] for row in rules.as_known_on(date(2023, 1, 1)).value("flu.vaccines", date(2023, 1, 1))}
    assert listed == dict(FluVaccine.choices)
