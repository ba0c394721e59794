"""The checks of every recorded dose (VC-38), as one portable SELECT: PostgreSQL and DuckDB run it unchanged.

`verdict_sql(prepared, doctrine)` judges each row of a *prepared relation*:

| column | type | what |
| --- | --- | --- |
| row_no | bigint | names the row |
| person_id | bigint | |
| person_known | boolean | the register knows the person |
| birth_date, died_on | date? | |
| infected_on, last_infected_on | date? | earliest known infection; latest one by that day |
| situations | varchar? | true that day, comma at both ends: `,ald,institution,institution:ehpad,`; `,` none; null unknown |
| occurred_on | date? | day of the dose |
| vaccine | varchar? | code of `covid.vaccines`, or `unknown` where the source does not say |
| dose_number, series_doses | integer? | rank, and doses the primary series needs |
| series | varchar? | `primary`, or one of `BOOSTERS` |
| previous_on, previous_number, previous_vaccine | | last dose by that day, recorded or of the same batch |
| first_vaccine | varchar? | of the first of the doses before this one |
| previous_complete | boolean? | a dose before this one completed the primary series |
| lot_expires_on, lot_recalled_on | date? | of the lot, when it is in the list |
| today | date | day of the recording |

It returns `row_no, refused, broken`: codes joined by commas, '' when there is none. *refused* rows are never recorded;
rows that have *broken* a rule are refused too, unless forced with a reason. What is not known breaks no rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from allant.immunizations.product_rules import aged_at_least
from allant.immunizations.schedule_rules import LAST_EVENT, DoctrineRelations, doctrine_relations

__all__ = ["REASONS", "REFUSALS", "RULES", "Check", "DoctrineRelations", "doctrine_relations", "explain", "verdict_sql"]

BOOSTERS = ("booster", "second_booster", "third_booster")
BOOSTERS_ALONE = "booster_"  # begins the code of each rule that only boosters can break
HIGHEST_RANK = 9  # a form has one digit for the rank; more is a typing error, not a schedule


@dataclass(frozen=True)
class Check:
    """One check: its code, what is wrong and what to do (French), and the SQL that is true when it fails."""

    code: str
    message: str
    fails: str


_IS_BOOSTER = f"coalesce(act.series, '') IN {BOOSTERS}"  # a tuple of names reads as an SQL list
_IMMUNODEPRESSED = "coalesce(position(',immunodepressed,' IN act.situations) > 0, FALSE)"
_THIRD_DOSE_FORESEEN = f"({_IMMUNODEPRESSED} AND act.dose_number <= coalesce(series_rule.immunodepressed_doses, 0))"
_INFECTION_COUNTS = f"""(
    act.infected_on + INTERVAL '1 month' * series_rule.infection_months + INTERVAL '1 day' * series_rule.infection_days
        <= act.occurred_on
    AND (series_rule.infection_counts_immunodepressed OR NOT {_IMMUNODEPRESSED}))"""
_COUNTED = f"CASE WHEN {_INFECTION_COUNTS} THEN series_rule.infection_counts ELSE 0 END"
_DOSES_NEEDED = f"greatest(1, vaccine_rule.doses - {_COUNTED})"


def _booster_delay(part: str) -> str:
    return (
        f"CASE WHEN {_IMMUNODEPRESSED} THEN booster_rule.immunodepressed_{part} "
        f"WHEN booster_after.vaccine IS NOT NULL THEN booster_after.{part} ELSE booster_rule.{part} END"
    )


REFUSALS = (
    Check(
        "malformed",
        f"Ligne incomplète ou illisible : date, vaccin, rang et doses prévues (1 à {HIGHEST_RANK}), "
        f"série (primary, {', '.join(BOOSTERS)}) attendus.",
        f"act.occurred_on IS NULL OR act.vaccine IS NULL OR NOT (coalesce(act.series, '') = 'primary' OR {_IS_BOOSTER}) "
        f"OR coalesce(act.dose_number, 0) NOT BETWEEN 1 AND {HIGHEST_RANK} "
        f"OR coalesce(act.series_doses, 0) NOT BETWEEN 1 AND {HIGHEST_RANK}",
    ),
    Check(
        "unknown_person", "Personne inconnue du registre : vérifiez le matricule, puis créez la fiche.", "NOT act.person_known"
    ),
    Check("unknown_vaccine", "Vaccin inconnu : choisissez un vaccin de la liste.", "act.vaccine NOT IN ({vaccines})"),
    Check("in_the_future", "Date dans le futur : une dose s'enregistre le jour même ou après.", "act.occurred_on > act.today"),
    Check(
        "before_birth", "Date antérieure à la naissance : vérifiez la date et la personne.", "act.occurred_on < act.birth_date"
    ),
    Check("after_death", "Date postérieure au décès : vérifiez la date et la personne.", "act.occurred_on > act.died_on"),
    Check(
        "same_day",
        "Une autre dose est enregistrée le même jour pour cette personne : corrigez l'une des deux.",
        "act.previous_on = act.occurred_on",
    ),
    Check(
        "rank_taken",
        "Une dose de ce rang existe déjà avec un autre contenu : corrigez-la au lieu d'en ajouter une.",
        "act.previous_number = act.dose_number",
    ),
)
RULES = (
    Check(
        "vaccine_not_named",
        "Le vaccin n'est pas précisé : indiquez-le s'il est connu.",
        "act.vaccine = 'unknown'",
    ),
    Check(
        "before_authorisation",
        "Date antérieure à l'autorisation de ce vaccin : vérifiez la date et le vaccin.",
        "act.vaccine IN ({vaccines}) AND act.vaccine <> 'unknown' AND vaccine_rule.vaccine IS NULL",
    ),
    Check(
        "under_minimum_age",
        "Personne plus jeune que l'âge minimal de ce vaccin à cette date : vérifiez la date, le vaccin et la personne.",
        f"NOT ({aged_at_least('vaccine_rule.minimum_age')})",
    ),
    Check(
        "product_not_foreseen",
        "Vaccin que la doctrine de cette date ne prévoit pas après les doses reçues : écrivez le motif.",
        "act.vaccine <> 'unknown' AND (act.series = 'primary' AND act.dose_number > 1 AND act.first_vaccine IS NOT NULL "
        f"AND NOT ({{second_foreseen}}) OR {_IS_BOOSTER} AND NOT ({{booster_foreseen}}))",
    ),
    Check(
        "interval_too_short",
        "Intervalle avec la dose précédente plus court que le minimum du vaccin d'alors : vérifiez les deux dates.",
        "act.series = 'primary' AND act.occurred_on < act.previous_on + INTERVAL '1 day' * previous_rule.minimum_interval",
    ),
    Check(
        "rank_skips",
        "Rang qui saute : la dose précédente n'est pas enregistrée ; saisissez-la d'abord.",
        "act.dose_number > coalesce(act.previous_number, 0) + 1",
    ),
    Check(
        "rank_goes_back",
        "Rang inférieur à celui d'une dose plus ancienne : vérifiez les dates et les rangs.",
        "act.dose_number < act.previous_number",
    ),
    Check(
        "series_too_short",
        "Moins de doses prévues que la doctrine n'en demande à cette date : vérifiez le vaccin et l'infection déclarée.",
        f"act.series = 'primary' AND act.series_doses < {_DOSES_NEEDED}",
    ),
    Check(
        "beyond_series",
        "Schéma déjà complet, ou rang au-delà des doses prévues : une dose de plus est un rappel.",
        "act.series = 'primary' AND (act.previous_complete OR act.dose_number > act.series_doses) "
        f"AND NOT {_THIRD_DOSE_FORESEEN}",
    ),
    Check(
        "booster_without_primary",
        "Rappel sans schéma complet enregistré : saisissez d'abord les doses précédentes.",
        f"{_IS_BOOSTER} AND NOT coalesce(act.previous_complete, FALSE)",
    ),
    Check(
        "booster_before_opening",
        "Rappel avant l'ouverture à cette personne : vérifiez la date.",
        f"{_IS_BOOSTER} AND NOT ({{booster_open}})",
    ),
    Check(
        "booster_too_early",
        "Rappel avant le délai prévu depuis la dose précédente ou l'infection : vérifiez les dates.",
        f"act.series = 'booster' AND act.occurred_on < {LAST_EVENT} + INTERVAL '1 month' * "
        f"({_booster_delay('months')}) + INTERVAL '1 day' * ({_booster_delay('days')}) "
        f"OR {_IS_BOOSTER} AND act.series <> 'booster' AND ({{booster_open}}) AND NOT ({{booster_due}})",
    ),
    Check(
        "lot_expired",
        "Lot périmé à cette date : vérifiez le numéro de lot et la date.",
        "act.lot_expires_on < act.occurred_on",
    ),
    Check(
        "lot_recalled",
        "Lot rappelé à cette date : vérifiez le numéro de lot ; si la dose est faite, prévenez le patient.",
        "act.lot_recalled_on <= act.occurred_on",
    ),
)
# Found outside the prepared relation, by the recording itself.
_RECORDING = {
    "key_reused": "Cette clé a déjà servi pour une autre dose : envoyez une clé par dose.",
    "follows_refused": "Une dose antérieure de cette personne est refusée dans le même envoi : corrigez-la d'abord.",
    "volume_blocked": "Trop d'actes enregistrés par ce compte : un administrateur doit le vérifier avant d'autres.",
}
REASONS = {check.code: check.message for check in (*REFUSALS, *RULES)} | _RECORDING


def explain(codes: list[str]) -> list[str]:
    """The French reason of each code."""
    return [REASONS[code] for code in codes]


def verdict_sql(prepared: str, doctrine: DoctrineRelations, *, boosters: bool = True) -> str:
    """A SELECT of `row_no, refused, broken`, one row for each row of `prepared` (a table name or a parenthesised SELECT).

    `boosters`: False leaves out the rules that none but boosters can break, when there is no booster to judge.
    """
    rules = tuple(check for check in RULES if boosters or not check.code.startswith(BOOSTERS_ALONE))
    return f"""
