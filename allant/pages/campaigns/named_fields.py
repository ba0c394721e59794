"""Lists of named codes, typed by name, by part of the name or by code, or chosen among those the browser proposes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from allant.directory.funds import fund_names
from allant.geography import fold
from allant.pages.campaigns.place_fields import MOST_NAMED, TypedList
from allant.people.situation_codes import ALD_GROUPS


class NamedField(TypedList):
    """Codes out of one list of names. A box that names none, or several, is refused and says what was read."""

    lacking, several = "", ""

    def __init__(self, names: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = names
        self.widget.offered = tuple(map(self.chosen, names))

    def chosen(self, text: str) -> str:
        """`8` → « Diabète de type 1 et diabète de type 2 (8) »; a code that no longer is one stays as it is."""
        return f"{self.names[text]} ({text})" if text in self.names else text

    def codes(self, text: str) -> list[str]:
        """The one code that a box means; several codes and nothing else, separated, are a list pasted whole."""
        parts = re.split(r"[\s,;]+", text)
        return [self._one(part) for part in parts] if set(parts) <= set(self.names) else [self._one(text)]

    def _one(self, text: str) -> str:
        found = self._meant(text)
        if not found:
            raise forms.ValidationError(f"« {text[:60]} » n'est pas {self.lacking} : choisissez dans la liste proposée.")
        if len(found) > 1:
            shown = " ou ".join(map(self.chosen, found[:MOST_NAMED]))
            meant = f"« {text[:60]} » peut désigner plusieurs {self.several} : {shown}."
            raise forms.ValidationError(f"{meant} Recopiez ce qui convient.")
        return found[0]

    def _meant(self, text: str) -> list[str]:
        """Codes, by the surest reading: the code, the label or the whole name; else each word begins a word of the name."""
        wanted = fold(text)
        sure = [code for code, name in self.names.items() if wanted in (fold(code), fold(name), fold(self.chosen(code)))]
        return sure or [code for code, name in self.names.items() if wanted and _begun(wanted, fold(name))]


def _begun(wanted: str, name: str) -> bool:
    words = name.split()
    return all(any(word.startswith(part) for word in words) for part in wanted.split())


class FundsField(NamedField):
    """Local funds of the directory."""

    lacking, several, too_many = "une caisse de l'annuaire", "caisses", "caisses"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fund_names(), **kwargs)


class AldField(NamedField):
    """Groups of the list of ALD."""

    lacking, several, too_many = "un groupe d'ALD", "groupes d'ALD", "groupes d'ALD"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ALD_GROUPS, **kwargs)
