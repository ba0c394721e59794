"""The columns of a file of doses: their names, their other names, and what they hold. The documentation is made from this."""

from __future__ import annotations

import re
from dataclasses import dataclass

from allant.geography import fold


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `name` as we write it, `also` the other headings recognised, `holds` for the documentation (French)."""

    name: str
    holds: str
    example: str
    also: tuple[str, ...] = ()
    required: bool = False


COLUMNS = (
    Column(
        "nir", "numéro de sécurité sociale du patient ou de son ouvrant droit, 13 caractères, ou 15 avec la clé",
        "2 40 05 35 120 001 70", ("numero_de_securite_sociale", "numero_securite_sociale", "nss", "ins", "matricule"),
    ),
    Column("code", "code de ciblage, au lieu du NIR", "", ("code_de_ciblage", "code_ciblage")),
    Column("nom", "nom de famille ; vérifié", "Martin", ("nom_de_famille", "nom_patient", "nom_naissance"), required=True),
    Column("prenom", "prénom ; vérifié, distingue les jumeaux", "Jeanne", ("prenoms", "prenom_patient")),
    Column(
        "date_naissance", "JJ/MM/AAAA ou AAAA-MM-JJ ; vérifiée", "17/05/1940",
        ("date_de_naissance", "naissance", "ne_le", "nee_le"), required=True,
    ),
    Column(
        "vaccin", "nom commercial, code CIP, CVX ou NUVA, ou le nôtre", "Comirnaty", ("nom_vaccin", "produit"), required=True,
    ),
    Column("lot", "numéro de lot ; facultatif avec un justificatif", "EX1234", ("numero_lot", "numero_de_lot", "n_lot")),
    Column(
        "date", "jour de l'injection, JJ/MM/AAAA ou AAAA-MM-JJ", "18/01/2021",
        ("date_injection", "date_vaccination", "date_de_vaccination", "date_d_injection", "injection"), required=True,
    ),
    Column("rang", "1, 2, 3… ; déduit des doses connues s'il manque", "1", ("rang_vaccinal", "dose", "numero_dose", "n_dose")),
    Column("site", "site de l'injection", "bras gauche", ("zone", "zone_injection", "site_injection", "site_d_injection")),
    Column("lieu", "nature du lieu, d'après la liste du téléservice", "EHPAD", ("nature_lieu", "type_lieu", "lieu_vaccination")),
    Column("nom_lieu", "nom du lieu ; sinon celui de votre structure", "Les Tamaris", ("etablissement", "nom_etablissement")),
    Column("code_postal", "du lieu", "35000", ("cp",)),
    Column("commune", "du lieu : nom, ou code de l'INSEE", "Rennes", ("ville", "localite", "code_insee")),
    Column("rpps", "du professionnel qui a vacciné ; vous, s'il manque", "", ("numero_rpps", "n_rpps", "vaccinateur")),
    Column("justificatif", "pour une dose faite à l'étranger ou avant le service : le document vu", "", ("preuve",)),
    Column("pays", "celui d'une dose faite à l'étranger ; vide en France", "", ("pays_injection", "pays_vaccination")),
    Column(
        "identifiant", "celui de la dose dans votre logiciel : la même n'est jamais enregistrée deux fois", "D-0001",
        ("id", "cle", "reference"),
    ),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}
IGNORED = ("erreurs", "ligne")
"Columns of our own report: a corrected file comes back with them."
REQUIRED = tuple(column.name for column in COLUMNS if column.required)
_NAMES = {heading: column.name for column in COLUMNS for heading in (column.name, *column.also)}


def plain(heading: str) -> str:
    """A heading as it is compared: « Date de naissance » and « date_de_naissance » are one."""
    return re.sub(r"[^a-z0-9]+", "_", fold(heading.replace("N°", "n ").replace("n°", "n "))).strip("_")


def recognised(heading: str) -> str | None:
    """The name of the column that a heading stands for, '' for one of our report, None when it is none."""
    name = plain(heading)
    return "" if name in IGNORED else _NAMES.get(name)


def headings() -> list[str]:
    """Every heading recognised, for the nearest one to a mistyped heading."""
    return [*_NAMES, *IGNORED]