WITH {doctrine.ctes}
SELECT act.row_no, {_codes(REFUSALS, doctrine)} AS refused, {_codes(rules, doctrine)} AS broken
FROM {prepared} AS act
LEFT JOIN vaccine_rule ON vaccine_rule.vaccine = act.vaccine AND {_applies("vaccine_rule", "act.occurred_on")}
LEFT JOIN vaccine_rule AS previous_rule
       ON previous_rule.vaccine = act.previous_vaccine AND {_applies("previous_rule", "act.previous_on")}
LEFT JOIN series_rule ON {_applies("series_rule", "act.occurred_on")}
{_BOOSTER_JOINS if boosters else ""}
"""


def _applies(rule: str, day: str) -> str:
    return f"{rule}.starts_on <= {day} AND ({day} < {rule}.ends_on OR {rule}.ends_on IS NULL)"


_BOOSTER_JOINS = f"""
LEFT JOIN booster_rule ON {_applies("booster_rule", "act.occurred_on")}
LEFT JOIN booster_after ON booster_after.vaccine = act.previous_vaccine AND {_applies("booster_after", "act.occurred_on")}
"""


def _codes(checks: tuple[Check, ...], doctrine: DoctrineRelations) -> str:
    names = ", ".join(f"'{vaccine}'" for vaccine in (*doctrine.vaccines, "unknown"))
    named = {name: getattr(doctrine, name) for name in ("booster_open", "booster_due", "second_foreseen", "booster_foreseen")}
    cases = (
        f"CASE WHEN {check.fails.format(vaccines=names, **named)} THEN '{check.code}' END"
        for check in checks
    )
    return f"concat_ws(',', {', '.join(cases)})"
