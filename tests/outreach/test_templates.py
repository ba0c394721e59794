"""AV-13, AV-07: typed variables, languages, versions, previews, and the counter of SMS."""

from datetime import date, time

import pytest

from allant.doctrine import rules
from allant.outreach import texts
from allant.outreach.models import Template
from allant.outreach.previewing import count, preview
from allant.outreach.templates import BadTemplate, MissingVariable, checked, fill, placeholders, supersede
from tests.outreach.people import AT, message, person, template

BOOK = rules.as_known_on(date(2022, 1, 1))
ENTRY = {"slug": "essai", "channel": "sms", "body": "Bonjour {name}", "source": "assumption: essai"}
OFFER = "Vous pouvez venir si vous le souhaitez. STOP au 36000"


def write(body: str, **changes: object) -> Template:
    asked = {"slug": "essai", "channel": "sms", "language": "fr", "subject": "", "by": "test", "at": AT, "book": BOOK}
    return supersede(body=body, **{**asked, **changes})


@pytest.mark.parametrize(("change", "said"), [
    ({"body": "{place}"}, "essai/sms/fr : variables non déclarées : place. Déclarées : code, name, text"),
    ({"variables": {"name": "name", "place": "place"}}, "déclarées et jamais dites : place"),
    ({"variables": {"name": "nom"}}, "types de variable inconnus : nom"),
    ({"body": "{name.__class__}"}, "n'est pas une variable"),
    ({"body": "{name!r}"}, "n'est pas une variable"),
    ({"body": "{0}"}, "n'est pas une variable"),
    ({"body": "{name"}, "accolade"),
    ({"body": "{}"}, "n'est pas une variable"),
])  # fmt: skip
def test_av_13_a_text_with_a_variable_undeclared_unused_or_untyped_is_refused_at_load(change, said):
    with pytest.raises(BadTemplate, match=said):
        checked({**ENTRY, **change})


def test_av_13_variables_are_declared_or_usual():
    assert checked(ENTRY)["variables"] == {"name": "name"}
    assert checked({**ENTRY, "body": "{on} {{}}", "variables": {"on": "date"}})["variables"] == {"on": "date"}


def test_av_13_a_variable_is_said_by_its_type_in_its_language():
    text = Template(slug="essai", channel="sms", body="{on} {at}", variables={"on": "date", "at": "time"})
    values = {"on": date(2021, 12, 6), "at": time(9, 5)}
    assert fill(text, values)[1] == "06/12/2021 09 h 05"
    text.language = "es"
    assert fill(text, values)[1] == "06/12/2021 09:05"
    with pytest.raises(MissingVariable, match="son motif ne donne pas at"):
        fill(text, {"on": values["on"]})
    with pytest.raises(MissingVariable, match="on n'est pas un"):
        fill(text, {**values, "on": 3})


def test_a_value_never_becomes_a_variable_nor_a_header():
    text = Template(slug="essai", channel="email", subject="Pour {name}", body="{name} {{x}}", variables={"name": "name"})
    assert fill(text, {"name": "{code}\r\nBcc: x@y.fr"}) == ("Pour {code} Bcc: x@y.fr", "{code}\r\nBcc: x@y.fr {x}")


@pytest.mark.django_db
def test_av_13_each_person_reads_their_language_and_french_where_there_is_none():
    for language in ("fr", "ar"):
        template(language=language, body=language)
    template(version=2, body="fr 2")
    template("autre", body="fr autre")
    people = [person("mobile", language=language) for language in ("fr", "ar", "es")]
    waiting = [message(one) for one in people] + [message(people[1], slug="autre")]
    found = texts.of_each(waiting)
    assert [found[each.pk].body for each in waiting] == ["fr 2", "ar", "fr 2", "fr autre"]


