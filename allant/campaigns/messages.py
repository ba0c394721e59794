"""The words that an invitation lends its message: the code exists only here, while a message is written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from allant.campaigns import enclosures, keyring
from allant.campaigns.codes import render
from allant.campaigns.models import Invitation
from allant.campaigns.proposals import words as proposals


def variables_of_invitations(invitation_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """`code`, `name`, what its letter proposes and encloses, for each invitation that is still valid and has not lost them."""
    by_version: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    kinds: dict[int, tuple[str, str]] = {}
    columns = ("pk", "code_serial", "code_key_version", "person__given_names", "person__family_name")
    campaign = ("campaign__programme", "campaign__template")
    rows = Invitation.objects.valid().filter(pk__in=invitation_ids).values_list(*columns, *campaign)
    for pk, serial, version, given, family, programme, template in rows:
        by_version[version].append((pk, serial, f"{given} {family}"))
        kinds[pk] = (programme, template)
    variables: dict[int, Mapping[str, str]] = {}
    for version, rows in by_version.items():
        codes = render([serial for _, serial, _ in rows], keyring.key(version))
        variables |= {pk: {"code": spaced(code), "name": name} for (pk, _, name), code in zip(rows, codes, strict=True)}
    lent = enclosures.lent(kinds)
    return with_proposals({pk: {**said, **lent[pk]} for pk, said in variables.items() if pk in lent})


def with_proposals(variables: Mapping[int, Mapping[str, Any]]) -> Mapping[int, Mapping[str, Any]]:
    """The same with the words of what each letter proposes; a letter whose slot is not held any more has lost its cause."""
    added = proposals.added(list(variables))
    return {pk: {**words, **(added.get(pk) or {})} for pk, words in variables.items() if added.get(pk, {}) is not None}


def spaced(code: str) -> str:
    """A code as it is printed: three groups of four."""
    return f"{code[:4]} {code[4:8]} {code[8:]}"
