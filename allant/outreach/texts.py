"""What a message says: its template and the words that its cause lends it, brought together when it leaves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from allant.outreach import causes
from allant.outreach.models import Message, Template
from allant.outreach.readers import Reader
from allant.people.models import Person

NOBODY_ELSE: Mapping[int, Reader] = {}


class NoTemplate(LookupError):
    """A message whose wording is not loaded; the message says which, in French."""


def variables_of(messages: Sequence[Message]) -> dict[int, Mapping[str, str]]:
    """Message → placeholder → text, one call for each kind of cause; a message whose cause no longer stands has none."""
    by_kind: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        by_kind[message.cause_kind].append(message)
    found: dict[int, Mapping[str, str]] = {}
    for kind, of_kind in by_kind.items():
        lent = causes.variables_of(kind, [message.cause_id for message in of_kind])
        found |= {message.pk: lent[message.cause_id] for message in of_kind if message.cause_id in lent}
    return found


def templates_of(messages: Sequence[Message], language: str = "fr") -> dict[tuple[str, str], Template]:
    """(template, channel) → the last version of its text. Raises NoTemplate."""
    wanted = {(message.template, message.channel) for message in messages}
    loaded = Template.objects.filter(language=language, slug__in={slug for slug, _ in wanted}).order_by("version")
    texts = {(template.slug, template.channel): template for template in loaded}
    if missing := sorted(wanted - texts.keys()):
        named = ", ".join(f"« {slug} » pour le canal {channel}" for slug, channel in missing)
        raise NoTemplate(f"Modèle de message absent : {named}. Ajoutez-le aux textes livrés, puis relancez l'envoi.")
    return texts


def of_each(messages: Sequence[Message], readers: Mapping[int, Reader] = NOBODY_ELSE) -> dict[int, Template]:
    """Message → the last version of its text in the language of who reads it, in French where it has none. Raises NoTemplate.

    `readers`: of messages that go to a representative (`readers.of_messages`).
    """
    french = templates_of(messages) if messages else {}
    who = {each.pk: readers[each.pk].person if each.pk in readers else each.person_id for each in messages}
    people = Person.objects.filter(pk__in=set(who.values()) - {None}).exclude(language="fr")
    language = dict(people.values_list("pk", "language"))
    if not language:
        return {message.pk: french[message.template, message.channel] for message in messages}
    wanted = Template.objects.filter(slug__in={slug for slug, _ in french}, language__in=set(language.values()))
    other = {(each.slug, each.channel, each.language): each for each in wanted.order_by("version")}
    return {
        message.pk: other.get((*place, language.get(who[message.pk], "fr")), french[place])
        for message in messages
        for place in [(message.template, message.channel)]
    }
