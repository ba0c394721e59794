"""The tables of one chunk of persons. Columns: docs/architecture.md, "Country directory"."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allant.country.population.ages import NONE, PRECISIONS, Ages, Births, births
from allant.country.population.contacts import ContactBook, Contacts, emails, numbers, zones
from allant.country.population.households import Bools, Households, Members
from allant.country.population.infections import Infections
from allant.country.population.layout import layout
from allant.country.population.matricules import KINDS, Matricules, Register
from allant.country.population.names import Names
from allant.country.population.parameters import CLASSES, Parameters, parameters
from allant.country.population.places import Places
from allant.country.population.situations import SituationDraw, day_number
from allant.country.population.streams import Choice, Salt, Subject, generator, uniforms

TABLES = ("person", "identity", "situation", "infection")
SCHEMES = ("general", "msa", "mgen", "cnmss", "other")


class Recipe:
    """Everything that does not depend on the chunk. `population`: inhabitants of each official age class."""

    def __init__(self, people: int, seed: int, population: Mapping[str, int]) -> None:
        self.seed = seed
        self.parameters = parameters()
        self.layout = layout(people, population, self.parameters.value("people.unknown_birth_date"))
        self.places = Places(seed, self.layout, self.parameters)
        self.names = Names(seed, self.parameters)
        self.households = Households(seed, self.layout, Ages(self.parameters), self.parameters)
        self.register = Register(self.layout, self.places, self.parameters)
        self.contacts = ContactBook(seed, self.parameters)
        self.situations = SituationDraw(seed, self.parameters)
        self.infections = Infections(self.parameters, population)
        self.numbers = numbers()
        self.zones = zones(self.places.regions)[self.places.region_of_departement]
        self.schemes = _scheme_choice(self.parameters)

    def tables(self, chunk: int) -> dict[str, pa.Table]:
        """The four tables of one chunk, sorted by person_id."""
        return _Chunk(self, chunk).tables()


class _Chunk:
    """One chunk while it is made: each attribute is an array, one value a person."""

    def __init__(self, recipe: Recipe, chunk: int) -> None:
        self.recipe, self.chunk = recipe, chunk
        ids = self.ids = recipe.layout.ids(chunk)
        classes = self.classes = recipe.layout.class_of(ids)
        self.rng = self._stream(Subject.PERSON)
        self.members: Members = recipe.households.members(ids, classes)
        self.births: Births = births(self.members.age, classes, self.rng, recipe.parameters)
        self.commune = recipe.places.commune_of(self.members.household, self.members.head_class)
        self.departement = recipe.places.departement_of[self.commune]
        self.born = np.where(self.births.precision == NONE, np.int32(-(2**31)), self.births.days)

    def tables(self) -> dict[str, pa.Table]:
        """The four tables."""
        recipe = self.recipe
        drawn = recipe.situations.draw(self.members, self.classes, self.born, self._stream(Subject.SITUATION))
        ame = recipe.situations.bearing(drawn, "ame", len(self.ids))
        contacts = recipe.contacts.draw(
            self.classes, self.members.household, recipe.zones[self.departement], self._stream(Subject.CONTACT)
        )
        matricules = recipe.register.allot(
            self.ids, self.classes, self.chunk, self.members, self.births, self.departement, ame, self._stream(Subject.MATRICULE)
        )
        has_doctor = self._happens("places.treating_doctor")
        return {
            "person": self._person(contacts, has_doctor),
            "identity": self._identity(contacts, matricules, has_doctor),
            "situation": recipe.situations.table(drawn, self.ids),
            "infection": self._infection(),
        }

    def _stream(self, subject: Subject) -> np.random.Generator:
        return generator(self.recipe.seed, self.chunk, subject)

    def _happens(self, parameter: str) -> Bools:
        rates = self.recipe.parameters.by_class(parameter)
        return np.asarray(self.rng.random(len(self.ids)) < rates[self.classes])

    def _person(self, contacts: Contacts, has_doctor: Bools) -> pa.Table:
        places = self.recipe.places
        scheme = self.recipe.schemes.draw(
            self.members.head_class, uniforms(self.recipe.seed, Salt.SCHEME, self.members.household)
        )
        died, died_on = self._deaths()
        return pa.table(
            {
                "person_id": self.ids,
                "age_class": _coded(self.classes, pa.array(CLASSES)),
                "birth_date": _dates(self.births.days, self.births.precision == NONE),
                "sex": _coded(self.members.woman, pa.array(["M", "F"])),
                "commune": _coded(self.commune, places.communes),
                "epci": _coded(places.epci_of[self.commune], places.epcis, mask=places.epci_of[self.commune] < 0),
                "departement": _coded(self.departement, places.departements),
                "region": _coded(places.region_of_departement[self.departement], places.regions),
                # the other schemes have funds of their own
                "fund": _coded(self.departement, places.funds, mask=scheme != SCHEMES.index("general")),
                "scheme": _coded(scheme, pa.array(SCHEMES)),
                "died_on": _dates(died_on, ~died),
                "rights_open": ~(died | self._happens("people.rights_closed")),
                "has_landline": contacts.has_landline,
                "has_mobile": contacts.has_mobile,
                "has_email": contacts.has_email,
                "has_treating_doctor": has_doctor,
            }
        )

    def _deaths(self) -> tuple[Bools, NDArray[np.int32]]:
        """Deaths before the campaign, never before birth."""
        first, last = (day_number(self.recipe.parameters.value(f"people.died_{edge}")) for edge in ("from", "until"))
        days = self.rng.integers(first, last + 1, len(self.ids), dtype=np.int32)
        return self._happens("people.died_before_campaign") & (days >= self.born), days

    def _identity(self, contacts: Contacts, matricules: Matricules, has_doctor: Bools) -> pa.Table:
        names, places, members = self.recipe.names, self.recipe.places, self.members
        family = names.family_of(np.where(members.shares_name, members.household, self.ids))
        given = names.given_of(members.woman, members.age, self.rng.random(len(self.ids)))
        return pa.table(
            {
                "person_id": self.ids,
                "family_name": _coded(family, names.family),
                "given_names": _coded(given, names.given),
                "nir": matricules.values,
                "matricule_kind": _coded(matricules.kinds, pa.array(KINDS)),
                "landline": _coded(contacts.landline, self.recipe.numbers, mask=~contacts.has_landline),
                "mobile": _coded(contacts.mobile, self.recipe.numbers, mask=~contacts.has_mobile),
                "email": emails(names, self.ids, given, family, contacts.has_email),
                "postcode": _coded(places.postcode_of[self.commune], places.postcodes),
                "household_key": members.household,
                "policyholder_id": pa.array(members.policyholder, mask=members.policyholder == 0),
                "treating_rpps": _coded(places.doctor_of(members.household, self.departement), places.rpps, mask=~has_doctor),
                "birth_precision": _coded(self.births.precision, pa.array(PRECISIONS)),
            }
        )

    def _infection(self) -> pa.Table:
        rows, days = self.recipe.infections.draw(self.classes, self.born, self._stream(Subject.INFECTION))
        return pa.table({"person_id": self.ids[rows], "occurred_on": _dates(days)})


def _coded(codes: NDArray[np.generic], dictionary: pa.Array, mask: Bools | None = None) -> pa.DictionaryArray:
    # No value twice in a dictionary: the bytes Parquet writes would then change from run to run.
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=mask), dictionary)


def _dates(days: NDArray[np.int32], mask: Bools | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), mask=mask).cast(pa.date32())


def _scheme_choice(parameters: Parameters) -> Choice:
    others = np.array([parameters.by_class(f"schemes.{name}") for name in SCHEMES[1:]])
    return Choice(np.vstack([1 - others.sum(axis=0), others]).T)
