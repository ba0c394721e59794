"""Persons recorded twice, and twins, made from the synthetic country to train and measure the linkage (ID-09).

One table of records, columns of `allant.linkage.COLUMNS` and `person`, the truth. A second record bears typing errors, a swapped
day and month, a name of use or half of a double name, missing fields, another home, another telephone. A twin shares birth,
parents, home and often the telephone, with another given name and the next NIR.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from allant.country.population.files import Country
from allant.linkage import COLUMNS

Record = dict[str, Any]
_RULES = yaml.safe_load(Path(__file__).with_name("duplicates.yaml").read_text())
PEOPLE, SECOND = _RULES["people"], _RULES["second_record"]
STREETS = [street.strip() for street in _RULES["streets"].split(";")]
SCHEMA = pa.schema([("id", pa.int64()), *((name, pa.string()) for name in COLUMNS if name != "id"), ("person", pa.int64())])
KEYS_AROUND = {
    "a": "qz", "b": "vn", "c": "xv", "d": "sf", "e": "rz", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl",
    "l": "km", "m": "l", "n": "b", "o": "ip", "p": "o", "q": "as", "r": "et", "s": "qd", "t": "ry", "u": "yi", "v": "cb",
    "w": "xs", "x": "wc", "y": "tu", "z": "ae",
}  # fmt: skip
_BASE = """
SELECT person.person_id AS id, family_name, given_names, strftime(birth_date, '%Y-%m-%d') AS birth_date, person.sex,
       CASE WHEN matricule_kind IN ('NIR', 'NIA') THEN substr(nir, 6, 5) END AS birth_place, postcode, household_key,
       landline, mobile, email, nir AS number, matricule_kind AS number_kind, year(birth_date) AS year
