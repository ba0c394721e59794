"""Records as the linkage compares them: names folded, dates apart, what was typed in several ways brought to one."""

from __future__ import annotations

import duckdb

COLUMNS: dict[str, str] = {
    "id": "numéro de la fiche",
    "family_name": "nom de naissance",
    "usage_name": "nom d'usage",
    "given_names": "prénoms, dans l'ordre de l'état civil",
    "birth_date": "date de naissance, AAAA-MM-JJ ; l'année seule, AAAA, quand le reste est inconnu",
    "sex": "M ou F",
    "birth_place": "code INSEE de la commune de naissance, ou 99 et le code du pays",
    "birth_rank": "rang parmi les enfants d'un même accouchement : 1, 2 pour un jumeau",
    "postcode": "code postal de résidence",
    "street": "voie et numéro",
    "phones": "numéros de téléphone, séparés par une espace ou une virgule, espacés ou non",
    "email": "adresse électronique",
    "number": "matricule de 13 caractères",
    "number_kind": "NIR, NIA, NNP ou MIG",
}
"""The columns of a record, all text but `id` (an integer); an empty one is unknown."""

PREPARED = "linkage_record"
_PHONE = r"(?:\+33|0033|0)[ .-]?[1-9](?:[ .-]?[0-9]{2}){4}|\+[1-9][0-9]{7,13}"
"""A French number however it is spaced, or a foreign one in one piece; the last nine digits are compared."""
_SOUNDS = (
    ("ph", "f"), ("qu", "k"), ("q", "k"), ("gn", "n"), ("ck", "k"), ("ch", "s"), ("c([eiy])", r"s\1"), ("c", "k"),
    ("g([eiy])", r"j\1"), ("z", "s"), ("w", "v"), ("h", ""), ("m", "n"), ("(.)[xtsdpe]+$", r"\1"), ("y", "i"),
    ("^[aeiou]+", "a"), ("(.)[eiou]+", r"\1"), ("(.)a+", r"\1"),
    ("ll+", "l"), ("nn+", "n"), ("ss+", "s"), ("tt+", "t"), ("rr+", "r"), ("kk+", "k"), ("ff+", "f"), ("pp+", "p"),
)  # fmt: skip
"""How a French name is heard, roughly: spellings of one sound, mute endings, vowels left out; for keys, never for a weight."""


def _sound() -> str:
    heard = "replace(name, ' ', '')"
    for pattern, written in _SOUNDS:
        heard = f"regexp_replace({heard}, '{pattern}', '{written}', 'g')"
    return heard


MACROS = f"""
CREATE OR REPLACE MACRO folded(name) AS nullif(trim(regexp_replace(
    replace(replace(lower(strip_accents(name)), 'œ', 'oe'), 'æ', 'ae'), '[^a-z0-9]+', ' ', 'g')), '');
CREATE OR REPLACE MACRO sounding(name) AS {_sound()};
CREATE OR REPLACE MACRO digits(said) AS nullif(regexp_replace(said, '[^0-9]', '', 'g'), '');
"""

_PREPARE = """
CREATE OR REPLACE TABLE {prepared} AS
WITH folded AS (
    SELECT CAST(id AS BIGINT) AS id, folded(family_name) AS family, folded(usage_name) AS usage,
           folded(given_names) AS given, string_split(folded(given_names), ' ')[1] AS first,
           CASE WHEN length(birth_date) = 10 THEN try_cast(birth_date AS DATE) END AS born,
           nullif(left(coalesce(birth_date, ''), 4), '') AS year,
           nullif(sex, '') AS sex, nullif(birth_place, '') AS place, coalesce(try_cast(birth_rank AS INTEGER), 1) AS rank,
           nullif(postcode, '') AS postcode, folded(street) AS street,
           list_transform(regexp_extract_all(coalesce(phones, ''), '{phone}'), lambda said: right(digits(said), 9)) AS phones,
           nullif(lower(trim(email)), '') AS email, nullif(number, '') AS number, nullif(number_kind, '') AS number_kind
    FROM {source}
),
named AS (
    SELECT *, string_split(family, ' ') AS family_words,
           list_distinct(list_filter(list_concat(string_split(family, ' '), [replace(family, ' ', ''), replace(usage, ' ', '')],
                                                 string_split(coalesce(usage, ''), ' ')), lambda word: length(word) > 2)) AS names
    FROM folded
),
word AS (SELECT DISTINCT unnest(names) AS word FROM named UNION SELECT first FROM named UNION SELECT family FROM named),
heard AS (SELECT word, sounding(word) AS sound FROM word WHERE word IS NOT NULL),
sounds AS (
    SELECT id, list(DISTINCT sound) AS sounds
    FROM (SELECT id, unnest(names) AS word FROM named) JOIN heard USING (word) GROUP BY id
)
SELECT named.*, sounds, family_heard.sound AS family_sound, first_heard.sound AS first_sound,
       strftime(born, '%Y%m%d') AS born_text, strftime(born, '%m%d') AS day_of_year,
       year || lpad(least(month(born), day(born))::TEXT, 2, '0')
            || lpad(greatest(month(born), day(born))::TEXT, 2, '0') AS either_day,
       postcode || ' ' || street AS home, nullif(len(phones), 0) AS phone_count
FROM named LEFT JOIN sounds USING (id)
LEFT JOIN heard AS family_heard ON family_heard.word = named.family
LEFT JOIN heard AS first_heard ON first_heard.word = named.first
"""


def prepare(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Make the table `PREPARED` of the table or view `source`, whose columns are `COLUMNS`."""
    connection.execute(MACROS)
    connection.execute(_PREPARE.format(prepared=PREPARED, source=source, phone=_PHONE))
