"""What the words of a message may say: it offers and never obliges, in each language (AV-07)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from allant.doctrine import RuleBook
from allant.outreach.kinds import MessageKind
from allant.outreach.models import Channel


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to correct (`refuses`) or to look at, in French."""

    message: str
    refuses: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """The word lists of one language, of the doctrine `outreach.wording`."""

    label: str
    forbidden: re.Pattern[str]
    offers: re.Pattern[str]
    opt_out: re.Pattern[str]
    examples: tuple[str, ...]


@lru_cache(maxsize=32)
def words(book: RuleBook, on: date) -> dict[str, Words]:
    """Language → its lists."""
    return {
        row["language"]: Words(
            row["label"], _any_of(row["forbidden"]), _any_of(row["offers"]), _any_of(row["opt_out"]), tuple(row["offers"])
        )
        for row in book.value("outreach.wording", on)
    }


def _any_of(terms: tuple[str, ...]) -> re.Pattern[str]:
    parts = "|".join(r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in term.split()) for term in terms)
    return re.compile(rf"(?<!\w)(?:{parts})(?!\w)", re.IGNORECASE)


def findings(text: str, *, kind: MessageKind, channel: str, language: str, book: RuleBook, on: date) -> list[Finding]:
    """What is wrong with these words for messages of this kind; nothing when they may be used."""
    plain = text.replace("’", "'")
    lists = words(book, on).get(language)
    if lists is None:
        return [Finding(f"Aucune liste de mots n'existe pour la langue « {language} » : ses textes ne sont pas vérifiables.")]
    found = [
        Finding(f"« {match[0]} » oblige ou menace : un message propose, ce n'est en aucun cas une obligation.")
        for match in lists.forbidden.finditer(plain)
    ]
    if kind.counts and not lists.offers.search(plain):
        examples = ", ".join(f"« {each.replace('*', '…')} »" for each in lists.examples[:4])
        found.append(Finding(f"Rien ne dit que la personne est libre ({lists.label}) : employez par exemple {examples}."))
    if kind.counts and kind.stops_at_refusal and channel == Channel.SMS and not lists.opt_out.search(plain):
        found.append(Finding("Un SMS de campagne dit comment ne plus en recevoir : ajoutez par exemple « STOP au 3 69 98 »."))
    return found
