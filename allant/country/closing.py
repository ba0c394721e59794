"""The closing table of a demonstration: what was done, and our coverage beside the official one."""

from rich.console import Console
from rich.table import Table

from allant.country.demo import Outcome
from allant.country.replay.database import forced_acts
from allant.doctrine import rules
from allant.figures.current import national_counts
from allant.figures.key_figures import Share, key_figures
from allant.figures.official import official_on
from allant.figures.parameters import ALL, Parameters
from allant.figures.sources import PostgresSource
from allant.immunizations.checks import explain

_COLUMNS = (("1re", "first", "dose1"), ("complet", "complete", "complet"), ("rappel", "booster", "rappel"))


def show(outcome: Outcome, console: Console) -> None:
    """Print both tables and the acts that broke a rule."""
    console.print(_work(outcome))
    console.print(_coverage(outcome))
    forced = forced_acts()
    if forced:
        console.print("Actes de la série officielle enregistrés malgré une règle (motif « série officielle ») :")
        for rule, count in forced.items():
            console.print(f"  {_number(count):>9}  {' '.join(explain([rule]))}")


def _work(outcome: Outcome) -> Table:
    table = Table(title=f"Campagne rejouée du 27/12/2020 au {outcome.last_day:%d/%m/%Y} sur {_number(outcome.people)} personnes")
    table.add_column("ce qui a été fait")
    table.add_column("nombre", justify="right")
    for label, value in (
        ("personnes invitées", outcome.persons_invited),
        ("invitations", outcome.invitations),
        ("messages écrits par les canaux fichier", outcome.messages),
        ("doses enregistrées", outcome.doses),
        ("dont à des personnes jamais invitées avant", outcome.doses_to_never_invited),
    ):
        table.add_row(label, _number(value))
    return table


def _coverage(outcome: Outcome) -> Table:
    """One row a class: ours, official and the difference in persons, for the three measures."""
    day = outcome.last_day
    parameters = Parameters(rules.as_known_on(day), outcome.scale)
    official, nation = official_on(day), Parameters(rules.as_known_on(day)).population(day)
    found = key_figures(national_counts(PostgresSource(), parameters.age_classes(day)), parameters, day)
    table = Table(title=f"Couverture au {day:%d/%m/%Y}, en % (off. : officiel) ; écart en personnes", padding=(0, 0))
    table.add_column("classe d'âge", no_wrap=True)
    for label, _, _ in _COLUMNS:
        for heading in (label, "off.", "écart"):
            table.add_column(heading, justify="right")
    for row in (*found.by_age, found.nation):
        code = row.code if row is not found.nation else ALL
        cells = [
            cell for _, attribute, column in _COLUMNS
            for cell in _cells(getattr(row, attribute), official[code, column], nation[code], outcome.scale)
        ]
        table.add_row(row.label, *cells, end_section=row is found.by_age[-1])
    return table


def _cells(ours: Share, official: int, population: float, scale: float) -> tuple[str, str, str]:
    gap = f"{ours.persons - official * scale:+.1f}".replace(".", ",")
    return _percent(ours.percent), _percent(100 * official / population), gap


def _percent(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")