FROM person JOIN identity USING (person_id) ORDER BY person.person_id
"""


@dataclass
class DuplicateMaker:
    """Makes records from the persons of a country; the same seed makes the same ones."""

    seed: int
    rng: Random = field(init=False)
    families: list[str] = field(default_factory=list)
    givens: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    def happens(self, share: float) -> bool:
        """Whether something of that share happens this time."""
        return self.rng.random() < share

    def table(self, country: Country) -> pa.Table:
        """All records, shuffled: the persons of the country, the twins added, and their second records."""
        persons = self._persons(country)
        self.families = [each["family_name"] for each in persons]
        self.givens = {sex: [each["given_names"] for each in persons if each["sex"] == sex] for sex in "MF"}
        for each in persons:
            self._complete(each)
        everybody = persons + self._twins(persons)
        records = [each | {"person": each["id"]} for each in everybody]
        for each in everybody:
            if self.happens(PEOPLE["second_record"]):
                records += [self.second(each) for _ in range(1 + self.happens(PEOPLE["third_record"]))]
        self.rng.shuffle(records)
        for rank, each in enumerate(records, 1):
            each["id"] = rank
        return pa.table({name: [each.get(name) for each in records] for name in SCHEMA.names}, schema=SCHEMA)

    def _persons(self, country: Country) -> list[Record]:
        with duckdb.connect() as connection:
            for table in ("person", "identity"):
                connection.register(table, country.dataset(table).to_table())
            found: list[Record] = connection.execute(_BASE).to_arrow_table().to_pylist()
            return found

    def _complete(self, each: Record) -> None:
        """What the country does not hold: other given names, double names, names of use, a street."""
        for share in (PEOPLE["second_given"], PEOPLE["third_given"]):
            if self.happens(share):
                each["given_names"] += " " + self.rng.choice(self.givens[each["sex"]])
        if self.happens(PEOPLE["double_name"]):
            each["family_name"] += "-" + self.rng.choice(self.families)
        if each["sex"] == "F" and (each["year"] or 1950) < 1996 and self.happens(PEOPLE["usage_name"]):
            each["usage_name"] = self.rng.choice(self.families)
        home = (each["household_key"] * 2_654_435_761 + self.seed) % 2**32
        each["street"] = f"{1 + home % 120} {STREETS[home // 120 % len(STREETS)]}"
        each["phones"] = " ".join(filter(None, (each["mobile"], each["landline"]))) or None

    def _twins(self, persons: list[Record]) -> list[Record]:
        first = len(persons) + 1
        chosen = [
            each for each in persons if each["birth_date"] and each["number_kind"] == "NIR" and self.happens(PEOPLE["twin"])
        ]
        return [self._twin(each, first + rank) for rank, each in enumerate(chosen)]

    def _twin(self, each: Record, number: int) -> Record:
        sex = each["sex"] if self.happens(PEOPLE["twin_same_sex"]) else "FM"[each["sex"] == "F"]
        given = self.rng.choice([name for name in self.rng.sample(self.givens[sex], 8) if name != each["given_names"].split()[0]])
        with_number = not self.happens(PEOPLE["twin_without_number"])
        order = int(each["number"][10:]) % 999 + 1
        value = ("1" if sex == "M" else "2") + each["number"][1:10] + f"{order:03d}"
        phones = each["phones"] if self.happens(0.5) else each["landline"]
        return each | {
            "id": number, "sex": sex, "given_names": given, "usage_name": None, "email": None, "phones": phones,
            "number": value if with_number else None, "number_kind": "NIR" if with_number else None,
        }  # fmt: skip

    def second(self, each: Record) -> Record:
        """Another record of the same person."""
        made = each | {"person": each["id"]}
        self._rename(made)
        self._redate(made)
        self._misplace(made)
        self._move(made)
        self._renumber(made)
        return made

    def _rename(self, made: Record) -> None:
        usage = made.get("usage_name")
        if "-" in made["family_name"] and self.happens(SECOND["double_name_cut"]):
            parts = made["family_name"].split("-", 1)
            made["family_name"] = self.rng.choice([*parts, f"{parts[1]} {parts[0]}"])
        if usage and self.happens(SECOND["recorded_under_usage_name"]):
            made["family_name"], made["usage_name"] = usage, None
        elif self.happens(SECOND["usage_name_missing"]):
            made["usage_name"] = None
        if self.happens(SECOND["first_given_alone"]):
            made["given_names"] = made["given_names"].split()[0]
        if self.happens(SECOND["hyphen_lost"]):
            made["given_names"] = made["given_names"].replace("-", " ")
        for name in ("family", "given"):
            if self.happens(SECOND[f"{name}_typed_wrong"]):
                column = "family_name" if name == "family" else "given_names"
                made[column] = self.mistyped(made[column])
        if self.happens(SECOND["names_swapped"]):
            made["family_name"], made["given_names"] = made["given_names"], made["family_name"]

    def _redate(self, made: Record) -> None:
        if not (born := made["birth_date"]):
            return
        year, month, day = born.split("-")
        if int(day) <= 12 and self.happens(SECOND["day_and_month_swapped"] / 0.39):  # days over 12 cannot be swapped
            born = f"{year}-{day}-{month}"
        elif self.happens(SECOND["date_typed_wrong"]):
            born = self._another_date(int(year), int(month), int(day))
        if self.happens(SECOND["date_year_alone"]):
            born = year
        made["birth_date"] = None if self.happens(SECOND["date_missing"]) else born

    def _another_date(self, year: int, month: int, day: int) -> str:
        match self.rng.randrange(3):
            case 0:
                year += self.rng.choice((-10, -1, 1, 10))
            case 1:
                month = month % 12 + 1
            case _:
                day = (day + self.rng.choice((1, 2, 10, 20)) - 1) % 28 + 1
        return f"{year:04d}-{month:02d}-{min(day, 28):02d}"

    def _misplace(self, made: Record) -> None:
        if self.happens(SECOND["sex_missing"]):
            made["sex"] = None
        elif self.happens(SECOND["sex_wrong"]):
            made["sex"] = "M" if made["sex"] == "F" else "F"
        if self.happens(SECOND["place_missing"]):
            made["birth_place"] = None
        elif made["birth_place"] and self.happens(SECOND["place_typed_wrong"]):
            made["birth_place"] = made["birth_place"][:4] + str(self.rng.randrange(10))
        elif made["birth_place"] and self.happens(SECOND["another_place"]):
            made["birth_place"] = f"{self.rng.randint(1, 95):02d}{self.rng.randint(1, 600):03d}"

    def _move(self, made: Record) -> None:
        if self.happens(SECOND["moved"]):
            made["street"] = f"{self.rng.randint(1, 120)} {self.rng.choice(STREETS)}"
            if self.happens(0.6):
                made["postcode"] = f"{self.rng.randint(1, 95):02d}{self.rng.randrange(0, 1000, 10):03d}"
        if self.happens(SECOND["street_missing"]):
            made["street"] = None
        if self.happens(SECOND["phone_missing"]):
            made["phones"] = None
        elif self.happens(SECOND["phone_changed"]):
            made["phones"] = f"0{self.rng.choice('67')}{self.rng.randrange(10**8):08d}"
        if self.happens(SECOND["email_missing"]):
            made["email"] = None
        elif made["email"] and self.happens(SECOND["email_changed"]):
            made["email"] = f"{made['email'].split('@')[0]}{self.rng.randrange(100)}@courriel.example"

    def _renumber(self, made: Record) -> None:
        draw = self.rng.random()
        if draw < SECOND["number_same"]:
            return
        if draw < SECOND["number_same"] + SECOND["number_nia"] and made["number_kind"] == "NIR":
            made["number"], made["number_kind"] = made["number"][:10] + f"{self.rng.randint(1, 999):03d}", "NIA"
        elif draw < SECOND["number_same"] + SECOND["number_nia"] + SECOND["number_nnp"]:
            made["number"], made["number_kind"] = f"7{self.rng.choice('12')}{self.rng.randrange(10**11):011d}", "NNP"
        else:
            made["number"] = made["number_kind"] = None

    def mistyped(self, name: str) -> str:
        """A letter lost, doubled, exchanged with the next, or struck on a neighbouring key."""
        if len(name) < 3:
            return name + name[-1]
        at = self.rng.randrange(1, len(name) - 1)
        match self.rng.randrange(4):
            case 0:
                return name[:at] + name[at + 1 :]
            case 1:
                return name[:at] + name[at] + name[at:]
            case 2:
                return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
            case _:
                return name[:at] + self.rng.choice(KEYS_AROUND.get(name[at].lower(), "e")) + name[at + 1 :]
