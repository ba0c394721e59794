"""AV-13, AV-07: the shipped texts."""

import re
import string

import pytest

from allant.outreach import actions
from allant.outreach.actions import load_templates
from allant.outreach.models import Channel, Template

pytestmark = pytest.mark.django_db

# The text of the seed of 31 March 2021, with the plain apostrophe that keeps it in the SMS alphabet (GSM-7).
SEED_SMS = (
    "VACCIN COVID : Des RDVs de vaccination sont disponibles. Si vous n'êtes pas encore vacciné, consultez sante.fr ou "
    "contactez le 0800 730 956"
)
PLACEHOLDERS = {"code", "name"}
# What orders, threatens or takes consent for granted. « obligation » alone is not here: « en aucun cas une obligation » offers.
IMPERATIVE = re.compile(
    r"\b(vous devez|devez-vous|il faut|il est (obligatoire|impératif|indispensable)|obligatoire(ment)?|impérati\w+|exig\w+|"
    r"sanction\w*|amende|pénalité|sous peine|dernier (rappel|avis)|mise en demeure|faites-vous vacciner|vaccinez-vous|"
    r"sans (délai|tarder)|immédiatement|êtes (tenu|convoqué|obligé)e?s?|obligé\w*|convocation)\b",
    re.IGNORECASE,
)
OFFERS = re.compile(r"sont disponibles|vous est (proposée|ouverte)|vous propose|si vous le souhaitez|vous pouvez", re.IGNORECASE)


@pytest.fixture
def templates(db) -> list[Template]:
    load_templates(by="test")
    return list(Template.objects.all())


def text(template: Template) -> str:
    return f"{template.subject} {template.body}"


def test_av_13_the_text_of_the_seed_is_shipped_word_for_word(templates):
    (sms,) = [each for each in templates if each.slug == "covid-aller-vers-75" and each.channel == Channel.SMS]
    assert sms.body == SEED_SMS
    assert "31 mars 2021" in sms.source


def test_av_07_every_text_offers_and_none_obliges(templates):
    assert len(templates) >= 7
    assert {str(each): IMPERATIVE.search(text(each)).group() for each in templates if IMPERATIVE.search(text(each))} == {}
    assert [str(each) for each in templates if not OFFERS.search(text(each))] == []


@pytest.mark.parametrize("wrong", [
    "Vous devez vous faire vacciner.", "La vaccination est obligatoire.", "Il faut prendre rendez-vous.", "Vaccinez-vous !",
    "Dernier rappel avant sanction.", "Vous êtes convoqué le 3 mai.", "Vous êtes tenue de répondre.", "Répondez sans délai.",
])  # fmt: skip
def test_av_07_a_text_that_obliges_would_be_seen(wrong):
    assert IMPERATIVE.search(wrong)


def test_av_07_saying_that_it_is_no_obligation_is_allowed(templates):
    saying = [each for each in templates if "en aucun cas une obligation" in each.body]
    assert saying and not any(IMPERATIVE.search(each.body) for each in saying)


def test_av_13_texts_use_known_variables_and_say_where_they_come_from(templates):
    for template in templates:
        used = {name for _, name, _, _ in string.Formatter().parse(template.body) if name is not None}
        assert used <= PLACEHOLDERS, template
        assert template.source.startswith(("Cnam", "assumption:")), template
        assert template.channel == Channel.SMS or template.subject


def test_av_13_a_second_load_adds_nothing_and_the_first_stays_signed(templates):
    assert load_templates(by="somebody else") == 0
    assert set(Template.objects.values_list("loaded_by", flat=True)) == {"test"}


def test_av_13_a_new_version_is_added_and_a_changed_text_of_the_same_version_is_refused(templates, monkeypatch):
    entry = {"slug": "covid-invitation", "channel": "sms", "body": "Autre texte : {code}", "source": "assumption: essai"}
    monkeypatch.setattr(actions, "_shipped", lambda: [{**entry, "version": 2}])
    assert load_templates(by="test") == 1
    monkeypatch.setattr(actions, "_shipped", lambda: [{**entry, "version": 1}])
    with pytest.raises(ValueError, match="covid-invitation/sms/fr v1 a changé de texte sans changer de version"):
        load_templates(by="test")
