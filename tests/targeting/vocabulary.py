"""The fact tables of docs/architecture.md for tests of the language alone, read from tables `fact_<name>`."""

from allant.facts import BOOLEAN, DATE, INTEGER, MANY, ONE, TEXT, Fact, FactTable, Kind, Registry, Rows

DEPARTEMENTS = {"01": "Ain", "2A": "Corse-du-Sud", "38": "Isère", "976": "Mayotte"}
VACCINES = {"comirnaty": "Comirnaty", "spikevax": "Spikevax", "vaxzevria": "Vaxzevria", "janssen": "Janssen"}
CONTACTS = {
    "has_landline": ("téléphone fixe", "avec un téléphone fixe", "sans téléphone fixe"),
    "has_mobile": ("téléphone mobile", "avec un téléphone mobile", "sans téléphone mobile"),
    "has_email": ("adresse électronique", "avec une adresse électronique", "sans adresse électronique"),
}


def _table(name: str, label_fr: str, rows: Rows, columns: list[Fact], **wording: str | bool) -> FactTable:
    names = ", ".join(["person_id", *(fact.name for fact in columns)])
    return FactTable(name, label_fr, rows, columns, postgres_query=f"SELECT {names} FROM fact_{name}", **wording)  # type: ignore[arg-type]


def _date(name: str, label_fr: str, unknown_fr: str, known_fr: str | None = None) -> Fact:
    return Fact(name, DATE, label_fr, unknown_fr, known_fr=known_fr)


def _text(name: str, label_fr: str, **more: object) -> Fact:
    kind: Kind = TEXT
    return Fact(name, kind, label_fr, f"{label_fr} : valeur inconnue", **more)  # type: ignore[arg-type]


PERSON = _table(
    "person",
    "personne",
    ONE,
    [
        _date("birth_date", "date de naissance", "date de naissance inconnue"),
        _text("sex", "sexe", choices={"F": "femme", "M": "homme"}),
        _text("commune", "commune"),
        _text("departement", "département", choices=lambda: DEPARTEMENTS, value_fr="dans le département {}"),
        _text("scheme", "régime"),
        _date("died_on", "date de décès", "pas de décès connu"),
        Fact("rights_open", BOOLEAN, "droits ouverts", "droits inconnus"),
        *(
            Fact(name, BOOLEAN, label, f"{label} : inconnu", true_fr=true, false_fr=false)
            for name, (label, true, false) in CONTACTS.items()
        ),
    ],
)
SITUATION = _table(
    "situation",
    "situation",
    MANY,
    [
        _text(
            "kind", "nature", choices={"ald": "affection de longue durée", "institution": "établissement", "opted_out": "refus"}
        ),
        _text("code", "code"),
        _date("starts_on", "début", "début inconnu"),
        _date("ends_on", "fin", "fin inconnue"),
    ],
)
INFECTION = _table("infection", "infection", MANY, [_date("occurred_on", "date", "date inconnue")])
DOSE = _table(
    "dose",
    "dose",
    MANY,
    [
        _date("occurred_on", "date", "date inconnue"),
        _text("vaccine", "vaccin", choices=VACCINES),
        Fact("dose_number", INTEGER, "rang", "rang inconnu"),
    ],
)
DOSE_SUMMARY = _table(
    "dose_summary",
    "vaccination",
    ONE,
    [
        Fact("dose_count", INTEGER, "nombre de doses", "nombre de doses inconnu", null_is=0),
        _date("complete_on", "schéma complet", "schéma incomplet", "schéma complet"),
        _date("booster_on", "rappel", "pas de rappel", "rappel reçu"),
        _date("last_on", "dernière dose", "aucune dose"),
        _text("last_vaccine", "dernier vaccin", choices=VACCINES),
    ],
    present_fr="avec au moins une dose",
    absent_fr="sans aucune dose",
)
REGISTRY = Registry([PERSON, SITUATION, INFECTION, DOSE, DOSE_SUMMARY])
