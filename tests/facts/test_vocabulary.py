"""Facts are declared once, checked when declared, and a wrong name gets the nearest right one."""

from collections.abc import Callable
from typing import Any

import pytest

from allant.facts import BOOLEAN, DATE, INTEGER, MANY, ONE, TEXT, Fact, FactError, FactTable, Registry, UnknownName, nearest

SEX = Fact("sex", TEXT, "sexe", "sexe inconnu")
PERSON = FactTable("person", "personne", ONE, [SEX, Fact("birth_date", DATE, "date de naissance", "inconnue")])


@pytest.mark.parametrize(
    "declare, message",
    [
        (lambda: Fact("Sex", TEXT, "sexe", "inconnu"), "Nom de colonne « Sex »"),
        (lambda: Fact("sex", "varchar", "sexe", "inconnu"), "type « varchar » inconnu ; attendu : text, integer, date, boolean"),
        (lambda: Fact("sex", TEXT, "sexe", ""), "unknown_fr"),
        (lambda: Fact("count", INTEGER, "nombre", "inconnu", choices={"1": "un"}), "seules les colonnes de type texte"),
        (lambda: Fact("count", INTEGER, "nombre", "inconnu", null_is=False), "null_is doit être de type integer"),
        (lambda: FactTable("dose; DROP", "dose", MANY, []), "Nom de table"),
        (lambda: FactTable("dose", "dose", "several", []), "attendu : ONE ou MANY"),
        (lambda: FactTable("dose", "dose", MANY, [SEX, SEX]), "deux fois : sex"),
        (lambda: FactTable("dose", "dose", MANY, [Fact("person_id", INTEGER, "n", "n")]), "deux fois : person_id"),
        (lambda: FactTable("person", "personne", MANY, []), "rows=ONE"),
        (lambda: Registry([PERSON, FactTable("person", "autre", ONE, [])]), "« person » est déjà déclarée, autrement"),
    ],
)
def test_a_wrong_declaration_is_refused(declare: Callable[[], Any], message: str) -> None:
    with pytest.raises(FactError, match=message):
        declare()


def test_registering_the_same_table_twice_is_harmless() -> None:
    registry = Registry([PERSON])
    registry.register(PERSON)
    assert [table.name for table in registry] == ["person"]
    assert ("person" in registry, "dose" in registry) == (True, False)


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"Aucune table de faits « persons »\. Vouliez-vous dire « person »"):
        Registry([PERSON]).table("persons")
    with pytest.raises(UnknownName, match=r"pas de colonne « birthdate »\. Vouliez-vous dire « birth_date »"):
        PERSON.fact("birthdate")
    assert nearest("zzz", ["b", "a"]) == "Noms connus : a, b."
    assert nearest("zzz", []) == "Aucun nom n'est déclaré."


def test_choices_may_be_read_late_and_only_once() -> None:
    asked: list[int] = []

    def names() -> dict[str, str]:
        asked.append(1)
        return {"01": "Ain"}

    fact = Fact("departement", TEXT, "département", "inconnu", choices=names)
    assert asked == []
    assert (fact.labels, fact.labels, asked) == ({"01": "Ain"}, {"01": "Ain"}, [1])
    assert Fact("flag", BOOLEAN, "oui ou non", "inconnu").labels is None


def test_the_rooms_register_the_tables_of_the_contract() -> None:
    """docs/architecture.md: one vocabulary for targeting, "pourquoi ?", the snapshot and the docs."""
    from allant.facts import registry

    tables = {table.name: [fact.name for fact in table.columns] for table in registry}
    assert set(tables) >= {"person", "situation", "infection", "dose", "dose_summary"}
    assert tables["dose_summary"] == [
        "dose_count", "first_on", "first_vaccine", "complete_on", "booster_on", "last_on", "last_vaccine"
    ]  # fmt: skip
