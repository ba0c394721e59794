"""TG-12: the files of ready-made campaigns are checked when they are read; programmes register theirs."""

from dataclasses import replace

import pytest

from allant.campaigns.ready_made import InvalidEntry, programmes, register
from allant.campaigns.ready_made.entries import entries, read

ENTRY = """
- slug: essai
  groups: [covid.priority.age_75]
  title: Essai
  objective: Essayer
  contact: information
  channels: [letter]
  template: covid-invitation
  sources: {channels: une source}
  assumptions: {capacity: une hypothèse}
"""


def test_tg_12_an_entry_says_whom_how_and_on_what_grounds() -> None:
    (entry,) = read(ENTRY, "essai.yaml")
    assert (entry.slug, entry.channels, entry.medical) == ("essai", ("letter",), False)
    assert entry.grounds == "canaux : une source · capacité, hypothèse : une hypothèse"


@pytest.mark.parametrize(("changed", "said"), [
    (ENTRY.replace("{capacity: une hypothèse}", "{}"), "ni source ni hypothèse pour « capacity »"),
    (ENTRY.replace("{channels: une source}", "{}"), "ni source ni hypothèse pour « channels »"),
    (ENTRY + "  objective_share: 0.8\n", "ni source ni hypothèse pour « objective »"),
    (ENTRY + "  ends_on: 2021-12-31\n", "ni source ni hypothèse pour « dates »"),
    (ENTRY + "  ages: [80, null]\n", "ni source ni hypothèse pour « target »"),
    (ENTRY + "  within: [ame]\n", "ni source ni hypothèse pour « target »"),
    (ENTRY + "  every_scheme: true\n", "ni source ni hypothèse pour « target »"),
    (ENTRY + "  medical: true\n", "ni source ni hypothèse pour « medical »"),
    (ENTRY.replace("channels: une source", "channels: une source, couleur: bleu"), "attendu : target"),
    (ENTRY + "  couleur: bleu\n", "couleur"),
    (ENTRY.replace("contact: information", "contact: pigeon"), "pigeon"),
    (ENTRY.replace("  title: Essai\n", ""), "title"),
    (ENTRY + "  channel_ends: {sms: 2021-04-06}\n", "fin d'un canal que la campagne n'a pas : sms"),
    (ENTRY + "  starts_on: 2021-12-31\n  ends_on: 2021-12-31\n", "elle finit avant de commencer"),
    (ENTRY + ENTRY, "deux campagnes portent le même nom"),
])  # fmt: skip
def test_tg_12_an_entry_that_says_too_little_is_refused_by_its_name(changed: str, said: str) -> None:
    with pytest.raises(InvalidEntry, match=r"essai\.yaml") as refused:
        read(changed, "essai.yaml")
    assert said in str(refused.value)


def test_tg_12_each_programme_registers_its_own_file() -> None:
    assert set(programmes()) == {"covid19", "flu", "health_space", "rights"}
    slugs = [entry.slug for each in programmes().values() for entry in entries(each.package)]
    assert len(slugs) == len(set(slugs)) >= 35


def test_tg_12_a_programme_registers_once() -> None:
    covid = programmes()["covid19"]
    register(covid)
    with pytest.raises(ValueError, match="covid19"):
        register(replace(covid, package="allant.flu"))


def test_tg_12_every_figure_of_a_source_has_its_range_and_its_reason() -> None:
    figures = {entry.slug: entry.figure for each in programmes().values() for entry in entries(each.package) if entry.figure}
    said = {figure.persons for figure in figures.values() if figure}
    assert said == {24_000, 200_000, 3_600_000, 4_600_000, 919_000, 15_000_000, 70_000_000}
    for slug, figure in figures.items():
        assert figure and figure.source and figure.why and figure.low < 1 < figure.high, slug