@pytest.mark.django_db
def test_av_13_a_text_in_use_is_superseded_and_never_changed():
    first = template(body=f"{OFFER} {{code}}", variables={"code": "code"})
    second = write(f"{OFFER}, votre code : {{code}}")
    assert (second.version, second.kind, second.variables, second.loaded_by) == (2, "information", {"code": "code"}, "test")
    first.refresh_from_db()
    assert first.body == f"{OFFER} {{code}}"
    assert texts.templates_of([message(person("mobile"))]) == {("essai", "sms"): second}
    english = write("You can come if you wish. STOP", language="en")
    assert (english.version, english.language) == (1, "en")


@pytest.mark.django_db
@pytest.mark.parametrize(("body", "changes", "said"), [
    ("Vous devez venir, vous pouvez. STOP", {}, "« Vous devez » oblige ou menace"),
    ("Le centre est ouvert. STOP", {}, "Rien ne dit que la personne est libre"),
    ("Vous pouvez venir.", {}, "comment ne plus en recevoir"),
    (OFFER + " {phone}", {}, "variables non déclarées : phone"),
    (OFFER, {}, "celui de la version en cours"),
    ("  ", {}, "de 1 à 6000 caractères"),
    (OFFER + "!", {"language": "de"}, "Langue inconnue"),
    (OFFER + "!", {"slug": "rien"}, "Aucun modèle « rien »"),
    (OFFER + "!", {"channel": "email"}, "Aucun modèle « essai » pour le canal email"),
])  # fmt: skip
def test_av_07_a_new_text_is_checked_before_it_is_a_version(body, changes, said):
    template(body=OFFER)
    with pytest.raises(BadTemplate, match=said):
        write(body, **changes)
    assert Template.objects.count() == 1


@pytest.mark.parametrize(("text", "alphabet", "parts"), [
    ("a" * 160, "GSM-7", 1), ("a" * 161, "GSM-7", 2), ("é" * 160, "GSM-7", 1), ("€" * 80, "GSM-7", 1), ("€" * 81, "GSM-7", 2),
    ("ê" * 70, "UCS-2", 1), ("ê" * 71, "UCS-2", 2), ("لقاح", "UCS-2", 1),
])  # fmt: skip
def test_av_13_the_counter_of_sms(text, alphabet, parts):
    found = count(text)
    assert (found.alphabet, found.parts) == (alphabet, parts)


def test_av_13_what_forces_the_long_alphabet_is_shown_with_a_text_that_would_not():
    found = count("Vous n’êtes pas vacciné ? Œuvrez… ça aide" + "a" * 60)
    assert found.forcing == ("’", "ê", "Œ", "…", "ç")
    assert found.proposal == "Vous n'etes pas vacciné ? OEuvrez... ca aide" + "a" * 60
    assert (found.parts, found.proposal_parts) == (2, 1)
    assert count("لقاح").proposal is None


def test_av_13_a_preview_names_nobody_and_turns_arabic_around():
    text = Template(slug="essai", channel="sms", language="ar", body="{name} {code}", variables={"name": "name", "code": "code"})
    shown = preview(text)
    assert shown.right_to_left and shown.body == "Camille Exemple \u200eABCD EFGH JKLM" and shown.segments.parts == 1
    assert placeholders("{a} {b} {a}") == ("a", "b")


def test_av_13_figures_and_codes_keep_their_order_in_a_text_from_right_to_left():
    """Unicode, annex 9: groups of figures parted by plain spaces would be shown from the last to the first."""
    arabic = Template(slug="x", channel="letter", language="ar", subject="لكم", body="اتصلوا 0800 730 956 {code} يوم {day}",
                      variables={"code": "code", "day": "date"})  # fmt: skip
    _, body = fill(arabic, {"code": "12CD 3456", "day": date(2021, 12, 6)})
    assert body == "اتصلوا 0800\u00a0730\u00a0956 \u200e12CD 3456 يوم 06/12/2021"
    french = Template(slug="x", channel="letter", language="fr", subject="Pour vous", body="Appelez le 0800 730 956")
    assert fill(french, {})[1] == "Appelez le 0800 730 956"
